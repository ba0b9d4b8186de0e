/*
 * test_stamp.c - the times at the start of log lines.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timetext.h"
#include "issuer/mtalog/stamp.h"

static int64_t at(const char *text)
{
    int64_t when;

    assert_true(timetext_rfc3339_parse(slice_from(text), &when));
    return when;
}

/* want: NULL is "not a time". */
static const struct {
    const char *line, *now, *want;
} syslog_cases[] = {
    {"Nov 24 09:02:11 mail x",                  "2026-11-24T12:00:00Z", "2026-11-24T08:02:11Z"},
    {"Nov  4 09:02:11 mail x",                  "2026-11-24T12:00:00Z", "2026-11-04T08:02:11Z"},
    {"Jul 24 09:02:11 mail x",                  "2026-11-24T12:00:00Z", "2026-07-24T07:02:11Z"},
 /* a year begins: December is last year's, and a clock a little ahead is not */
    {"Dec 31 23:59:59 mail x",                  "2027-01-01T00:00:30Z", "2026-12-31T22:59:59Z"},
    {"Jan  1 00:30:00 mail x",                  "2026-12-31T23:20:00Z", "2026-12-31T23:30:00Z"},
    {"Nov 24 09:02:11 mail x",                  "2026-11-24T07:00:00Z", "2026-11-24T08:02:11Z"},
    {"Nov 26 09:02:11 mail x",                  "2026-11-24T12:00:00Z", "2025-11-26T08:02:11Z"},
    {"Feb 29 01:00:00 mail x",                  "2026-11-24T12:00:00Z", "2024-02-29T00:00:00Z"},
    {"Feb 30 01:00:00 mail x",                  "2026-11-24T12:00:00Z", NULL                  },
    {"Nov 24 25:02:11 mail x",                  "2026-11-24T12:00:00Z", NULL                  },
    {"Nov 24 09:02:11",                         "2026-11-24T12:00:00Z", NULL                  },
    {"Nox 24 09:02:11 mail x",                  "2026-11-24T12:00:00Z", NULL                  },
    {"2026-11-24T09:02:11.123456+01:00 mail x", "2026-11-24T12:00:00Z",
     "2026-11-24T08:02:11Z"                                                                   },
    {"2026-11-24T09:02:11Z mail x",             "2026-11-24T12:00:00Z", "2026-11-24T09:02:11Z"},
    {"2026-11-24T09:02:11.Z mail x",            "2026-11-24T12:00:00Z", "2026-11-24T09:02:11Z"},
    {"2026-11-24T09:02:11 mail x",              "2026-11-24T12:00:00Z", NULL                  },
    {"2026-11-24T09:02:11.123456+01:00",        "2026-11-24T12:00:00Z", NULL                  },
    {"",                                        "2026-11-24T12:00:00Z", NULL                  },
};

static const struct {
    const char *line, *want, *rest;
} exim_cases[] = {
    {"2026-11-24 09:02:11 1xVXOR-",                  "2026-11-24T08:02:11Z", "1xVXOR-"    },
    {"2026-11-24 09:02:11 [4711] 1xVXOR-",           "2026-11-24T08:02:11Z", "1xVXOR-"    },
    {"2026-11-24 09:02:11 +0200 1xVXOR-",            "2026-11-24T07:02:11Z", "1xVXOR-"    },
    {"2026-11-24 09:02:11.123 +0200 [4711] 1xVXOR-", "2026-11-24T07:02:11Z", "1xVXOR-"    },
    {"2026-07-24 09:02:11.123 1xVXOR-",              "2026-07-24T07:02:11Z", "1xVXOR-"    },
    {"2026-11-24 09:02:11 [a] 1xVXOR-",              "2026-11-24T08:02:11Z", "[a] 1xVXOR-"},
    {"2026-11-24 09:02:11",                          NULL,                   ""           },
    {"2026-11-24 09:02:11.",                         NULL,                   ""           },
    {"2026-13-24 09:02:11 x",                        NULL,                   ""           },
    {"2026-02-30 09:02:11 x",                        NULL,                   ""           },
};

static void syslog_times_find_their_year(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(syslog_cases); i++) {
        struct slice text = slice_from(syslog_cases[i].line);
        int64_t got = 0;
        bool taken = stamp_take_syslog(&text, at(syslog_cases[i].now), &got);
        if (taken != (syslog_cases[i].want != NULL))
            fail_msg("\"%s\": taken %d", syslog_cases[i].line, taken);
        if (!taken) {
            assert_ptr_equal(text.at, syslog_cases[i].line);
            continue;
        }
        if (got != at(syslog_cases[i].want))
            fail_msg("\"%s\": %lld", syslog_cases[i].line, (long long)got);
        assert_true(slice_is(text, "mail x"));
    }
}

static void exim_times_may_name_zone_and_process(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(exim_cases); i++) {
        struct slice text = slice_from(exim_cases[i].line);
        int64_t got = 0;
        bool taken = stamp_take_exim(&text, &got);
        if (taken != (exim_cases[i].want != NULL))
            fail_msg("\"%s\": taken %d", exim_cases[i].line, taken);
        if (!taken)
            continue;
        if (got != at(exim_cases[i].want) || !slice_is(text, exim_cases[i].rest))
            fail_msg("\"%s\": %lld", exim_cases[i].line, (long long)got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syslog_times_find_their_year),
        cmocka_unit_test(exim_times_may_name_zone_and_process),
    };

    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (setenv("TZ", "Europe/Berlin", 1) != 0)
        return 1;
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
