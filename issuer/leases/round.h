/*
 * round.h - the round of DNS before a lease: is the blocked address still listed, and which
 * reserved addresses are clear on the same list just now?
 *
 * It is asked before the writing transaction, because nobody may hold the writing handle while a
 * list is slow; what it means is decided inside, from rows read there.
 */
#ifndef ISSUER_LEASES_ROUND_H
#define ISSUER_LEASES_ROUND_H

#include "issuer/app.h"
#include "issuer/dnsbl/check.h"

struct round {
    struct app *app;
    struct arena *mem;
    int64_t now;
    const struct case_row *row;
    const struct zone *zone; /* NULL: a private list, which nobody can ask */
    struct address blocked;
    /* First the blocked address, then the active addresses of the pool. */
    struct dnsbl_check *asked;
    size_t asked_count;
};

/* Ask about the case's address and about pool. ERROR_REFUSED: the case gives no reason for a
 * lease, or its address is not listed any more; ERROR_UNAVAILABLE: the list did not answer. */
NODISCARD int round_ask(struct app *app, struct arena *mem, const struct case_row *row,
                        const struct pool_address *pool, size_t pool_count,
                        struct round *out, struct error *err);
/* The address may have been taken out of the shared ones since. */
NODISCARD int round_check_shared(struct store *store, const struct round *round,
                                 struct error *err);
/* An address that is clear and has room. held_id: the pool address where the lease in question has
 * its place already, or 0. ERROR_EXHAUSTED: none; ERROR_UNAVAILABLE: only because we could not
 * ask. */
NODISCARD int round_choose(struct store *store, const struct round *round,
                           int64_t held_id, int64_t *out_id, struct error *err);

#endif
