/*
 * diagnosis.c - the ladder: facts in, one verdict out, the first row that fits.
 *
 * Every row names the facts that must hold and those that must not. Only one row leads to a
 * lease, and it asks for all of: a bounce, an address block that may be granted, our shared
 * address, a public living address list, and our own fresh answer "listed". The last row takes
 * what is left: we cannot tell.
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

static const struct diagnosis_row rows[] = {
    [DIAGNOSIS_LISTED_NOW] =
        {"listed_now",   "Blocked because of our shared address.",
                                "Give the customer clean sending details. Nothing is wrong with the mailbox.",
                                EXIT_LEASE_HELPS,                                                                                    true,  "listed"},
    [DIAGNOSIS_CLEAR_NOW] =
        {"clear_now",    "It was our shared address, and the block is over.",
                                "Ask the customer to send again. No sending details are needed.",
                                EXIT_NOT_OUR_PROBLEM,                                                                                false, "clear" },
    [DIAGNOSIS_NOT_OURS] =
        {"not_ours",     "The blocked address is not one of ours.",
                                "The mail left by another server. Ask the customer which outgoing server the "
         "mail program uses.",                                                                                 EXIT_NOT_OUR_PROBLEM, false, "rest"  },
    [DIAGNOSIS_RESERVED] =
        {"reserved",     "Blocked because of one of our reserved addresses.",
                                "Tell the postmaster: a reserved address must be clean. The customer can send "
         "again once it was switched.",                                                                        EXIT_NOT_OUR_PROBLEM, false, "unsure"},
    [DIAGNOSIS_NOT_ADDRESS] =
        {"not_address",
                                "Blocked because of the message or its domain, not our address.",
                                "Clean sending details would not help. Look at the reply below: the domain, a "
         "link or the sender's authentication needs to be put right.",                                         EXIT_NOT_OUR_PROBLEM, false, "rest"  },
    [DIAGNOSIS_RECIPIENT] =
        {"recipient",    "The recipient's server refused it for reasons of its own.",
                                "Clean sending details would not help. Check the recipient's address, or ask "
         "the recipient to have it looked at.",                                                                EXIT_NOT_OUR_PROBLEM, false, "rest"  },
    [DIAGNOSIS_PRIVATE_LIST] =
        {"private_list",
                                "Blocked by a list that the recipient's provider keeps itself.",
                                "We cannot check such a list. Ask the postmaster to write to the recipient's "
         "provider.",                                                                                          EXIT_NOT_OUR_PROBLEM, false, "unsure"},
    [DIAGNOSIS_NO_BOUNCE] =
        {"no_bounce",    "There is no refusal in this text.",
                                "Ask the customer for the whole bounce message, best as an attachment.",
                                EXIT_NOT_OUR_PROBLEM,                                                                                false, "rest"  },
    [DIAGNOSIS_CANNOT_TELL] =
        {"cannot_tell",  "We cannot tell yet.",
                                "A list did not give a usable answer, or the bounce does not say what was "
         "blocked. Check again in a few minutes, or paste the whole bounce.",                                  EXIT_CANNOT_TELL,     false, "unsure"},
};
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
    ZONE_COUNTS = 1 << 21,  /* known, alive, lists addresses, grounds for a lease */
    ZONE_ANSWERS = 1 << 22, /* known, alive, lists addresses */
    DOMAIN_LIST = 1 << 23,  /* the list named is one of domains */
    LISTED = 1 << 24,
    CLEAR = 1 << 25
};
#define IN_CLASS(evidence_class) (1U << (evidence_class))
_Static_assert(CLASS_COUNT <= 16, "a class is a low bit");

static const struct {
    unsigned one_of; /* 0: any class */
    unsigned all_of, none_of;
    enum diagnosis_verdict verdict;
} ladder[] = {
    {0,                                                                           0,                                                   BOUNCE, DIAGNOSIS_NO_BOUNCE   },
    {IN_CLASS(CLASS_RECIPIENT) | IN_CLASS(CLASS_RATE) | IN_CLASS(CLASS_RESOLVER), 0,                                                   0,
     DIAGNOSIS_RECIPIENT                                                                                                                                             },
    {IN_CLASS(CLASS_DOMAIN) | IN_CLASS(CLASS_AUTH) | IN_CLASS(CLASS_CONTENT),     0,                                                   0,
     DIAGNOSIS_NOT_ADDRESS                                                                                                                                           },
    {IN_CLASS(CLASS_DNSBL),                                                       DOMAIN_LIST,                                         0,      DIAGNOSIS_NOT_ADDRESS },
    {IN_CLASS(CLASS_DNSBL) | IN_CLASS(CLASS_PRIVATE),                             ADDRESS | RESERVED,                                  0,
     DIAGNOSIS_RESERVED                                                                                                                                              },
    {IN_CLASS(CLASS_DNSBL) | IN_CLASS(CLASS_PRIVATE),                             ADDRESS,                                             SHARED,
     DIAGNOSIS_NOT_OURS                                                                                                                                              },
    {IN_CLASS(CLASS_PRIVATE),                                                     0,                                                   0,      DIAGNOSIS_PRIVATE_LIST},
    {IN_CLASS(CLASS_DNSBL),                                                       ADDRESS | SHARED | GRANTABLE | ZONE_COUNTS | LISTED, 0,
     DIAGNOSIS_LISTED_NOW                                                                                                                                            },
    {IN_CLASS(CLASS_DNSBL),                                                       ADDRESS | SHARED | ZONE_ANSWERS | CLEAR,             0,
     DIAGNOSIS_CLEAR_NOW                                                                                                                                             },
    {0,                                                                           0,                                                   0,      DIAGNOSIS_CANNOT_TELL },
};

static unsigned evidence_facts(const struct evidence *evidence)
{
    unsigned facts = IN_CLASS(evidence->class);

    facts |= evidence->is_bounce ? BOUNCE : 0U;
    facts |= evidence->is_grantable ? GRANTABLE : 0U;
    facts |= evidence->blocked_ip != NULL && evidence->blocked_ip[0] != '\0' ? ADDRESS
                                                                             : 0U;
    return facts;
}

static unsigned zone_facts(const struct zone *zone)
{
    if (zone == NULL || !zone->is_alive)
        return 0;
    if (!zone->lists_addresses)
        return DOMAIN_LIST;
    return (unsigned)ZONE_ANSWERS | (zone->may_grant ? (unsigned)ZONE_COUNTS : 0U);
}

enum diagnosis_verdict diagnosis_judge(const struct diagnosis_facts *facts)
{
    unsigned held = evidence_facts(facts->evidence) | zone_facts(facts->zone);

    held |= facts->is_shared ? SHARED : 0U;
    held |= facts->is_reserved ? RESERVED : 0U;
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
