/*
 * test_standing.c - counts out of our log, judged.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/standing.h"

/* usual messages on each of `days` covered days, today's, attempts and spam refusals of 7 days. */
static const struct {
    const char *name;
    unsigned today, usual, days;
    bool has_today;
    unsigned attempts, refused;
    enum standing want;
} cases[] = {
    {"as ever",               10, 10, 28, true,  70,   0, STANDING_OK     },
    {"nothing at all",        0,  0,  28, true,  0,    0, STANDING_OK     },
    {"three times is usual",  90, 30, 28, true,  100,  0, STANDING_OK     },
    {"one more is not",       91, 30, 28, true,  100,  0, STANDING_UNUSUAL},
    {"few messages",          20, 0,  28, true,  20,   0, STANDING_OK     },
    {"not few any more",      21, 0,  28, true,  21,   0, STANDING_UNUSUAL},
    {"five refused",          10, 10, 28, true,  1000, 5, STANDING_OK     },
    {"six refused",           10, 10, 28, true,  1000, 6, STANDING_CAUSE  },
    {"one in ten",            10, 10, 28, true,  20,   2, STANDING_OK     },
    {"more than one in ten",  10, 10, 28, true,  19,   2, STANDING_CAUSE  },
    {"one of one is no rate", 10, 10, 28, true,  1,    1, STANDING_OK     },
    {"too few days",          10, 10, 6,  true,  10,   0, STANDING_UNKNOWN},
    {"just enough days",      10, 10, 7,  true,  10,   0, STANDING_OK     },
    {"a gap today",           10, 10, 28, false, 10,   0, STANDING_UNKNOWN},
    {"seen is seen",          10, 10, 0,  false, 100,  6, STANDING_CAUSE  },
};

static void each_count_has_its_standing(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct standing_counts counts = {.messages = {cases[i].today},
                                         .is_covered = {cases[i].has_today},
                                         .attempts_7d = cases[i].attempts,
                                         .refused_7d = cases[i].refused};
        struct standing_report got;
        for (unsigned day = 1; day <= STANDING_DAYS; day++) {
            counts.is_covered[day] = day <= cases[i].days;
            /* what lies in a gap does not count */
            counts.messages[day] = counts.is_covered[day] ? cases[i].usual : 9999;
        }
        standing_judge(&counts, &got);
        if (got.standing != cases[i].want)
            fail_msg("%s: %s", cases[i].name, standing_name(got.standing));
        assert_int_equal(got.has_usual, cases[i].days >= STANDING_DAYS_MIN);
        assert_int_equal(got.usual, got.has_usual ? cases[i].usual : 0);
        assert_int_equal(got.messages_24h, cases[i].today);
        assert_int_equal(got.attempts_7d, cases[i].attempts);
        assert_int_equal(got.covered_days, cases[i].days);
        assert_int_equal(got.has_day, cases[i].has_today);
        assert_int_equal(got.has_week, cases[i].has_today && cases[i].days >= 6);
    }
}

static void one_newsletter_does_not_make_a_habit(void **state UNUSED)
{
    struct standing_counts counts = {.messages = {3000}, .attempts_7d = 3000};
    struct standing_report got;

    for (int day = 0; day <= STANDING_DAYS; day++)
        counts.is_covered[day] = true;
    counts.messages[3] = 3000;
    counts.messages[10] = 3000;
    standing_judge(&counts, &got);
    assert_int_equal(got.usual, 0);
    assert_int_equal(got.standing, STANDING_UNUSUAL);
}

static const struct {
    const char *reply;
    bool want;
} replies[] = {
    {"550 5.7.1 This message looks like SPAM.",                         true },
    {"554 5.7.1 Message rejected as spam by Content Filtering",         true },
    {"550-5.7.1 likely unsolicited mail. To reduce the amount of spam", true },
    {"552 5.2.0 virus found",                                           true },
    {"550 high probability of spam",                                    true },
    {"554 5.7.1 Service unavailable; Client host [198.51.100.10] blocked using "
     "bl.spamcop.net",                                             false},
    {"550 5.7.1 listed at spam.dnsbl.example",                          false},
    {"550 5.7.1 poor reputation of your IP, we got spam from it",       false},
    {"550 5.1.1 user unknown, see https://anti-spam.example/spam",      false},
    {"550 spamassassin.example is not here",                            false},
    {"550 see spam.example",                                            false},
    {"452 4.2.2 mailbox full",                                          false},
    {"",                                                                false},
};

static void refusals_for_the_address_are_not_the_customers(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(replies); i++)
        if (standing_is_spam_refusal(slice_from(replies[i].reply)) != replies[i].want)
            fail_msg("%s", replies[i].reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_count_has_its_standing),
        cmocka_unit_test(one_newsletter_does_not_make_a_habit),
        cmocka_unit_test(refusals_for_the_address_are_not_the_customers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
