/*
 * message.h - may this message of a lease's login be sent, and by which lane?
 *
 * Judged for every message, because an SMTP session outlives a lease. The order of the checks is
 * the order in which a person should hear about them.
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "core/lease.h"
#include "core/pool.h"

enum message_answer {
    MESSAGE_SEND,
    MESSAGE_EXPIRED,
    MESSAGE_REVOKED,
    MESSAGE_NOT_A_LEASE, /* the login is of our form, but there is no such lease or it was never revealed */
    MESSAGE_SENDER,    /* envelope sender outside the lease */
    MESSAGE_RECIPIENT, /* recipient outside the lease */
    MESSAGE_TOO_MANY,  /* messages_max used up */
    MESSAGE_TOO_FAST,  /* messages_per_hour used up */
    MESSAGE_HELD,      /* lease suspended, or its address may not send now: temporary */
    MESSAGE_ANSWER_COUNT
};

struct message {
    struct slice sender;    /* "" is the null sender */
    struct slice recipient; /* "" when not known at this stage */
    unsigned used;          /* counted messages of the lease, this one not included */
    unsigned used_last_hour;
};

/* lease may be NULL: MESSAGE_NOT_A_LEASE. */
enum message_answer message_judge(const struct lease *lease, enum pool_state pool_state,
                                  const struct message *message, int64_t now);

struct message_reply {
    const char *name;   /* journal and log: "sent", "expired", … */
    const char *code;   /* "550 5.7.1", "450 4.7.1"; NULL for MESSAGE_SEND */
    const char *format; /* one sentence; one %u for the limit where there is one */
};
const struct message_reply *message_reply(enum message_answer answer);

#endif
