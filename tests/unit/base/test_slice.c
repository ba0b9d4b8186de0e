/*
 * test_slice.c - reading bytes that belong to somebody else.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

static void comparing_knows_ascii_case_only(void **state UNUSED)
{
    assert_true(slice_is(slice_from(NULL), ""));
    assert_true(slice_is_nocase(SLICE("MAIL from"), "mail FROM"));
    assert_false(slice_is_nocase(SLICE("\xc3\x84"), "\xc3\xa4"));
    assert_false(slice_is_nocase(SLICE("@"), "`")); /* the neighbours of A and a */
    assert_false(slice_equal(SLICE("ab"), SLICE("abc")));
    assert_true(slice_starts(SLICE("abc"), "ab"));
    assert_false(slice_starts(SLICE("a"), "ab"));
    assert_true(slice_starts_nocase(SLICE("ABC"), "ab"));
    assert_true(slice_ends_nocase(SLICE("a.EXAMPLE"), ".example"));
    assert_false(slice_ends_nocase(SLICE("e"), ".example"));
}

static void finding_gives_an_offset_or_minus_one(void **state UNUSED)
{
    static const struct {
        const char *text, *needle;
        ptrdiff_t exact, nocase;
    } cases[] = {
        {"abcabc", "ca",  2,  2 },
        {"abcABC", "CA",  -1, 2 },
        {"abc",    "",    0,  0 },
        {"",       "",    0,  0 },
        {"ab",     "abc", -1, -1},
        {"",       "a",   -1, -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice text = slice_from(cases[i].text);
        struct slice needle = slice_from(cases[i].needle);
        assert_int_equal(slice_find(text, needle), cases[i].exact);
        assert_int_equal(slice_find_nocase(text, needle), cases[i].nocase);
    }
    assert_int_equal(slice_find_nocase(slice_from(NULL), slice_from(NULL)), 0);
    assert_int_equal(slice_find_byte(SLICE("a\0b"), 'b'), 2);
    assert_int_equal(slice_find_byte(slice_from(NULL), 'b'), -1);
}

static void skipping_and_taking_stay_inside(void **state UNUSED)
{
    assert_true(slice_is(slice_skip(SLICE("abc"), 2), "c"));
    assert_true(slice_is(slice_skip(SLICE("abc"), 9), ""));
    assert_true(slice_is(slice_take(SLICE("abc"), 9), "abc"));
    assert_true(slice_is(slice_trim(SLICE(" \t a b\r\n")), "a b"));
    assert_true(slice_is(slice_trim(SLICE(" \r\n")), ""));
}

static void cutting_gives_every_piece_once(void **state UNUSED)
{
    static const struct {
        const char *text, *pieces; /* each piece in brackets */
    } cases[] = {
        {"",      "[]"        },
        {"a",     "[a]"       },
        {"a,b",   "[a][b]"    },
        {"a,",    "[a][]"     },
        {",,",    "[][][]"    },
        {",a,,b", "[][a][][b]"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice rest = slice_from(cases[i].text);
        struct slice piece = {0};
        char got[64] = "";
        size_t len = 0;
        while (slice_cut(&rest, ',', &piece))
            len += (size_t)snprintf(got + len, sizeof got - len, "[%.*s]",
                                    (int)piece.len, piece.at);
        assert_string_equal(got, cases[i].pieces);
    }
}

static void lines_end_with_lf_or_crlf_or_the_end(void **state UNUSED)
{
    struct slice rest = SLICE("one\r\n\ntwo\rx\nthree");
    struct slice line = {0};
    static const char *const want[] = {"one", "", "two\rx", "three"};

    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_true(slice_line(&rest, &line));
        assert_true(slice_is(line, want[i]));
    }
    assert_false(slice_line(&rest, &line));
    assert_true(slice_is(line, "three")); /* untouched */
}

static void only_wellformed_utf8_is_utf8(void **state UNUSED)
{
    const struct {
        struct slice text;
        bool want;
    } cases[] = {
        {SLICE(""),                     true },
        {SLICE("a\0b"),                 true },
        {SLICE("\xc3\xa4\xe2\x82\xac"), true },
        {SLICE("\xf0\x9f\x98\x80"),     true },
        {SLICE("\xf4\x8f\xbf\xbf"),     true },
        {SLICE("\xf4\x90\x80\x80"),     false}, /* above U+10FFFF */
        {SLICE("\xed\xa0\x80"),         false}, /* a surrogate */
        {SLICE("\xc0\xaf"),             false}, /* overlong */
        {SLICE("\xe0\x80\xaf"),         false},
        {SLICE("\xf0\x80\x80\xaf"),     false},
        {SLICE("\x80"),                 false},
        {SLICE("\xe2\x82"),             false}, /* cut */
        {SLICE("\xff"),                 false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(slice_is_utf8(cases[i].text), cases[i].want);
    assert_true(slice_is_printable(SLICE(" ~")));
    assert_false(slice_is_printable(SLICE("\x7f")));
    assert_false(slice_is_printable(SLICE("\xc3\xa4")));
    assert_false(slice_is_printable(SLICE("a\tb")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing_knows_ascii_case_only),
        cmocka_unit_test(finding_gives_an_offset_or_minus_one),
        cmocka_unit_test(skipping_and_taking_stay_inside),
        cmocka_unit_test(cutting_gives_every_piece_once),
        cmocka_unit_test(lines_end_with_lf_or_crlf_or_the_end),
        cmocka_unit_test(only_wellformed_utf8_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
