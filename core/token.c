/*
 * token.c - bearer tokens.
 *
 * The digest needs no slow hash: the token is machine-made with 256 bits (verifier.h says why).
 */
#include "base/base.h"

#include "core/token.h"

#include "base/encode.h"

void token_make(const struct random *random, char *text, uint8_t hash[DIGEST_BYTES])
{
    uint8_t bytes[TOKEN_LEN / 2];

    random_fill(random, bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, text);
    token_hash(slice_of(text, TOKEN_LEN), hash);
    secret_wipe(bytes, sizeof bytes);
}

void token_hash(struct slice token, uint8_t hash[DIGEST_BYTES])
{
    digest_fields(NULL, "cs-token-v1", &token, 1, hash);
}
