/*
 * test_encode.c - base64 and hex.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"

static void base64_follows_rfc_4648(void **state UNUSED)
{
    static const struct {
        const char *plain, *coded;
    } cases[] = {
        {"",       ""        },
        {"f",      "Zg=="    },
        {"hi",     "aGk="    },
        {"foo",    "Zm9v"    },
        {"foobar", "Zm9vYmFy"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct strbuf out;
        char bytes[16];
        size_t len = 99;
        strbuf_init(&out, 64);
        base64_append(&out, cases[i].plain, strlen(cases[i].plain));
        assert_string_equal(out.at, cases[i].coded);
        assert_true(base64_decode(strbuf_slice(&out), bytes, sizeof bytes, &len));
        assert_true(slice_is(slice_of(bytes, len), cases[i].plain));
        strbuf_release(&out);
    }
}

static void base64_of_any_length_comes_back(void **state UNUSED)
{
    unsigned char plain[200], bytes[200];
    struct strbuf text;
    size_t len;

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (unsigned char)(i * i * 31 + i * 7 + 129);
    strbuf_init(&text, 400);
    for (size_t count = 0; count <= sizeof plain; count++) {
        strbuf_reset(&text);
        base64_append(&text, plain, count);
        assert_true(base64_decode(strbuf_slice(&text), bytes, sizeof bytes, &len));
        assert_int_equal(len, count);
        assert_memory_equal(bytes, plain, count);
        /* A byte that is no letter, at each place. */
        for (size_t at = 0; at < text.len; at++) {
            char letter = text.at[at];
            text.at[at] = '*';
            assert_false(base64_decode(strbuf_slice(&text), bytes, sizeof bytes, &len));
            text.at[at] = letter;
        }
    }
    strbuf_release(&text);
}

static void base64_is_strict(void **state UNUSED)
{
    const struct slice broken[] = {
        SLICE("Zg"),
        SLICE("Zg="),
        SLICE("Zg==="),
        SLICE("Zh=="), /* rest bits */
        SLICE("Zm 9v"),
        SLICE("Zm9v\n"),
        SLICE("Zm9-"),
        SLICE("="),
        SLICE("Zg==Zg=="),
        SLICE("Zm\0v"),
        SLICE("\x82\xac\xf0\x80"), /* libsodium alone would take these */
    };
    char bytes[16];
    size_t len = 99;

    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        assert_false(base64_decode(broken[i], bytes, sizeof bytes, &len));
    assert_false(base64_decode(SLICE("Zm9vYmFy"), bytes, 5, &len));
    assert_int_equal(len, 99);
    assert_true(base64_decode(SLICE("Zm9vYmFy"), bytes, 6, &len));
}

static void hex_takes_exactly_its_digits(void **state UNUSED)
{
    unsigned char bytes[3] = {0x00, 0xff, 0x7a};
    char text[7];

    hex_encode(bytes, sizeof bytes, text);
    assert_string_equal(text, "00ff7a");
    memset(bytes, 0, sizeof bytes);
    assert_true(hex_decode(SLICE("00FF7a"), bytes, 3));
    assert_int_equal(bytes[1], 0xff);
    assert_true(hex_decode(SLICE(""), bytes, 0));
    assert_false(hex_decode(SLICE("00ff7"), bytes, 3));
    assert_false(hex_decode(SLICE("00ff7g"), bytes, 3));
    assert_false(hex_decode(SLICE("00ff7a00"), bytes, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_follows_rfc_4648),
        cmocka_unit_test(base64_of_any_length_comes_back),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(hex_takes_exactly_its_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
