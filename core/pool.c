/*
 * pool.c - reserved addresses: their states, and the choice for a new lease.
 */
#include "base/base.h"

#include "core/pool.h"

#include "base/limits.h"

static const struct {
    const char *name;
    bool may_send;
} states[] = {
    [POOL_ACTIVE] = {"active",   true },
    [POOL_DRAINING] = {"draining", true },
    [POOL_RESTING] = {"resting",  false},
    [POOL_RETIRED] = {"retired",  false},
};
_Static_assert(ARRAY_LEN(states) == POOL_STATE_COUNT, "one row a state");

const char *pool_state_name(enum pool_state state)
{
    assert((size_t)state < ARRAY_LEN(states));
    return states[state].name;
}

bool pool_state_parse(struct slice text, enum pool_state *out)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (slice_is(text, states[i].name)) {
            *out = (enum pool_state)i;
            return true;
        }
    }
    return false;
}

bool pool_state_may_send(enum pool_state state)
{
    return (size_t)state < ARRAY_LEN(states) && states[state].may_send;
}

static bool takes_a_lease(const struct pool_address *address)
{
    return address->state == POOL_ACTIVE && address->is_clear &&
           address->live_leases < address->capacity;
}

/* Shares are compared crosswise: no rounding. */
static bool is_better(const struct pool_address *a, const struct pool_address *b)
{
    uint64_t share_a = (uint64_t)a->live_leases * b->capacity;
    uint64_t share_b = (uint64_t)b->live_leases * a->capacity;

    if (share_a != share_b)
        return share_a < share_b;
    if (a->live_leases != b->live_leases)
        return a->live_leases < b->live_leases;
    return a->id < b->id;
}

const struct pool_address *pool_choose(const struct pool_address *pool, size_t count)
{
    const struct pool_address *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (takes_a_lease(&pool[i]) && (best == NULL || is_better(&pool[i], best)))
            best = &pool[i];
    return best;
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool lane_is_valid(struct slice lane)
{
    if (lane.len == 0 || lane.len > LANE_MAX || !is_letter(lane.at[0]))
        return false;
    for (size_t i = 1; i < lane.len; i++)
        if (!is_letter(lane.at[i]) && !(lane.at[i] >= '0' && lane.at[i] <= '9') &&
            lane.at[i] != '-' && lane.at[i] != '_')
            return false;
    return true;
}
