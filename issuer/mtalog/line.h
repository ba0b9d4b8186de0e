/*
 * line.h - one line of a mail server's log, understood or not.
 *
 * Parsers fill it with slices of the line as it stands there; mtalog_events makes plain strings of
 * them. What a server was told by strangers (addresses, message ids, host names in HELO, replies)
 * stands in the middle of lines, so each field is read from the left, quotes respected, and only
 * where the server itself puts it; a line of which one part does not fit is not understood.
 */
#ifndef ISSUER_MTALOG_LINE_H
#define ISSUER_MTALOG_LINE_H

#include "core/delivery.h"

enum {
    /* rsyslog's $MaxMessageSize is 8 KiB, Exim writes longer lines for many recipients. */
    MTALOG_LINE_MAX = 16 * 1024,
    MTALOG_EVENTS_MAX = 2 /* of one line */
};

enum mtalog_kind {
    MTALOG_OTHER, /* nothing that we keep, or not understood */
    MTALOG_RECEIVED,
    MTALOG_DESCRIBED,
    MTALOG_ATTEMPTED,
    MTALOG_NOTIFIED,
    MTALOG_ENDED,
    MTALOG_KIND_COUNT
};

/* `at` of a slice is NULL where the line does not say. */
struct mtalog_line {
    enum mtalog_kind kind;
    int64_t at; /* 0: no time at its start; set for lines of any kind */
    struct slice queue_id, origin_queue_id;
    struct slice message_id, sender, login;
    struct slice recipient, source, source_address, relay, relay_address;
    struct slice reply;
    struct slice notice_id; /* MTALOG_NOTIFIED: the notice about queue_id */
    struct slice notice_of; /* MTALOG_RECEIVED: queue_id is the notice about this one */
    unsigned code;
    char enhanced_code[16];
    enum delivery_status status;
    int64_t bytes, recipients;
};

/* A line without its LF. now: for times without a year. *out is filled in any case. */
void mtalog_read_postfix(struct slice text, int64_t now, struct mtalog_line *out);
void mtalog_read_exim(struct slice text, int64_t now, struct mtalog_line *out);

/* What the line says, in plain strings that live in mem; gives how many events, 0 to
 * MTALOG_EVENTS_MAX. */
size_t mtalog_events(struct arena *mem, const struct mtalog_line *line,
                     struct delivery_event out[MTALOG_EVENTS_MAX]);

/* ---- for the parsers ------------------------------------------------------------------------ */

/* An address up to the first unquoted byte of `ends`, which stays; a quoted local part may hold any
 * byte (RFC 5321 4.1.2). false when a quote does not end. An empty address is fine. */
NODISCARD bool mtalog_take_address(struct slice *text, const char *ends,
                                   struct slice *out);
/* The literal at the start of *text, where it is there; advances. */
bool mtalog_take(struct slice *text, const char *literal);
/* "name[address]" or "name [address]"; the address without brackets. */
NODISCARD bool mtalog_take_host(struct slice *text, struct slice *name,
                                struct slice *address);
/* Codes at the start of the reply, and the reply. */
void mtalog_set_reply(struct mtalog_line *line, struct slice reply);

#endif
