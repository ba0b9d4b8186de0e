/*
 * audit.c - sealing a record of the chain, and checking that it follows another.
 */
#include "base/base.h"

#include "core/audit.h"

#define AUDIT_DOMAIN "cs-audit-v1"

static struct slice number_bytes(int64_t value, uint8_t bytes[8])
{
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
    return slice_of((const char *)bytes, 8);
}

static void hash_of(const struct audit_record *record, uint8_t out[DIGEST_BYTES])
{
    uint8_t seq[8], at[8];
    const struct slice fields[] = {
        slice_of((const char *)record->prev_hash, DIGEST_BYTES),
        number_bytes(record->seq, seq),
        number_bytes(record->at, at),
        slice_from(record->actor),
        slice_from(record->action),
        slice_from(record->object),
        slice_from(record->detail),
    };

    digest_fields(NULL, AUDIT_DOMAIN, fields, ARRAY_LEN(fields), out);
}

void audit_seal(struct audit_record *record)
{
    hash_of(record, record->hash);
}

bool audit_follows(const struct audit_record *record, int64_t prev_seq,
                   const uint8_t prev_hash[DIGEST_BYTES])
{
    uint8_t hash[DIGEST_BYTES];

    if (record->seq != prev_seq + 1 ||
        memcmp(record->prev_hash, prev_hash, DIGEST_BYTES) != 0)
        return false;
    hash_of(record, hash);
    return memcmp(record->hash, hash, DIGEST_BYTES) == 0;
}
