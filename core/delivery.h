/*
 * delivery.h - what a mail server's log says of messages: the words that parsers, store, witness
 * and standing share.
 *
 * A log line is foreign text: addresses, message ids and replies in it were chosen by strangers.
 * Whoever makes one of these structs has made the texts plain (delivery_plain), so that they
 * can be stored and shown. Addresses and logins are in lower case, to be compared as mailboxes are
 * (core/mailbox.h); quoted local parts stay quoted.
 */
#ifndef CORE_DELIVERY_H
#define CORE_DELIVERY_H

#include "base/arena.h"
#include "base/slice.h"

enum {
    /* Postfix's long ids have up to 20 characters, Exim's 23 since 4.97. */
    DELIVERY_QUEUE_ID_MAX = 31,
    /* RFC 5322 2.1.1: no line of a header is longer. */
    DELIVERY_MESSAGE_ID_MAX = 998,
    /* RFC 5321 4.5.3.1.3 for the path; quoting may double a local part. */
    DELIVERY_MAILBOX_MAX = 320,
    DELIVERY_SOURCE_MAX = 64,
    DELIVERY_RELAY_MAX = 255,
    /* Several lines of RFC 5321 4.5.3.1.5's 512; what matters stands in front. */
    DELIVERY_REPLY_MAX = 1000
};

enum delivery_status {
    DELIVERY_SENT,
    DELIVERY_DEFERRED,
    DELIVERY_BOUNCED,
    DELIVERY_STATUS_COUNT
};
const char *delivery_status_name(enum delivery_status status);
NODISCARD bool delivery_status_parse(struct slice text, enum delivery_status *out);

/* One attempt for one recipient. Strings are NULL when the log does not say. */
struct delivery {
    int64_t id; /* of the row; 0: not stored */
    int64_t at;
    const char *queue_id;       /* never NULL */
    const char *message_id;     /* without <> */
    const char *sender;         /* envelope; "" is the null sender */
    const char *login;          /* who signed in to send it */
    const char *recipient;      /* never NULL; as the relay was told, behind aliases */
    const char *source;         /* never NULL; lane: transport or syslog name */
    const char *source_address; /* our own end of the connection */
    const char *relay, *relay_address;
    unsigned code; /* 0: none */
    const char *enhanced_code;
    const char *reply; /* never NULL; the relay's words, else the mail server's own */
    enum delivery_status status;
    const char
        *notice_id; /* queue id of the notice about it; only in rows of the store */
};

enum delivery_event_kind {
    DELIVERY_RECEIVED, /* the first line of a message: what its queue id meant before is over */
    DELIVERY_DESCRIBED, /* more about it: message id, sender, login, size */
    DELIVERY_ATTEMPTED,
    DELIVERY_NOTIFIED, /* its sender is told by the message notice_id */
    DELIVERY_ENDED,    /* it left the queue */
    DELIVERY_EVENT_COUNT
};

/* What one line says. Of `attempt`, kinds but DELIVERY_ATTEMPTED use at, queue_id and what
 * they know of message_id, sender, login and notice_id. */
struct delivery_event {
    enum delivery_event_kind kind;
    struct delivery attempt;
    int64_t bytes;      /* 0: not said */
    int64_t recipients; /* 0: not said */
    const char
        *origin_queue_id; /* received from a filter: the id before it; NULL: not so */
};

/* At most max bytes, whole characters; controls, bidirectional controls and broken UTF-8 become
 * U+FFFD. Lives in mem. */
const char *delivery_plain(struct arena *mem, struct slice text, size_t max);
/* The same, and ASCII letters in lower case: addresses, host names, logins. */
const char *delivery_plain_lower(struct arena *mem, struct slice text, size_t max);

#endif
