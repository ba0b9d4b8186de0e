/*
 * pool.h - the reserved addresses: their states, and which one a new lease gets.
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include "base/slice.h"

enum pool_state {
    POOL_ACTIVE,   /* takes leases */
    POOL_DRAINING, /* keeps its leases, takes no new ones */
    POOL_RESTING,  /* sends nothing; its leases were moved or wait */
    POOL_RETIRED,  /* for good */
    POOL_STATE_COUNT
};
const char *pool_state_name(enum pool_state state);
NODISCARD bool pool_state_parse(struct slice text, enum pool_state *out);
bool pool_state_may_send(enum pool_state state); /* active, draining */

enum {
    POOL_CAPACITY_MAX = 1000 /* leases of one address */
};

struct pool_address {
    int64_t id;
    const char *address, *lane, *helo;
    unsigned capacity, live_leases;
    enum pool_state state;
    bool is_clear; /* by our own check on the lists that matter, just now */
    int64_t created_at;
};

/* The address a new lease gets: active, clear, below capacity; the one with the smallest share
 * in use, then the fewest leases, then the lowest id. NULL when none fits. */
const struct pool_address *pool_choose(const struct pool_address *pool, size_t count);

/* A lane is a Postfix service name: letters, digits, '-', '_', 1 to LANE_MAX, a letter first. */
NODISCARD bool lane_is_valid(struct slice lane);

#endif
