/*
 * store_token.h - tokens for programs that use the API (core/api_token.h); kept as digests.
 */
#ifndef DB_STORE_TOKEN_H
#define DB_STORE_TOKEN_H

#include "db/store.h"

struct api_token {
    int64_t id, agent_id; /* of its owner */
    const char *name;
    const char *owner; /* joined, with role and state of now */
    enum role role;
    bool owner_is_disabled;
    unsigned scopes;
    const char *networks; /* as api_networks_format writes them */
    int64_t created_at, expires_at;
    const char *created_by;
    int64_t used_at; /* 0: never */
    const char *used_from;
    int64_t ended_at; /* 0: it was not revoked */
    const char *ended_by;
};

/* Kept with its owner, name, scopes, networks, created_* and expires_at. */
NODISCARD int store_token_add(struct store *store, const struct api_token *token,
                              const uint8_t hash[DIGEST_BYTES], int64_t *out_id,
                              struct error *err);
/* Also those that are over; ERROR_NOT_FOUND. */
NODISCARD int store_token_find(struct store *store, struct arena *mem, int64_t id,
                               struct api_token *out, struct error *err);
NODISCARD int store_token_by_hash(struct store *store, struct arena *mem,
                                  const uint8_t hash[DIGEST_BYTES],
                                  struct api_token *out, struct error *err);
/* Newest first; owner NULL: everybody's. */
NODISCARD int store_token_list(struct store *store, struct arena *mem,
                               const char *owner, struct api_token **out,
                               size_t *out_count, struct error *err);
/* Those of one owner that work at now. */
NODISCARD int store_token_count(struct store *store, int64_t agent_id, int64_t now,
                                size_t *out, struct error *err);
NODISCARD int store_token_used(struct store *store, int64_t id, const char *from,
                               int64_t now, struct error *err);
/* ERROR_CONFLICT when it is revoked already. */
NODISCARD int store_token_end(struct store *store, int64_t id, const char *by,
                              int64_t now, struct error *err);

#endif
