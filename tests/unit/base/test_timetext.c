/*
 * test_timetext.c - times and durations as people and programs read them.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/timetext.h"

static void rfc3339_is_written_with_four_digits_of_year(void **state UNUSED)
{
    static const struct {
        int64_t when;
        const char *want;
    } cases[] = {
        {0,            "1970-01-01T00:00:00Z"},
        {1795493963,   "2026-11-24T04:19:23Z"},
        {-62167219200, "0000-01-01T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "1970-01-01T00:00:00Z"}, /* no text stands for it */
        {INT64_MAX,    "1970-01-01T00:00:00Z"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[TIMETEXT_RFC3339_MAX + 1];
        timetext_rfc3339(cases[i].when, text);
        assert_string_equal(text, cases[i].want);
    }
}

static void rfc3339_is_read_back(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } cases[] = {
        {"2026-11-24T04:19:23Z",      1795493963},
        {"2026-11-24T05:19:23+01:00", 1795493963},
        {"2026-11-23t23:49:23-04:30", 1795493963},
        {"2024-02-29T00:00:00Z",      1709164800},
        {"2016-12-31T23:59:60Z",      1483228800},
        {"2026-02-29T00:00:00Z",      -1        },
        {"2026-13-01T00:00:00Z",      -1        },
        {"2026-11-24T24:00:00Z",      -1        },
        {"2026-11-24T04:19Z",         -1        },
        {"2026-11-24T04:19:23",       -1        },
        {"2026-11-24T04:19:23Zx",     -1        },
        {"2026-11-24",                -1        },
        {"",                          -1        },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t got = -1;
        bool done = timetext_rfc3339_parse(slice_from(cases[i].text), &got);
        if (got != cases[i].want || done != (got != -1))
            fail_msg("\"%s\": %lld", cases[i].text, (long long)got);
    }
}

static void rfc5322_dates_are_read_as_bounces_write_them(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } cases[] = {
        {"Mon, 23 Nov 2026 16:58:12 +0000 (UTC)",  1795453092},
        {"23 Nov 2026 17:58:12 +0100",             1795453092},
        {"Mon,23 NOV 2026 16:58:12 GMT",           1795453092},
        {"Mon, 23\r\n Nov 2026\r\n\t16:58:12 UTC", 1795453092},
        {"  Mon,  2 Nov 2026 16:58 -0500 (a, b)",  1793656680},
        {"31 Feb 2026 16:58:12 +0000",             -1        },
        {"Mon 23 Nov 2026 16:58:12 +0000",         -1        },
        {"23 Nov 26 16:58:12 +0000",               -1        },
        {"23 Nov 2026 16:58:12",                   -1        },
        {"23 Nov 2026",                            -1        },
        {"Mon,",                                   -1        },
        {"",                                       -1        },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t got = -1;
        bool done = timetext_rfc5322_parse(slice_from(cases[i].text), &got);
        if (got != cases[i].want || done != (got != -1))
            fail_msg("\"%s\": %lld", cases[i].text, (long long)got);
    }
}

static void set_zone(const char *name)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}

static void people_read_the_day_only_when_it_is_another(void **state UNUSED)
{
    struct arena mem;
    const int64_t when = 1795493963;

    arena_init(&mem);
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_string_equal(timetext_person(&mem, when, when + 60), "05:19");
    assert_string_equal(timetext_person(&mem, when, when + 86400), "Tue 24 Nov, 05:19");
    assert_string_equal(timetext_person(&mem, when, when + INT64_C(365) * 86400),
                        "Tue 24 Nov, 05:19");
    assert_string_equal(timetext_zone(&mem, when), "CET");
    set_zone("UTC");
    assert_string_equal(timetext_person(&mem, when, when), "04:19");
    assert_string_equal(timetext_zone(&mem, when), "UTC");
    arena_release(&mem);
}

static void spans_are_rounded_down_to_what_matters(void **state UNUSED)
{
    static const struct {
        int64_t seconds;
        const char *want;
    } cases[] = {
        {-5,     "0 s"        },
        {45,     "45 s"       },
        {60,     "1 min"      },
        {3599,   "59 min"     },
        {3600,   "1 h"        },
        {10920,  "3 h 2 min"  },
        {172799, "47 h 59 min"},
        {172800, "2 days"     },
    };
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(timetext_span(&mem, cases[i].seconds), cases[i].want);
    arena_release(&mem);
}

static void the_clock_of_the_machine_runs(void **state UNUSED)
{
    int64_t start_ms = clock_monotonic_ms(&clock_system);

    assert_true(clock_now(&clock_system) > 1700000000);
    assert_true(clock_monotonic_ms(&clock_system) >= start_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3339_is_written_with_four_digits_of_year),
        cmocka_unit_test(rfc3339_is_read_back),
        cmocka_unit_test(rfc5322_dates_are_read_as_bounces_write_them),
        cmocka_unit_test(people_read_the_day_only_when_it_is_another),
        cmocka_unit_test(spans_are_rounded_down_to_what_matters),
        cmocka_unit_test(the_clock_of_the_machine_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
