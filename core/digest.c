/*
 * digest.c - BLAKE2b-256 over length-prefixed fields.
 */
#include "base/base.h"

#include "core/digest.h"

#include <sodium.h>

_Static_assert((int)DIGEST_BYTES == (int)crypto_generichash_BYTES, "BLAKE2b-256");

static void add(crypto_generichash_state *state, const void *bytes, size_t len)
{
    if (len > 0)
        (void)crypto_generichash_update(state, bytes, len);
}

static void add_field(crypto_generichash_state *state, struct slice field)
{
    uint8_t prefix[8];

    for (size_t i = 0; i < sizeof prefix; i++)
        prefix[i] = (uint8_t)((uint64_t)field.len >> (8 * i));
    add(state, prefix, sizeof prefix);
    add(state, field.at, field.len);
}

void digest_fields(const struct secret *key, const char *domain,
                   const struct slice *fields, size_t count, uint8_t out[DIGEST_BYTES])
{
    crypto_generichash_state state;
    const unsigned char *key_bytes = NULL;
    size_t key_len = 0;

    if (key != NULL && key->at != NULL) {
        key_bytes = (const unsigned char *)key->at;
        key_len = key->len;
        assert(key_len >= crypto_generichash_KEYBYTES_MIN &&
               key_len <= crypto_generichash_KEYBYTES_MAX);
    }
    (void)crypto_generichash_init(&state, key_bytes, key_len, DIGEST_BYTES);
    add_field(&state, slice_from(domain));
    for (size_t i = 0; i < count; i++)
        add_field(&state, fields[i]);
    (void)crypto_generichash_final(&state, out, DIGEST_BYTES);
    secret_wipe(&state, sizeof state);
}

void digest_bytes(struct slice bytes, uint8_t out[DIGEST_BYTES])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES);
    add(&state, bytes.at, bytes.len);
    (void)crypto_generichash_final(&state, out, DIGEST_BYTES);
}
