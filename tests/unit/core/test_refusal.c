/*
 * test_refusal.c - why a login was refused, to a word and back.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/refusal.h"

static void each_cause_is_read_as_it_was_written(void **state)
{
    static const struct {
        struct refusal refusal;
        const char *want;
    } cases[] = {
        {{REFUSAL_WRONG_PASSWORD, 0, 0, ""},            "wrong_password"    },
        {{REFUSAL_EARLIER_PASSWORD, 2, 1795000000, ""},
         "earlier_password 2 1795000000"                                    },
        {{REFUSAL_NOT_REVEALED, 0, 0, ""},              "not_revealed"      },
        {{REFUSAL_WRONG_SERVICE, 0, 0, "imap"},         "wrong_service imap"},
        {{REFUSAL_WRONG_SERVICE, 0, 0, ""},             "wrong_service"     },
        {{REFUSAL_EXPIRED, 0, 0, ""},                   "expired"           },
        {{REFUSAL_REVOKED, 0, 0, ""},                   "revoked"           },
        {{REFUSAL_HELD, 0, 0, ""},                      "held"              },
        {{REFUSAL_OUR_FAULT, 0, 0, ""},                 "our_fault"         },
        {{REFUSAL_TOO_OFTEN, 0, 0, ""},                 "too_often"         },
    };
    char text[REFUSAL_DETAIL_MAX + 1];
    struct refusal back;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        refusal_format(&cases[i].refusal, text, sizeof text);
        assert_string_equal(text, cases[i].want);
        assert_true(refusal_parse(slice_from(text), &back));
        assert_int_equal(back.cause, cases[i].refusal.cause);
        assert_int_equal(back.reveal, cases[i].refusal.reveal);
        assert_int_equal(back.replaced_at, cases[i].refusal.replaced_at);
        assert_string_equal(back.service, cases[i].refusal.service);
    }
}

static void the_longest_detail_fits(void **state)
{
    struct refusal refusal = {.cause = REFUSAL_EARLIER_PASSWORD,
                              .reveal = UINT32_MAX,
                              .replaced_at = INT64_MAX};
    char text[REFUSAL_DETAIL_MAX + 1];
    struct refusal back;

    (void)state;
    refusal_format(&refusal, text, sizeof text);
    assert_true(refusal_parse(slice_from(text), &back));
    assert_true(back.replaced_at == INT64_MAX);
    refusal = (struct refusal){.cause = REFUSAL_WRONG_SERVICE};
    memset(refusal.service, 'x', REFUSAL_SERVICE_MAX);
    refusal_format(&refusal, text, sizeof text);
    assert_true(refusal_parse(slice_from(text), &back));
    assert_string_equal(back.service, refusal.service);
}

static void what_is_not_of_the_list_is_not_guessed(void **state)
{
    static const char *const strangers[] = {
        "",
        "sender, from x@other.example",
        "wrong_passwords",
        "wrong_password 1",
        "earlier_password",
        "earlier_password 1",
        "earlier_password x 1795000000",
        "earlier_password 1 -5",
        "earlier_password 1 1795000000 2",
        "wrong_service xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "with TLS",
    };
    struct refusal back;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        if (refusal_parse(slice_from(strangers[i]), &back) ||
            back.cause != REFUSAL_NONE)
            fail_msg("\"%s\" is taken for a refusal", strangers[i]);
}

static void only_what_may_pass_is_told_as_temporary(void **state)
{
    (void)state;
    for (int i = REFUSAL_NONE + 1; i < REFUSAL_CAUSE_COUNT; i++) {
        bool is_temporary = i == REFUSAL_HELD || i == REFUSAL_OUR_FAULT;
        assert_int_equal(refusal_code((enum refusal_cause)i), is_temporary ? 454 : 535);
        assert_non_null(refusal_words((enum refusal_cause)i).line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cause_is_read_as_it_was_written),
        cmocka_unit_test(the_longest_detail_fits),
        cmocka_unit_test(what_is_not_of_the_list_is_not_guessed),
        cmocka_unit_test(only_what_may_pass_is_told_as_temporary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
