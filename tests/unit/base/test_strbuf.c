/*
 * test_strbuf.c - text with a ceiling.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"

static void text_grows_to_its_ceiling_and_no_further(void **state UNUSED)
{
    struct strbuf out;

    strbuf_init(&out, 200);
    for (int i = 0; i < 199; i++)
        strbuf_putc(&out, 'a');
    assert_false(out.full);
    strbuf_puts(&out, "bc");
    assert_true(out.full);
    assert_int_equal(out.len, 200);
    assert_int_equal(out.at[199], 'b');
    assert_int_equal(out.at[200], '\0');
    strbuf_putc(&out, 'd');
    assert_int_equal(out.len, 200);
    strbuf_reset(&out);
    assert_false(out.full);
    assert_string_equal(out.at, "");
    strbuf_release(&out);
    strbuf_release(&out); /* also of an empty one */
}

static void a_ceiling_of_nothing_holds_nothing(void **state UNUSED)
{
    struct strbuf out;

    strbuf_init(&out, 0);
    strbuf_add(&out, NULL, 0);
    assert_false(out.full);
    strbuf_puts(&out, "a");
    assert_true(out.full);
    assert_string_equal(out.at, "");
    strbuf_wipe(&out);
}

static void printing_takes_short_and_long_texts(void **state UNUSED)
{
    struct strbuf out;
    size_t len = 0;

    strbuf_init(&out, 10000);
    strbuf_printf(&out, "%d %s", 1, "two");
    strbuf_printf(&out, "%6000s", "");
    assert_int_equal(out.len, 6005);
    strbuf_add_slice(&out, SLICE("a\0b"));
    assert_int_equal(strbuf_slice(&out).len, 6008);
    char *text = strbuf_detach(&out, &len);
    assert_int_equal(len, 6008);
    assert_memory_equal(text, "1 two ", 6);
    assert_null(out.at);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_to_its_ceiling_and_no_further),
        cmocka_unit_test(a_ceiling_of_nothing_holds_nothing),
        cmocka_unit_test(printing_takes_short_and_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
