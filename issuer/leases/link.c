/*
 * link.c - ids and keys of links.
 */
#include "base/base.h"

#include "issuer/leases/link.h"

#include "core/digest.h"

void link_make(const struct random *random, struct link *out)
{
    link_id_make(random, out->id);
    link_key_make(random, out->key);
    link_hash(out->id, out->key, out->hash);
}

void link_hash(const char *id, const char *key, uint8_t out[DIGEST_BYTES])
{
    struct slice fields[] = {slice_from(id), slice_from(key)};

    digest_fields(NULL, "cs-link-v1", fields, ARRAY_LEN(fields), out);
}

const char *link_url(const struct config *config, struct arena *mem,
                     const struct link *link)
{
    return arena_printf(mem, "%s/r/%s#%s", config->customer.url, link->id, link->key);
}

int64_t link_ends_at(const struct config *config, int64_t now, int64_t lease_expires_at)
{
    int64_t ends_at = now + config->policy.link_valid_s;

    return ends_at < lease_expires_at ? ends_at : lease_expires_at;
}
