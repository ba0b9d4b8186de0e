/*
 * throttle.c - a fixed table of counters that forget.
 */
#include "base/base.h"

#include "auth/throttle.h"

#include "base/address.h"
#include "base/alloc.h"

enum {
    SETS = 1024,
    WAYS = 4,
    COUNT_MAX = 1000000
};

/* The name itself is not kept: nobody can make two of them have one 64-bit keyed hash. */
struct counter {
    uint64_t name_hash; /* 0: free */
    int64_t window_start_ms, last_ms;
    unsigned count;
};

struct throttle {
    uint64_t key;
    int64_t window_ms;
    struct counter at[SETS][WAYS];
};

struct throttle *throttle_new(const struct random *random, int64_t window_ms)
{
    struct throttle *throttle = xcalloc(1, sizeof *throttle);

    random_fill(random, &throttle->key, sizeof throttle->key);
    throttle->window_ms = window_ms;
    return throttle;
}

void throttle_free(struct throttle *throttle)
{
    free(throttle);
}

/* FNV-1a from a secret start, mixed at the end (the finalizer of MurmurHash3). */
static uint64_t hash_name(uint64_t key, struct slice name)
{
    uint64_t hash = key ^ UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    return hash == 0 ? 1 : hash;
}

/* The counter of the name, or the one that gives way to it. */
static struct counter *find(struct throttle *throttle, uint64_t hash)
{
    struct counter *set = throttle->at[hash % SETS];
    struct counter *oldest = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].name_hash == hash)
            return &set[i];
        if (set[i].name_hash == 0 ||
            (oldest->name_hash != 0 && set[i].last_ms < oldest->last_ms))
            oldest = &set[i];
    }
    *oldest = (struct counter){.name_hash = hash};
    return oldest;
}

static bool is_over(const struct throttle *throttle, const struct counter *counter,
                    int64_t now_ms)
{
    return now_ms - counter->window_start_ms >= throttle->window_ms;
}

unsigned throttle_look(const struct throttle *throttle, struct slice name,
                       int64_t now_ms)
{
    uint64_t hash = hash_name(throttle->key, name);
    const struct counter *set = throttle->at[hash % SETS];

    for (size_t i = 0; name.len > 0 && i < WAYS; i++)
        if (set[i].name_hash == hash && !is_over(throttle, &set[i], now_ms))
            return set[i].count;
    return 0;
}

unsigned throttle_count(struct throttle *throttle, struct slice name, int64_t now_ms)
{
    if (name.len == 0)
        return 0;
    struct counter *counter = find(throttle, hash_name(throttle->key, name));
    if (counter->count == 0 || is_over(throttle, counter, now_ms)) {
        counter->window_start_ms = now_ms;
        counter->count = 0;
    }
    counter->last_ms = now_ms;
    if (counter->count < COUNT_MAX)
        counter->count++;
    return counter->count;
}

/* An IPv6 customer owns a /64 and may take a new address for every try. */
static struct slice client_name(struct slice client, struct address *buffer)
{
    if (!address_parse(client, buffer))
        return client;
    return slice_of((const char *)buffer->bytes, address_is_v4(buffer) ? 16 : 8);
}

int64_t throttle_failure_delay_ms(struct throttle *throttle, struct slice client,
                                  int64_t base_ms, int64_t now_ms)
{
    struct address buffer;
    unsigned failures = throttle_count(throttle, client_name(client, &buffer), now_ms);
    int64_t delay_ms = base_ms;

    if (failures > THROTTLE_FREE_FAILURES && delay_ms < 1)
        delay_ms = 1;
    for (unsigned i = THROTTLE_FREE_FAILURES;
         i < failures && delay_ms < THROTTLE_DELAY_MAX_MS; i++)
        delay_ms *= 2;
    if (delay_ms <= THROTTLE_DELAY_MAX_MS)
        return delay_ms;
    return base_ms > THROTTLE_DELAY_MAX_MS ? base_ms : THROTTLE_DELAY_MAX_MS;
}
