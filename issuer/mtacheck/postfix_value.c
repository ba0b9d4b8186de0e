/*
 * postfix_value.c - what a value of Postfix means.
 */
#include "base/base.h"

#include "issuer/mtacheck/postfix.h"

const char *postfix_value(const struct mtacheck_facts *facts, const char *service,
                          const char *name)
{
    const char *value = settings_find(&facts->settings, service, name);

    if (value == NULL)
        value = settings_find(&facts->settings, "", name);
    return value != NULL ? value : "";
}

bool postfix_is_yes(const struct mtacheck_facts *facts, const char *service,
                    const char *name)
{
    return slice_is_nocase(slice_from(postfix_value(facts, service, name)), "yes");
}

bool postfix_runs(const struct mtacheck_facts *facts, const char *service,
                  const char *program)
{
    const char *command = settings_find(&facts->settings, service, "command");
    struct slice rest = slice_from(command);
    struct slice word;

    return settings_word(&rest, &word) && slice_is(word, program);
}

const char *postfix_socket_path(const struct mtacheck_facts *facts, struct arena *mem,
                                struct slice endpoint)
{
    if (slice_starts(endpoint, "unix:"))
        endpoint = slice_skip(endpoint, 5);
    else if (slice_starts(endpoint, "inet:"))
        return NULL;
    if (endpoint.len == 0)
        return NULL;
    if (endpoint.at[0] == '/')
        return arena_slice(mem, endpoint);
    return arena_printf(mem, "%s/%s", postfix_value(facts, "", "queue_directory"),
                        arena_slice(mem, endpoint));
}

const char *postfix_policy_socket(const struct mtacheck_facts *facts, struct arena *mem,
                                  struct slice spec)
{
    struct slice word;

    return settings_word(&spec, &word) ? postfix_socket_path(facts, mem, word) : NULL;
}

const char *postfix_policy_default(struct arena *mem, struct slice spec)
{
    struct slice word;

    while (settings_word(&spec, &word)) {
        ptrdiff_t equals = slice_find_byte(word, '=');
        if (equals > 0 &&
            slice_is(slice_trim(slice_take(word, (size_t)equals)), "default_action"))
            return arena_slice(mem, slice_trim(slice_skip(word, (size_t)equals + 1)));
    }
    return NULL;
}

/* How a word of a list of restrictions ends the asking. */
struct walk {
    const struct mtacheck_facts *facts;
    struct arena *mem;
    struct slice
        passing; /* the first word that may let a message pass; at NULL: none */
};

static bool has_word(const char *list, struct slice wanted)
{
    struct slice rest = slice_from(list);
    struct slice word;

    while (settings_word(&rest, &word))
        if (slice_equal(word, wanted))
            return true;
    return false;
}

static bool asks_us(const struct walk *walk, struct slice spec)
{
    const char *path = postfix_policy_socket(walk->facts, walk->mem, spec);

    return path != NULL && strcmp(path, walk->facts->policy) == 0;
}

/* check_... ARGUMENT. true: it asks us. Any other table or policy server may say OK. */
static bool walk_check(struct walk *walk, struct slice word, struct slice argument,
                       struct postfix_asking *out)
{
    if (slice_is(word, "check_policy_service") && asks_us(walk, argument)) {
        *out = (struct postfix_asking){.reach = POSTFIX_ASKED, .spec = argument};
        return true;
    }
    if (walk->passing.at == NULL)
        walk->passing = word;
    return false;
}

/* A list of restrictions, without classes in it. true: it asks us. */
static bool walk_plain(struct walk *walk, struct slice list, struct postfix_asking *out)
{
    struct slice word;
    struct slice next = {0};

    while (settings_word(&list, &word)) {
        if (slice_starts(word, "check_")) {
            if (!settings_word(&list, &next))
                return false;
            if (walk_check(walk, word, next, out))
                return true;
        } else if (walk->passing.at == NULL && slice_starts(word, "permit")) {
            walk->passing = word;
        }
    }
    return false;
}

/* Would Postfix look for a class of that name? What it knows itself is not one. */
static bool is_class_name(struct slice word)
{
    static const char *const builtin[] = {"permit", "reject", "defer",   "check_",
                                          "warn",   "sleep",  "ok",      "dunno",
                                          "hold",   "info",   "discard", "filter"};

    for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
        if (slice_starts(word, builtin[i]))
            return false;
    return word.len > 0 && word.at[0] >= 'a' && word.at[0] <= 'z';
}

/* What the table answers for our logins: restrictions, or classes of them. */
static bool walk_answer(struct walk *walk, const char *answer,
                        struct postfix_asking *out)
{
    const char *classes = postfix_value(walk->facts, "", "smtpd_restriction_classes");
    struct slice rest = slice_from(answer);
    struct slice word;

    if (!settings_word(&rest, &word))
        return false;
    if (!has_word(classes, word)) {
        if (!is_class_name(word))
            return walk_plain(walk, slice_from(answer), out);
        *out = (struct postfix_asking){.reach = POSTFIX_UNDECLARED, .word = word};
        return true;
    }
    const char *class = arena_slice(walk->mem, word);
    return walk_plain(walk, slice_from(postfix_value(walk->facts, "", class)), out) ||
           walk_plain(walk, rest, out);
}

bool postfix_is_our_map(const struct mtacheck_facts *facts, struct arena *mem,
                        struct slice table, const char *map)
{
    const char *end = arena_printf(mem, ":%s", map);

    if (facts->socketmap[0] == '\0' || !slice_starts(table, "socketmap:") ||
        !slice_ends_nocase(table, end))
        return false;
    table = slice_skip(table, sizeof "socketmap:" - 1);
    const char *path = postfix_socket_path(
        facts, mem,
        slice_take(table, table.len > strlen(end) ? table.len - strlen(end) : 0));
    return path != NULL && strcmp(path, facts->socketmap) == 0;
}

/* check_sasl_access TABLE. */
static bool walk_table(struct walk *walk, struct slice table,
                       struct postfix_asking *out)
{
    if (postfix_is_our_map(walk->facts, walk->mem, table, "egress")) {
        *out = (struct postfix_asking){.reach = POSTFIX_MAPPED, .word = table};
        return true;
    }
    const char *answer = mtacheck_host(walk->facts, "table",
                                       arena_slice(walk->mem, table));

    if (strcmp(answer, "unknown") == 0) {
        *out = (struct postfix_asking){.reach = POSTFIX_UNREAD, .word = table};
        return true;
    }
    return walk_answer(walk, answer, out);
}

void postfix_asking(const struct mtacheck_facts *facts, struct arena *mem,
                    const char *restrictions, struct postfix_asking *out)
{
    struct walk walk = {.facts = facts, .mem = mem};
    struct slice rest = slice_from(restrictions);
    struct slice word;
    struct slice next = {0};
    bool is_found = false;

    *out = (struct postfix_asking){.reach = POSTFIX_ABSENT};
    while (!is_found && settings_word(&rest, &word)) {
        if (!slice_starts(word, "check_"))
            is_found = walk_answer(&walk, arena_slice(mem, word), out);
        else if (!settings_word(&rest, &next))
            break;
        else if (slice_is(word, "check_sasl_access"))
            is_found = walk_table(&walk, next, out);
        else
            is_found = walk_check(&walk, word, next, out);
    }
    if ((out->reach == POSTFIX_ASKED || out->reach == POSTFIX_MAPPED) &&
        walk.passing.at != NULL)
        *out = (struct postfix_asking){.reach = POSTFIX_PASSED, .word = walk.passing};
}
