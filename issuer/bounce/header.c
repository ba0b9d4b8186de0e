/*
 * header.c - header fields, after RFC 5322 2.2 and what is really sent.
 */
#include "base/base.h"

#include "issuer/bounce/header.h"

#include "issuer/bounce/text.h"

enum {
    NAME_MAX_BYTES = 64
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct slice header_unfold(struct arena *mem, struct slice text)
{
    char *out = arena_alloc(mem, text.len + 1);
    size_t len = 0;
    size_t at = 0;
    struct slice line;
    while (text_next_line(text, &at, &line)) {
        struct slice words = slice_trim(line);
        bool continues = line.len > 0 && is_blank(line.at[0]) && words.len > 0 &&
                         len > 0 &&
                         !(len > 1 && out[len - 1] == '\n' && out[len - 2] == '\n');
        if (continues) {
            out[len - 1] = ' ';
        }
        memcpy(out + len, words.at, words.len);
        len += words.len;
        out[len++] = '\n';
    }
    return slice_of(out, len);
}

static bool is_name(struct slice name)
{
    if (name.len == 0 || name.len > NAME_MAX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] <= ' ' || name.at[i] > '~') {
            return false;
        }
    }
    return true;
}

bool header_next(struct slice text, size_t *at, struct slice *name, struct slice *value)
{
    struct slice line;
    if (!text_next_line(text, at, &line)) {
        return false;
    }
    ptrdiff_t colon = slice_find_byte(line, ':');
    struct slice before = colon < 0 ? SLICE("")
                                    : slice_trim(slice_take(line, (size_t)colon));
    if (colon < 0 || !is_name(before)) {
        *name = SLICE("");
        *value = slice_trim(line);
        return true;
    }
    *name = before;
    *value = slice_trim(slice_skip(line, (size_t)colon + 1));
    return true;
}

bool header_find(struct slice text, const char *name, struct slice *out)
{
    size_t at = 0;
    struct slice found;
    struct slice value;
    while (header_next(text, &at, &found, &value)) {
        if (slice_is_nocase(found, name)) {
            *out = value;
            return true;
        }
    }
    return false;
}

struct slice header_untyped(struct slice value)
{
    ptrdiff_t end = slice_find_byte(value, ';');
    bool is_type = end >= 0 && end < 24;
    return slice_trim(is_type ? slice_skip(value, (size_t)end + 1) : value);
}

static bool is_mailbox_byte(char c)
{
    return c > ' ' && c != 0x7F && strchr("<>()[]\"',;:", c) == NULL;
}

struct slice header_mailbox(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] != '@') {
            continue;
        }
        size_t start = i;
        size_t end = i + 1;
        while (start > 0 && is_mailbox_byte(value.at[start - 1]) &&
               value.at[start - 1] != '@') {
            start--;
        }
        while (end < value.len && is_mailbox_byte(value.at[end]) &&
               value.at[end] != '@') {
            end++;
        }
        while (end > i + 1 && value.at[end - 1] == '.') {
            end--;
        }
        if (start < i && end > i + 1) {
            return slice_of(value.at + start, end - start);
        }
    }
    return SLICE("");
}
