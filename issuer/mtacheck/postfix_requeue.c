/*
 * postfix_requeue.c - postsuper -r: Postfix forgets the lane of a message that is requeued. The
 * recipe marks messages of our logins, and a marked one that comes in by pickup(8) waits.
 */
#include "base/base.h"

#include "issuer/mtacheck/postfix.h"

/* As templates/mta/postfix.txt has it. */
#define MARK "X-Clean-Message"

#define PASTE_REQUEUED                                                                    \
 "paste the part \"master.cf: requeued mail\" of \"cleansmtp mta postfix\", and say the " \
 "postconf command in it"

static const struct mtacheck_rule unmarked = {
    "requeue.unmarked", MTACHECK_LEAK,
    "a message of our logins that is requeued (postsuper -r) leaves by the default address",
    "check_sasl_access regexp:{ {/^cs-/ PREPEND " MARK ": yes} } behind clean_logins"};
static const struct mtacheck_rule unguarded = {
    "requeue.unguarded", MTACHECK_LEAK,
    "a message of our logins that is requeued (postsuper -r) leaves by the default address",
    PASTE_REQUEUED};
static const struct mtacheck_rule visible = {
    "requeue.visible", MTACHECK_ADVICE, "our mark (" MARK ") travels with the message",
    "paste this lane again as \"cleansmtp mta postfix\" prints it"};

/* Does a table that is asked about the login put the mark in front? */
static bool marks(const struct mtacheck_facts *facts, struct arena *mem,
                  const char *restrictions)
{
    struct slice rest = slice_from(restrictions);
    struct slice word;

    while (settings_word(&rest, &word)) {
        if (!slice_is(word, "check_sasl_access") || !settings_word(&rest, &word))
            continue;
        struct slice answer = slice_from(
            mtacheck_host(facts, "table", arena_slice(mem, word)));
        if (slice_starts_nocase(answer, "PREPEND " MARK ":"))
            return true;
    }
    return false;
}

void postfix_check_mark(const struct mtacheck_facts *facts, struct arena *mem,
                        const char *service, struct mtacheck_findings *out)
{
    static const char name[] = "smtpd_data_restrictions";
    const char *found = postfix_value(facts, service, name);

    if (!marks(facts, mem, found))
        mtacheck_report(out, (struct mtacheck_finding){
                                 .rule = &unmarked,
                                 .where = arena_printf(mem, "%s %s", service, name),
                                 .found = found});
}

/* What the first of the tables that knows our mark does with it; "" when none does. */
static struct slice answer_to_mark(const struct mtacheck_facts *facts,
                                   struct arena *mem, const char *tables)
{
    struct slice rest = slice_from(tables);
    struct slice table;

    while (settings_word(&rest, &table)) {
        const char *answer = mtacheck_host(facts, "mark", arena_slice(mem, table));
        if (answer[0] != '\0' && strcmp(answer, "unknown") != 0)
            return slice_from(answer);
    }
    return SLICE("");
}

static bool holds(struct slice answer)
{
    return slice_starts_nocase(answer, "FILTER retry:") ||
           slice_starts_nocase(answer, "HOLD");
}

/* What pickup(8) takes in goes through a cleanup(8) that looks for the mark. */
static void check_pickup(const struct mtacheck_facts *facts, struct arena *mem,
                         const char *pickup, struct mtacheck_findings *out)
{
    const char *name = postfix_value(facts, pickup, "cleanup_service_name");
    const char *cleanup = arena_printf(mem, "%s/unix", name);
    const char *checks = postfix_value(facts, cleanup, "header_checks");

    if (!postfix_runs(facts, cleanup, "cleanup") ||
        !holds(answer_to_mark(facts, mem, checks)))
        mtacheck_report(out,
                        (struct mtacheck_finding){
                            .rule = &unguarded,
                            .where = arena_printf(mem, "%s header_checks", cleanup),
                            .found = checks});
}

void postfix_check_requeue(const struct mtacheck_facts *facts, struct arena *mem,
                           struct mtacheck_findings *out)
{
    for (size_t i = 0; i < facts->settings.count; i++) {
        const struct setting *row = &facts->settings.at[i];
        if (strcmp(row->name, "command") == 0 &&
            postfix_runs(facts, row->scope, "pickup"))
            check_pickup(facts, mem, row->scope, out);
    }
    for (size_t i = 0; i < facts->lanes_count; i++) {
        const char *lane = arena_printf(mem, "%s/unix", facts->lanes[i].lane);
        const char *checks = postfix_value(facts, lane, "smtp_header_checks");
        if (settings_find(&facts->settings, lane, "command") != NULL &&
            !slice_starts_nocase(answer_to_mark(facts, mem, checks), "IGNORE"))
            mtacheck_report(
                out, (struct mtacheck_finding){
                         .rule = &visible,
                         .where = arena_printf(mem, "%s smtp_header_checks", lane),
                         .found = checks});
    }
}
