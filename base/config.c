/*
 * config.c - the configuration file, by libconfuse: one table of options a section.
 *
 * libconfuse parses and checks types; what a value means is checked here, in one pass over the
 * finished tree. The line of each option is kept on the way, so that every error names file,
 * line and option. An option or section that stands twice is refused: libconfuse would silently
 * forget the first.
 *
 * libconfuse never sees the file itself: its scanner ends the process where a read fails, and
 * has no ceiling.
 */
#include "base/base.h"

#include "base/config.h"

#include <stdarg.h>

#include <confuse.h>

#include "base/address.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/config_reading.h"
#include "base/config_value.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/number.h"

/* libconfuse declares the default of a list as char *, though it never writes to it. */
static char default_servers[] = "{\"127.0.0.1\"}";
static char default_zones[] = "{\"bl.spamcop.net\"}";
static char no_codes[] = "{}";

/* Defaults as text, in the order of cleansmtp.conf(5). An empty string is filled in from other
 * options (derive). */
static cfg_opt_t brand_options[] = {
    CFG_STR("name", "Mail hosting", CFGF_NONE),
    CFG_STR("support", "", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t console_options[] = {
    CFG_STR("listen", "127.0.0.1:8025", CFGF_NONE),
    CFG_STR("url", "http://127.0.0.1:8025", CFGF_NONE),
    CFG_BOOL("proxied", cfg_false, CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t customer_options[] = {
    CFG_STR("listen", "127.0.0.1:8026", CFGF_NONE),
    CFG_STR("url", "http://127.0.0.1:8026", CFGF_NONE),
    CFG_BOOL("proxied", cfg_false, CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t submission_options[] = {
    CFG_STR("host", "clean.mail.example", CFGF_NONE),
    CFG_INT("port", 465, CFGF_NONE),
    CFG_INT("starttls_port", 587, CFGF_NONE),
    CFG_STR("realm", "", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t dns_options[] = {
    CFG_STR_LIST("servers", default_servers, CFGF_NONE),
    CFG_INT("port", 53, CFGF_NONE),
    CFG_STR("timeout", "3s", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t zone_options[] = {
    CFG_STR("title", "", CFGF_NONE),
    CFG_STR_LIST("codes", no_codes, CFGF_NONE),
    CFG_STR("lookup_url", "", CFGF_NONE),
    CFG_STR("clears", "?", CFGF_NONE),
    CFG_STR("expiry", "", CFGF_NONE),
    CFG_BOOL("test_points", cfg_true, CFGF_NONE),
    CFG_BOOL("may_grant", cfg_false, CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t key_options[] = {
    CFG_STR("file", "", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t zones_options[] = {
    CFG_STR_LIST("use", default_zones, CFGF_NONE),
    CFG_SEC("zone", zone_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
    CFG_SEC("key", key_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
    CFG_END(),
};
static cfg_opt_t policy_options[] = {
    CFG_STR("lease_default", "24h", CFGF_NONE),
    CFG_STR("lease_max", "72h", CFGF_NONE),
    CFG_INT("messages_max", 100, CFGF_NONE),
    CFG_INT("messages_per_hour", 50, CFGF_NONE),
    CFG_INT("leases_per_week", 2, CFGF_NONE),
    CFG_INT("leases_per_month", 4, CFGF_NONE),
    CFG_STR("link_valid", "2h", CFGF_NONE),
    CFG_STR("proof", "mailbox", CFGF_NONE),
    CFG_BOOL("console_reveal", cfg_false, CFGF_NONE),
    CFG_STR("log_proof", "preferred", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t mta_log_options[] = {
    CFG_STR("file", "", CFGF_NONE),
    CFG_STR("format", "postfix", CFGF_NONE),
    CFG_STR("keep", "30d", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t auth_options[] = {
    CFG_STR("dovecot", "", CFGF_NONE),
    CFG_STR("verify", "", CFGF_NONE),
    CFG_STR("policy", "", CFGF_NONE),
    CFG_STR("socketmap", "", CFGF_NONE),
    CFG_STR("saslauthd", "", CFGF_NONE),
    CFG_STR("peer", "postfix", CFGF_NONE),
    CFG_STR("group", "", CFGF_NONE),
    CFG_STR("failure_delay", "500ms", CFGF_NONE),
    CFG_END(),
};
static cfg_opt_t options[] = {
    CFG_STR("state_dir", "/var/lib/cleansmtp", CFGF_NONE),
    CFG_STR("runtime_dir", "/run/cleansmtp", CFGF_NONE),
    CFG_STR("database", "", CFGF_NONE),
    CFG_STR("timezone", "UTC", CFGF_NONE),
    CFG_STR("template_dir", "", CFGF_NONE),
    CFG_STR("bounce_program", "", CFGF_NONE),
    CFG_STR("bounce_rules", "", CFGF_NONE),
    CFG_SEC("brand", brand_options, CFGF_NONE),
    CFG_SEC("console", console_options, CFGF_NONE),
    CFG_SEC("customer", customer_options, CFGF_NONE),
    CFG_SEC("submission", submission_options, CFGF_NONE),
    CFG_SEC("dns", dns_options, CFGF_NONE),
    CFG_SEC("zones", zones_options, CFGF_NONE),
    CFG_SEC("policy", policy_options, CFGF_NONE),
    CFG_SEC("mta_log", mta_log_options, CFGF_NONE),
    CFG_SEC("auth", auth_options, CFGF_NONE),
    CFG_END(),
};

/* libconfuse's callbacks have no context argument; one parse at a time a thread. */
static _Thread_local struct reading *current;

PRINTF(2, 0)
static void on_parse_error(cfg_t *cfg, const char *format, va_list args)
{
    char text[160];

    /* The first message is the cause, later ones its consequences. */
    if (current->cause.kind != ERROR_NONE)
        return;
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    error_set(&current->cause, ERROR_INVALID, "%s:%d: %s", current->config->path,
              cfg->line, text);
}

/* What an option is called in `seen`. A section with a title is one of many. */
static const char *seen_name(const struct reading *r, cfg_t *cfg, cfg_opt_t *option)
{
    if (cfg == r->tree)
        return option->name;
    if ((option->flags & CFGF_MULTI) != 0) {
        cfg_t *newest = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
        return arena_printf(r->mem, "%s|%s", option->name, cfg_title(newest));
    }
    if (cfg_title(cfg) != NULL)
        return arena_printf(r->mem, "%s|%s|%s", cfg_name(cfg), cfg_title(cfg),
                            option->name);
    return arena_printf(r->mem, "%s|%s", cfg_name(cfg), option->name);
}

/* libconfuse calls this for each option and section that it has read from the file. */
static int on_option(cfg_t *cfg, cfg_opt_t *option)
{
    struct reading *r = current;
    bool is_list = (option->flags & CFGF_LIST) != 0;
    const char *name = seen_name(r, cfg, option);

    for (size_t i = 0; i < r->seen_count; i++)
        if (strcmp(r->seen[i].option, name) == 0) {
            if (is_list) /* called for each of its values */
                return 0;
            cfg_error(cfg, "\"%s\" stands twice, first in line %d", option->name,
                      r->seen[i].line);
            return -1;
        }
    if (r->seen_count == OPTIONS_MAX) {
        cfg_error(cfg, "more than %d options", OPTIONS_MAX);
        return -1;
    }
    r->seen[r->seen_count].option = name;
    r->seen[r->seen_count++].line = cfg->line;
    return 0;
}

/* Sections stand three deep at most: zones, zone, title. */
static void watch_section(struct reading *r, const char *section, const cfg_opt_t *rows)
{
    for (; rows->name != NULL; rows++)
        cfg_set_validate_func(
            r->tree, arena_printf(r->mem, "%s|%s", section, rows->name), on_option);
}

static void watch_options(struct reading *r)
{
    for (const cfg_opt_t *option = options; option->name != NULL; option++) {
        cfg_set_validate_func(r->tree, option->name, on_option);
        if (option->type != CFGT_SEC)
            continue;
        watch_section(r, option->name, option->subopts);
        for (const cfg_opt_t *inner = option->subopts; inner->name != NULL; inner++)
            if (inner->type == CFGT_SEC)
                watch_section(r,
                              arena_printf(r->mem, "%s|%s", option->name, inner->name),
                              inner->subopts);
    }
}

int config_line_of(const struct reading *r, const char *option)
{
    struct slice section = slice_take(slice_from(option), strcspn(option, "|"));
    int line = 0;

    for (size_t i = 0; i < r->seen_count; i++) {
        if (strcmp(r->seen[i].option, option) == 0)
            return r->seen[i].line;
        if (slice_is(section, r->seen[i].option))
            line = r->seen[i].line;
    }
    return line;
}

/* "file:line: section.option why"; the line is left out where the value is a default. */
static int bad(struct reading *r, const char *option, const char *why)
{
    char *shown = arena_strdup(r->mem, option);
    char *bar = strchr(shown, '|');
    int line = config_line_of(r, option);

    if (bar != NULL)
        *bar = '.';
    const char *place = line == 0 ? "" : arena_printf(r->mem, ":%d", line);
    return error_set(r->err, ERROR_INVALID, "%s%s: %s %s", r->config->path, place,
                     shown, why);
}

static const char *text_of(struct reading *r, const char *option)
{
    const char *value = cfg_getstr(r->tree, option);

    return arena_strdup(r->mem, value == NULL ? "" : value);
}

static int read_path(struct reading *r, const char *option, const char **out)
{
    const char *value = text_of(r, option);

    if (value[0] != '\0' && value[0] != '/')
        return bad(r, option, "must be an absolute path");
    *out = value;
    return 0;
}

/* Seconds, or milliseconds with in_ms; "500ms" is taken where it makes sense. */
static int read_duration(struct reading *r, const char *option, bool in_ms,
                         int64_t *out)
{
    struct slice text = slice_from(cfg_getstr(r->tree, option));
    struct error why = {0};
    uint64_t ms;
    int64_t seconds;

    if (in_ms && slice_ends_nocase(text, "ms")) {
        if (!number_u64(slice_take(text, text.len - 2), 60000, &ms))
            return bad(r, option, "is not a duration such as 500ms");
        *out = (int64_t)ms;
        return 0;
    }
    if (number_duration_s(text, &seconds, &why) != 0)
        return bad(r, option, why.text);
    *out = in_ms ? seconds * 1000 : seconds;
    return 0;
}

static int read_number(struct reading *r, const char *option, long min, long max,
                       unsigned *out)
{
    long value = cfg_getint(r->tree, option);

    if (value < min || value > max)
        return bad(r, option,
                   arena_printf(r->mem, "must be from %ld to %ld", min, max));
    *out = (unsigned)value;
    return 0;
}

static int read_word(struct reading *r, const char *option, const char *const *words,
                     size_t count, unsigned *out)
{
    const char *value = cfg_getstr(r->tree, option);

    for (size_t i = 0; i < count; i++)
        if (strcmp(value, words[i]) == 0) {
            *out = (unsigned)i;
            return 0;
        }
    return bad(r, option, arena_printf(r->mem, "cannot be \"%.40s\"", value));
}

static int read_list(struct reading *r, const char *option, struct config_list *out)
{
    unsigned count = cfg_size(r->tree, option);

    if (count == 0 || count > CONFIG_LIST_MAX)
        return bad(r, option, "must have 1 to 32 entries");
    for (unsigned i = 0; i < count; i++)
        out->at[i] = arena_strdup(r->mem, cfg_getnstr(r->tree, option, i));
    out->count = count;
    return 0;
}

static int read_url(struct reading *r, const char *option, const char **out)
{
    const char *value = text_of(r, option);

    if (!config_is_url(value))
        return bad(r, option,
                   "must be http:// or https:// and a host, without a final \"/\"");
    *out = value;
    return 0;
}

static int read_listen(struct reading *r, const char *option, const char **out)
{
    const char *value = text_of(r, option);

    if (!config_is_listen(value))
        return bad(r, option,
                   "must be an address and port such as 127.0.0.1:8025, or unix:/path");
    *out = value;
    return 0;
}

static int read_dns(struct reading *r)
{
    struct config *c = r->config;
    struct address parsed;
    static const char *const proofs[] = {"mailbox", "pin"};
    unsigned ignored = 0;

    if (read_list(r, "dns|servers", &c->dns.servers) != 0 ||
        read_number(r, "dns|port", 1, 65535, &c->dns.port) != 0 ||
        read_duration(r, "dns|timeout", false, &c->dns.timeout_s) != 0 ||
        read_word(r, "policy|proof", proofs, ARRAY_LEN(proofs), &ignored) != 0)
        return -1;
    if (c->dns.timeout_s > 30)
        return bad(r, "dns|timeout", "must be at most 30s");
    for (size_t i = 0; i < c->dns.servers.count; i++)
        if (!address_parse(slice_from(c->dns.servers.at[i]), &parsed))
            return bad(r, "dns|servers", "must be addresses");
    return 0;
}

static int read_zones(struct reading *r)
{
    struct config *c = r->config;
    unsigned defined = cfg_size(r->tree, "zones|zone");
    unsigned keys = cfg_size(r->tree, "zones|key");

    if (read_list(r, "zones|use", &c->zones.use) != 0)
        return -1;
    for (size_t i = 0; i < c->zones.use.count; i++)
        if (!config_is_zone(c->zones.use.at[i]))
            return bad(r, "zones|use",
                       "must be names of block list zones, in lower case");
    if (defined > CONFIG_ZONES_MAX || keys > CONFIG_ZONES_MAX)
        return bad(r, "zones", "must have at most 32 zones and 32 keys");
    c->zones.defined = arena_array(r->mem, defined, sizeof *c->zones.defined);
    c->zones.keys = arena_array(r->mem, keys, sizeof *c->zones.keys);
    for (unsigned i = 0; i < defined; i++)
        if (config_read_zone(r, cfg_getnsec(r->tree, "zones|zone", i),
                             &c->zones.defined[i]) != 0)
            return -1;
    for (unsigned i = 0; i < keys; i++)
        if (config_read_key(r, cfg_getnsec(r->tree, "zones|key", i),
                            &c->zones.keys[i]) != 0)
            return -1;
    c->zones.defined_count = defined;
    c->zones.keys_count = keys;
    return 0;
}

static int read_policy(struct reading *r)
{
    static const char *const proofs[] = {"off", "preferred", "required"};
    struct config *c = r->config;
    unsigned proof = 0;

    if (read_duration(r, "policy|lease_default", false, &c->policy.lease_default_s) !=
            0 ||
        read_duration(r, "policy|lease_max", false, &c->policy.lease_max_s) != 0 ||
        read_duration(r, "policy|link_valid", false, &c->policy.link_valid_s) != 0 ||
        read_number(r, "policy|messages_max", 1, 100000, &c->policy.messages_max) !=
            0 ||
        read_number(r, "policy|messages_per_hour", 1, 100000,
                    &c->policy.messages_per_hour) != 0 ||
        read_number(r, "policy|leases_per_week", 0, 1000, &c->policy.leases_per_week) !=
            0 ||
        read_number(r, "policy|leases_per_month", 0, 1000,
                    &c->policy.leases_per_month) != 0 ||
        read_word(r, "policy|log_proof", proofs, ARRAY_LEN(proofs), &proof) != 0)
        return -1;
    c->policy.log_proof = (enum config_log_proof)proof;
    c->policy.console_reveal = cfg_getbool(r->tree, "policy|console_reveal") ==
                               cfg_true;
    if (c->policy.lease_default_s > c->policy.lease_max_s)
        return bad(r, "policy|lease_default", "must not exceed lease_max");
    return 0;
}

static int read_auth(struct reading *r)
{
    static const char *const peers[] = {"postfix", "exim", "dovecot"};
    struct config *c = r->config;
    const char *ignored_path;
    unsigned peer = 0;

    if (read_path(r, "auth|dovecot", &c->auth.dovecot) != 0 ||
        read_path(r, "auth|verify", &c->auth.verify) != 0 ||
        read_path(r, "auth|policy", &c->auth.policy) != 0 ||
        read_path(r, "auth|socketmap", &ignored_path) != 0 ||
        read_path(r, "auth|saslauthd", &ignored_path) != 0 ||
        read_word(r, "auth|peer", peers, ARRAY_LEN(peers), &peer) != 0 ||
        read_duration(r, "auth|failure_delay", true, &c->auth.failure_delay_ms) != 0)
        return -1;
    c->auth.peer = (enum config_peer)peer;
    c->auth.group = text_of(r, "auth|group");
    if (c->auth.failure_delay_ms > 5000) /* Postfix gives up after 10 s */
        return bad(r, "auth|failure_delay", "must be at most 5s");
    return 0;
}

static int read_mta_log(struct reading *r)
{
    static const char *const formats[] = {"postfix", "exim"};
    struct config *c = r->config;
    unsigned format = 0;

    if (read_path(r, "mta_log|file", &c->mta_log.file) != 0 ||
        read_word(r, "mta_log|format", formats, ARRAY_LEN(formats), &format) != 0 ||
        read_duration(r, "mta_log|keep", false, &c->mta_log.keep_s) != 0)
        return -1;
    c->mta_log.format = (enum config_log_format)format;
    if (c->mta_log.keep_s < 86400)
        return bad(r, "mta_log|keep", "must be at least 1d");
    return 0;
}

static int read_sites(struct reading *r)
{
    struct config *c = r->config;

    c->timezone = text_of(r, "timezone");
    c->brand.name = text_of(r, "brand|name");
    c->brand.support = text_of(r, "brand|support");
    c->submission.host = text_of(r, "submission|host");
    c->submission.realm = text_of(r, "submission|realm");
    c->console.is_proxied = cfg_getbool(r->tree, "console|proxied") == cfg_true;
    c->customer.is_proxied = cfg_getbool(r->tree, "customer|proxied") == cfg_true;
    if (read_listen(r, "console|listen", &c->console.listen) != 0 ||
        read_listen(r, "customer|listen", &c->customer.listen) != 0 ||
        read_url(r, "console|url", &c->console.url) != 0 ||
        read_url(r, "customer|url", &c->customer.url) != 0 ||
        read_number(r, "submission|port", 1, 65535, &c->submission.port) != 0 ||
        read_number(r, "submission|starttls_port", 1, 65535,
                    &c->submission.starttls_port) != 0)
        return -1;
    if (c->submission.realm[0] == '\0')
        c->submission.realm = c->submission.host;
    if (!config_is_host(c->submission.host))
        return bad(r, "submission|host", "must be a host name");
    if (!config_is_host(c->submission.realm))
        return bad(r, "submission|realm", "must be a host name");
    if (!config_is_timezone(c->timezone))
        return bad(r, "timezone", "must be a name such as Europe/Berlin");
    if (c->brand.name[0] == '\0' || !slice_is_utf8(slice_from(c->brand.name)))
        return bad(r, "brand|name", "must be text");
    return 0;
}

static int read_folders(struct reading *r)
{
    struct config *c = r->config;
    const char *database = text_of(r, "database");

    if (read_path(r, "state_dir", &c->state_dir) != 0 ||
        read_path(r, "runtime_dir", &c->runtime_dir) != 0 ||
        read_path(r, "template_dir", &c->template_dir) != 0 ||
        read_path(r, "bounce_program", &c->bounce_program) != 0 ||
        read_path(r, "bounce_rules", &c->bounce_rules) != 0)
        return -1;
    if (strncmp(database, "sqlite:", 7) == 0)
        database += 7;
    else if (strstr(database, ":") != NULL)
        return bad(r, "database", "must start with \"sqlite:\"");
    if (database[0] != '\0' && database[0] != '/')
        return bad(r, "database", "must be an absolute path behind \"sqlite:\"");
    if (c->state_dir[0] == '\0')
        return bad(r, "state_dir", "must not be empty");
    if (c->runtime_dir[0] == '\0')
        return bad(r, "runtime_dir", "must not be empty");
    c->database = database[0] != '\0'
                      ? database
                      : arena_printf(r->mem, "%s/cleansmtp.db", c->state_dir);
    return 0;
}

/* A socket that the file does not name stands in runtime_dir; one that it names as "" is off. */
static void derive(struct reading *r)
{
    struct config *c = r->config;
    const struct {
        const char *option, *name;
        const char **path;
    } sockets[] = {
        {"auth|dovecot", "auth",   &c->auth.dovecot},
        {"auth|verify",  "verify", &c->auth.verify },
        {"auth|policy",  "policy", &c->auth.policy },
    };

    for (size_t i = 0; i < ARRAY_LEN(sockets); i++) {
        cfg_opt_t *option = cfg_getopt(r->tree, sockets[i].option);
        if ((option->flags & CFGF_MODIFIED) == 0)
            *sockets[i].path = arena_printf(r->mem, "%s/%s", c->runtime_dir,
                                            sockets[i].name);
    }
    if (c->bounce_program[0] == '\0')
        c->bounce_program = config_bounce_program(r->mem);
}

int config_parse(struct reading *r)
{
    const char *path = r->config->path;
    struct slice text = {0};
    struct error why = {0};

    if (file_read(r->mem, path, FILE_MAX, &text, &why) != 0) {
        if (why.kind != ERROR_NOT_FOUND)
            return error_set(r->err, why.kind, "%s", why.text);
        return error_set(
            r->err, ERROR_NOT_FOUND,
            "there is no \"%s\": run `cleansmtp init`, or name the file with -c", path);
    }
    if (slice_find_byte(text, '\0') >= 0)
        return error_set(r->err, ERROR_INVALID, "%s: is not a text", path);
    r->tree = cfg_init(options, CFGF_NONE);
    if (r->tree == NULL)
        abort();
    cfg_set_error_function(r->tree, on_parse_error);
    watch_options(r);
    /* A last line without its newline is a line, and an empty file is a text. */
    const char *lines = slice_ends_nocase(text, "\n")
                            ? text.at
                            : arena_printf(r->mem, "%s\n", text.at);
    current = r;
    int parsed = cfg_parse_buf(r->tree, lines);
    current = NULL;
    if (parsed == CFG_SUCCESS)
        return 0;
    if (r->cause.kind != ERROR_NONE)
        return error_set(r->err, ERROR_INVALID, "%s", r->cause.text);
    /* libconfuse says nothing where a name is empty. */
    return error_set(r->err, ERROR_INVALID, "%s:%d: not an option", path,
                     r->tree->line);
}

int config_load(const char *path, struct config **out, struct error *err)
{
    struct reading r = {.err = err};
    int result = -1;

    r.config = xcalloc(1, sizeof *r.config);
    r.mem = xcalloc(1, sizeof *r.mem);
    arena_init(r.mem);
    r.config->memory = r.mem;
    r.config->path = arena_strdup(r.mem, path);
    if (config_parse(&r) != 0 || read_folders(&r) != 0 || read_sites(&r) != 0 ||
        read_dns(&r) != 0 || read_zones(&r) != 0 || read_policy(&r) != 0 ||
        read_auth(&r) != 0 || read_mta_log(&r) != 0)
        goto out;
    derive(&r);
    *out = r.config;
    r.config = NULL;
    result = 0;

out:
    cfg_free(r.tree);
    config_free(r.config);
    return result;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    arena_release(config->memory);
    free(config->memory);
    free(config);
}

const char *config_path(const char *from_option)
{
    /* Read once at start-up, before threads exist. */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *from_env = getenv("CLEANSMTP_CONFIG");

    if (from_option != NULL)
        return from_option;
    return from_env != NULL && from_env[0] != '\0' ? from_env : CONFIG_DEFAULT_PATH;
}
