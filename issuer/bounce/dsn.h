/*
 * dsn.h - delivery status notifications (RFC 3464), read leniently.
 *
 * The wild: no blank line between the blocks, a missing type ("Diagnostic-Code: 550 ..."), fields
 * in any order, the whole pasted as text. A field that is unknown is skipped.
 */
#ifndef ISSUER_BOUNCE_DSN_H
#define ISSUER_BOUNCE_DSN_H

#include "base/arena.h"

enum {
    DSN_RECIPIENTS_MAX = 64
};

enum dsn_action {
    DSN_ACTION_NONE,
    DSN_FAILED,
    DSN_DELAYED,
    DSN_DELIVERED, /* also relayed and expanded */
    DSN_ACTION_COUNT
};

/* Slices point into the text read; empty: not there. Values are without their type. */
struct dsn_recipient {
    struct slice original, final, status, remote_mta, diagnostic, last_attempt, log_id;
    enum dsn_action action;
};

struct dsn {
    struct slice reporting_mta, received_from, arrival, envelope_id;
    struct slice queue_id, sender; /* Postfix: X-Postfix-Queue-ID, X-Postfix-Sender */
    struct dsn_recipient recipients[DSN_RECIPIENTS_MAX];
    size_t count;
    bool is_cut; /* more recipients than kept */
};

/* text: LF lines, clean. The slices live in mem. */
void dsn_read(struct arena *mem, struct slice text, struct dsn *out);

#endif
