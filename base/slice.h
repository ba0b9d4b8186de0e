/*
 * slice.h - bytes that belong to somebody else: a pointer and a length.
 *
 * How foreign input is read: no NUL assumed, nothing copied, parsers take `struct slice *`
 * and advance it only on success. A slice never owns; it is valid while what it points
 * into lives.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include "base/base.h"

#include <string.h>

struct slice {
    const char *at;
    size_t len;
};

/* From a string literal, without strlen. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

/* The smallest of them stand here, because calling one costs more than what it does, and the length
 * of a literal is known where it stands. */
static inline struct slice slice_of(const char *at, size_t len)
{
    return (struct slice){at, len};
}

/* NULL gives the empty slice. */
static inline struct slice slice_from(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_from(text));
}

static inline bool slice_starts(struct slice text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && (len == 0 || memcmp(text.at, prefix, len) == 0);
}

/* The first count bytes, or all of them. */
static inline struct slice slice_take(struct slice text, size_t count)
{
    return (struct slice){text.at, count < text.len ? count : text.len};
}

/* ASCII letters only: protocol words, domains; never locale. */
bool slice_equal_nocase(struct slice a, struct slice b);
bool slice_is_nocase(struct slice a, const char *text);
bool slice_starts_nocase(struct slice text, const char *prefix);
bool slice_ends_nocase(struct slice text, const char *suffix);

/* Offset of the first match, or -1. */
ptrdiff_t slice_find_byte(struct slice text, char byte);
ptrdiff_t slice_find(struct slice text, struct slice needle);
ptrdiff_t slice_find_nocase(struct slice text, struct slice needle);

struct slice slice_skip(struct slice text, size_t count); /* at most all of it */
/* Without ASCII blank, tab, CR, LF at both ends. */
struct slice slice_trim(struct slice text);

/* Cut the next piece up to delimiter: *piece gets it, *rest advances behind the delimiter.
 * The last piece ends at the end. false when *rest is exhausted (at == NULL); an empty input
 * gives one empty piece. */
bool slice_cut(struct slice *rest, char delimiter, struct slice *piece);
/* The next line without LF or CRLF; false when nothing is left. */
bool slice_line(struct slice *rest, struct slice *line);

/* Only printable ASCII, 0x20 to 0x7e. */
bool slice_is_printable(struct slice text);
/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool slice_is_utf8(struct slice text);

#endif
