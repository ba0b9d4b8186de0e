/*
 * test_body.c - options of the command line in a request's body: all of them, or an error.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cli/body.h"

/* 0x80 alone, half of a sequence, a surrogate, an overlong slash. */
static const char *const not_utf8[] = {"\x80", "lease.minted\xc3", "\xed\xa0\x80",
                                       "\xc0\xaf"};

static struct cli given(enum cli_option option, const char *const *words, size_t count)
{
    struct cli cli = {0};

    for (size_t i = 0; i < count; i++)
        cli.options[option].at[i] = words[i];
    cli.options[option].count = count;
    return cli;
}

static void expect(json_t *body, const char *want)
{
    char *got = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);

    assert_string_equal(got, want);
    free(got);
    json_decref(body);
}

static void options_are_put_as_they_came(void **state UNUSED)
{
    static const char *const words[] = {"first", "zwölf"};
    struct cli text = given(CLI_REASON, words, 2);
    struct cli list = given(CLI_EVENT, words, 2);
    json_t *body = json_object();
    struct error err = {0};

    assert_int_equal(body_put_option(&text, CLI_REASON, "reason", body, &err), 0);
    assert_int_equal(body_put_list(&list, CLI_EVENT, "events", body, &err), 0);
    expect(body, "{\"events\":[\"first\",\"zwölf\"],\"reason\":\"zwölf\"}");
}

static void what_was_not_given_is_absent_and_a_list_is_empty(void **state UNUSED)
{
    const struct cli none = {0};
    json_t *body = json_object();
    struct error err = {0};

    assert_int_equal(body_put_option(&none, CLI_REASON, "reason", body, &err), 0);
    assert_int_equal(body_put_number(&none, CLI_CASE, "case", body, &err), 0);
    assert_int_equal(body_put_list(&none, CLI_EVENT, "events", body, &err), 0);
    expect(body, "{\"events\":[]}");
}

static void bytes_that_json_cannot_carry_are_an_error_not_a_word_less(
    void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(not_utf8); i++) {
        const char *const words[] = {"lease.minted", not_utf8[i]};
        struct cli list = given(CLI_EVENT, words, 2);
        struct cli text = given(CLI_REASON, words, 2);
        json_t *body = json_object();
        struct error err = {0};

        assert_int_equal(body_put_list(&list, CLI_EVENT, "events", body, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.text, "--event is not UTF-8");
        err = (struct error){0};
        assert_int_equal(body_put_option(&text, CLI_REASON, "reason", body, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.text, "--reason is not UTF-8");
        expect(body, "{}");
    }
}

static void numbers_are_one_or_more(void **state UNUSED)
{
    static const struct {
        const char *word, *want; /* NULL: refused */
    } cases[] = {
        {"1",                   "{\"case\":1}"                  },
        {"9223372036854775807", "{\"case\":9223372036854775807}"},
        {"0",                   NULL                            },
        {"-1",                  NULL                            },
        {"9223372036854775808", NULL                            },
        {"1x",                  NULL                            },
        {"",                    NULL                            },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct cli cli = given(CLI_CASE, &cases[i].word, 1);
        json_t *body = json_object();
        struct error err = {0};
        int got = body_put_number(&cli, CLI_CASE, "case", body, &err);

        assert_int_equal(got, cases[i].want != NULL ? 0 : -1);
        assert_int_equal(err.kind, got == 0 ? ERROR_NONE : ERROR_INVALID);
        expect(body, cases[i].want != NULL ? cases[i].want : "{}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_put_as_they_came),
        cmocka_unit_test(what_was_not_given_is_absent_and_a_list_is_empty),
        cmocka_unit_test(bytes_that_json_cannot_carry_are_an_error_not_a_word_less),
        cmocka_unit_test(numbers_are_one_or_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
