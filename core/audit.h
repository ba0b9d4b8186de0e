/*
 * audit.h - the chain that shows tampering: each record's hash covers the hash before it.
 *
 * hash = BLAKE2b-256("cs-audit-v1", prev_hash, seq, at, actor, action, object, detail), fields
 * length-prefixed (digest.h). A changed, removed, inserted or swapped record breaks the chain;
 * cutting its end needs an outside checkpoint to be seen (docs/threats.md says so).
 */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "core/digest.h"

struct audit_record {
    int64_t seq; /* from 1, without gaps */
    int64_t at;
    const char *actor;  /* "agent:ana", "customer", "cli:root", "system" */
    const char *action; /* "lease.mint" … docs/operations.md */
    const char *object; /* "lease:17" */
    const char *detail; /* key=value, no secrets; "" */
    uint8_t prev_hash[DIGEST_BYTES];
    uint8_t hash[DIGEST_BYTES];
};

/* Fill hash from the other fields. */
void audit_seal(struct audit_record *record);
/* Does record follow the one with prev_seq and prev_hash (0 and zeros before the first)? */
NODISCARD bool audit_follows(const struct audit_record *record, int64_t prev_seq,
                             const uint8_t prev_hash[DIGEST_BYTES]);

#endif
