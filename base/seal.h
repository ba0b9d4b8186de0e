/*
 * seal.h - secrets that must be read again, closed under a key that is not in the database.
 *
 * XChaCha20-Poly1305 with a random nonce in front. What a sealed text is for ("webhook:3") is bound
 * into it: one that is put into another row does not open. The key is a file of 64 hex digits in
 * the state folder; a backup of the database alone tells nothing.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/error.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/slice.h"

enum {
    SEAL_OVERHEAD = 24 + 16 /* nonce and tag */
};

struct seal {
    struct secret key;
};

/* The key of path; the file is made, mode 0600, when there is none. ERROR_INVALID: it holds no key. */
NODISCARD int seal_open(const char *path, const struct random *random, struct seal *out,
                        struct error *err);
void seal_close(struct seal *seal);

/* out holds text.len + SEAL_OVERHEAD. */
void seal_lock(const struct seal *seal, const struct random *random,
               const char *purpose, struct slice text, uint8_t *out);
/* out holds len - SEAL_OVERHEAD. false: another key or purpose, or it was changed. */
NODISCARD bool seal_unlock(const struct seal *seal, const char *purpose,
                           const uint8_t *sealed, size_t len, char *out);

#endif
