/*
 * mint.h - give a lease: evidence first, one transaction, no password yet.
 */
#ifndef ISSUER_LEASES_MINT_H
#define ISSUER_LEASES_MINT_H

#include "issuer/app.h"

struct mint_request {
    int64_t case_id;
    const char *mailbox;        /* NULL: the case's */
    int64_t for_s;              /* 0: policy.lease_default */
    const char *const *senders; /* NULL-ended; NULL or empty: the mailbox only */
    const char *const *recipient_domains; /* NULL-ended; NULL or empty: any */
    unsigned messages;                    /* 0: policy.messages_max */
    unsigned recipients;                  /* in all; 0: policy.recipients_max */
    uint64_t message_size;                /* bytes; 0: policy.message_size_max */
    enum lease_delivery delivery; /* DELIVERY_ROUTE is ERROR_INVALID in this version */
    const char *proof; /* "mailbox" or "pin"; NULL: policy.proof, which is the least */
    const char *language; /* of the page and the reply, one of `languages`; or NULL */
    const char *reason, *ticket; /* or NULL */
    const char *idempotency_key; /* or NULL */
};

struct minted {
    struct lease lease;
    const char *
        link; /* URL with the key in its fragment; NULL when is_replay or approval.id */
    const char *pin;          /* digits for PROOF_PIN, as often as link; NULL: none */
    struct approval approval; /* the second person it waits for; id 0: nobody */
    bool
        is_replay; /* this key made this lease before; the link was in that answer only */
};

/* Asks the list again for the blocked address (must be listed now) and for every address of the
 * pool (must be clear now), then allocates and writes in one transaction. Where the case has
 * doubts, or the customer had too many leases of late, the lease is pending: it holds its place in
 * the pool, sends nothing, and waits for approval_decide (issuer/leases/approve.h). A lease for a
 * private list goes to the refusing recipient's domain only, with few messages.
 * ERROR_REFUSED: not listed now, limits above policy, a live lease for the mailbox, sender of
 * another domain; ERROR_EXHAUSTED: no clear reserved address with room; ERROR_UNAVAILABLE: the
 * list did not answer; ERROR_CONFLICT: idempotency key used for another request. */
NODISCARD int lease_mint(struct app *app, struct arena *mem, const struct actor *actor,
                         const struct mint_request *request, struct minted *out,
                         struct error *err);

#endif
