/*
 * fields.c - the returned message is asked only here: for its id, its sender, its program.
 */
#include "base/base.h"

#include "issuer/bounce/fields.h"

#include "base/timetext.h"
#include "core/mailbox.h"
#include "issuer/bounce/header.h"

enum {
    ID_MAX = 250,
    CLIENT_MAX = 120
};

const char *fields_mailbox(struct arena *mem, struct slice text)
{
    char mailbox[MAILBOX_MAX + 1];
    struct slice found = header_mailbox(text);
    if (found.len == 0 || !mailbox_parse(found, mailbox)) {
        return NULL;
    }
    return arena_strdup(mem, mailbox);
}

const char *fields_time(struct arena *mem, struct slice text)
{
    int64_t when = 0;
    char out[TIMETEXT_RFC3339_MAX + 1];
    bool is_time = timetext_rfc5322_parse(text, &when) ||
                   timetext_rfc3339_parse(text, &when);
    if (!is_time || when <= 0) {
        return NULL;
    }
    timetext_rfc3339(when, out);
    return arena_strdup(mem, out);
}

struct slice fields_host(struct slice text)
{
    size_t len = 0;
    while (len < text.len && strchr(" \t(;", text.at[len]) == NULL) {
        len++;
    }
    while (len > 0 && strchr(".:,", text.at[len - 1]) != NULL) {
        len--;
    }
    return len > 0 ? slice_take(text, len) : text;
}

/* The first line of the returned message's header, whatever stands before it. */
static struct slice returned_header(struct arena *mem, const struct mime_mail *mail)
{
    for (size_t i = 0; i < mail->count; i++) {
        if (mail->parts[i].kind == PART_RETURNED) {
            return header_unfold(mem, mail->parts[i].text);
        }
    }
    return SLICE("");
}

static struct slice find_any(struct slice header, const char *const *names,
                             size_t count)
{
    struct slice value = SLICE("");
    for (size_t i = 0; i < count && value.len == 0; i++) {
        (void)header_find(header, names[i], &value);
    }
    return value;
}

static const char *read_sender(struct arena *mem, const struct mime_mail *mail,
                               const struct dsn *dsn, struct slice returned)
{
    static const char *const names[] = {"Return-Path", "From", "Sender"};
    /* a notice is sent to the sender; a forwarded one by the sender */
    bool is_forwarded = (mail->flags & FLAG_FORWARDED) != 0;
    const char *outer = is_forwarded ? "From" : "To";
    struct slice whom = SLICE("");
    (void)header_find(mail->headers, outer, &whom);
    const char *sender = fields_mailbox(mem, dsn->sender);
    if (sender == NULL && !is_forwarded) {
        sender = fields_mailbox(mem, whom);
    }
    for (size_t i = 0; i < ARRAY_LEN(names) && sender == NULL; i++) {
        sender = fields_mailbox(mem, find_any(returned, &names[i], 1));
    }
    return sender != NULL ? sender : fields_mailbox(mem, whom);
}

/* When it was refused: by the status, else by the date of the notice, which in a forwarded one is
 * the date of forwarding. */
static const char *read_time(struct arena *mem, const struct mime_mail *mail,
                             const struct dsn *dsn)
{
    struct slice date = SLICE("");
    bool is_forwarded = (mail->flags & FLAG_FORWARDED) != 0;
    (void)header_find(mail->headers, "Date", &date);
    const struct slice places[] = {
        dsn->count > 0 ? dsn->recipients[0].last_attempt : SLICE(""),
        is_forwarded ? dsn->arrival : date, is_forwarded ? date : dsn->arrival};
    const char *time = NULL;
    for (size_t i = 0; i < ARRAY_LEN(places) && time == NULL; i++) {
        time = fields_time(mem, places[i]);
    }
    return time;
}

/* "<id@host>" without what stands around. */
static const char *read_id(struct arena *mem, struct slice value)
{
    ptrdiff_t start = slice_find_byte(value, '<');
    ptrdiff_t end = slice_find_byte(value, '>');
    if (start >= 0 && end > start) {
        value = slice_of(value.at + start, (size_t)(end - start) + 1);
    }
    bool is_id = value.len > 2 && value.len <= ID_MAX && slice_is_printable(value) &&
                 slice_find_byte(value, ' ') < 0;
    return is_id ? arena_slice(mem, value) : NULL;
}

/* Exim and others: the id in the Received line that the refused server's sender wrote. */
static const char *queue_id_of_received(struct arena *mem, struct slice returned)
{
    struct slice line = SLICE("");
    if (!header_find(returned, "Received", &line)) {
        return NULL;
    }
    ptrdiff_t at = slice_find(line, SLICE(" id "));
    if (at < 0) {
        return NULL;
    }
    struct slice id = slice_skip(line, (size_t)at + 4);
    size_t len = 0;
    while (len < id.len && id.at[len] > ' ' && id.at[len] != ';') {
        len++;
    }
    id = slice_take(id, len);
    return id.len > 0 && id.len <= 64 && slice_is_printable(id) ? arena_slice(mem, id)
                                                                : NULL;
}

void fields_read(struct arena *mem, const struct mime_mail *mail, const struct dsn *dsn,
                 struct bounce_evidence *out)
{
    static const char *const ids[] = {"Message-ID"};
    static const char *const programs[] = {"X-Mailer", "User-Agent"};
    static const char *const references[] = {"In-Reply-To", "References"};
    struct slice returned = returned_header(mem, mail);
    out->sender = read_sender(mem, mail, dsn, returned);
    out->time = read_time(mem, mail, dsn);
    if (dsn->reporting_mta.len > 0) {
        out->reporting_mta = arena_slice(
            mem, text_cut(fields_host(dsn->reporting_mta), DOMAIN_MAX));
    }
    out->message_id = read_id(mem, find_any(returned, ids, ARRAY_LEN(ids)));
    bool is_forwarded = (mail->flags & FLAG_FORWARDED) != 0;
    if (out->message_id == NULL && !is_forwarded) {
        out->message_id = read_id(
            mem, find_any(mail->headers, references, ARRAY_LEN(references)));
    }
    for (size_t i = 0; i < mail->count && out->message_id == NULL && !is_forwarded;
         i++) {
        if (mail->parts[i].kind == PART_TEXT) {
            out->message_id = read_id(
                mem,
                find_any(header_unfold(mem, mail->parts[i].text), ids, ARRAY_LEN(ids)));
        }
    }
    struct slice queue_id = text_cut(dsn->queue_id, 64);
    out->queue_id = queue_id.len > 0 ? arena_slice(mem, queue_id)
                                     : queue_id_of_received(mem, returned);
    struct slice client = find_any(returned, programs, ARRAY_LEN(programs));
    if (client.len > 0) {
        out->client = arena_slice(mem, text_cut(client, CLIENT_MAX));
    }
}
