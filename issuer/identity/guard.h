/*
 * guard.h - how fast somebody may guess passwords, and how many hashes run at once.
 *
 * A table of fixed size: a stranger cannot make it grow. Five failures are free, then each one
 * doubles the wait, by name and by client address; the name is slowed, never locked for good, or
 * whoever knows a name could shut its owner out.
 */
#ifndef ISSUER_IDENTITY_GUARD_H
#define ISSUER_IDENTITY_GUARD_H

#include "base/random.h"
#include "base/slice.h"

enum {
    GUARD_FREE_TRIES = 5,
    GUARD_WAIT_MAX_S = 300,
    GUARD_FORGET_S = 3600, /* after this long without a failure it starts afresh */
    GUARD_HASHES_MAX = 2   /* 64 MiB each */
};

struct guard;
struct guard *guard_new(const struct random *random);
void guard_free(struct guard *guard);

/* Count a try before it is judged, so that parallel guesses do not pass together. client may be
 * "". 0: go on; otherwise how many seconds to wait, and the try is not counted. */
int64_t guard_enter(struct guard *guard, struct slice name, struct slice client,
                    int64_t now);
/* The try was right: the name starts afresh, and the client gets this try back. */
void guard_forgive(struct guard *guard, struct slice name, struct slice client);

/* At most GUARD_HASHES_MAX at once; the others wait. */
void guard_hash_begin(struct guard *guard);
void guard_hash_end(struct guard *guard);

#endif
