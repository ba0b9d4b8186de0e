/*
 * test_error.c - filling, prefixing and cutting of errors.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

static void set_fills_kind_and_text_and_returns_minus_one(void **state UNUSED)
{
    struct error err = {0};

    assert_int_equal(error_set(&err, ERROR_CONFLICT, "%s %d", "lease", 7), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_string_equal(err.text, "lease 7");
}

static void nobody_need_want_to_know(void **state UNUSED)
{
    assert_int_equal(error_set(NULL, ERROR_INVALID, "x"), -1);
    assert_int_equal(error_set_errno(NULL, ERROR_INVALID, 2, "x"), -1);
    assert_int_equal(error_prefix(NULL, "x"), -1);
}

static void errno_text_follows_a_colon_and_survives_a_long_prefix(void **state UNUSED)
{
    struct error err = {0};
    char longer[400];

    error_set_errno(&err, ERROR_UNAVAILABLE, 2, "could not open \"%s\"", "/x");
    assert_string_equal(err.text, "could not open \"/x\": No such file or directory");
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set_errno(&err, ERROR_UNAVAILABLE, 2, "%s", longer);
    assert_non_null(strstr(err.text, ": No such file"));
}

static void prefix_keeps_the_kind(void **state UNUSED)
{
    struct error err = {0};

    error_set(&err, ERROR_NOT_FOUND, "no");
    error_prefix(&err, "%s:%d", "file", 3);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_string_equal(err.text, "file:3: no");
}

static void long_texts_are_cut_and_the_own_text_may_be_an_argument(void **state UNUSED)
{
    struct error err = {0};

    error_set(&err, ERROR_INVALID, "%0300d", 1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    error_set(&err, ERROR_INVALID, "short");
    error_set(&err, ERROR_INVALID, "again: %s", err.text);
    assert_string_equal(err.text, "again: short");
}

static void every_kind_has_its_own_name(void **state UNUSED)
{
    for (unsigned i = 0; i < ERROR_KIND_COUNT; i++) {
        assert_non_null(error_kind_name((enum error_kind)i));
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(error_kind_name((enum error_kind)i),
                                    error_kind_name((enum error_kind)k));
    }
    assert_string_equal(error_kind_name(ERROR_NOT_FOUND), "not_found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_kind_and_text_and_returns_minus_one),
        cmocka_unit_test(nobody_need_want_to_know),
        cmocka_unit_test(errno_text_follows_a_colon_and_survives_a_long_prefix),
        cmocka_unit_test(prefix_keeps_the_kind),
        cmocka_unit_test(long_texts_are_cut_and_the_own_text_may_be_an_argument),
        cmocka_unit_test(every_kind_has_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
