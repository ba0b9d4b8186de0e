/*
 * lease.h - the right to send through a reserved address until a time, within limits.
 *
 * The state is derived from facts that are stored once (who ended it, when it was revealed,
 * when it first logged in, when it expires), never stored itself, so that it cannot disagree
 * with them and needs no clock tick to change.
 */
#ifndef CORE_LEASE_H
#define CORE_LEASE_H

#include "base/limits.h"
#include "core/credential.h"
#include "core/verdict.h"

enum lease_state {
    LEASE_PENDING_APPROVAL,
    LEASE_OFFERED,   /* link made, nothing revealed yet */
    LEASE_REVEALED,  /* the customer has the password */
    LEASE_IN_USE,    /* first login seen */
    LEASE_SUSPENDED, /* held by us; sends nothing */
    LEASE_EXPIRED,
    LEASE_REVOKED,
    LEASE_ENDED, /* given back: the customer switched back */
    LEASE_STATE_COUNT
};
const char *lease_state_name(enum lease_state state); /* "in_use" */

enum lease_delivery {
    DELIVERY_LOGIN,
    DELIVERY_ROUTE,
    DELIVERY_COUNT
};
const char *lease_delivery_name(enum lease_delivery delivery);

/* What the customer types at the page of the link, beside the link's key, to see the details. */
enum lease_proof {
    PROOF_MAILBOX, /* the own address */
    PROOF_PIN,     /* ... and six digits that came another way than the link */
    PROOF_COUNT
};
const char *lease_proof_name(enum lease_proof proof); /* "pin" */
NODISCARD bool lease_proof_from(struct slice name, enum lease_proof *out);

enum lease_end {
    LEASE_END_NONE,
    LEASE_END_REVOKED,
    LEASE_END_GIVEN_BACK,
    LEASE_END_COUNT
};

/* Times are unix seconds; 0 means "has not happened". Strings are owned by whoever filled it. */
struct lease {
    int64_t id, case_id, pool_address_id;
    const char *mailbox, *username, *link_id;
    const char *reserved_address, *lane; /* of the pool address, joined for reading */
    const char *language; /* of the page and the reply; "" where nobody chose one */
    const char *reason, *ticket, *created_by, *ended_by, *ended_reason;
    enum lease_delivery delivery;
    enum lease_proof proof;
    enum lease_end end;
    bool is_pending, is_suspended;
    bool has_pin; /* one was made for the link, and was not used yet */
    unsigned messages_max, messages_per_hour, messages_used, refusals;
    /* In all, and of one message; 0: no limit. A message to three is three recipients. */
    unsigned recipients_max, recipients_per_message, recipients_used;
    uint64_t message_size_max; /* bytes; 0: no limit */
    unsigned reveals, reveal_tries_left;
    int64_t created_at, reveal_until, revealed_at, expires_at, ended_at;
    int64_t first_login_at, last_login_at, last_message_at;
    const char *const *senders; /* NULL-ended: "a@b" or "@b" */
    const char *const
        *recipient_domains; /* NULL-ended: "b", or one mailbox "a@b" of the
                                             egress proof; empty: any */
};

/* What the customer tells us at the page of the link. */
enum lease_word {
    LEASE_WORD_CHANGED, /* "I changed it" */
    LEASE_WORD_STUCK,   /* "I am stuck" */
    LEASE_WORD_BACK,    /* "I have switched back": the lease ends */
    LEASE_WORD_COUNT
};
const char *lease_word_name(enum lease_word word); /* "changed" */
NODISCARD bool lease_word_from(struct slice name, enum lease_word *out);

enum {
    SHOW_AGAIN_S = 900, /* the browser that saw the details may show new ones so long */
    REVEAL_TRIES_MAX = 5, /* wrong proofs before the link locks */
    REVEALS_MAX = 3       /* passwords made for one link before the first login */
};

/* At expires_at itself it is expired. An offer nobody revealed until reveal_until is still
 * offered: a new link may be made while the lease lives. */
enum lease_state lease_state_at(const struct lease *lease, int64_t now);
bool lease_is_live(
    enum lease_state state); /* offered, revealed, in_use, suspended, pending */
/* May this lease's login be used now: revealed or in use. Otherwise why not. */
enum verdict lease_login_verdict(const struct lease *lease, int64_t now);

/* May the page at the link show (new) details now? */
enum reveal_answer {
    REVEAL_READY,
    REVEAL_LOCKED,       /* too many wrong tries */
    REVEAL_SHOWN_ENOUGH, /* REVEALS_MAX reached */
    REVEAL_IN_USE,       /* first login seen: never again */
    REVEAL_LINK_OVER,    /* reveal_until passed */
    REVEAL_EXPIRED,
    REVEAL_REVOKED,
    REVEAL_NOT_READY, /* pending or suspended */
    REVEAL_PIN_USED,  /* of lease_proof_answer only */
    REVEAL_ANSWER_COUNT
};
enum reveal_answer lease_reveal_answer(const struct lease *lease, int64_t now);
/* The same for whoever has nothing but the proof: a PIN is good for one reveal. */
enum reveal_answer lease_proof_answer(const struct lease *lease, int64_t now);

#endif
