/*
 * seed.c - a state folder with leases in it.
 */
#include "base/base.h"

#include "tests/support/seed.h"

#include <unistd.h>

#include "base/file.h"

#define PEPPER_TEXT \
 "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

enum {
    LEASE_LIFE_S = 24 * 3600,
    BATCH = 2000,
    STORED_MAX = 4000 /* of a state folder; the rest are copies */
};

/* A number as digits of the alphabet, least significant last, so that all differ. */
static void write_digits(uint64_t number, char *at, size_t len)
{
    const size_t base = sizeof CREDENTIAL_ALPHABET - 1;

    for (size_t i = len; i > 0; i--) {
        at[i - 1] = CREDENTIAL_ALPHABET[number % base];
        number /= base;
    }
}

void seed_username(unsigned number, char *text)
{
    memcpy(text, USERNAME_PREFIX, 3);
    write_digits(number, text + 3, USERNAME_LEN - 3);
    text[USERNAME_LEN] = '\0';
}

void seed_password(unsigned number, char *text)
{
    for (size_t group = 0; group < 5; group++) {
        write_digits(UINT64_C(7919) * number + group, text + group * 6, 5);
        text[group * 6 + 5] = '-';
    }
    text[PASSWORD_SHOWN_LEN] = '\0';
}

void seed_mailbox(unsigned number, char *text)
{
    int len = snprintf(text, SEED_MAILBOX_SIZE, "customer%u@hosted.example", number);

    assert(len > 0 && len < SEED_MAILBOX_SIZE);
}

void seed_link_id(unsigned number, char *text)
{
    write_digits(number, text, LINK_ID_LEN);
    text[LINK_ID_LEN] = '\0';
}

void seed_link_hash(unsigned number, uint8_t out[DIGEST_BYTES])
{
    char username[USERNAME_LEN + 1];

    seed_username(number, username);
    digest_bytes(slice_from(username), out);
}

bool seed_verifier(const struct pepper *pepper, unsigned number, struct verifier *out)
{
    char username[USERNAME_LEN + 1], shown[PASSWORD_SHOWN_LEN + 1],
        password[PASSWORD_LEN + 1];

    seed_username(number, username);
    seed_password(number, shown);
    return password_normalise(slice_from(shown), password) &&
           verifier_make(pepper, pepper_newest(pepper), slice_from(username),
                         slice_from(password), out);
}

int seed_pepper(struct pepper *out, struct error *err)
{
    return pepper_parse(SLICE(PEPPER_TEXT), out, err);
}

struct seeding {
    const struct pepper *pepper;
    unsigned next, end;
    int64_t now, case_id, pool_id;
};

static int add_frame(struct store *store, void *context, struct error *err)
{
    struct seeding *seeding = context;
    const struct pool_address address = {.address = SEED_ADDRESS,
                                         .lane = SEED_LANE,
                                         .helo = "out21.mail.example",
                                         .capacity = 1000000,
                                         .state = POOL_ACTIVE};
    const struct case_row row = {.created_at = seeding->now,
                                 .diagnosed_at = seeding->now,
                                 .created_by = "agent:seed",
                                 .ticket = "",
                                 .mailbox = "customer0@hosted.example",
                                 .bounce = "bounce",
                                 .bounce_sha = "00",
                                 .evidence = {.flags = ""},
                                 .verdict = DIAGNOSIS_LISTED_NOW};
    struct pool_address found;
    struct arena mem;

    arena_init(&mem);
    int result = store_pool_add(store, &address, seeding->now, err);
    if (result == 0)
        result = store_pool_find(store, &mem, SEED_ADDRESS, seeding->now, &found, err);
    if (result == 0)
        seeding->pool_id = found.id;
    if (result == 0)
        result = store_case_add(store, &row, &seeding->case_id, err);
    arena_release(&mem);
    return result;
}

static int reveal(struct store *store, const struct seeding *seeding, int64_t id,
                  struct error *err)
{
    struct verifier verifier;

    if (!seed_verifier(seeding->pepper, seeding->next, &verifier))
        return error_set(err, ERROR_INTERNAL, "cannot make a verifier");
    return store_lease_reveal(store, id, &verifier, seeding->now - 120, err);
}

static int add_lease(struct store *store, const struct seeding *seeding,
                     struct error *err)
{
    char username[USERNAME_LEN + 1], mailbox[SEED_MAILBOX_SIZE],
        link_id[LINK_ID_LEN + 1];
    const char *const senders[] = {mailbox, NULL};
    static const char *const anywhere[] = {NULL};
    int64_t id;

    seed_username(seeding->next, username);
    seed_mailbox(seeding->next, mailbox);
    seed_link_id(seeding->next, link_id);
    struct lease_new row = {
        .lease = {.case_id = seeding->case_id,
                  .pool_address_id = seeding->pool_id,
                  .mailbox = mailbox,
                  .username = username,
                  .link_id = link_id,
                  .reason = "seed",
                  .ticket = "",
                  .created_by = "agent:seed",
                  .messages_max = SEED_MESSAGES_MAX,
                  .messages_per_hour = SEED_MESSAGES_PER_HOUR,
                  .reveal_tries_left = REVEAL_TRIES_MAX,
                  .created_at = seeding->now - 180,
                  .reveal_until = seeding->now + 7200,
                  .expires_at = seeding->next == SEED_EXPIRED
                                    ? seeding->now - 60
                                    : seeding->now + LEASE_LIFE_S,
                  .senders = senders,
                  .recipient_domains = anywhere},
    };
    seed_link_hash(seeding->next, row.secrets.link_hash);
    if (store_lease_add(store, &row, &id, err) != 0)
        return -1;
    if (seeding->next == SEED_UNREVEALED)
        return 0;
    if (reveal(store, seeding, id, err) != 0)
        return -1;
    if (seeding->next == SEED_REVOKED)
        return store_lease_end(store, id, LEASE_END_REVOKED, "agent:seed", "seed",
                               seeding->now - 30, err);
    return 0;
}

static int add_batch(struct store *store, void *context, struct error *err)
{
    struct seeding *seeding = context;

    for (unsigned i = 0; i < BATCH && seeding->next < seeding->end; i++) {
        if (add_lease(store, seeding, err) != 0)
            return -1;
        seeding->next++;
    }
    return 0;
}

int seed_database(const char *path, unsigned count, int64_t now, struct error *err)
{
    struct pepper pepper = {0};
    struct store *store = NULL;
    struct seeding seeding = {.pepper = &pepper, .end = count, .now = now};
    int result = -1;

    if (seed_pepper(&pepper, err) != 0 ||
        store_open(path, STORE_CREATE, &store, err) != 0 ||
        store_transaction(store, add_frame, &seeding, err) != 0)
        goto out;
    while (seeding.next < count)
        if (store_transaction(store, add_batch, &seeding, err) != 0)
            goto out;
    result = 0;
out:
    if (store != NULL)
        store_close(store);
    pepper_release(&pepper);
    return result;
}

int seed_state(const char *folder, unsigned count, int64_t now, struct error *err)
{
    struct arena mem;
    int result = -1;

    arena_init(&mem);
    const char *state = arena_printf(&mem, "%s/state", folder);
    const char *database = arena_printf(&mem, "%s/cleansmtp.db", state);
    const char *config = arena_printf(&mem,
                                      "state_dir = \"%s\"\n"
                                      "runtime_dir = \"%s/run\"\n"
                                      "database = \"sqlite:%s\"\n"
                                      "submission { host = \"" SEED_REALM
                                      "\" realm = \"" SEED_REALM "\" }\n",
                                      state, folder, database);
    if (file_mkdirs(state, 0700, err) != 0 ||
        file_write(arena_printf(&mem, "%s/pepper", state), SLICE(PEPPER_TEXT), 0600,
                   err) != 0 ||
        file_write(arena_printf(&mem, "%s/cleansmtp.conf", folder), slice_from(config),
                   0600, err) != 0)
        goto out;
    result = seed_database(database, count < STORED_MAX ? count : STORED_MAX, now, err);
    if (result == 0 && count > STORED_MAX)
        result = seed_copies(database, STORED_MAX, count, err);
out:
    arena_release(&mem);
    return result;
}
