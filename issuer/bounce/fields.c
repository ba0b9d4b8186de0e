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
    struct slice to = SLICE("");
    const char *sender = fields_mailbox(mem, dsn->sender);
    if (sender == NULL && header_find(mail->headers, "To", &to)) {
        sender = fields_mailbox(mem, to);
    }
    for (size_t i = 0; i < ARRAY_LEN(names) && sender == NULL; i++) {
        sender = fields_mailbox(mem, find_any(returned, &names[i], 1));
    }
    return sender;
}

static const char *read_time(struct arena *mem, const struct mime_mail *mail,
                             const struct dsn *dsn)
{
    struct slice date = SLICE("");
    int64_t when = 0;
    (void)header_find(mail->headers, "Date", &date);
    const struct slice places[] = {dsn->count > 0 ? dsn->recipients[0].last_attempt
                                                  : SLICE(""),
                                   date, dsn->arrival};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (places[i].len > 0 && timetext_rfc5322_parse(places[i], &when) && when > 0) {
            char text[TIMETEXT_RFC3339_MAX + 1];
            timetext_rfc3339(when, text);
            return arena_strdup(mem, text);
        }
    }
    return NULL;
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
        /* "host [address]": the name is enough */
        ptrdiff_t end = slice_find_byte(dsn->reporting_mta, ' ');
        struct slice name = end > 0 ? slice_take(dsn->reporting_mta, (size_t)end)
                                    : dsn->reporting_mta;
        out->reporting_mta = arena_slice(mem, text_cut(name, DOMAIN_MAX));
    }
    out->message_id = read_id(mem, find_any(returned, ids, ARRAY_LEN(ids)));
    if (out->message_id == NULL) {
        out->message_id = read_id(
            mem, find_any(mail->headers, references, ARRAY_LEN(references)));
    }
    struct slice queue_id = text_cut(dsn->queue_id, 64);
    out->queue_id = queue_id.len > 0 ? arena_slice(mem, queue_id)
                                     : queue_id_of_received(mem, returned);
    struct slice client = find_any(returned, programs, ARRAY_LEN(programs));
    if (client.len > 0) {
        out->client = arena_slice(mem, text_cut(client, CLIENT_MAX));
    }
}
