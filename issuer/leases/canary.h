/*
 * canary.h - the lease of the egress proof: a login that sends one test message by one reserved
 * address, so that `cleansmtp doctor --canary` sees where it comes from.
 *
 * It is an ordinary lease, judged by authd like any other, but given without evidence, so it is of
 * no use for mail: its sender is submission.canary, its recipient one whole mailbox, it has
 * CANARY_MESSAGES small messages and CANARY_S seconds. Only an administrator on the local socket gets it,
 * each one is audited, and an address has at most one. All of them belong to one case, which says
 * what they are. docs/decisions/egress-proof.md
 */
#ifndef ISSUER_LEASES_CANARY_H
#define ISSUER_LEASES_CANARY_H

#include "base/secret.h"
#include "issuer/app.h"

enum {
    CANARY_S = 600,
    CANARY_MESSAGES = 2, /* one, and one more when the first could not be handed over */
    CANARY_SIZE_MAX = 16 * 1024
};

struct canary {
    struct lease lease;
    struct secret password; /* the caller frees it */
};
/* address: of the pool; a live canary of it is ended. ERROR_NOT_FOUND: not in the pool;
 * ERROR_REFUSED: it sends nothing now; ERROR_DENIED: not an administrator on the local socket. */
NODISCARD int canary_make(struct app *app, struct arena *mem, const struct actor *actor,
                          const char *address, const char *recipient,
                          struct canary *out, struct error *err);

#endif
