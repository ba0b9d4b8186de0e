/*
 * dsn.c - fields of a delivery status, by a table of names and places.
 */
#include "base/base.h"

#include "issuer/bounce/dsn.h"

#include "issuer/bounce/header.h"

struct field {
    const char *name;
    size_t offset;
    bool is_typed; /* "rfc822; ..." */
};

static const struct field message_fields[] = {
    {"Reporting-MTA",        offsetof(struct dsn, reporting_mta), true },
    {"Received-From-MTA",    offsetof(struct dsn, received_from), true },
    {"Arrival-Date",         offsetof(struct dsn, arrival),       false},
    {"Original-Envelope-Id", offsetof(struct dsn, envelope_id),   false},
    {"X-Postfix-Queue-ID",   offsetof(struct dsn, queue_id),      false},
    {"X-Postfix-Sender",     offsetof(struct dsn, sender),        true },
};

static const struct field recipient_fields[] = {
    {"Original-Recipient", offsetof(struct dsn_recipient, original),     true },
    {"Final-Recipient",    offsetof(struct dsn_recipient, final),        true },
    {"Status",             offsetof(struct dsn_recipient, status),       false},
    {"Remote-MTA",         offsetof(struct dsn_recipient, remote_mta),   true },
    {"Diagnostic-Code",    offsetof(struct dsn_recipient, diagnostic),   true },
    {"Last-Attempt-Date",  offsetof(struct dsn_recipient, last_attempt), false},
    {"Final-Log-ID",       offsetof(struct dsn_recipient, log_id),       false},
};

static struct slice *field_at(const struct field *fields, size_t count, void *base,
                              struct slice name, bool *out_typed)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is_nocase(name, fields[i].name)) {
            *out_typed = fields[i].is_typed;
            return (struct slice *)(void *)((char *)base + fields[i].offset);
        }
    }
    return NULL;
}

static enum dsn_action action_of(struct slice value)
{
    if (slice_starts_nocase(value, "failed")) {
        return DSN_FAILED;
    }
    if (slice_starts_nocase(value, "delayed")) {
        return DSN_DELAYED;
    }
    bool arrived = slice_starts_nocase(value, "delivered") ||
                   slice_starts_nocase(value, "relayed") ||
                   slice_starts_nocase(value, "expanded") ||
                   slice_starts_nocase(value,
                                       "deliverable"); /* Postfix: sendmail -bv */
    return arrived ? DSN_DELIVERED : DSN_ACTION_NONE;
}

/* The recipient a field belongs to: a new one at the start of a block, and when the field of the
 * present one is taken already. */
static struct dsn_recipient *recipient_for(struct dsn *dsn, bool *is_new, bool is_taken)
{
    if (*is_new || is_taken || dsn->count == 0) {
        if (dsn->count == DSN_RECIPIENTS_MAX) {
            dsn->is_cut = true;
            return NULL;
        }
        dsn->count++;
        *is_new = false;
    }
    return &dsn->recipients[dsn->count - 1];
}

static void take_recipient_field(struct dsn *dsn, struct slice name, struct slice value,
                                 bool *is_new)
{
    struct dsn_recipient probe = {0};
    bool is_typed = false;
    bool is_action = slice_is_nocase(name, "Action");
    if (!is_action && field_at(recipient_fields, ARRAY_LEN(recipient_fields), &probe,
                               name, &is_typed) == NULL) {
        return;
    }
    bool is_taken = dsn->count > 0 && slice_is_nocase(name, "Final-Recipient") &&
                    dsn->recipients[dsn->count - 1].final.len > 0;
    struct dsn_recipient *recipient = recipient_for(dsn, is_new, is_taken);
    if (recipient == NULL) {
        return;
    }
    if (is_action) {
        recipient->action = action_of(value);
        return;
    }
    struct slice *place = field_at(recipient_fields, ARRAY_LEN(recipient_fields),
                                   recipient, name, &is_typed);
    if (place != NULL && place->len == 0) {
        *place = is_typed ? header_untyped(value) : value;
    }
}

void dsn_read(struct arena *mem, struct slice text, struct dsn *out)
{
    struct slice lines = header_unfold(mem, text);
    size_t at = 0;
    bool is_new = true;
    struct slice name;
    struct slice value;
    while (header_next(lines, &at, &name, &value)) {
        if (name.len == 0) {
            is_new = is_new || value.len == 0;
            continue;
        }
        bool is_typed = false;
        struct slice *place = field_at(message_fields, ARRAY_LEN(message_fields), out,
                                       name, &is_typed);
        if (place == NULL) {
            take_recipient_field(out, name, value, &is_new);
        } else if (place->len == 0) {
            *place = is_typed ? header_untyped(value) : value;
        }
    }
}
