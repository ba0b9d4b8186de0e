/*
 * message.h - may this message of a lease's login be sent, and by which lane?
 *
 * Judged for every message, because an SMTP session outlives a lease. The order of the checks is
 * the order in which a person should hear about them.
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "base/strbuf.h"
#include "core/lease.h"
#include "core/pool.h"
#include "core/sentence.h"

enum message_answer {
    MESSAGE_SEND,
    MESSAGE_EXPIRED,
    MESSAGE_REVOKED,
    MESSAGE_NOT_A_LEASE, /* the login is of our form, but there is no such lease or it was never revealed */
    MESSAGE_SENDER,          /* envelope sender outside the lease */
    MESSAGE_RECIPIENT,       /* recipient outside the lease */
    MESSAGE_TOO_LARGE,       /* message_size_max */
    MESSAGE_TOO_WIDE,        /* recipients_per_message */
    MESSAGE_TOO_MANY,        /* messages_max used up */
    MESSAGE_RECIPIENTS_USED, /* recipients_max used up, or would be exceeded */
    MESSAGE_TOO_FAST,        /* messages_per_hour used up */
    MESSAGE_UNASKED, /* recipients that we were not asked about: the mail server's configuration, temporary */
    MESSAGE_HELD,    /* lease suspended, or its address may not send now: temporary */
    MESSAGE_ANSWER_COUNT
};

struct message {
    struct slice sender;    /* "" is the null sender */
    struct slice recipient; /* "" when not known at this stage */
    bool
        is_login_only; /* nothing but the login is known: sender and recipients are not judged */
    uint64_t size_bytes;      /* as declared, then as it is; 0: not known */
    uint64_t recipient_count; /* 0: not known at this stage */
    /* All recipients have been named: at DATA and after it. Then each of them must be known to be inside the
     * lease: the one that is given here, or as many as were approved at RCPT. */
    bool is_complete;
    uint64_t approved;
    /* Counted messages and recipients of the lease, this message not included. */
    unsigned used, used_last_hour, used_recipients;
};

/* lease may be NULL: MESSAGE_NOT_A_LEASE. */
enum message_answer message_judge(const struct lease *lease, enum pool_state pool_state,
                                  const struct message *message, int64_t now);

struct message_reply {
    const char *name;      /* journal and log: "sent", "expired", … */
    struct sentence words; /* for an agent: why */
    const char *code;      /* "550 5.7.1", "450 4.7.1"; NULL for MESSAGE_SEND */
    const char
        *format; /* to the sender, in SMTP; one %s for the limit where there is one */
};
const struct message_reply *message_reply(enum message_answer answer);
/* By its name. */
NODISCARD bool message_answer_parse(struct slice name, enum message_answer *out);
/* The sentence with the lease's limit in it. lease may be NULL where there is no %s. */
void message_sentence(enum message_answer answer, const struct lease *lease,
                      struct strbuf *out);

#endif
