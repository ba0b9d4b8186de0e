/*
 * delivery.c - names, and foreign text made plain.
 */
#include "base/base.h"

#include "core/delivery.h"

#include "base/escape.h"

static const char *const status_names[] = {
    [DELIVERY_SENT] = "sent",
    [DELIVERY_DEFERRED] = "deferred",
    [DELIVERY_BOUNCED] = "bounced",
};
_Static_assert(ARRAY_LEN(status_names) == DELIVERY_STATUS_COUNT, "a name a status");

const char *delivery_status_name(enum delivery_status status)
{
    return status_names[status];
}

bool delivery_status_parse(struct slice text, enum delivery_status *out)
{
    for (size_t i = 0; i < DELIVERY_STATUS_COUNT; i++)
        if (slice_is(text, status_names[i])) {
            *out = (enum delivery_status)i;
            return true;
        }
    return false;
}

/* Not in the middle of a UTF-8 character: step back over continuation bytes. */
static size_t whole_characters(struct slice text, size_t max)
{
    size_t len = text.len < max ? text.len : max;

    if (len < text.len)
        while (len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
            len--;
    return len;
}

static char *plain(struct arena *mem, struct slice text, size_t max)
{
    struct strbuf shown;

    /* A byte becomes at most the three of U+FFFD. */
    text = slice_take(text, whole_characters(text, max));
    strbuf_init(&shown, 3 * text.len + 1);
    escape_append(&shown, ESCAPE_TEXT, text);
    struct slice all = strbuf_slice(&shown);
    char *kept = arena_slice(mem, slice_take(all, whole_characters(all, max)));
    strbuf_release(&shown);
    for (char *at = kept; *at != '\0'; at++)
        if (*at == '\t' || *at == '\n')
            *at = ' ';
    return kept;
}

const char *delivery_plain(struct arena *mem, struct slice text, size_t max)
{
    return plain(mem, text, max);
}

const char *delivery_plain_lower(struct arena *mem, struct slice text, size_t max)
{
    char *kept = plain(mem, text, max);

    for (char *at = kept; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return kept;
}
