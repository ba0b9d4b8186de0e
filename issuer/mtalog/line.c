/*
 * line.c - what the parsers share, and from slices to events.
 */
#include "base/base.h"

#include "issuer/mtalog/line.h"

#include "base/address.h"
#include "core/status_code.h"

bool mtalog_take(struct slice *text, const char *literal)
{
    if (!slice_starts(*text, literal))
        return false;
    *text = slice_skip(*text, strlen(literal));
    return true;
}

static bool is_one_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

bool mtalog_take_address(struct slice *text, const char *ends, struct slice *out)
{
    bool is_quoted = false;
    size_t len = 0;

    while (len < text->len) {
        char byte = text->at[len];
        if (is_quoted && byte == '\\')
            len++;
        else if (byte == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && is_one_of(byte, ends))
            break;
        len++;
    }
    if (is_quoted || len > text->len)
        return false;
    *out = slice_take(*text, len);
    *text = slice_skip(*text, len);
    return true;
}

bool mtalog_take_host(struct slice *text, struct slice *name, struct slice *address)
{
    struct slice rest = *text;
    size_t len = 0;

    while (len < rest.len && rest.at[len] != '[' && rest.at[len] != ',' &&
           rest.at[len] != ' ')
        len++;
    *name = slice_take(rest, len);
    rest = slice_skip(rest, len);
    mtalog_take(&rest, " ");
    if (!mtalog_take(&rest, "["))
        return false;
    ptrdiff_t end = slice_find_byte(rest, ']');
    if (end < 0)
        return false;
    *address = slice_take(rest, (size_t)end);
    *text = slice_skip(rest, (size_t)end + 1);
    return true;
}

void mtalog_set_reply(struct mtalog_line *line, struct slice reply)
{
    struct slice rest = slice_trim(reply);

    line->reply = rest;
    if (reply_code_take(&rest, &line->code) &&
        !enhanced_code_take(&rest, line->enhanced_code))
        line->enhanced_code[0] = '\0';
}

static const char *kept(struct arena *mem, struct slice text, size_t max)
{
    return text.at == NULL ? NULL : delivery_plain(mem, text, max);
}

static const char *kept_lower(struct arena *mem, struct slice text, size_t max)
{
    return text.at == NULL ? NULL : delivery_plain_lower(mem, text, max);
}

/* Only an address, in its one form: it is compared. */
static const char *kept_address(struct arena *mem, struct slice text)
{
    struct address parsed;
    char plain[ADDRESS_TEXT_MAX + 1];

    if (text.at == NULL || !address_parse(text, &parsed))
        return NULL;
    address_format(&parsed, plain);
    return arena_strdup(mem, plain);
}

static const char *kept_message_id(struct arena *mem, struct slice text)
{
    text = slice_trim(text);
    if (text.len >= 2 && text.at[0] == '<' && text.at[text.len - 1] == '>')
        text = slice_take(slice_skip(text, 1), text.len - 2);
    return text.len == 0 ? NULL : delivery_plain(mem, text, DELIVERY_MESSAGE_ID_MAX);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* Kinds that become one event as they are. */
static const enum delivery_event_kind event_kinds[] = {
    [MTALOG_RECEIVED] = DELIVERY_RECEIVED,   [MTALOG_DESCRIBED] = DELIVERY_DESCRIBED,
    [MTALOG_ATTEMPTED] = DELIVERY_ATTEMPTED, [MTALOG_NOTIFIED] = DELIVERY_NOTIFIED,
    [MTALOG_ENDED] = DELIVERY_ENDED,
};
_Static_assert(ARRAY_LEN(event_kinds) == MTALOG_KIND_COUNT, "an event a kind");

size_t mtalog_events(struct arena *mem, const struct mtalog_line *line,
                     struct delivery_event out[MTALOG_EVENTS_MAX])
{
    size_t count = 0;

    if (line->kind == MTALOG_OTHER)
        return 0;
    out[count] = (struct delivery_event){
        .kind = event_kinds[line->kind],
        .bytes = line->bytes,
        .recipients = line->recipients,
        .origin_queue_id = kept(mem, line->origin_queue_id, DELIVERY_QUEUE_ID_MAX)};
    struct delivery *d = &out[count++].attempt;
    d->at = line->at;
    d->queue_id = delivery_plain(mem, line->queue_id, DELIVERY_QUEUE_ID_MAX);
    d->message_id = kept_message_id(mem, line->message_id);
    d->sender = kept_lower(mem, line->sender, DELIVERY_MAILBOX_MAX);
    d->login = kept_lower(mem, line->login, DELIVERY_MAILBOX_MAX);
    d->notice_id = kept(mem, line->notice_id, DELIVERY_QUEUE_ID_MAX);
    if (line->kind == MTALOG_ATTEMPTED) {
        d->recipient = delivery_plain_lower(mem, line->recipient, DELIVERY_MAILBOX_MAX);
        d->source = or_empty(kept(mem, line->source, DELIVERY_SOURCE_MAX));
        d->source_address = kept_address(mem, line->source_address);
        d->relay = kept_lower(mem, line->relay, DELIVERY_RELAY_MAX);
        d->relay_address = kept_address(mem, line->relay_address);
        d->code = line->code;
        d->enhanced_code = line->enhanced_code[0] == '\0'
                               ? NULL
                               : arena_strdup(mem, line->enhanced_code);
        d->reply = or_empty(kept(mem, line->reply, DELIVERY_REPLY_MAX));
        d->status = line->status;
    }
    if (line->notice_of.at != NULL) {
        out[count++] = (struct delivery_event){
            .kind = DELIVERY_NOTIFIED,
            .attempt = {
                        .at = line->at,
                        .queue_id = delivery_plain(mem, line->notice_of, DELIVERY_QUEUE_ID_MAX),
                        .notice_id = d->queue_id}
        };
    }
    return count;
}
