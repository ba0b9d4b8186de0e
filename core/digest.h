/*
 * digest.h - BLAKE2b-256 over length-prefixed fields.
 *
 * Each field goes in as its length (8 bytes, little-endian) and its bytes, so that no two lists
 * of fields share their bytes. The domain string keeps the uses apart ("cs-link-v1", …).
 */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include "base/secret.h"
#include "base/slice.h"

enum {
    DIGEST_BYTES = 32
};

/* key may be NULL (unkeyed) or hold 16 to 64 bytes. */
void digest_fields(const struct secret *key, const char *domain,
                   const struct slice *fields, size_t count, uint8_t out[DIGEST_BYTES]);
/* BLAKE2b-256 of plain bytes: identity of a pasted bounce, of an idempotent request. */
void digest_bytes(struct slice bytes, uint8_t out[DIGEST_BYTES]);

#endif
