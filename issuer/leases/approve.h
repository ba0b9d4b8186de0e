/*
 * approve.h - the second person's part: agree to a lease that waits, or not.
 */
#ifndef ISSUER_LEASES_APPROVE_H
#define ISSUER_LEASES_APPROVE_H

#include "issuer/app.h"

struct decision {
    int64_t id; /* of the approval */
    bool is_approved;
    const char *reason; /* or NULL */
};

/* Agreeing asks the list once more: the block must still be there, and the reserved address clear
 * (another is taken where it is not). The lease then lasts as long as was asked, from now; its link
 * is made by whoever gives it to the customer (lease_new_link). Denying ends it.
 * ERROR_DENIED: not the right role, or the one who asked; ERROR_CONFLICT: answered before, or
 * lapsed, or the lease was ended; otherwise as lease_mint. */
NODISCARD int approval_decide(struct app *app, struct arena *mem,
                              const struct actor *actor,
                              const struct decision *decision, struct lease *out,
                              struct error *err);

#endif
