/*
 * test_escape.c - values made safe for a format.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/escape.h"

#define BROKEN "\xef\xbf\xbd" /* U+FFFD */

static void each_format_has_its_escapes(void **state UNUSED)
{
    const struct {
        enum escape how;
        struct slice text;
        const char *want;
    } cases[] = {
        {ESCAPE_HTML,    SLICE("<a href=\"x\">'&'\n"),
         "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;\n"                                   },
        {ESCAPE_HTML,    SLICE("\xc3\xa4\xf0\x9f\x98\x80"),   "\xc3\xa4\xf0\x9f\x98\x80"   },
        {ESCAPE_HTML,    SLICE("a\0b\x1b\r"),                 "a" BROKEN "b" BROKEN BROKEN },
 /* NOLINTBEGIN(misc-misleading-bidirectional): that is what is taken out */
        {ESCAPE_HTML,    SLICE("a\xe2\x80\xaez\xe2\x81\xa6"), "a" BROKEN "z" BROKEN        },
 /* NOLINTEND(misc-misleading-bidirectional) */
        {ESCAPE_HTML,    SLICE("\xc3<\xff"),                  BROKEN "&lt;" BROKEN         },
        {ESCAPE_TEXT,    SLICE("<\x1b[31m\tx\n\xc2\x9b"),     "<" BROKEN "[31m\tx\n" BROKEN},
        {ESCAPE_TEXT,    SLICE("\xed\xa0\x80"),               BROKEN BROKEN BROKEN         },
        {ESCAPE_CSV,     SLICE("say \"hi\", <x>\n"),          "\"say \"\"hi\"\", <x>\n\""  },
        {ESCAPE_CSV,     SLICE("=1+1"),                       "\"'=1+1\""                  },
        {ESCAPE_CSV,     SLICE(""),                           "\"\""                       },
        {ESCAPE_LOG,     SLICE("a b\"\\\n\xc3"),              "a\\x20b\\x22\\x5c\\x0a\\xc3"},
        {ESCAPE_DOVECOT, SLICE("a\0b\001c\td\re\nf"),
         "a\0010b\0011c\001td\001re\001nf"                                                 },
        {ESCAPE_URL,     SLICE("aZ9-._~ /+\xc3"),             "aZ9-._~%20%2F%2B%C3"        },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf out;
        strbuf_init(&out, 256);
        escape_append(&out, cases[i].how, cases[i].text);
        assert_string_equal(out.at, cases[i].want);
        strbuf_release(&out);
    }
}

static void dovecot_escapes_are_undone(void **state UNUSED)
{
    const struct slice broken[] = {SLICE("\001"), SLICE("a\001x"), SLICE("\001T")};
    struct strbuf out;

    strbuf_init(&out, 64);
    assert_true(unescape_dovecot(&out, SLICE("a\0010\0011\001t\001r\001nb")));
    assert_int_equal(out.len, 7);
    assert_memory_equal(out.at, "a\0\001\t\r\nb", 7);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        assert_false(unescape_dovecot(&out, broken[i]));
    strbuf_release(&out);
}

static void percent_escapes_are_undone_but_for_nul(void **state UNUSED)
{
    const struct slice broken[] = {SLICE("%"),   SLICE("%4"),   SLICE("%zz"),
                                   SLICE("%00"), SLICE("a%-1"), SLICE("%%41")};
    struct strbuf out;

    strbuf_init(&out, 64);
    assert_true(unescape_url(&out, SLICE("a%41+%2f%2B"), true));
    assert_string_equal(out.at, "aA /+");
    strbuf_reset(&out);
    assert_true(unescape_url(&out, SLICE("a+b%41"), false));
    assert_string_equal(out.at, "a+bA");
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        assert_false(unescape_url(&out, broken[i], true));
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_has_its_escapes),
        cmocka_unit_test(dovecot_escapes_are_undone),
        cmocka_unit_test(percent_escapes_are_undone_but_for_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
