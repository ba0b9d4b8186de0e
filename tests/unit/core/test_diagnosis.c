/*
 * test_diagnosis.c - the ladder: facts in, one verdict out.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "core/diagnosis.h"

static const struct zone public_list = {
    .name = "bl.example",
    .lists_addresses = true,
    .is_alive = true,
    .may_grant = true,
};
static const struct evidence block = {
    .is_bounce = true,
    .is_grantable = true,
    .class = CLASS_DNSBL,
    .blocked_ip = "192.0.2.1",
};
static const struct listing listed = {.state = LISTING_LISTED, .may_grant = true};
static const struct listing policy = {.state = LISTING_LISTED};
static const struct listing clear = {.state = LISTING_CLEAR};
static const struct listing unknown = {.state = LISTING_UNKNOWN};

enum {
    NOT_BOUNCE = 1,
    NOT_GRANTABLE = 2,
    NO_ADDRESS = 4,
    EMPTY_ADDRESS = 8,
    NOT_SHARED = 16,
    RESERVED = 32,
    NO_ZONE = 64,
    DEAD = 128,
    DOMAINS = 256,
    NO_GRANT = 512,
    IN_LOG = 1024,
    CAUSE = 2048,
    COMBINATIONS = 4096
};

/* The facts of a lease, but for what the bits take away. */
static enum diagnosis_verdict judge(enum evidence_class class, unsigned bits,
                                    const struct listing *listing)
{
    struct evidence evidence = block;
    struct zone zone = public_list;
    struct diagnosis_facts facts = {
        .evidence = &evidence, .zone = &zone, .listing = listing};

    evidence.class = class;
    evidence.is_bounce = (bits & NOT_BOUNCE) == 0;
    evidence.is_grantable = (bits & NOT_GRANTABLE) == 0;
    if ((bits & EMPTY_ADDRESS) != 0)
        evidence.blocked_ip = "";
    if ((bits & NO_ADDRESS) != 0)
        evidence.blocked_ip = NULL;
    facts.is_shared = (bits & NOT_SHARED) == 0;
    facts.is_reserved = (bits & RESERVED) != 0;
    facts.is_in_log = (bits & IN_LOG) != 0;
    facts.is_cause = (bits & CAUSE) != 0;
    zone.is_alive = (bits & DEAD) == 0;
    zone.lists_addresses = (bits & DOMAINS) == 0;
    zone.may_grant = (bits & NO_GRANT) == 0;
    if ((bits & NO_ZONE) != 0)
        facts.zone = NULL;
    return diagnosis_judge(&facts);
}

static const struct {
    const char *name;
    enum evidence_class class;
    unsigned bits;
    const struct listing *listing;
    enum diagnosis_verdict want;
} ladder_cases[] = {
    {"all of it",              CLASS_DNSBL,     0,                     &listed,  DIAGNOSIS_LISTED_NOW    },
    {"clear by now",           CLASS_DNSBL,     0,                     &clear,   DIAGNOSIS_CLEAR_NOW     },
    {"list is silent",         CLASS_DNSBL,     0,                     &unknown, DIAGNOSIS_CANNOT_TELL   },
    {"list not asked",         CLASS_DNSBL,     0,                     NULL,     DIAGNOSIS_CANNOT_TELL   },
    {"not grantable",          CLASS_DNSBL,     NOT_GRANTABLE,         &listed,  DIAGNOSIS_CANNOT_TELL   },
    {"no address",             CLASS_DNSBL,     NO_ADDRESS,            &listed,  DIAGNOSIS_CANNOT_TELL   },
    {"empty address",          CLASS_DNSBL,     EMPTY_ADDRESS,         &listed,  DIAGNOSIS_CANNOT_TELL   },
    {"list unknown",           CLASS_DNSBL,     NO_ZONE,               &listed,  DIAGNOSIS_CANNOT_TELL   },
    {"list has shut down",     CLASS_DNSBL,     DEAD,                  &listed,  DIAGNOSIS_CANNOT_TELL   },
    {"dead list is not clear", CLASS_DNSBL,     DEAD,                  &clear,   DIAGNOSIS_CANNOT_TELL   },
    {"no grounds for a lease", CLASS_DNSBL,     NO_GRANT,              &listed,  DIAGNOSIS_WIDE_LIST     },
    {"its code is no grounds", CLASS_DNSBL,     0,                     &policy,  DIAGNOSIS_WIDE_LIST     },
    {"policy, and the cause",  CLASS_DNSBL,     CAUSE,                 &policy,  DIAGNOSIS_CAUSE         },
    {"policy, not grantable",  CLASS_DNSBL,     NOT_GRANTABLE,         &policy,  DIAGNOSIS_WIDE_LIST     },
    {"no grounds, yet clear",  CLASS_DNSBL,     NO_GRANT,              &clear,   DIAGNOSIS_CLEAR_NOW     },
    {"no grounds, silent",     CLASS_DNSBL,     NO_GRANT,              &unknown, DIAGNOSIS_CANNOT_TELL   },
    {"the cause",              CLASS_DNSBL,     CAUSE,                 &listed,  DIAGNOSIS_CAUSE         },
    {"the cause, in the log",  CLASS_DNSBL,     CAUSE | IN_LOG,        &listed,  DIAGNOSIS_CAUSE         },
    {"was the cause",          CLASS_DNSBL,     CAUSE,                 &clear,   DIAGNOSIS_CLEAR_NOW     },
    {"the cause, not ours",    CLASS_DNSBL,     CAUSE | NOT_SHARED,    &listed,
     DIAGNOSIS_NOT_OURS                                                                                  },
    {"list of domains",        CLASS_DNSBL,     DOMAINS,               &listed,  DIAGNOSIS_NOT_ADDRESS   },
    {"another's address",      CLASS_DNSBL,     NOT_SHARED,            &listed,  DIAGNOSIS_NOT_OURS      },
    {"another's, clear",       CLASS_DNSBL,     NOT_SHARED,            &clear,   DIAGNOSIS_NOT_OURS      },
    {"reserved",               CLASS_DNSBL,     NOT_SHARED | RESERVED, &listed,  DIAGNOSIS_RESERVED      },
    {"reserved and shared",    CLASS_DNSBL,     RESERVED,              &listed,  DIAGNOSIS_RESERVED      },
    {"private",                CLASS_PRIVATE,   0,                     &listed,  DIAGNOSIS_PRIVATE_LIST  },
    {"private, another's",     CLASS_PRIVATE,   NOT_SHARED,            NULL,     DIAGNOSIS_NOT_OURS      },
    {"private, reserved",      CLASS_PRIVATE,   RESERVED,              NULL,     DIAGNOSIS_RESERVED      },
    {"private, no address",    CLASS_PRIVATE,   NO_ADDRESS,            NULL,     DIAGNOSIS_PRIVATE_LIST  },
    {"private, in our log",    CLASS_PRIVATE,   IN_LOG,                NULL,     DIAGNOSIS_PRIVATE_PROVEN},
    {"private, the cause",     CLASS_PRIVATE,   IN_LOG | CAUSE,        NULL,     DIAGNOSIS_CAUSE         },
    {"private, log, no ours",  CLASS_PRIVATE,   IN_LOG | NOT_SHARED,   NULL,
     DIAGNOSIS_NOT_OURS                                                                                  },
    {"private, log, nameless", CLASS_PRIVATE,   IN_LOG | NO_ADDRESS,   NULL,
     DIAGNOSIS_PRIVATE_LIST                                                                              },
    {"domain",                 CLASS_DOMAIN,    0,                     &listed,  DIAGNOSIS_NOT_ADDRESS   },
    {"authentication",         CLASS_AUTH,      0,                     &listed,  DIAGNOSIS_NOT_ADDRESS   },
    {"content",                CLASS_CONTENT,   0,                     &listed,  DIAGNOSIS_NOT_ADDRESS   },
    {"recipient",              CLASS_RECIPIENT, 0,                     &listed,  DIAGNOSIS_RECIPIENT     },
    {"rate",                   CLASS_RATE,      0,                     &listed,  DIAGNOSIS_RECIPIENT     },
    {"resolver",               CLASS_RESOLVER,  0,                     &listed,  DIAGNOSIS_RECIPIENT     },
    {"other",                  CLASS_OTHER,     0,                     &listed,  DIAGNOSIS_CANNOT_TELL   },
    {"no bounce",              CLASS_DNSBL,     NOT_BOUNCE,            &listed,  DIAGNOSIS_NO_BOUNCE     },
};

static void each_fact_leads_to_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ladder_cases); i++) {
        enum diagnosis_verdict got = judge(ladder_cases[i].class, ladder_cases[i].bits,
                                           ladder_cases[i].listing);
        if (got != ladder_cases[i].want)
            fail_msg("%s: %s", ladder_cases[i].name, diagnosis_row(got)->name);
    }
}

static void a_lease_needs_every_fact_and_unknown_is_never_clear(void **state)
{
    const struct listing *const listings[] = {NULL, &unknown, &clear, &policy, &listed};

    (void)state;
    for (unsigned bits = 0; bits < COMBINATIONS; bits++)
        for (int class = 0; class < CLASS_COUNT; class ++)
            for (size_t i = 0; i < ARRAY_LEN(listings); i++) {
                enum diagnosis_verdict got = judge((enum evidence_class) class, bits,
                                                   listings[i]);
                bool is_all = (bits & ~(unsigned)IN_LOG) == 0 && class == CLASS_DNSBL &&
                              listings[i] == &listed;
                /* What is known about the list does not matter to a private one. */
                const unsigned ours = NOT_BOUNCE | NO_ADDRESS | EMPTY_ADDRESS |
                                      NOT_SHARED | RESERVED | CAUSE;
                bool is_proven = class == CLASS_PRIVATE && (bits & ours) == 0 &&
                                 (bits & IN_LOG) != 0;
                assert_int_equal(diagnosis_row(got)->may_lease, is_all || is_proven);
                assert_int_equal(got == DIAGNOSIS_LISTED_NOW, is_all);
                if (got == DIAGNOSIS_CLEAR_NOW)
                    assert_ptr_equal(listings[i], &clear);
            }
}

static void two_verdicts_may_lease_and_each_is_read_back_by_name(void **state)
{
    enum diagnosis_verdict back;

    (void)state;
    for (int i = 0; i < DIAGNOSIS_VERDICT_COUNT; i++) {
        const struct diagnosis_row *row = diagnosis_row((enum diagnosis_verdict)i);
        assert_true(diagnosis_verdict_parse(slice_from(row->name), &back));
        assert_int_equal(back, i);
        assert_int_equal(row->may_lease,
                         i == DIAGNOSIS_LISTED_NOW || i == DIAGNOSIS_PRIVATE_PROVEN);
        assert_int_equal(row->exit_code == 0, row->may_lease);
        assert_int_equal(row->exit_code == 11, i == DIAGNOSIS_CANNOT_TELL);
    }
    assert_false(diagnosis_verdict_parse(slice_from("listed"), &back));
}

static void classes_and_results_are_read_back_by_name(void **state)
{
    enum evidence_class class;
    enum check_result result;

    (void)state;
    for (int i = 0; i < CLASS_COUNT; i++) {
        const char *name = evidence_class_name((enum evidence_class)i);
        assert_true(evidence_class_parse(slice_from(name), &class));
        assert_int_equal(class, i);
    }
    for (int i = 0; i < CHECK_RESULT_COUNT; i++) {
        const char *name = check_result_name((enum check_result)i);
        assert_true(check_result_parse(slice_from(name), &result));
        assert_int_equal(result, i);
    }
    assert_false(evidence_class_parse(slice_from("DNSBL"), &class));
    assert_false(check_result_parse(slice_from(""), &result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fact_leads_to_its_verdict),
        cmocka_unit_test(a_lease_needs_every_fact_and_unknown_is_never_clear),
        cmocka_unit_test(two_verdicts_may_lease_and_each_is_read_back_by_name),
        cmocka_unit_test(classes_and_results_are_read_back_by_name),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
