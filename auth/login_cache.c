/*
 * login_cache.c - a table of usernames, open addressing, each with its row in one block; beside it the
 * login_table, which is read in bit by bit.
 */
#include "base/base.h"

#include "auth/login_cache.h"

#include <stdalign.h>

#include "auth/login_table.h"
#include "base/alloc.h"

enum {
    /* A login with more senders and domains than this is read anew each time. */
    TEXTS_MAX = 4096,
    KEY_BYTES = 8,
    BITS_FIRST = 6 /* of the table, as a power of two */
};
_Static_assert(KEY_BYTES == USERNAME_LEN - (sizeof USERNAME_PREFIX - 1),
               "a username without its prefix is a key");

/* Followed by the two lists and the texts that row points to. */
struct kept {
    struct login_row row;
    alignas(const char *) char room[];
};

struct slot {
    uint64_t key;      /* the letters of the username behind its prefix */
    struct kept *kept; /* NULL: free */
};

struct login_cache {
    struct login_table *credentials;
    char read_to[USERNAME_LEN + 1]; /* all up to this one were read in; "": none yet */
    bool is_all_read;
    struct login_change known; /* seq 0: nothing is */
    struct store_stamp stamp;  /* of the database when that was, or a little older */
    bool has_stamp, has_turn, has_view;
    struct slot *slots;
    unsigned shift; /* 64 - the number of bits of a place */
    size_t mask, count, max;
    size_t hand; /* where the next one to give way is looked for */
};

/* A table of free places. */
static void make_places(struct login_cache *cache, unsigned bits)
{
    cache->shift = 64 - bits;
    cache->mask = ((size_t)1 << bits) - 1;
    cache->slots = xcalloc(cache->mask + 1, sizeof *cache->slots);
    cache->hand = 0;
}

struct login_cache *login_cache_new(size_t max)
{
    struct login_cache *cache = xcalloc(1, sizeof *cache);

    assert(max > 0);
    cache->max = max;
    cache->credentials = login_table_new(LOGIN_TABLE_MAX);
    make_places(cache, BITS_FIRST);
    return cache;
}

static void forget_all(struct login_cache *cache)
{
    for (size_t i = 0; cache->count > 0; i++) {
        if (cache->slots[i].kept == NULL)
            continue;
        free(cache->slots[i].kept);
        cache->slots[i] = (struct slot){0};
        cache->count--;
    }
    login_table_empty(cache->credentials);
    cache->read_to[0] = '\0';
    cache->is_all_read = false;
    cache->known = (struct login_change){0};
    cache->has_stamp = false;
}

void login_cache_empty(struct login_cache *cache)
{
    forget_all(cache);
    cache->has_turn = cache->has_view = false;
}

void login_cache_free(struct login_cache *cache)
{
    if (cache == NULL)
        return;
    forget_all(cache);
    login_table_free(cache->credentials);
    free(cache->slots);
    free(cache);
}

/* ---- the table --------------------------------------------------------------------------------- */

/* false: not of our form, so that it was never kept. */
static bool key_of(const char *username, uint64_t *out)
{
    if (strlen(username) != USERNAME_LEN)
        return false;
    memcpy(out, username + USERNAME_LEN - KEY_BYTES, KEY_BYTES);
    return true;
}

/* Usernames are made by chance, so the high bits of a product spread them well (Knuth, 6.4). */
static size_t home_of(const struct login_cache *cache, uint64_t key)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> cache->shift);
}

/* Where the key is, or the free place where it belongs: half of all places are free. */
static size_t place_of(const struct login_cache *cache, uint64_t key)
{
    size_t at = home_of(cache, key);

    while (cache->slots[at].kept != NULL && cache->slots[at].key != key)
        at = (at + 1) & cache->mask;
    return at;
}

/* Free a place, and move up who was pushed on by its holder. */
static void vacate(struct login_cache *cache, size_t at)
{
    free(cache->slots[at].kept);
    cache->count--;
    for (size_t next = (at + 1) & cache->mask; cache->slots[next].kept != NULL;
         next = (next + 1) & cache->mask) {
        size_t pushed = (next - home_of(cache, cache->slots[next].key)) & cache->mask;
        if (pushed < ((next - at) & cache->mask))
            continue;
        cache->slots[at] = cache->slots[next];
        at = next;
    }
    cache->slots[at] = (struct slot){0};
}

static void forget(struct login_cache *cache, const char *username)
{
    uint64_t key;

    if (!key_of(username, &key))
        return;
    login_table_remove(cache->credentials, key);
    size_t at = place_of(cache, key);
    if (cache->slots[at].kept != NULL)
        vacate(cache, at);
}

/* Twice the places: half of them are free at least. */
static void widen(struct login_cache *cache)
{
    struct slot *old = cache->slots;
    size_t places = cache->mask + 1;

    make_places(cache, 64 - cache->shift + 1);
    for (size_t i = 0; i < places; i++)
        if (old[i].kept != NULL)
            cache->slots[place_of(cache, old[i].key)] = old[i];
    free(old);
}

/* For one more. Places are by chance, so whoever is next is as good as any to give way. */
static void make_room(struct login_cache *cache)
{
    if (cache->count < cache->max) {
        if (2 * (cache->count + 1) > cache->mask + 1)
            widen(cache);
        return;
    }
    while (cache->slots[cache->hand].kept == NULL)
        cache->hand = (cache->hand + 1) & cache->mask;
    vacate(cache, cache->hand);
    cache->hand = (cache->hand + 1) & cache->mask;
}

/* ---- rows -------------------------------------------------------------------------------------- */

static size_t room_for_text(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* With the array of pointers, and its end. */
static size_t room_for_list(const char *const *texts)
{
    size_t room = 0;

    if (texts == NULL)
        return 0;
    for (; *texts != NULL; texts++)
        room += sizeof *texts + room_for_text(*texts);
    return room + sizeof *texts;
}

static const char *keep_text(char **to, const char *text)
{
    size_t len = room_for_text(text);

    if (text == NULL)
        return NULL;
    char *kept = memcpy(*to, text, len);
    *to += len;
    return kept;
}

/* Pointers to `places`, texts to `to`. */
static const char *const *keep_list(const char ***places, char **to,
                                    const char *const *texts)
{
    const char **list = *places;

    if (texts == NULL)
        return NULL;
    for (; *texts != NULL; texts++)
        *(*places)++ = keep_text(to, *texts);
    *(*places)++ = NULL;
    return list;
}

static size_t count_places(const char *const *texts)
{
    size_t count = 0;

    if (texts == NULL)
        return 0;
    while (texts[count] != NULL)
        count++;
    return count + 1;
}

/* What messages are judged by: each of it is watched by db/migrations/sqlite/0011, and
 * nothing else is kept. NULL: it is too long. */
static struct kept *copy_row(const struct login_row *row)
{
    const struct lease *lease = &row->lease;
    size_t texts = room_for_text(lease->mailbox) +
                   room_for_text(lease->reserved_address) + room_for_text(lease->lane) +
                   room_for_list(lease->senders) +
                   room_for_list(lease->recipient_domains);

    if (texts > TEXTS_MAX)
        return NULL;
    struct kept *kept = xmalloc(sizeof *kept + texts);
    const char **places = (const char **)(void *)kept->room;
    char *to = kept->room +
               (count_places(lease->senders) + count_places(lease->recipient_domains)) *
                   sizeof *places;
    kept->row = (struct login_row){
        .lease = {.id = lease->id,
                  .end = lease->end,
                  .is_pending = lease->is_pending,
                  .is_suspended = lease->is_suspended,
                  .revealed_at = lease->revealed_at,
                  .first_login_at = lease->first_login_at,
                  .expires_at = lease->expires_at,
                  .messages_max = lease->messages_max,
                  .messages_per_hour = lease->messages_per_hour,
                  .messages_used = lease->messages_used,
                  .recipients_max = lease->recipients_max,
                  .recipients_per_message = lease->recipients_per_message,
                  .recipients_used = lease->recipients_used,
                  .message_size_max = lease->message_size_max},
        .pool_state = row->pool_state,
        .journal_seq = row->journal_seq,
    };
    kept->row.lease.senders = keep_list(&places, &to, lease->senders);
    kept->row.lease.recipient_domains = keep_list(&places, &to,
                                                  lease->recipient_domains);
    kept->row.lease.mailbox = keep_text(&to, lease->mailbox);
    kept->row.lease.reserved_address = keep_text(&to, lease->reserved_address);
    kept->row.lease.lane = keep_text(&to, lease->lane);
    return kept;
}

void login_cache_put(struct login_cache *cache, const char *username,
                     const struct login_row *row)
{
    uint64_t key;

    if (!cache->has_view || !key_of(username, &key))
        return;
    size_t at = place_of(cache, key);
    if (cache->slots[at].kept != NULL)
        vacate(cache, at);
    struct kept *kept = copy_row(row);
    if (kept == NULL)
        return;
    make_room(cache);
    cache->slots[place_of(cache, key)] = (struct slot){key, kept};
    cache->count++;
}

const struct login_row *login_cache_find(const struct login_cache *cache,
                                         const char *username)
{
    uint64_t key;

    if (!key_of(username, &key))
        return NULL;
    const struct kept *kept = cache->slots[place_of(cache, key)].kept;
    return kept != NULL ? &kept->row : NULL;
}

/* ---- credentials ------------------------------------------------------------------------------- */

void login_cache_put_credential(struct login_cache *cache, const char *username,
                                const struct credential_row *row)
{
    uint64_t key;

    if (cache->has_view && key_of(username, &key))
        login_table_put(cache->credentials, key, row);
}

bool login_cache_find_credential(const struct login_cache *cache, const char *username,
                                 struct credential_row *out)
{
    uint64_t key;

    return key_of(username, &key) && login_table_find(cache->credentials, key, out);
}

/* So many leases may still log in. */
static int expect_all(struct login_cache *cache, struct store *store, struct error *err)
{
    int64_t newest;

    if (store_lease_newest(store, &newest, err) != 0)
        return -1;
    login_table_expect(cache->credentials, newest > 0 ? (size_t)newest : 0);
    return 0;
}

/* One step of reading ahead. */
struct reading {
    struct login_cache *cache;
    int64_t now;
    size_t count;
};

/* Only what a right password may open: the rest is refused after a look into the database. */
static void take_in(void *context, const char *username,
                    const struct credential_row *row)
{
    struct reading *reading = context;
    struct login_cache *cache = reading->cache;

    if (row->verifier.pepper_id != 0 && row->lease.end == LEASE_END_NONE &&
        row->lease.expires_at > reading->now)
        login_cache_put_credential(cache, username, row);
    (void)snprintf(cache->read_to, sizeof cache->read_to, "%s", username);
    reading->count++;
}

int login_cache_read_ahead(struct login_cache *cache, struct store *store, int64_t now,
                           size_t max, struct error *err)
{
    struct reading reading = {.cache = cache, .now = now};
    const struct credential_visitor visitor = {take_in, &reading};
    char after[USERNAME_LEN + 1];

    if (login_cache_need_view(cache, store, err) != 0)
        return -1;
    memcpy(after, cache->read_to, sizeof after);
    if ((after[0] == '\0' && expect_all(cache, store, err) != 0) ||
        store_credential_visit(store, after[0] == '\0' ? NULL : after, max, &visitor,
                               err) != 0)
        return -1;
    cache->is_all_read = reading.count < max ||
                         login_table_count(cache->credentials) == LOGIN_TABLE_MAX;
    return 0;
}

bool login_cache_is_all_read(const struct login_cache *cache)
{
    return cache->is_all_read;
}

size_t login_cache_credentials(const struct login_cache *cache)
{
    return login_table_count(cache->credentials);
}

/* ---- turns --------------------------------------------------------------------------------------- */

/* Forget what differs in the view that has begun with this newest change. */
static int follow(struct login_cache *cache, struct store *store,
                  const struct login_change *newest, struct error *err)
{
    const char *const *changed = NULL;
    struct arena mem;
    int result = 0;

    if (newest->seq == cache->known.seq && newest->mark == cache->known.mark)
        return 0;
    arena_init(&mem);
    if (cache->count > 0 || cache->read_to[0] != '\0' ||
        login_table_count(cache->credentials) > 0)
        result = store_login_changed(store, &mem, &cache->known, &changed, err);
    if (changed == NULL)
        forget_all(cache);
    else
        for (; *changed != NULL; changed++)
            forget(cache, *changed);
    arena_release(&mem);
    cache->known = *newest;
    return result;
}

int login_cache_need_view(struct login_cache *cache, struct store *store,
                          struct error *err)
{
    struct login_change newest;
    struct store_stamp stamp;

    if (cache->has_view)
        return 0;
    /* Before the view: what is committed between the two is looked for once more in the next turn. */
    bool has_stamp = store_stamp(store, &stamp);
    if (store_view_begin(store, &newest, err) != 0) {
        login_cache_empty(cache);
        return -1;
    }
    cache->has_view = true;
    if (follow(cache, store, &newest, err) != 0) {
        login_cache_end(cache, store);
        login_cache_empty(cache);
        return -1;
    }
    cache->stamp = stamp;
    cache->has_stamp = has_stamp;
    return 0;
}

int login_cache_begin(struct login_cache *cache, struct store *store, struct error *err)
{
    struct store_stamp now;

    cache->has_turn = true;
    if (cache->has_stamp && store_stamp(store, &now) &&
        memcmp(&now, &cache->stamp, sizeof now) == 0)
        return 0;
    return login_cache_need_view(cache, store, err);
}

void login_cache_end(struct login_cache *cache, struct store *store)
{
    if (cache->has_view)
        store_view_end(store);
    cache->has_view = cache->has_turn = false;
}

bool login_cache_has_turn(const struct login_cache *cache)
{
    return cache->has_turn;
}
