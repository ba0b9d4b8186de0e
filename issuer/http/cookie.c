/*
 * cookie.c - one cookie out of a Cookie header (RFC 6265 4.2.1 and 5.4).
 */
#include "base/base.h"

#include "issuer/http/http.h"

/* DQUOTE around the value belongs to it in RFC 6265, but no browser adds any and we never set
 * one, so it is left alone. */
struct slice cookie_find(struct slice header, const char *name)
{
    struct slice pair;

    while (slice_cut(&header, ';', &pair)) {
        pair = slice_trim(pair);
        ptrdiff_t equals = slice_find_byte(pair, '=');
        if (equals < 0 || !slice_is(slice_take(pair, (size_t)equals), name))
            continue;
        return slice_skip(pair, (size_t)equals + 1);
    }
    return (struct slice){0};
}
