/*
 * seed.h - a state folder with leases in it, for tests and benchmarks of the auth programs.
 *
 * Written through store.h like the real thing, thousands and more as copies of what the store wrote. Usernames and passwords follow from the number of
 * the lease, so that a test knows them without asking.
 */
#ifndef TESTS_SUPPORT_SEED_H
#define TESTS_SUPPORT_SEED_H

#include "core/credential.h"
#include "core/digest.h"
#include "core/verifier.h"
#include "db/store.h"

#define SEED_REALM "clean.mail.example"
#define SEED_LANE "clean01"
#define SEED_ADDRESS "198.51.100.21"

enum {
    SEED_GOOD = 0, /* also every number from 4 on */
    SEED_EXPIRED = 1,
    SEED_REVOKED = 2,
    SEED_UNREVEALED = 3,
    SEED_MESSAGES_MAX = 5,
    SEED_MESSAGES_PER_HOUR = 4,
    SEED_MAILBOX_SIZE = 64
};

/* text holds USERNAME_LEN + 1, and PASSWORD_SHOWN_LEN + 1. */
void seed_username(unsigned number, char *text);
void seed_password(unsigned number, char *text);
/* "customer7@hosted.example", the only sender of lease 7; text holds SEED_MAILBOX_SIZE. */
void seed_mailbox(unsigned number, char *text);
/* text holds LINK_ID_LEN + 1. */
void seed_link_id(unsigned number, char *text);
void seed_link_hash(unsigned number, uint8_t out[DIGEST_BYTES]);
/* false: the pepper has no key. */
NODISCARD bool seed_verifier(const struct pepper *pepper, unsigned number,
                             struct verifier *out);

/* The pepper that seed_state writes; pepper_release it. */
NODISCARD int seed_pepper(struct pepper *out, struct error *err);
/* A new database at path with leases 0 to count - 1, alive at now. */
NODISCARD int seed_database(const char *path, unsigned count, int64_t now,
                            struct error *err);
/* Leases first to end - 1 into the database of that many leases less, in a tenth of the time that the store
 * takes for millions (seed_copies.c); the same rows. */
NODISCARD int seed_copies(const char *path, unsigned first, unsigned end,
                          struct error *err);
/* folder/cleansmtp.conf, folder/state/pepper, folder/state/cleansmtp.db; sockets will be in
 * folder/run. */
NODISCARD int seed_state(const char *folder, unsigned count, int64_t now,
                         struct error *err);

#endif
