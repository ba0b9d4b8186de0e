/*
 * link.h - the one-time link of a lease: its id names the page, its key proves the right to it.
 *
 * The key travels behind '#', which browsers do not send; what is stored is a digest of both.
 */
#ifndef ISSUER_LEASES_LINK_H
#define ISSUER_LEASES_LINK_H

#include "issuer/app.h"

struct link {
    char id[LINK_ID_LEN + 1];
    char key[LINK_KEY_LEN + 1];
    uint8_t hash[DIGEST_BYTES];
};

void link_make(const struct random *random, struct link *out);
/* key in its normalised form (link_key_normalise). */
void link_hash(const char *id, const char *key, uint8_t out[DIGEST_BYTES]);
/* customer.url "/r/" id "#" key; lives in mem. */
const char *link_url(const struct config *config, struct arena *mem,
                     const struct link *link);
/* When a link made now ends: with the lease at the latest. */
int64_t link_ends_at(const struct config *config, int64_t now,
                     int64_t lease_expires_at);

#endif
