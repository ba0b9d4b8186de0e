/*
 * test_digest.c - BLAKE2b-256 over length-prefixed fields.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "core/digest.h"

static void add_field(struct strbuf *out, struct slice field)
{
    for (unsigned i = 0; i < 8; i++)
        strbuf_putc(out, (char)((uint64_t)field.len >> (8 * i)));
    strbuf_add_slice(out, field);
}

/* Fields of all lengths around what is gathered at once are the hash of their bytes, one behind the
 * other. */
static void fields_are_hashed_with_their_lengths(void **state UNUSED)
{
    uint8_t got[DIGEST_BYTES], expected[DIGEST_BYTES];
    struct strbuf plain;
    char bytes[700];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    strbuf_init(&plain, 4096);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        const struct slice fields[] = {slice_of(bytes, len), SLICE("x"),
                                       slice_of(bytes, sizeof bytes - len)};
        strbuf_reset(&plain);
        add_field(&plain, SLICE("test-v1"));
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
            add_field(&plain, fields[i]);
        digest_bytes(strbuf_slice(&plain), expected);
        digest_fields(NULL, "test-v1", fields, ARRAY_LEN(fields), got);
        assert_memory_equal(got, expected, DIGEST_BYTES);
    }
    strbuf_release(&plain);
}

static void the_key_the_domain_and_the_cut_between_fields_count(void **state UNUSED)
{
    const struct slice one[] = {SLICE("ab"), SLICE("c")},
                       other[] = {SLICE("a"), SLICE("bc")};
    struct secret key = secret_from("0123456789abcdef", 16);
    uint8_t first[DIGEST_BYTES], second[DIGEST_BYTES];

    digest_fields(&key, "test-v1", one, 2, first);
    digest_fields(&key, "test-v1", one, 2, second);
    assert_memory_equal(first, second, DIGEST_BYTES);
    digest_fields(&key, "test-v1", other, 2, second);
    assert_memory_not_equal(first, second, DIGEST_BYTES);
    digest_fields(&key, "test-v2", one, 2, second);
    assert_memory_not_equal(first, second, DIGEST_BYTES);
    digest_fields(NULL, "test-v1", one, 2, second);
    assert_memory_not_equal(first, second, DIGEST_BYTES);
    secret_free(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_hashed_with_their_lengths),
        cmocka_unit_test(the_key_the_domain_and_the_cut_between_fields_count),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
