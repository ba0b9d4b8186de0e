/*
 * guard.c - failures by name and by client.
 *
 * Sets of four slots; a new key takes the slot that failed longest ago. Keys are keyed digests,
 * so nobody can choose names that push another one out.
 */
#include "base/base.h"

#include "issuer/identity/guard.h"

#include <pthread.h>

#include "base/alloc.h"
#include "core/digest.h"

enum {
    SETS = 512,
    WAYS = 4,
    SALT_BYTES = 32
};

struct slot {
    uint64_t key; /* 0: empty */
    unsigned failures;
    int64_t last_at;
};

struct guard {
    pthread_mutex_t turn;
    pthread_cond_t hash_done;
    unsigned hashes;
    struct slot slots[SETS][WAYS];
    char salt[SALT_BYTES];
};

struct guard *guard_new(const struct random *random)
{
    struct guard *guard = xcalloc(1, sizeof *guard);

    random_fill(random, guard->salt, sizeof guard->salt);
    if (pthread_mutex_init(&guard->turn, NULL) != 0 ||
        pthread_cond_init(&guard->hash_done, NULL) != 0)
        abort();
    return guard;
}

void guard_free(struct guard *guard)
{
    if (guard == NULL)
        return;
    pthread_cond_destroy(&guard->hash_done);
    pthread_mutex_destroy(&guard->turn);
    free(guard);
}

static uint64_t key_of(const struct guard *guard, const char *what, struct slice value)
{
    struct slice fields[] = {slice_of(guard->salt, sizeof guard->salt),
                             slice_from(what), value};
    uint8_t digest[DIGEST_BYTES];
    uint64_t key;

    digest_fields(NULL, "cs-guard-v1", fields, ARRAY_LEN(fields), digest);
    memcpy(&key, digest, sizeof key);
    return key == 0 ? 1 : key;
}

/* The slot of key, or NULL. */
static struct slot *slot_find(struct guard *guard, uint64_t key)
{
    struct slot *set = guard->slots[key % SETS];

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

static struct slot *slot_take(struct guard *guard, uint64_t key)
{
    struct slot *set = guard->slots[key % SETS];
    struct slot *found = slot_find(guard, key);

    if (found != NULL)
        return found;
    found = &set[0];
    for (size_t i = 1; i < WAYS; i++)
        if (set[i].last_at < found->last_at)
            found = &set[i];
    *found = (struct slot){.key = key};
    return found;
}

/* Seconds until the next try is judged. */
static int64_t wait_of(const struct slot *slot, int64_t now)
{
    int64_t wait_s = 1;

    if (slot == NULL || slot->failures < GUARD_FREE_TRIES)
        return 0;
    for (unsigned i = GUARD_FREE_TRIES; i < slot->failures && wait_s < GUARD_WAIT_MAX_S;
         i++)
        wait_s *= 2;
    if (wait_s > GUARD_WAIT_MAX_S)
        wait_s = GUARD_WAIT_MAX_S;
    int64_t since = now - slot->last_at;
    /* A clock that was set back must not lock anybody out for longer than the wait. */
    if (since < 0)
        since = 0;
    return since >= wait_s ? 0 : wait_s - since;
}

static void count(struct slot *slot, int64_t now)
{
    if (now - slot->last_at > GUARD_FORGET_S)
        slot->failures = 0;
    if (slot->failures < 64)
        slot->failures++;
    slot->last_at = now;
}

int64_t guard_enter(struct guard *guard, struct slice name, struct slice client,
                    int64_t now)
{
    uint64_t by_name = key_of(guard, "name", name);
    uint64_t by_client = key_of(guard, "client", client);

    pthread_mutex_lock(&guard->turn);
    int64_t wait_s = wait_of(slot_find(guard, by_name), now);
    if (client.len > 0) {
        int64_t client_wait_s = wait_of(slot_find(guard, by_client), now);
        wait_s = client_wait_s > wait_s ? client_wait_s : wait_s;
    }
    if (wait_s == 0) {
        count(slot_take(guard, by_name), now);
        if (client.len > 0)
            count(slot_take(guard, by_client), now);
    }
    pthread_mutex_unlock(&guard->turn);
    return wait_s;
}

void guard_forgive(struct guard *guard, struct slice name, struct slice client)
{
    pthread_mutex_lock(&guard->turn);
    struct slot *by_name = slot_find(guard, key_of(guard, "name", name));
    struct slot *by_client = slot_find(guard, key_of(guard, "client", client));
    if (by_name != NULL)
        *by_name = (struct slot){0};
    if (by_client != NULL && by_client->failures > 0)
        by_client->failures--;
    pthread_mutex_unlock(&guard->turn);
}

void guard_hash_begin(struct guard *guard)
{
    pthread_mutex_lock(&guard->turn);
    while (guard->hashes >= GUARD_HASHES_MAX)
        pthread_cond_wait(&guard->hash_done, &guard->turn);
    guard->hashes++;
    pthread_mutex_unlock(&guard->turn);
}

void guard_hash_end(struct guard *guard)
{
    pthread_mutex_lock(&guard->turn);
    guard->hashes--;
    pthread_cond_signal(&guard->hash_done);
    pthread_mutex_unlock(&guard->turn);
}
