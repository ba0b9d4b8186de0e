/*
 * test_number.c - numbers and durations: the whole text, in range, or nothing.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/number.h"

static void unsigned_numbers_are_digits_in_range(void **state UNUSED)
{
    static const struct {
        const char *text;
        uint64_t max, want;
        bool is_number;
    } cases[] = {
        {"0",                    9,          0,          true },
        {"0042",                 99,         42,         true },
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, true },
        {"18446744073709551616", UINT64_MAX, 0,          false},
        {"99999999999999999999", UINT64_MAX, 0,          false},
        {"10",                   9,          0,          false},
        {"",                     9,          0,          false},
        {"+1",                   9,          0,          false},
        {"-0",                   9,          0,          false},
        {" 1",                   9,          0,          false},
        {"1 ",                   9,          0,          false},
        {"0x1",                  9,          0,          false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t got = 77;
        bool done = number_u64(slice_from(cases[i].text), cases[i].max, &got);
        if (done != cases[i].is_number || got != (done ? cases[i].want : 77))
            fail_msg("\"%s\"", cases[i].text);
    }
}

static void signed_numbers_reach_both_ends(void **state UNUSED)
{
    int64_t got = 77;

    assert_true(number_i64(SLICE("-9223372036854775808"), INT64_MIN, INT64_MAX, &got));
    assert_true(got == INT64_MIN);
    assert_true(number_i64(SLICE("9223372036854775807"), INT64_MIN, INT64_MAX, &got));
    assert_true(got == INT64_MAX);
    assert_true(number_i64(SLICE("-5"), -5, 5, &got));
    assert_int_equal(got, -5);
    assert_false(number_i64(SLICE("9223372036854775808"), INT64_MIN, INT64_MAX, &got));
    assert_false(number_i64(SLICE("-6"), -5, 5, &got));
    assert_false(number_i64(SLICE("6"), -5, 5, &got));
    assert_false(number_i64(SLICE("-"), -5, 5, &got));
    assert_false(number_i64(SLICE("--1"), -5, 5, &got));
    assert_int_equal(got, -5); /* untouched */
}

static void durations_have_units_and_a_ceiling(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t want_s; /* -1: refused */
    } cases[] = {
        {"90s",                   90      },
        {"15m",                   900     },
        {"24h",                   86400   },
        {"7d",                    604800  },
        {"1h30m",                 5400    },
        {"400d",                  34560000},
        {"401d",                  -1      },
        {"400d1s",                -1      },
        {"0s",                    -1      },
        {"",                      -1      },
        {"15",                    -1      },
        {"h",                     -1      },
        {"-1h",                   -1      },
        {"1H",                    -1      },
        {"1h ",                   -1      },
        {"1.5h",                  -1      },
        {"12x",                   -1      },
        {"99999999999999999999d", -1      },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        int64_t got = -1;
        int result = number_duration_s(slice_from(cases[i].text), &got, &err);
        if (got != cases[i].want_s || (result == 0) != (got != -1) ||
            (err.kind == ERROR_INVALID) != (got == -1))
            fail_msg("\"%s\": %lld", cases[i].text, (long long)got);
    }
}

static void sizes_have_units_and_a_ceiling(void **state UNUSED)
{
    static const struct {
        const char *text;
        uint64_t want; /* 0: refused */
        const char *shown;
    } cases[] = {
        {"1",                    1,                       "1"    },
        {"1024",                 1024,                    "1K"   },
        {"1025",                 1025,                    "1025" },
        {"512K",                 524288,                  "512K" },
        {"25M",                  26214400,                "25M"  },
        {"26214400",             26214400,                "25M"  },
        {"1G",                   1073741824,              "1G"   },
        {"1024G",                UINT64_C(1099511627776), "1024G"},
        {"1025G",                0,                       NULL   },
        {"1099511627777",        0,                       NULL   },
        {"18446744073709551615", 0,                       NULL   },
        {"0",                    0,                       NULL   },
        {"0M",                   0,                       NULL   },
        {"",                     0,                       NULL   },
        {"M",                    0,                       NULL   },
        {"25MM",                 0,                       NULL   },
        {"25 M",                 0,                       NULL   },
        {"25m",                  0,                       NULL   },
        {"-25M",                 0,                       NULL   },
        {"2.5M",                 0,                       NULL   },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        uint64_t got = 0;
        int result = number_size(slice_from(cases[i].text), &got, &err);
        if (got != cases[i].want || (result == 0) != (got != 0) ||
            (err.kind == ERROR_INVALID) != (got == 0))
            fail_msg("\"%s\": %llu", cases[i].text, (unsigned long long)got);
        if (got == 0)
            continue;
        char shown[NUMBER_SIZE_MAX + 1];
        number_size_format(got, shown);
        assert_string_equal(shown, cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsigned_numbers_are_digits_in_range),
        cmocka_unit_test(signed_numbers_reach_both_ends),
        cmocka_unit_test(durations_have_units_and_a_ceiling),
        cmocka_unit_test(sizes_have_units_and_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
