/*
 * test_listing.c - what an answer from a DNS block list means.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "core/listing.h"

static const struct zone usual = {
    .name = "bl.example",
    .title = "Example list",
    .listed_codes = {"127.0.0.2", "127.0.0.4-7"},
    .has_test_points = true,
    .lists_addresses = true,
    .is_alive = true,
    .may_grant = true,
};

/* "" is NXDOMAIN, "timeout" and "failed" are themselves, "none" an answer without an address;
 * else one or two addresses. */
static struct dns_result result_of(const char *text)
{
    struct dns_result result = {.status = DNS_ANSWER};
    struct slice rest = slice_from(text), word;

    if (text[0] == '\0')
        result.status = DNS_NXDOMAIN;
    else if (strcmp(text, "timeout") == 0)
        result.status = DNS_TIMEOUT;
    else if (strcmp(text, "nodata") == 0)
        result.status = DNS_NODATA;
    else if (strcmp(text, "conflict") == 0)
        result.status = DNS_CONFLICT;
    else if (strcmp(text, "failed") == 0)
        result.status = DNS_FAILED;
    else if (strcmp(text, "none") != 0)
        while (slice_cut(&rest, ' ', &word)) {
            struct address address;
            assert_true(address_parse(word, &address));
            result.answers[result.count++] = address;
        }
    return result;
}

struct row {
    const char *name, *answer, *listed_test, *clear_test;
    enum listing_state want;
    const char *code;
};

static void judge_rows(const struct zone *zone, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct listing_answers answers = {.text = DNS_ANSWER};
        answers.address = result_of(rows[i].answer);
        answers.listed_test = result_of(rows[i].listed_test);
        answers.clear_test = result_of(rows[i].clear_test);
        struct listing listing;
        listing_judge(zone, &answers, &listing);
        if (listing.state != rows[i].want || strcmp(listing.code, rows[i].code) != 0)
            fail_msg("%s: %s \"%s\" (%s)", rows[i].name,
                     listing_state_name(listing.state), listing.code, listing.why);
        assert_true(slice_starts(slice_from(listing.why), "{said.listing."));
        assert_true(slice_ends_nocase(slice_from(listing.why), "|list=Example list}"));
    }
}

static void only_a_named_code_is_a_listing_and_only_no_answer_is_clear(void **state)
{
    static const struct row rows[] = {
        {"listed",               "127.0.0.2",            "127.0.0.2", "", LISTING_LISTED,  "127.0.0.2"},
        {"not listed",           "",                     "127.0.0.2", "", LISTING_CLEAR,   ""         },
        {"first of a range",     "127.0.0.4",            "127.0.0.2", "", LISTING_LISTED,  "127.0.0.4"},
        {"last of a range",      "127.0.0.7",            "127.0.0.2", "", LISTING_LISTED,  "127.0.0.7"},
        {"behind a range",       "127.0.0.8",            "127.0.0.2", "", LISTING_UNKNOWN, "127.0.0.8"},
        {"before a range",       "127.0.0.3",            "127.0.0.2", "", LISTING_UNKNOWN, "127.0.0.3"},
        {"range of another net", "127.0.1.5",            "127.0.0.2", "", LISTING_UNKNOWN,
         "127.0.1.5"                                                                                  },
        {"one code of two",      "127.0.0.10 127.0.0.5", "127.0.0.2", "", LISTING_LISTED,
         "127.0.0.5"                                                                                  },
    };

    (void)state;
    judge_rows(&usual, rows, ARRAY_LEN(rows));
}

static void an_answer_about_us_or_from_another_is_unknown(void **state)
{
    static const struct row rows[] = {
        {"timeout",                     "timeout",                   "127.0.0.2", "", LISTING_UNKNOWN, ""           },
        {"failed",                      "failed",                    "127.0.0.2", "", LISTING_UNKNOWN, ""           },
        {"answer without address",      "none",                      "127.0.0.2", "", LISTING_UNKNOWN, ""           },
        {"wrong name",                  "127.255.255.252",           "127.0.0.2", "", LISTING_UNKNOWN,
         "127.255.255.252"                                                                                          },
        {"public resolver",             "127.255.255.254",           "127.0.0.2", "", LISTING_UNKNOWN,
         "127.255.255.254"                                                                                          },
        {"too many queries",            "127.255.255.255",           "127.0.0.2", "", LISTING_UNKNOWN,
         "127.255.255.255"                                                                                          },
        {"a listing beside a refusal",  "127.0.0.2 127.255.255.254", "127.0.0.2", "",
         LISTING_UNKNOWN,                                                                              "127.0.0.2"  },
        {"outside 127/8",               "192.0.2.1",                 "127.0.0.2", "", LISTING_UNKNOWN, "192.0.2.1"  },
        {"a listing beside a stranger", "127.0.0.2 192.0.2.1",       "127.0.0.2", "",
         LISTING_UNKNOWN,                                                                              "127.0.0.2"  },
        {"IPv6",                        "2001:db8::2",               "127.0.0.2", "", LISTING_UNKNOWN, "2001:db8::2"},
    };

    (void)state;
    judge_rows(&usual, rows, ARRAY_LEN(rows));
}

static void a_list_that_fails_its_own_test_is_not_believed_either_way(void **state)
{
    static const struct {
        const char *listed, *clear;
    } tests[] = {
        {"",                ""               },
        {"timeout",         ""               },
        {"failed",          ""               },
        {"none",            ""               },
        {"127.255.255.254", ""               },
        {"192.0.2.1",       ""               },
        {"127.1.0.2",       ""               },
        {"127.0.0.2",       "127.0.0.2"      },
        {"127.0.0.2",       "127.0.0.9"      },
        {"127.0.0.2",       "timeout"        },
        {"127.0.0.2",       "failed"         },
        {"127.0.0.2",       "127.255.255.254"},
        {"127.0.0.2",       "192.0.2.1"      },
    };
    static const char *const answers[] = {"127.0.0.2", "", "timeout"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        for (size_t a = 0; a < ARRAY_LEN(answers); a++) {
            struct listing_answers all = {.text = DNS_ANSWER};
            all.address = result_of(answers[a]);
            all.listed_test = result_of(tests[i].listed);
            all.clear_test = result_of(tests[i].clear);
            struct listing listing;
            listing_judge(&usual, &all, &listing);
            if (listing.state != LISTING_UNKNOWN || listing.why[0] == '\0')
                fail_msg("\"%s\", tests \"%s\" and \"%s\": %s", answers[a],
                         tests[i].listed, tests[i].clear,
                         listing_state_name(listing.state));
        }
}

static void a_list_without_test_points_is_judged_by_its_answer(void **state)
{
    static const struct row rows[] = {
        {"listed",  "127.0.0.2", "",        "timeout", LISTING_LISTED,  "127.0.0.2"},
        {"clear",   "",          "timeout", "timeout", LISTING_CLEAR,   ""         },
        {"timeout", "timeout",   "",        "",        LISTING_UNKNOWN, ""         },
    };
    struct zone zone = usual;

    (void)state;
    zone.has_test_points = false;
    judge_rows(&zone, rows, ARRAY_LEN(rows));
}

static void a_list_that_has_shut_down_says_nothing(void **state)
{
    static const struct row rows[] = {
        {"listed", "127.0.0.2", "127.0.0.2", "", LISTING_UNKNOWN, ""},
        {"clear",  "",          "127.0.0.2", "", LISTING_UNKNOWN, ""},
    };
    struct zone zone = usual;

    (void)state;
    zone.is_alive = false;
    judge_rows(&zone, rows, ARRAY_LEN(rows));
}

static void a_code_that_is_no_code_matches_nothing(void **state)
{
    static const char *const codes[] = {
        "", "127.0.0", "127.0.0.2-", "127.0.0.2-x", "127.0.0.2-256", "127.0.0.9-1",
        "-"};
    static const struct row rows[] = {
        {"odd code", "127.0.0.2", "127.0.0.2", "", LISTING_UNKNOWN, "127.0.0.2"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct zone zone = usual;
        zone.listed_codes[0] = codes[i];
        zone.listed_codes[1] = NULL;
        judge_rows(&zone, rows, ARRAY_LEN(rows));
    }
}

static void no_data_is_as_no_name_and_a_conflict_is_unknown(void **state)
{
    static const struct row rows[] = {
        {"no data",             "nodata",    "127.0.0.2", "",         LISTING_CLEAR,   ""},
        {"no data in the test", "",          "127.0.0.2", "nodata",   LISTING_CLEAR,   ""},
        {"test has no data",    "127.0.0.2", "nodata",    "",         LISTING_UNKNOWN, ""},
        {"conflict",            "conflict",  "127.0.0.2", "",         LISTING_UNKNOWN, ""},
        {"listed test",         "127.0.0.2", "conflict",  "",         LISTING_UNKNOWN, ""},
        {"clear test",          "127.0.0.2", "127.0.0.2", "conflict", LISTING_UNKNOWN, ""},
    };

    (void)state;
    judge_rows(&usual, rows, ARRAY_LEN(rows));
}

static void more_answers_than_a_list_has_are_unknown(void **state)
{
    struct listing_answers answers = {.text = DNS_ANSWER,
                                      .address = result_of("127.0.0.2"),
                                      .listed_test = result_of("127.0.0.2"),
                                      .clear_test = result_of("")};
    struct listing listing;

    (void)state;
    answers.address.has_more = true;
    listing_judge(&usual, &answers, &listing);
    assert_int_equal(listing.state, LISTING_UNKNOWN);
    answers.address.has_more = false;
    answers.listed_test.has_more = true;
    listing_judge(&usual, &answers, &listing);
    assert_int_equal(listing.state, LISTING_UNKNOWN);
}

static void words_and_listing_go_together_where_a_list_always_has_both(void **state)
{
    static const struct {
        const char *answer;
        enum dns_status text;
        enum listing_state want, want_without; /* always_has_text, and not */
    } rows[] = {
        {"127.0.0.2", DNS_ANSWER,   LISTING_LISTED,  LISTING_LISTED},
        {"127.0.0.2", DNS_NODATA,   LISTING_UNKNOWN, LISTING_LISTED},
        {"127.0.0.2", DNS_NXDOMAIN, LISTING_UNKNOWN, LISTING_LISTED},
        {"127.0.0.2", DNS_FAILED,   LISTING_UNKNOWN, LISTING_LISTED},
        {"127.0.0.2", DNS_TIMEOUT,  LISTING_UNKNOWN, LISTING_LISTED},
        {"",          DNS_ANSWER,   LISTING_UNKNOWN, LISTING_CLEAR },
        {"",          DNS_NXDOMAIN, LISTING_CLEAR,   LISTING_CLEAR },
        {"",          DNS_TIMEOUT,  LISTING_CLEAR,   LISTING_CLEAR },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int always = 0; always < 2; always++) {
            struct zone zone = usual;
            struct listing_answers answers = {.text = rows[i].text,
                                              .address = result_of(rows[i].answer),
                                              .listed_test = result_of("127.0.0.2"),
                                              .clear_test = result_of("")};
            struct listing listing;
            zone.always_has_text = always == 1;
            listing_judge(&zone, &answers, &listing);
            if (listing.state != (always == 1 ? rows[i].want : rows[i].want_without))
                fail_msg("row %zu, always %d: %s", i, always, listing.why);
        }
}

static void only_a_second_listing_confirms_one(void **state)
{
    static const enum listing_state wants[] = {
        [LISTING_UNKNOWN] = LISTING_UNKNOWN,
        [LISTING_CLEAR] = LISTING_UNKNOWN,
        [LISTING_LISTED] = LISTING_LISTED,
    };
    static const char *const whys[] = {
        [LISTING_UNKNOWN] = "{said.listing.once|then:{said.listing.timeout}}",
        [LISTING_CLEAR] = "{said.listing.went|list=Example list}",
        [LISTING_LISTED] = "{said.listing.listed}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
        struct listing first = {.state = LISTING_LISTED,
                                .code = "127.0.0.2",
                                .why = "{said.listing.listed}"};
        struct listing second = {.state = (enum listing_state)i,
                                 .why = "{said.listing.timeout}"};
        listing_confirm(&usual, &second, &first);
        assert_int_equal(first.state, wants[i]);
        assert_string_equal(first.code, "127.0.0.2");
        assert_string_equal(first.why, whys[i]);
    }
}

/* As zen.spamhaus.org: what is said of the mail is grounds for a lease, a policy is not. */
static void one_code_of_several_that_grants_is_enough(void **state)
{
    static const struct zone_code codes[] = {
        {.octets = {127, 0, 0, 2}, .last = 4, .is_listing = true,        .may_grant = true},
        {.octets = {127, 0, 0, 10},                        .last = 11,         .is_listing = true},
    };
    static const struct {
        const char *answer, *code;
        enum listing_state state;
        bool may_grant;
    } cases[] = {
        {"127.0.0.10",                      "127.0.0.10", LISTING_LISTED,  false},
        {"127.0.0.11",                      "127.0.0.11", LISTING_LISTED,  false},
        {"127.0.0.11 127.0.0.10",           "127.0.0.11", LISTING_LISTED,  false},
        {"127.0.0.2",                       "127.0.0.2",  LISTING_LISTED,  true },
        {"127.0.0.10 127.0.0.4",            "127.0.0.4",  LISTING_LISTED,  true },
        {"127.0.0.3 127.0.0.10",            "127.0.0.3",  LISTING_LISTED,  true },
        {"127.0.0.10 127.0.0.3 127.0.0.11", "127.0.0.3",  LISTING_LISTED,  true },
        {"127.0.0.2 127.255.255.254",       "127.0.0.2",  LISTING_UNKNOWN, false},
        {"127.0.0.9",                       "127.0.0.9",  LISTING_UNKNOWN, false},
        {"timeout",                         "",           LISTING_UNKNOWN, false},
        {"",                                "",           LISTING_CLEAR,   false},
    };
    struct zone zone = usual;

    (void)state;
    zone.listed_codes[0] = "127.0.0.2-4";
    zone.listed_codes[1] = "127.0.0.10-11";
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int is_known = 0; is_known < 2; is_known++) {
            struct listing_answers answers;
            struct listing listing;
            answers.address = result_of(cases[i].answer);
            answers.listed_test = result_of("127.0.0.2 127.0.0.10");
            answers.clear_test = result_of("");
            zone.codes = is_known ? codes : NULL;
            zone.codes_count = is_known ? ARRAY_LEN(codes) : 0;
            listing_judge(&zone, &answers, &listing);
            if (listing.state != cases[i].state ||
                listing.may_grant != (is_known && cases[i].may_grant) ||
                (is_known && strcmp(listing.code, cases[i].code) != 0))
                fail_msg("\"%s\": %s \"%s\", grants: %d", cases[i].answer,
                         listing_state_name(listing.state), listing.code,
                         listing.may_grant);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_named_code_is_a_listing_and_only_no_answer_is_clear),
        cmocka_unit_test(an_answer_about_us_or_from_another_is_unknown),
        cmocka_unit_test(a_list_that_fails_its_own_test_is_not_believed_either_way),
        cmocka_unit_test(a_list_without_test_points_is_judged_by_its_answer),
        cmocka_unit_test(a_list_that_has_shut_down_says_nothing),
        cmocka_unit_test(a_code_that_is_no_code_matches_nothing),
        cmocka_unit_test(no_data_is_as_no_name_and_a_conflict_is_unknown),
        cmocka_unit_test(more_answers_than_a_list_has_are_unknown),
        cmocka_unit_test(words_and_listing_go_together_where_a_list_always_has_both),
        cmocka_unit_test(only_a_second_listing_confirms_one),
        cmocka_unit_test(one_code_of_several_that_grants_is_enough),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
