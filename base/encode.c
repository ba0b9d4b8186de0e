/*
 * encode.c - base64 and hex, by libsodium but for what is in each login.
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

enum {
    CHUNK = 64 /* letters that are looked up at once */
};

/* What letters stand for, and one more, or 0; without a branch or a table, because they may be of a
 * password. Always as many, and bytes only, so that compilers do sixteen at a time. */
static void values_of(const uint8_t letters[restrict CHUNK],
                      uint8_t values[restrict CHUNK])
{
    for (size_t i = 0; i < CHUNK; i++) {
        uint8_t byte = letters[i];
        uint8_t upper = (uint8_t)(byte - 'A') < 26 ? (uint8_t)(byte - 'A' + 1) : 0;
        uint8_t lower = (uint8_t)(byte - 'a') < 26 ? (uint8_t)(byte - 'a' + 27) : 0;
        uint8_t digit = (uint8_t)(byte - '0') < 10 ? (uint8_t)(byte - '0' + 53) : 0;
        uint8_t plus = byte == '+' ? 63 : 0;
        uint8_t slash = byte == '/' ? 64 : 0;
        values[i] = upper | lower | digit | plus | slash;
    }
}

/* How many '=' stand at the end. */
static size_t count_padding(struct slice text)
{
    size_t count = 0;

    while (count < 2 && count < text.len && text.at[text.len - 1 - count] == '=')
        count++;
    return count;
}

/* Whether all of them stand for something. */
static bool are_letters(const uint8_t values[CHUNK])
{
    uint8_t bad = 0;

    for (size_t i = 0; i < CHUNK; i++)
        bad |= values[i] == 0;
    return bad == 0;
}

/* The 24 bits of four letters. */
static uint32_t join(const uint8_t values[4])
{
    return ((values[0] - 1U) & 63) << 18 | ((values[1] - 1U) & 63) << 12 |
           ((values[2] - 1U) & 63) << 6 | ((values[3] - 1U) & 63);
}

/* The bytes of a chunk of letters; false when one is none, or when bits that belong to no byte are
 * not 0: one value has one form. */
static bool decode_chunk(struct slice letters, unsigned char *bytes)
{
    uint8_t chunk[CHUNK], values[CHUNK];
    size_t whole = letters.len / 4 * 4, rest = letters.len % 4;
    uint32_t left = 0;

    memset(chunk, 'A', sizeof chunk); /* no bits */
    memcpy(chunk, letters.at, letters.len);
    values_of(chunk, values);
    bool is_good = are_letters(values);
    for (size_t i = 0; i < whole; i += 4) {
        uint32_t bits = join(values + i);
        *bytes++ = (unsigned char)(bits >> 16);
        *bytes++ = (unsigned char)(bits >> 8);
        *bytes++ = (unsigned char)bits;
    }
    if (rest > 0) { /* two letters are a byte and 4 bits, three are two bytes and 2 */
        uint32_t bits = join(values + whole);
        *bytes++ = (unsigned char)(bits >> 16);
        if (rest == 3)
            *bytes = (unsigned char)(bits >> 8);
        left = bits & (rest == 2 ? 0xffff : 0xff);
    }
    sodium_memzero(chunk, sizeof chunk);
    sodium_memzero(values, sizeof values);
    return is_good && left == 0;
}

/* Our own: libsodium's takes many times as long, which is a large part of a login. */
bool base64_decode(struct slice text, void *out, size_t size, size_t *out_len)
{
    struct slice letters = slice_take(text, text.len - count_padding(text));
    size_t len = letters.len / 4 * 3 + letters.len % 4 * 3 / 4;
    unsigned char *bytes = out;
    bool is_good = true;

    if (text.len % 4 != 0 || letters.len % 4 == 1 || len > size)
        return false;
    for (size_t at = 0; at < letters.len; at += CHUNK)
        is_good &= decode_chunk(slice_take(slice_skip(letters, at), CHUNK),
                                bytes + at / 4 * 3);
    if (!is_good)
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
