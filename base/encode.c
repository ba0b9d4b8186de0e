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

/* All ones when first <= byte <= last, else 0. */
static int mask_of(int byte, int first, int last)
{
    return ((first - 1 - byte) & (byte - last - 1)) >> 8;
}

/* What a letter stands for, or -1; without a branch or a table, because it may be of a password. */
static int value_of(char letter)
{
    int byte = (unsigned char)letter;

    return -1 + (mask_of(byte, 'A', 'Z') & (byte - 'A' + 1)) +
           (mask_of(byte, 'a', 'z') & (byte - 'a' + 27)) +
           (mask_of(byte, '0', '9') & (byte - '0' + 53)) +
           (mask_of(byte, '+', '+') & 63) + (mask_of(byte, '/', '/') & 64);
}

/* How many '=' stand at the end. */
static size_t count_padding(struct slice text)
{
    size_t count = 0;

    while (count < 2 && count < text.len && text.at[text.len - 1 - count] == '=')
        count++;
    return count;
}

/* Our own: libsodium's takes five times as long, which is an eighth of a login. */
bool base64_decode(struct slice text, void *out, size_t size, size_t *out_len)
{
    struct slice letters = slice_take(text, text.len - count_padding(text));
    size_t len = letters.len / 4 * 3 + letters.len % 4 * 3 / 4, at = 0;
    unsigned char *bytes = out;
    uint32_t bits = 0;
    int bad = 0;

    if (text.len % 4 != 0 || letters.len % 4 == 1 || len > size)
        return false;
    for (size_t i = 0; i < letters.len; i++) {
        int value = value_of(letters.at[i]);
        bad |= value;
        bits = bits << 6 | ((uint32_t)value & 63);
        /* Behind letter 1, 2 and 3 of four there are 4, 2 and 0 bits too many. */
        if (i % 4 != 0)
            bytes[at++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    /* Bits that belong to no byte must be 0: one value has one form. */
    uint32_t left = letters.len % 4 == 0 ? 0 : bits & (letters.len % 4 == 2 ? 15 : 3);
    if (bad < 0 || left != 0)
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
