/*
 * diagnosis.c - the ladder: facts in, one verdict out, the first row that fits.
 *
 * Every row names the facts that must hold (all_of) and those that must not (none_of). Two rows
 * lead to a lease. One asks for all of: a bounce, an address block that may be granted, our shared
 * address, a public living address list, and our own fresh answer "listed". The other, for lists
 * that nobody can ask, wants this very rejection in our own log, and a second person
 * (core/doubt.h). The last row takes what is left: we cannot tell.
 */
#include "base/base.h"

#include "core/diagnosis.h"

static const char *const class_names[] = {
    [CLASS_DNSBL] = "dnsbl",     [CLASS_PRIVATE] = "private",
    [CLASS_DOMAIN] = "domain",   [CLASS_AUTH] = "auth",
    [CLASS_CONTENT] = "content", [CLASS_RECIPIENT] = "recipient",
    [CLASS_RATE] = "rate",       [CLASS_RESOLVER] = "resolver",
    [CLASS_OTHER] = "other",
};
_Static_assert(ARRAY_LEN(class_names) == CLASS_COUNT, "one name a class");

static const char *const result_names[] = {
    [CHECK_YES] = "yes",
    [CHECK_NO] = "no",
    [CHECK_UNKNOWN] = "unknown",
};
_Static_assert(ARRAY_LEN(result_names) == CHECK_RESULT_COUNT, "one name a result");

const char *evidence_class_name(enum evidence_class evidence_class)
{
    assert((size_t)evidence_class < ARRAY_LEN(class_names));
    return class_names[evidence_class];
}

bool evidence_class_parse(struct slice text, enum evidence_class *out)
{
    for (size_t i = 0; i < ARRAY_LEN(class_names); i++) {
        if (slice_is(text, class_names[i])) {
            *out = (enum evidence_class)i;
            return true;
        }
    }
    return false;
}

const char *check_result_name(enum check_result result)
{
    assert((size_t)result < ARRAY_LEN(result_names));
    return result_names[result];
}

bool check_result_parse(struct slice text, enum check_result *out)
{
    for (size_t i = 0; i < ARRAY_LEN(result_names); i++) {
        if (slice_is(text, result_names[i])) {
            *out = (enum check_result)i;
            return true;
        }
    }
    return false;
}

enum {
    EXIT_LEASE_HELPS = 0, /* exit codes of `cleansmtp diagnose` */
    EXIT_NOT_OUR_PROBLEM = 10,
    EXIT_CANNOT_TELL = 11
};

/* clang-format 14 indents these rows beyond reading. */
/* clang-format off */
/* What is said of a verdict is found by its name. */
#define VERDICT(n) n, {"{said.verdict." n "}"}, {"{said.advice." n "}"}

static const struct diagnosis_row rows[] = {
    [DIAGNOSIS_LISTED_NOW] = {VERDICT("listed_now"), EXIT_LEASE_HELPS, true, "listed"},
    [DIAGNOSIS_CLEAR_NOW] = {VERDICT("clear_now"), EXIT_NOT_OUR_PROBLEM, false, "clear"},
    [DIAGNOSIS_NOT_OURS] = {VERDICT("not_ours"), EXIT_NOT_OUR_PROBLEM, false, "rest"},
    [DIAGNOSIS_RESERVED] = {VERDICT("reserved"), EXIT_NOT_OUR_PROBLEM, false, "unsure"},
    [DIAGNOSIS_NOT_ADDRESS] = {VERDICT("not_address"), EXIT_NOT_OUR_PROBLEM, false, "rest"},
    [DIAGNOSIS_RECIPIENT] = {VERDICT("recipient"), EXIT_NOT_OUR_PROBLEM, false, "rest"},
    [DIAGNOSIS_PRIVATE_LIST] = {VERDICT("private_list"), EXIT_NOT_OUR_PROBLEM, false, "unsure"},
    [DIAGNOSIS_PRIVATE_PROVEN] = {VERDICT("private_proven"), EXIT_LEASE_HELPS, true, "listed"},
    [DIAGNOSIS_WIDE_LIST] = {VERDICT("wide_list"), EXIT_NOT_OUR_PROBLEM, false, "unsure"},
    [DIAGNOSIS_CAUSE] = {VERDICT("customer_cause"), EXIT_NOT_OUR_PROBLEM, false, "listed"},
    [DIAGNOSIS_NO_BOUNCE] = {VERDICT("no_bounce"), EXIT_NOT_OUR_PROBLEM, false, "rest"},
    [DIAGNOSIS_CANNOT_TELL] = {VERDICT("cannot_tell"), EXIT_CANNOT_TELL, false, "unsure"},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(rows) == DIAGNOSIS_VERDICT_COUNT, "one row a verdict");

const struct diagnosis_row *diagnosis_row(enum diagnosis_verdict verdict)
{
    assert((size_t)verdict < ARRAY_LEN(rows));
    return &rows[verdict];
}

bool diagnosis_verdict_parse(struct slice name, enum diagnosis_verdict *out)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(name, rows[i].name)) {
            *out = (enum diagnosis_verdict)i;
            return true;
        }
    }
    return false;
}

/* ---- the ladder ------------------------------------------------------------------------- */

enum {
    /* The low bits are the class of the evidence: 1 << class. */
    BOUNCE = 1 << 16,
    GRANTABLE = 1 << 17,
    ADDRESS = 1 << 18, /* the bounce names the blocked address */
    SHARED = 1 << 19,
    RESERVED = 1 << 20,
    ZONE_COUNTS = 1 << 21,  /* ZONE_ANSWERS, and its answer grants */
    ZONE_ANSWERS = 1 << 22, /* known, alive, lists addresses */
    DOMAIN_LIST = 1 << 23,  /* the list named is one of domains */
    LISTED = 1 << 24,
    CLEAR = 1 << 25,
    IN_LOG = 1 << 26, /* our mail log has this very rejection */
    CAUSE = 1 << 27   /* the customer's own mail looks like the reason */
};
#define IN_CLASS(evidence_class) (1U << (evidence_class))
_Static_assert(CLASS_COUNT <= 16, "a class is a low bit");

enum {
    DNSBL = IN_CLASS(CLASS_DNSBL),
    PRIVATE = IN_CLASS(CLASS_PRIVATE),
    RECIPIENT_SIDE = IN_CLASS(CLASS_RECIPIENT) | IN_CLASS(CLASS_RATE) |
                     IN_CLASS(CLASS_RESOLVER),
    SENDER_SIDE = IN_CLASS(CLASS_DOMAIN) | IN_CLASS(CLASS_AUTH) |
                  IN_CLASS(CLASS_CONTENT),
    OURS = ADDRESS | SHARED,
};

/* clang-format off */
static const struct {
    unsigned one_of; /* 0: any class */
    unsigned all_of, none_of;
    enum diagnosis_verdict verdict;
} ladder[] = {
    {0,               0,                                        BOUNCE,      DIAGNOSIS_NO_BOUNCE},
    {RECIPIENT_SIDE,  0,                                        0,           DIAGNOSIS_RECIPIENT},
    {SENDER_SIDE,     0,                                        0,           DIAGNOSIS_NOT_ADDRESS},
    {DNSBL,           DOMAIN_LIST,                              0,           DIAGNOSIS_NOT_ADDRESS},
    {DNSBL | PRIVATE, ADDRESS | RESERVED,                       0,           DIAGNOSIS_RESERVED},
    {DNSBL | PRIVATE, ADDRESS,                                  SHARED,      DIAGNOSIS_NOT_OURS},
    {DNSBL,           OURS | ZONE_ANSWERS | CLEAR,              0,           DIAGNOSIS_CLEAR_NOW},
    {PRIVATE,         OURS | CAUSE,                             0,           DIAGNOSIS_CAUSE},
    {PRIVATE,         OURS | IN_LOG,                            0,           DIAGNOSIS_PRIVATE_PROVEN},
    {PRIVATE,         0,                                        0,           DIAGNOSIS_PRIVATE_LIST},
    {DNSBL,           OURS | ZONE_ANSWERS | LISTED | CAUSE,     0,           DIAGNOSIS_CAUSE},
    {DNSBL,           OURS | ZONE_COUNTS | LISTED | GRANTABLE,  0,           DIAGNOSIS_LISTED_NOW},
    {DNSBL,           OURS | ZONE_ANSWERS | LISTED,             ZONE_COUNTS, DIAGNOSIS_WIDE_LIST},
    {0,               0,                                        0,           DIAGNOSIS_CANNOT_TELL},
};
/* clang-format on */

static unsigned evidence_facts(const struct evidence *evidence)
{
    unsigned facts = IN_CLASS(evidence->class);

    facts |= evidence->is_bounce ? BOUNCE : 0U;
    facts |= evidence->is_grantable ? GRANTABLE : 0U;
    facts |= evidence->blocked_ip != NULL && evidence->blocked_ip[0] != '\0' ? ADDRESS
                                                                             : 0U;
    return facts;
}

static unsigned zone_facts(const struct zone *zone, const struct listing *listing)
{
    bool may_grant = zone != NULL && zone->may_grant && listing != NULL &&
                     listing->may_grant;

    if (zone == NULL || !zone->is_alive)
        return 0;
    if (!zone->lists_addresses)
        return DOMAIN_LIST;
    return (unsigned)ZONE_ANSWERS | (may_grant ? (unsigned)ZONE_COUNTS : 0U);
}

enum diagnosis_verdict diagnosis_judge(const struct diagnosis_facts *facts)
{
    unsigned held = evidence_facts(facts->evidence) |
                    zone_facts(facts->zone, facts->listing);

    held |= facts->is_shared ? SHARED : 0U;
    held |= facts->is_reserved ? RESERVED : 0U;
    held |= facts->is_in_log ? IN_LOG : 0U;
    held |= facts->is_cause ? CAUSE : 0U;
    if (facts->listing != NULL) {
        held |= facts->listing->state == LISTING_LISTED ? LISTED : 0U;
        held |= facts->listing->state == LISTING_CLEAR ? CLEAR : 0U;
    }
    for (size_t i = 0; i < ARRAY_LEN(ladder); i++)
        if ((ladder[i].one_of == 0 || (ladder[i].one_of & held) != 0) &&
            (ladder[i].all_of & held) == ladder[i].all_of &&
            (ladder[i].none_of & held) == 0)
            return ladder[i].verdict;
    return DIAGNOSIS_CANNOT_TELL;
}
