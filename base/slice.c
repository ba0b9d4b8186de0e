/*
 * slice.c - reading bytes that belong to somebody else.
 */
#include "base/base.h"

#include "base/slice.h"

static unsigned char lower(char byte)
{
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

bool slice_is_nocase(struct slice a, const char *text)
{
    return slice_equal_nocase(a, slice_from(text));
}

bool slice_starts_nocase(struct slice text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len &&
           slice_equal_nocase(slice_take(text, len), slice_of(prefix, len));
}

bool slice_ends_nocase(struct slice text, const char *suffix)
{
    size_t len = strlen(suffix);

    return text.len >= len &&
           slice_equal_nocase(slice_skip(text, text.len - len), slice_of(suffix, len));
}

ptrdiff_t slice_find_byte(struct slice text, char byte)
{
    const char *hit = text.len == 0 ? NULL : memchr(text.at, byte, text.len);

    return hit == NULL ? -1 : hit - text.at;
}

ptrdiff_t slice_find(struct slice text, struct slice needle)
{
    if (needle.len == 0)
        return 0;
    if (text.len < needle.len)
        return -1;
    const char *hit = memmem(text.at, text.len, needle.at, needle.len);
    return hit == NULL ? -1 : hit - text.at;
}

ptrdiff_t slice_find_nocase(struct slice text, struct slice needle)
{
    if (needle.len == 0)
        return 0;
    for (size_t i = 0; i + needle.len <= text.len; i++)
        if (slice_equal_nocase(slice_of(text.at + i, needle.len), needle))
            return (ptrdiff_t)i;
    return -1;
}

struct slice slice_skip(struct slice text, size_t count)
{
    if (text.at == NULL)
        return text;
    if (count > text.len)
        count = text.len;
    return (struct slice){text.at + count, text.len - count};
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice slice_trim(struct slice text)
{
    while (text.len > 0 && is_blank(text.at[0]))
        text = slice_skip(text, 1);
    while (text.len > 0 && is_blank(text.at[text.len - 1]))
        text.len--;
    return text;
}

bool slice_cut(struct slice *rest, char delimiter, struct slice *piece)
{
    if (rest->at == NULL)
        return false;
    ptrdiff_t at = slice_find_byte(*rest, delimiter);
    if (at < 0) {
        *piece = *rest;
        *rest = (struct slice){NULL, 0};
        return true;
    }
    *piece = slice_take(*rest, (size_t)at);
    *rest = slice_skip(*rest, (size_t)at + 1);
    return true;
}

bool slice_line(struct slice *rest, struct slice *line)
{
    if (rest->len == 0)
        return false;
    ptrdiff_t at = slice_find_byte(*rest, '\n');
    if (at < 0) {
        *line = *rest;
        *rest = slice_skip(*rest, rest->len);
    } else {
        *line = slice_take(*rest, (size_t)at);
        *rest = slice_skip(*rest, (size_t)at + 1);
    }
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

bool slice_is_printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < 0x20 || text.at[i] > 0x7e)
            return false;
    return true;
}

/* Well-formed sequences by their first bytes (RFC 3629 4): the second byte's range is narrowed
 * where an overlong form, a surrogate or a code above U+10FFFF would begin. */
static const struct {
    unsigned char first_min, first_max, len, second_min, second_max;
} utf8_forms[] = {
    {0x00, 0x7f, 1, 0,    0   },
    {0xc2, 0xdf, 2, 0x80, 0xbf},
    {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf},
    {0xf4, 0xf4, 4, 0x80, 0x8f},
};

/* Length of the sequence at the start of at, 0 when it is broken. */
static size_t utf8_length(const unsigned char *at, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(utf8_forms); i++) {
        if (at[0] < utf8_forms[i].first_min || at[0] > utf8_forms[i].first_max)
            continue;
        size_t need = utf8_forms[i].len;
        if (need > len)
            return 0;
        if (need > 1 &&
            (at[1] < utf8_forms[i].second_min || at[1] > utf8_forms[i].second_max))
            return 0;
        for (size_t k = 2; k < need; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return need;
    }
    return 0;
}

bool slice_is_utf8(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.at;

    for (size_t i = 0; i < text.len;) {
        size_t step = utf8_length(at + i, text.len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}
