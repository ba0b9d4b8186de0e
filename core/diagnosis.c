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
static const struct diagnosis_row rows[] = {
    [DIAGNOSIS_LISTED_NOW] = {
        .name = "listed_now",
        .headline = "Blocked because of our shared address.",
        .advice = "Give the customer clean sending details. Nothing is wrong with the "
                  "mailbox.",
        .exit_code = EXIT_LEASE_HELPS,
        .may_lease = true,
        .mark = "listed",
    },
    [DIAGNOSIS_CLEAR_NOW] = {
        .name = "clear_now",
        .headline = "It was our shared address, and the block is over.",
        .advice = "Ask the customer to send again. No sending details are needed.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "clear",
    },
    [DIAGNOSIS_NOT_OURS] = {
        .name = "not_ours",
        .headline = "The blocked address is not one of ours.",
        .advice = "The mail left by another server. Ask the customer which outgoing server "
                  "the mail program uses, or whether the recipient forwards the mail.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "rest",
    },
    [DIAGNOSIS_RESERVED] = {
        .name = "reserved",
        .headline = "Blocked because of one of our reserved addresses.",
        .advice = "Tell the postmaster: a reserved address must be clean. The customer can "
                  "send again once it was switched.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "unsure",
    },
    [DIAGNOSIS_NOT_ADDRESS] = {
        .name = "not_address",
        .headline = "Blocked because of the message or its domain, not our address.",
        .advice = "Clean sending details would not help. Look at the reply below: the "
                  "domain, a link or the sender's authentication needs to be put right.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "rest",
    },
    [DIAGNOSIS_RECIPIENT] = {
        .name = "recipient",
        .headline = "The recipient's server refused it for reasons of its own.",
        .advice = "Clean sending details would not help. Check the recipient's address, or "
                  "ask the recipient to have it looked at.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "rest",
    },
    [DIAGNOSIS_PRIVATE_LIST] = {
        .name = "private_list",
        .headline = "Blocked by a list that the recipient's provider keeps itself.",
        .advice = "We cannot check such a list, and our mail log does not prove it. Ask the "
                  "postmaster to write to the recipient's provider.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "unsure",
    },
    [DIAGNOSIS_PRIVATE_PROVEN] = {
        .name = "private_proven",
        .headline = "The recipient's provider blocks our shared address by a list of its own.",
        .advice = "Our mail log has this rejection. A second person may agree to clean "
                  "sending details, for this recipient's domain only. The postmaster should "
                  "write to the provider.",
        .exit_code = EXIT_LEASE_HELPS,
        .may_lease = true,
        .mark = "listed",
    },
    [DIAGNOSIS_WIDE_LIST] = {
        .name = "wide_list",
        .headline = "Our shared address is on a list that clean sending details do not escape.",
        .advice = "This list takes in whole networks, or its answer is no ground for a lease. "
                  "Send the recipient's postmaster the request below, and tell ours.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "unsure",
    },
    [DIAGNOSIS_CAUSE] = {
        .name = "customer_cause",
        .headline = "The customer's own mail looks like the reason for the listing.",
        .advice = "Give no sending details. Ask the abuse desk to look at the mailbox: it "
                  "may have been taken over.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "listed",
    },
    [DIAGNOSIS_NO_BOUNCE] = {
        .name = "no_bounce",
        .headline = "There is no refusal in this text.",
        .advice = "Ask the customer for the whole bounce message, best as an attachment.",
        .exit_code = EXIT_NOT_OUR_PROBLEM,
        .may_lease = false,
        .mark = "rest",
    },
    [DIAGNOSIS_CANNOT_TELL] = {
        .name = "cannot_tell",
        .headline = "We cannot tell yet.",
        .advice = "A list did not give a usable answer, or the bounce does not say what was "
                  "blocked. Check again in a few minutes, or paste the whole bounce.",
        .exit_code = EXIT_CANNOT_TELL,
        .may_lease = false,
        .mark = "unsure",
    },
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
