/*
 * token.h - bearer tokens (sessions, set-up links): 256 random bits that we keep only as a digest.
 */
#ifndef CORE_TOKEN_H
#define CORE_TOKEN_H

#include "base/random.h"
#include "core/digest.h"

enum {
    TOKEN_LEN = 64
}; /* hex: 256 bits, safe in URLs and cookies */

/* text holds TOKEN_LEN + 1. */
void token_make(const struct random *random, char *text, uint8_t hash[DIGEST_BYTES]);
/* What is stored for a token that came in; any bytes. */
void token_hash(struct slice token, uint8_t hash[DIGEST_BYTES]);

#endif
