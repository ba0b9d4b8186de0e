/*
 * verifier.h - what is stored instead of a password: BLAKE2b-256 keyed with the pepper over
 * username and normalised password.
 *
 * No slow hash: the secret is machine-made with about 122 bits (OWASP ASVS 5.0 6.5.2 draws the
 * line at 112). The pepper lives in a file outside the database and has a key id, so that it
 * can be rotated: new credentials use the newest, old ones keep theirs.
 */
#ifndef CORE_VERIFIER_H
#define CORE_VERIFIER_H

#include "base/error.h"
#include "base/secret.h"
#include "base/slice.h"
#include "core/digest.h"

enum {
    PEPPER_BYTES = 32,
    PEPPER_KEYS_MAX = 8,
    PEPPER_FILE_MAX = 16384 /* bytes: PEPPER_KEYS_MAX lines and their comments */
};

/* The pepper file: a line a key, "ID HEX64", newest last; '#' starts a comment. */
struct pepper {
    struct {
        unsigned id; /* 1 to 65535 */
        struct secret key;
    } keys[PEPPER_KEYS_MAX];
    size_t count;
};

NODISCARD int pepper_parse(struct slice text, struct pepper *out, struct error *err);
void pepper_release(struct pepper *pepper);
unsigned pepper_newest(const struct pepper *pepper);

struct verifier {
    unsigned pepper_id;
    uint8_t bytes[DIGEST_BYTES];
};

/* false when the pepper has no such key (our fault, not the login's). */
NODISCARD bool verifier_make(const struct pepper *pepper, unsigned pepper_id,
                             struct slice username, struct slice password,
                             struct verifier *out);
/* Constant time; password is what was typed. Computes the same work when stored is NULL (unknown
 * login) or the password cannot be normalised. *out_known_key tells a lost pepper from a
 * wrong password. */
bool verifier_check(const struct pepper *pepper, const struct verifier *stored,
                    struct slice username, struct slice typed_password,
                    bool *out_known_key);

#endif
