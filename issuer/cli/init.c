/*
 * init.c - `cleansmtp init`: configuration, keys, database, first administrator.
 *
 * The one command that writes the state folder itself, because no daemon runs yet. It never
 * overwrites anything; what it made is taken away again when a later step fails, so that it can
 * be repeated.
 */
#include "base/base.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"
#include "core/token.h"
#include "core/verifier.h"
#include "db/store.h"
#include "issuer/cli/command.h"
#include "issuer/cli/output.h"

enum {
    SETUP_VALID_HOURS = 24
};

struct place {
    const char *config, *state, *journal, *runtime, *database, *pepper;
    bool made_config, made_database, made_pepper;
};

/* The file a new installation starts from: every option, with its default. */
static const char config_head[] =
    "# cleansmtp.conf - made by `cleansmtp init`; cleansmtp.conf(5) explains every option.\n"
    "# Lines that are commented out show the defaults.\n\n";
static const char config_rest[] =
    "\n"
    "# timezone     = \"UTC\"                    # of the times that people read\n"
    "# timezones    = {}                       # that people may choose besides\n"
    "# languages    = { \"en\", \"de\" }         # of the customer's page; the first by default\n"
    "# template_dir = \"\"                       # own pages and texts, by file name\n"
    "# bounce_program = \"\"                     # beside the other programs\n"
    "# bounce_rules = \"\"                       # a folder with rows of your own\n"
    "\n"
    "brand {\n"
    "#   name    = \"Mail hosting\"              # your name on the pages\n"
    "#   support = \"\"                          # \"ask us\" on the customer's page\n"
    "#   phone   = \"\"                          # beside it\n"
    "#   logo    = \"\"                          # a few letters before the name\n"
    "#   color   = \"#0b57b0\"\n"
    "}\n"
    "\n"
    "# For your agents, and for customers with a link. A proxy in front ends TLS.\n"
    "console {\n"
    "#   listen = \"127.0.0.1:8025\"             # or \"unix:/run/cleansmtp/console\"\n"
    "#   url    = \"http://127.0.0.1:8025\"\n"
    "#   proxied = no                          # yes: the client is what the proxy says\n"
    "}\n"
    "customer {\n"
    "#   listen = \"127.0.0.1:8026\"\n"
    "#   url    = \"http://127.0.0.1:8026\"\n"
    "#   proxied = no\n"
    "}\n"
    "\n"
    "# What the customer types into the mail program.\n"
    "submission {\n"
    "#   host          = \"clean.mail.example\"\n"
    "#   port          = 465\n"
    "#   starttls_port = 587\n"
    "#   realm         = \"\"                    # the host\n"
    "#   canary        = \"\"                    # postmaster@ the host\n"
    "}\n"
    "\n"
    "# The resolver that asks the block lists. Public resolvers are refused by most of them.\n"
    "dns {\n"
    "#   servers = { \"127.0.0.1\" }\n"
    "#   port    = 53\n"
    "#   timeout = \"3s\"\n"
    "}\n"
    "zones {\n"
    "#   use = { \"bl.spamcop.net\" }\n"
    "#   check_every = \"10m\"                   # our own addresses on all of them\n"
    "#   questions_per_second = 20\n"
    "}\n"
    "\n"
    "policy {\n"
    "#   lease_default     = \"24h\"\n"
    "#   lease_max         = \"72h\"\n"
    "#   messages_max      = 100\n"
    "#   messages_per_hour = 50\n"
    "#   recipients_max    = 300               # of all messages together\n"
    "#   recipients_per_message = 50\n"
    "#   message_size_max  = \"25M\"\n"
    "#   leases_per_week   = 2                 # of one customer, before a second person is asked\n"
    "#   leases_per_month  = 4\n"
    "#   agent_leases_per_hour = 20            # of one agent, likewise\n"
    "#   agent_leases_per_day = 60\n"
    "#   link_valid        = \"2h\"\n"
    "#   proof             = \"mailbox\"\n"
    "#   console_reveal    = no                # let `cleansmtp lease reveal` show a password\n"
    "#   log_proof         = \"preferred\"\n"
    "}\n"
    "mta_log {\n"
    "#   file   = \"\"\n"
    "#   format = \"postfix\"\n"
    "#   keep   = \"30d\"\n"
    "}\n"
    "\n"
    "# The sockets of cleansmtp-authd, for the mail server. \"\" switches one off.\n"
    "auth {\n"
    "#   dovecot   = \"\"                        # RUNTIME_DIR/auth when not named\n"
    "#   verify    = \"\"                        # RUNTIME_DIR/verify\n"
    "#   policy    = \"\"                        # RUNTIME_DIR/policy\n"
    "#   socketmap = \"\"                        # RUNTIME_DIR/socketmap\n"
    "#   saslauthd = \"\"\n"
    "#   nginx     = \"\"                        # logins that nginx takes in, as a mail proxy\n"
    "#   nginx_upstream = \"\"                   # where it goes on with them: \"127.0.0.1:10587\"\n"
    "#   peer      = \"postfix\"                 # who asks: postfix, exim or dovecot\n"
    "#   group     = \"\"                        # group of the sockets\n"
    "#   failure_delay = \"500ms\"\n"
    "}\n"
    "\n"
    "# What other systems are told: cleansmtp webhook add.\n"
    "webhooks {\n"
    "#   private = {}                          # addresses inside that may be posted to\n"
    "#   ca_file = \"\"                          # those of the system\n"
    "}\n";

static int choose_place(struct cli *cli, struct place *out, struct error *err)
{
    const char *dir = cli_option(cli, CLI_DIR);
    char real[PATH_MAX];

    *out = (struct place){.config = CONFIG_DEFAULT_PATH,
                          .state = "/var/lib/cleansmtp",
                          .runtime = "/run/cleansmtp"};
    if (cli->config_option != NULL)
        return error_set(err, ERROR_INVALID,
                         "init makes a configuration: use --dir instead of -c");
    if (dir == NULL) {
        if (file_mkdirs("/etc/cleansmtp", 0755, err) != 0)
            return -1;
    } else {
        if (file_mkdirs(dir, 0755, err) != 0)
            return -1;
        if (realpath(dir, real) == NULL)
            return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                                   "could not find the folder \"%s\"", dir);
        if (strpbrk(real, "\"\\\n$") != NULL)
            return error_set(err, ERROR_INVALID,
                             "\"%s\" cannot stand in a configuration file", real);
        out->config = arena_printf(&cli->mem, "%s/cleansmtp.conf", real);
        out->state = arena_printf(&cli->mem, "%s/state", real);
        out->runtime = arena_printf(&cli->mem, "%s/run", real);
    }
    out->journal = arena_printf(&cli->mem, "%s/journal", out->state);
    out->database = arena_printf(&cli->mem, "%s/cleansmtp.db", out->state);
    out->pepper = arena_printf(&cli->mem, "%s/pepper", out->state);
    return 0;
}

static int refuse_existing(const struct place *place, struct error *err)
{
    const char *const paths[] = {place->config, place->database, place->pepper};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (paths[i] != NULL && access(paths[i], F_OK) == 0)
            return error_set(err, ERROR_CONFLICT,
                             "\"%s\" is there already; nothing was changed", paths[i]);
    return 0;
}

static int write_config(struct place *place, struct error *err)
{
    struct strbuf text;

    strbuf_init(&text, FILE_MAX);
    strbuf_printf(&text,
                  "%sstate_dir   = \"%s\"\nruntime_dir = \"%s\"\ndatabase    = "
                  "\"sqlite:%s\"\n%s",
                  config_head, place->state, place->runtime, place->database,
                  config_rest);
    int result = file_write(place->config, strbuf_slice(&text), 0644, err);
    strbuf_release(&text);
    place->made_config = result == 0;
    return result;
}

static int write_pepper(struct place *place, struct error *err)
{
    uint8_t key[PEPPER_BYTES];
    char hex[2 * PEPPER_BYTES + 1];
    struct strbuf text;

    random_fill(&random_system, key, sizeof key);
    hex_encode(key, sizeof key, hex);
    strbuf_init(&text, 256);
    strbuf_printf(
        &text, "# the key of every verifier: without it no login works\n1 %s\n", hex);
    int result = file_write(place->pepper, strbuf_slice(&text), 0600, err);
    strbuf_wipe(&text);
    secret_wipe(hex, sizeof hex);
    secret_wipe(key, sizeof key);
    place->made_pepper = result == 0;
    return result;
}

struct first_admin {
    const char *name;
    const char *object;
    uint8_t setup_hash[DIGEST_BYTES];
    int64_t now;
};

static int add_admin(struct store *store, void *context, struct error *err)
{
    const struct first_admin *admin = context;

    if (store_agent_add(store, admin->name, ROLE_ADMIN, admin->setup_hash,
                        admin->now + (int64_t)SETUP_VALID_HOURS * 3600, admin->now,
                        err) != 0)
        return -1;
    return store_audit(store, admin->now, "cli:init", "agent.add", admin->object,
                       "role=admin", err);
}

/* A name is a word: it stands in URLs, in the audit log and behind "agent:". */
static int make_database(struct cli *cli, struct place *place,
                         const struct first_admin *admin, struct error *err)
{
    struct first_admin copy = *admin;
    struct store *store;
    int result;

    copy.object = arena_printf(&cli->mem, "agent:%s", admin->name);
    place->made_database = true; /* from here on there may be a file */
    mode_t before = umask(0027); /* a group may read: authd may run as another user */
    int opened = store_open(place->database, STORE_CREATE, &store, err);
    umask(before);
    if (opened != 0)
        return -1;
    result = store_transaction(store, add_admin, &copy, err);
    store_close(store);
    return result;
}

static void take_back(struct cli *cli, const struct place *place)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

    if (place->made_config)
        unlink(place->config);
    if (place->made_pepper)
        unlink(place->pepper);
    for (size_t i = 0; place->made_database && i < ARRAY_LEN(suffixes); i++)
        unlink(arena_printf(&cli->mem, "%s%s", place->database, suffixes[i]));
}

static int make_all(struct cli *cli, struct place *place,
                    const struct first_admin *admin, struct error *err)
{
    if (file_mkdirs(place->state, 0700, err) != 0 ||
        file_mkdirs(place->journal, 0700, err) != 0)
        return -1;
    if (chmod(place->state, 0700) != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not close the folder \"%s\"", place->state);
    if (write_pepper(place, err) != 0 || make_database(cli, place, admin, err) != 0)
        return -1;
    return write_config(place, err);
}

int run_init(struct cli *cli, struct error *err)
{
    const char *name = cli_option(cli, CLI_ADMIN);
    struct first_admin admin = {.name = name != NULL ? name : "admin",
                                .now = clock_now(&clock_system)};
    char token[TOKEN_LEN + 1];
    const struct config *config;
    struct place place = {0};

    if (!agent_name_is_valid(slice_from(admin.name)))
        return error_set(
            err, ERROR_INVALID,
            "--admin must be lower-case letters, digits, \".\", \"_\" and \"-\", a "
            "letter first");
    token_make(&random_system, token, admin.setup_hash);
    if (choose_place(cli, &place, err) != 0 || refuse_existing(&place, err) != 0)
        return -1;
    cli->config_option = place.config;
    if (make_all(cli, &place, &admin, err) != 0 || cli_config(cli, &config, err) != 0) {
        take_back(cli, &place);
        return -1;
    }
    if (cli->is_json) {
        json_t *out = json_pack(
            "{s:s, s:s, s:s, s:o}", "config", place.config, "state_dir", place.state,
            "admin", admin.name, "link",
            json_sprintf("%s/set-up/%s", config->console.url, token));
        print_json(cli, out);
        json_decref(out);
        return 0;
    }
    say("made %s and %s", place.config, place.state);
    say("start cleansmtpd -c %s, then open this link to choose the password of \"%s\" (it "
        "works once, for %d hours):",
        place.config, admin.name, (int)SETUP_VALID_HOURS);
    strbuf_printf(&cli->out, "%s/set-up/%s\n", config->console.url, token);
    return 0;
}
