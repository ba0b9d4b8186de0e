/*
 * refusal.h - why a login was refused: what authd writes into its journal, and what an agent reads.
 *
 * The mail server hears one voice for every wrong password (core/verdict.h); only our own record
 * says more. A record's detail is a word of this list and what belongs to it:
 *
 *     earlier_password 1 1764151320     of the first reveal, replaced at that time
 *     wrong_service imap
 *     wrong_password
 *
 * Refused messages are told by core/message.h. Pure.
 */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "base/slice.h"
#include "core/sentence.h"
#include "core/verdict.h"

enum refusal_cause {
    REFUSAL_NONE,
    REFUSAL_WRONG_PASSWORD,   /* none that this login ever had */
    REFUSAL_EARLIER_PASSWORD, /* right until it was revealed again */
    REFUSAL_NOT_REVEALED,     /* nobody has seen a password yet */
    REFUSAL_WRONG_SERVICE,    /* IMAP, for instance: the login is for sending */
    REFUSAL_EXPIRED,
    REFUSAL_REVOKED,
    REFUSAL_HELD,      /* temporary: the lease is suspended */
    REFUSAL_OUR_FAULT, /* temporary: we could not look */
    REFUSAL_TOO_OFTEN, /* one of too many in a minute: the rest of them are not recorded */
    REFUSAL_CAUSE_COUNT
};

enum {
    REFUSAL_SERVICE_MAX = 32,
    REFUSAL_DETAIL_MAX = 80
};

struct refusal {
    enum refusal_cause cause;
    unsigned reveal;     /* EARLIER_PASSWORD: which, from 1 */
    int64_t replaced_at; /* EARLIER_PASSWORD */
    char service[REFUSAL_SERVICE_MAX +
                 1]; /* WRONG_SERVICE; printable, without blanks; "" */
};

/* The word alone: "earlier_password"; "" for NONE. */
const char *refusal_name(enum refusal_cause cause);
/* What SMTP says to it, as Postfix does: 535, or 454 for what may pass. */
unsigned refusal_code(enum refusal_cause cause);
/* A sentence part for an agent, without the circumstances; nothing for NONE. */
struct sentence refusal_words(enum refusal_cause cause);
/* The same with them: "the password of the first reveal, replaced at 10:02". Lives in mem. */
struct sentence refusal_tell(struct arena *mem, const struct refusal *refusal);

/* The detail of the record, cut to size; REFUSAL_DETAIL_MAX + 1 is enough. */
void refusal_format(const struct refusal *refusal, char *out, size_t size);
/* Back again. false, and NONE, when it is none of these: an old record, or a newer one. */
NODISCARD bool refusal_parse(struct slice detail, struct refusal *out);

#endif
