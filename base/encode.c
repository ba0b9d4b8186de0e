/*
 * encode.c - base64 and hex, by libsodium.
 */
#include "base/base.h"

#include "base/encode.h"

#include <sodium.h>

#include "base/alloc.h"

void base64_append(struct strbuf *out, const void *bytes, size_t len)
{
    size_t size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
    char *text = xmalloc(size);

    sodium_bin2base64(text, size, bytes, len, sodium_base64_VARIANT_ORIGINAL);
    strbuf_puts(out, text);
    sodium_memzero(text, size);
    free(text);
}

/* Looked at as a whole, without a branch on a byte: it may be a password. */
static bool is_ascii(struct slice text)
{
    unsigned char high_bits = 0;

    for (size_t i = 0; i < text.len; i++)
        high_bits |= (unsigned char)text.at[i];
    return high_bits < 0x80;
}

bool base64_decode(struct slice text, void *out, size_t size, size_t *out_len)
{
    size_t len = 0;
    const char *end = NULL;

    if (text.len == 0) {
        *out_len = 0;
        return true;
    }
    /* libsodium 1.0.18 takes bytes from 0x80 on for letters where char is signed. */
    if (!is_ascii(text) ||
        sodium_base642bin(out, size, text.at, text.len, NULL, &len, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.at + text.len)
        return false;
    *out_len = len;
    return true;
}

void hex_encode(const void *bytes, size_t len, char *text)
{
    sodium_bin2hex(text, 2 * len + 1, bytes, len);
}

bool hex_decode(struct slice text, void *out, size_t len)
{
    size_t got = 0;
    const char *end = NULL;

    if (text.len != 2 * len)
        return false;
    if (len == 0)
        return true;
    return sodium_hex2bin(out, len, text.at, text.len, NULL, &got, &end) == 0 &&
           got == len && end == text.at + text.len;
}
