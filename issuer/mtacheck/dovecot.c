/*
 * dovecot.c - the password databases of Dovecot 2.3 and 2.4: ours stands in front, answers for our
 * logins alone, its refusal is final, its failure is temporary, and nobody remembers its answers.
 */
#include "base/base.h"

#include "issuer/mtacheck/check.h"

#include "base/number.h"

enum {
    PASSDBS_MAX = 32,
    POSTFIX_PATIENCE_S = 10,                     /* then it says 454 by itself */
    FAILURE_DELAY_MAX_S = POSTFIX_PATIENCE_S - 2 /* the rest is ours to answer in */
};

/* What differs between the two dialects. */
struct dialect {
    const char *lua_file; /* the setting of a Lua passdb */
    bool
        has_checkpassword; /* and holds a login with a second passdb; 2.4 delays every failure */
};
static const struct dialect dialect23 = {"args", true};
static const struct dialect dialect24 = {"lua_file", false};

struct passdb {
    const char *scope, *driver, *name; /* name: for people, "passdb 2" */
    bool is_ours, is_hold;
};
struct look {
    const struct mtacheck_facts *facts;
    struct arena *mem;
    const struct dialect *dialect;
    struct passdb passdbs[PASSDBS_MAX];
    size_t count, ours; /* ours == count: there is none */
    /* out: */
    const char *where, *found, *wanted;
};

static const char *value(const struct look *look, const char *scope, const char *name)
{
    const char *found = settings_find(&look->facts->settings, scope, name);

    return found != NULL ? found : "";
}

/* A setting of a passdb. 2.4 shows defaults as "passdb_NAME", and a driver is called as its block. */
static const char *passdb_value(const struct look *look, const char *scope,
                                const char *name)
{
    const char *found = value(look, scope, name);

    if (found[0] == '\0')
        found = value(look, "", arena_printf(look->mem, "passdb_%s", name));
    if (found[0] != '\0' || strcmp(name, "driver") != 0 ||
        strncmp(scope, "passdb ", 7) != 0)
        return found;
    return arena_strndup(look->mem, scope + 7, strcspn(scope + 7, "#"));
}

static const char *our_value(const struct look *look, const char *name)
{
    return passdb_value(look, look->passdbs[look->ours].scope, name);
}

static bool has_ours(const struct look *look)
{
    return look->ours < look->count;
}

static bool blame(struct look *look, const char *where, const char *found,
                  const char *wanted)
{
    look->where = where;
    look->found = found;
    look->wanted = wanted;
    return true;
}

/* A setting of our passdb. */
static bool blame_ours(struct look *look, const char *name, const char *wanted)
{
    return blame(look,
                 arena_printf(look->mem, "%s %s", look->passdbs[look->ours].name, name),
                 our_value(look, name), wanted);
}

static bool mentions(const char *text, const char *what)
{
    return slice_find(slice_from(text), slice_from(what)) >= 0;
}

/* ---- which passdb is which --------------------------------------------------------------- */

static bool is_ours(const struct look *look, const struct passdb *passdb)
{
    if (strcmp(passdb->driver, "checkpassword") == 0)
        return mentions(value(look, passdb->scope, "args"), "cleansmtp-checkpassword");
    if (strcmp(passdb->driver, "lua") == 0)
        return mentions(value(look, passdb->scope, look->dialect->lua_file),
                        "cleansmtp");
    return false;
}

/* "cs-*", or for a site with ordinary names that begin so our form alone: "cs-???????? ...". */
static bool is_our_filter(const char *filter)
{
    struct slice rest = slice_from(filter);
    struct slice word;
    size_t count = 0;

    if (strcmp(filter, "cs-*") == 0)
        return true;
    for (; settings_word(&rest, &word); count++)
        if (!slice_is(word, "cs-????????") && !slice_starts(word, "cs-????????@"))
            return false;
    return count > 0;
}

/* "/usr/bin/timeout 12 ...", for longer than the mail server waits. */
static bool holds_long(const char *args)
{
    struct slice rest = slice_from(args);
    struct slice word;
    uint64_t seconds;

    while (settings_word(&rest, &word))
        if (slice_ends_nocase(word, "/timeout"))
            return settings_word(&rest, &word) && number_u64(word, 3600, &seconds) &&
                   seconds > POSTFIX_PATIENCE_S;
    return false;
}

/* The one that holds a login until the mail server gives up: anything of ours behind the first. */
static bool is_hold(const struct look *look, const struct passdb *passdb)
{
    return has_ours(look) && !passdb->is_ours &&
           is_our_filter(value(look, passdb->scope, "username_filter")) &&
           holds_long(value(look, passdb->scope, "args"));
}

static void find_passdbs(struct look *look)
{
    const struct settings *settings = &look->facts->settings;

    for (size_t i = 0; i < settings->count && look->count < PASSDBS_MAX; i++) {
        const struct setting *row = &settings->at[i];
        if (row->name[0] != '\0' || !settings_block_is(row->scope, "passdb"))
            continue;
        struct passdb *passdb = &look->passdbs[look->count];
        passdb->scope = row->scope;
        passdb->driver = passdb_value(look, row->scope, "driver");
        passdb->name = arena_printf(look->mem, "passdb %zu (%s)", look->count + 1,
                                    passdb->driver);
        look->count++;
    }
    look->ours = look->count;
    for (size_t i = 0; i < look->count; i++) {
        struct passdb *passdb = &look->passdbs[i];
        passdb->is_ours = is_ours(look, passdb);
        if (passdb->is_ours && !has_ours(look))
            look->ours = i;
        passdb->is_hold = is_hold(look, passdb);
    }
}

/* ---- rules --------------------------------------------------------------------------------- */

static bool is_absent(struct look *look)
{
    return !has_ours(look) && blame(look, "passdb", NULL, NULL);
}

static bool is_unknown_driver(struct look *look)
{
    for (size_t i = 0; !look->dialect->has_checkpassword && i < look->count; i++)
        if (strcmp(look->passdbs[i].driver, "checkpassword") == 0)
            return blame(look, look->passdbs[i].name, NULL, "lua");
    return false;
}

static bool stands_behind(struct look *look)
{
    if (!has_ours(look) || look->ours == 0)
        return false;
    return blame(look, look->passdbs[0].name, NULL, look->passdbs[look->ours].name);
}

static bool answers_for_all(struct look *look)
{
    return has_ours(look) && !is_our_filter(our_value(look, "username_filter")) &&
           blame_ours(look, "username_filter", "cs-*");
}

static bool refusal_goes_on(struct look *look)
{
    return has_ours(look) &&
           strcmp(our_value(look, "result_failure"), "return-fail") != 0 &&
           blame_ours(look, "result_failure", "return-fail");
}

static bool failure_is_final(struct look *look)
{
    return has_ours(look) &&
           strcmp(our_value(look, "result_internalfail"), "continue") != 0 &&
           blame_ours(look, "result_internalfail", "continue");
}

static bool success_goes_on(struct look *look)
{
    return has_ours(look) &&
           strcmp(our_value(look, "result_success"), "return-ok") != 0 &&
           blame_ours(look, "result_success", "return-ok");
}

static bool nobody_holds(struct look *look)
{
    for (size_t i = look->ours + 1; i < look->count; i++)
        if (look->passdbs[i].is_hold)
            return false;
    return look->dialect->has_checkpassword && has_ours(look) &&
           blame(look, look->passdbs[look->ours].name, NULL, NULL);
}

static bool last_is_filtered(struct look *look)
{
    if (look->count == 0)
        return false;
    const struct passdb *last = &look->passdbs[look->count - 1];
    const char *filter = value(look, last->scope, "username_filter");
    return filter[0] != '\0' &&
           blame(look, arena_printf(look->mem, "%s username_filter", last->name),
                 filter, "");
}

/* The helper's or the script's file: the first word, behind "file=" in 2.3's Lua. */
static const char *our_file(const struct look *look)
{
    const struct passdb *passdb = &look->passdbs[look->ours];
    bool is_lua = strcmp(passdb->driver, "lua") == 0;
    struct slice rest = slice_from(
        our_value(look, is_lua ? look->dialect->lua_file : "args"));
    struct slice word = {0};

    while (slice_cut(&rest, ' ', &word)) {
        if (slice_starts(word, "file="))
            return arena_slice(look->mem, slice_skip(word, 5));
        if (slice_starts(word, "/"))
            return arena_slice(look->mem, word);
    }
    return "";
}

static bool file_is_absent(struct look *look)
{
    if (!has_ours(look))
        return false;
    const char *file = our_file(look);
    bool is_script = strcmp(look->passdbs[look->ours].driver, "lua") == 0;
    const char *state = mtacheck_host(look->facts, "file", file);
    bool is_good = strcmp(state, "program") == 0 ||
                   (is_script && strcmp(state, "there") == 0);
    return !is_good && blame(look, look->passdbs[look->ours].name, file, NULL);
}

/* The helper is told where to ask; without that it takes the default path. */
static bool helper_asks_elsewhere(struct look *look)
{
    static const char option[] = "--socket ";
    struct slice args = slice_from(our_value(look, "args"));
    ptrdiff_t place = slice_find(args, SLICE(option));
    struct slice path;

    if (place < 0)
        return false;
    struct slice rest = slice_skip(args, (size_t)place + sizeof option - 1);
    return slice_cut(&rest, ' ', &path) && !slice_is(path, look->facts->verify) &&
           blame_ours(look, "args", look->facts->verify);
}

static bool asks_elsewhere(struct look *look)
{
    if (!has_ours(look))
        return false;
    if (strcmp(look->passdbs[look->ours].driver, "checkpassword") == 0)
        return helper_asks_elsewhere(look);
    const char *file = our_file(look);
    return strcmp(mtacheck_host(look->facts, "script", file), "elsewhere") == 0 &&
           blame(look, file, NULL, look->facts->verify);
}

/* In the auth process itself one refusal would hold up all logins. (What 2.4 has for it, use_worker,
 * doveconf shows as "no" where nobody said so, and for Lua that is not its default.) */
static bool blocks_everybody(struct look *look)
{
    return has_ours(look) && look->dialect->has_checkpassword &&
           mentions(our_value(look, "args"), " blocking=no") &&
           blame_ours(look, "args", "blocking=yes");
}

/* checkpassword has no cache key, so Dovecot never remembers what it said. */
static bool is_remembered(struct look *look)
{
    if (!has_ours(look) || strcmp(look->passdbs[look->ours].driver, "lua") != 0)
        return false;
    const char *size = value(look, "", "auth_cache_size");
    bool is_off = size[0] == '0' || size[0] == '\0';
    if (is_off)
        return false;
    /* 2.3 knows no other way: it crashes when told not to remember this passdb ("cache_key="). */
    if (look->dialect->has_checkpassword)
        return blame(look, "auth_cache_size", size, "0");
    return strcmp(our_value(look, "use_cache"), "no") != 0 &&
           blame_ours(look, "use_cache", "no");
}

/* Said to keep a passdb out of the cache when it is empty: 2.3.19 crashes there, whatever the size of the cache. Doveconf does not
 * show the value, and no other is of use. */
static bool has_key(struct look *look)
{
    return has_ours(look) && mentions(our_value(look, "args"), " cache_key=") &&
           blame_ours(look, "args", NULL);
}

/* "2 secs", "2s" */
static int64_t seconds_of(const char *text)
{
    static const struct {
        const char *unit;
        int64_t factor;
    } units[] = {
        {"ms",  0   },
        {"sec", 1   },
        {"s",   1   },
        {"m",   60  },
        {"h",   3600}
    };
    struct slice rest = slice_trim(slice_from(text));
    size_t digits = 0;
    uint64_t number;

    while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9')
        digits++;
    if (!number_u64(slice_take(rest, digits), 1000000, &number))
        return 0;
    rest = slice_trim(slice_skip(rest, digits));
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (slice_starts(rest, units[i].unit))
            return (int64_t)number * units[i].factor;
    return (int64_t)number;
}

/* 2.4 alone: every temporary answer is late, so no passdb has to wait. */
static bool answers_too_early(struct look *look)
{
    const char *delay = value(look, "", "auth_internal_failure_delay");

    return !look->dialect->has_checkpassword && has_ours(look) &&
           seconds_of(delay) <= POSTFIX_PATIENCE_S &&
           blame(look, "auth_internal_failure_delay", delay, "12 secs");
}

static bool delays_too_long(struct look *look)
{
    const char *delay = value(look, "", "auth_failure_delay");

    return seconds_of(delay) >= FAILURE_DELAY_MAX_S &&
           blame(look, "auth_failure_delay", delay, "2 secs");
}

/* The listener of the anvil service that counts failures, in either way of writing no mode. */
static bool has_penalty(struct look *look)
{
    static const char listener[] = "unix_listener anvil-auth-penalty#";
    const struct settings *settings = &look->facts->settings;

    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *row = &settings->at[i];
        if (strcmp(row->name, "mode") == 0 && mentions(row->scope, "service anvil#") &&
            mentions(row->scope, listener))
            return strspn(row->value, "0") != strlen(row->value) &&
                   blame(look, "service anvil, unix_listener anvil-auth-penalty, mode",
                         row->value, "0");
    }
    return blame(look, "service anvil, unix_listener anvil-auth-penalty, mode", NULL,
                 "0");
}

static bool lacks_mechanism(struct look *look, const char *mechanism)
{
    const char *list = value(look, "", "auth_mechanisms");
    struct slice rest = slice_from(list);
    struct slice word;

    while (settings_word(&rest, &word))
        if (slice_is_nocase(word, mechanism))
            return false;
    return blame(look, "auth_mechanisms", list, mechanism);
}

static bool lacks_plain(struct look *look)
{
    return lacks_mechanism(look, "plain");
}

static bool lacks_login(struct look *look)
{
    return lacks_mechanism(look, "login");
}

#define PRINT_AGAIN "write it as \"cleansmtp mta dovecot\" (dovecot24) prints it"

static const struct dovecot_rule {
    struct mtacheck_rule rule;
    bool (*is_wrong)(struct look *look);
} rules[] = {
    {{"passdb.absent", MTACHECK_MISSING, "no passdb asks cleansmtp: no login works",
      "put the passdb of \"cleansmtp mta dovecot\" (dovecot24) in front of yours"},
     is_absent        },
    {{"passdb.driver", MTACHECK_MISSING,
      "Dovecot 2.4 has no checkpassword, and its auth service does not start",
      "use the Lua passdb of \"cleansmtp mta dovecot24\""},
     is_unknown_driver},
    {{"passdb.order", MTACHECK_ADVICE,
      "it sees the passwords of our logins first, and each login waits for it",
      "put ours in front"},
     stands_behind    },
    {{"passdb.filter", MTACHECK_MISSING,
      "everybody's login asks cleansmtp, and fails while cleansmtp-authd is down",
      "username_filter = cs-*"},
     answers_for_all  },
    {{"passdb.failure", MTACHECK_MISSING,
      "a refused login goes on to the next passdb, and is not answered 535",
      PRINT_AGAIN},
     refusal_goes_on  },
    {{"passdb.internalfail", MTACHECK_MISSING,
      "while cleansmtp-authd is down logins are refused with 535, and mail programs "
      "throw the password away",
      PRINT_AGAIN},
     failure_is_final },
    {{"passdb.success", MTACHECK_MISSING, "a right password is not enough",
      PRINT_AGAIN},
     success_goes_on  },
    {{"passdb.hold", MTACHECK_MISSING,
      "while cleansmtp-authd is down Postfix makes a 535 of Dovecot's temporary answer, "
      "and mail programs throw the password away",
      "put the passdb that waits behind ours, as \"cleansmtp mta dovecot\" (dovecot24) "
      "prints it"},
     nobody_holds     },
    {{"delay.internal", MTACHECK_MISSING,
      "while cleansmtp-authd is down Postfix makes a 535 of Dovecot's temporary answer, "
      "and mail programs throw the password away",
      "auth_internal_failure_delay = 12 secs: Postfix gives up before, and says 454"},
     answers_too_early},
    {{"passdb.last", MTACHECK_MISSING,
      "every other login fails: all password databases are skipped",
      "the last passdb has no username_filter"},
     last_is_filtered },
    {{"passdb.file", MTACHECK_MISSING, "it is not there, or cannot be run",
      "install cleansmtp, and name the file as it lies on this host"},
     file_is_absent   },
    {{"passdb.socket", MTACHECK_MISSING,
      "it asks at another socket than cleansmtp-authd's: logins are not answered",
      "say the path of auth.verify: behind --socket, or in a copy of the script"},
     asks_elsewhere   },
    {{"passdb.blocking", MTACHECK_MISSING,
      "each refusal of ours, held back for some seconds, holds up everybody's login",
      "blocking=yes"},
     blocks_everybody },
    {{"cache", MTACHECK_LEAK,
      "Dovecot remembers passwords: a revoked login goes on working from its cache",
      PRINT_AGAIN},
     is_remembered    },
    {{"cache.key", MTACHECK_MISSING,
      "an empty cache_key= crashes the auth process of 2.3.19 at each login by ours, and "
      "with it everybody's",
      PRINT_AGAIN},
     has_key          },
    {{"delay", MTACHECK_MISSING,
      "a refusal comes after Postfix has given up: wrong passwords become 454",
      "auth_failure_delay = 2 secs"},
     delays_too_long  },
    {{"penalty", MTACHECK_MISSING,
      "after a few wrong passwords of one client, right ones from its address get 454",
      "service anvil { unix_listener anvil-auth-penalty { mode = 0 } }; cleansmtp-authd "
      "slows guessing itself"},
     has_penalty      },
    {{"mechanism.plain", MTACHECK_MISSING, "logins by PLAIN do not work",
      "auth_mechanisms = plain login"},
     lacks_plain      },
    {{"mechanism.login", MTACHECK_ADVICE, "Outlook logs in by LOGIN only",
      "auth_mechanisms = plain login"},
     lacks_login      },
};

static void check(const struct mtacheck_facts *facts, struct arena *mem,
                  const struct dialect *dialect, struct mtacheck_findings *out)
{
    struct look look = {.facts = facts, .mem = mem, .dialect = dialect};

    find_passdbs(&look);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].is_wrong(&look))
            mtacheck_report(out, (struct mtacheck_finding){&rules[i].rule, look.where,
                                                           look.found, look.wanted});
    if (has_ours(&look))
        mtacheck_socket(facts, facts->verify, out);
}

const char *mtacheck_dovecot_service(const struct mtacheck_facts *facts)
{
    const struct settings *settings = &facts->settings;

    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *row = &settings->at[i];
        if (settings_block_is(row->scope, "passdb") &&
            (strcmp(row->name, "args") == 0 || strcmp(row->name, "lua_file") == 0) &&
            mentions(row->value, "cleansmtp"))
            return mentions(row->value, ".lua") ? "service auth-worker"
                                                : "service auth";
    }
    return "service auth";
}

void mtacheck_dovecot23(const struct mtacheck_facts *facts, struct arena *mem,
                        struct mtacheck_findings *out)
{
    check(facts, mem, &dialect23, out);
}

void mtacheck_dovecot24(const struct mtacheck_facts *facts, struct arena *mem,
                        struct mtacheck_findings *out)
{
    check(facts, mem, &dialect24, out);
}
