/*
 * change.h - what happens to a lease after it was given, and to the addresses it uses.
 */
#ifndef ISSUER_LEASES_CHANGE_H
#define ISSUER_LEASES_CHANGE_H

#include "issuer/app.h"

/* Effective at the next login and the next message: authd reads the database each time.
 * ERROR_CONFLICT when it ended before. */
NODISCARD int lease_revoke(struct app *app, const struct actor *actor, int64_t id,
                           const char *reason, struct error *err);
/* A new link, and a new PIN where the lease asks for one; the old ones stop working. Refused once
 * the first login was seen. */
struct new_link {
    const char *url;
    const char *pin; /* NULL: none */
};
NODISCARD int lease_new_link(struct app *app, struct arena *mem,
                             const struct actor *actor, int64_t id,
                             struct new_link *out, struct error *err);

/* by_s more seconds, while the block is still there by our own question. ERROR_REFUSED: not listed any
 * more, longer than policy.lease_max in all, or not a lease that can be used; ERROR_UNAVAILABLE: the
 * list did not answer. */
NODISCARD int lease_extend(struct app *app, struct arena *mem,
                           const struct actor *actor, int64_t id, int64_t by_s,
                           struct lease *out, struct error *err);

NODISCARD int shared_add(struct app *app, const struct actor *actor,
                         const char *network, const char *label, struct error *err);
NODISCARD int shared_remove(struct app *app, const struct actor *actor,
                            const char *network, struct error *err);
/* The address must not be one of the shared ones, and the other way round. */
NODISCARD int pool_add(struct app *app, struct arena *mem, const struct actor *actor,
                       const struct pool_address *address, struct error *err);

struct pool_change {
    const char *address;
    enum pool_state state;
    const char *reason; /* for the audit log; NULL: none given */
};
/* What became of the live leases of an address that was put to rest or retired. */
struct pool_moves {
    unsigned moved;   /* to another address */
    unsigned waiting; /* no room: their messages are deferred until there is some */
};
/* Resting and retiring move the live leases to another address that is clear just now, as far as
 * there is room. */
NODISCARD int pool_set_state(struct app *app, struct arena *mem,
                             const struct actor *actor,
                             const struct pool_change *change, struct pool_moves *out,
                             struct error *err);

#endif
