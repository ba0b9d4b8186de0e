/*
 * store_token.c - tokens for programs that use the API.
 */
#include "base/base.h"

#include "db/store_internal.h"
#include "db/store_token.h"

#include "core/api_token.h"

#define SELECT                                                                  \
 "SELECT t.id, t.agent_id, t.name, a.name, a.role, a.disabled_at, t.scopes, "   \
 "t.networks, t.created_at, t.created_by, t.expires_at, t.used_at, "            \
 "t.used_from, t.ended_at, t.ended_by FROM api_token t JOIN agent a ON a.id = " \
 "t.agent_id "

static int read_token(struct sql_rows *rows, struct arena *mem, void *element,
                      struct error *err)
{
    struct api_token *token = element;
    const char *role = sql_text(rows, 4, mem);
    const char *scopes = sql_text(rows, 6, mem);

    *token = (struct api_token){
        .id = sql_int(rows, 0),
        .agent_id = sql_int(rows, 1),
        .name = sql_text(rows, 2, mem),
        .owner = sql_text(rows, 3, mem),
        .owner_is_disabled = sql_int(rows, 5) != 0,
        .networks = sql_text(rows, 7, mem),
        .created_at = sql_int(rows, 8),
        .created_by = sql_text(rows, 9, mem),
        .expires_at = sql_int(rows, 10),
        .used_at = sql_int(rows, 11),
        .used_from = sql_text(rows, 12, mem),
        .ended_at = sql_int(rows, 13),
        .ended_by = sql_text(rows, 14, mem),
    };
    if (!role_parse(slice_from(role), &token->role) ||
        !api_scopes_parse(slice_from(scopes), &token->scopes))
        return store_corrupt(err, "API tokens");
    return 0;
}

int store_token_add(struct store *store, const struct api_token *token,
                    const uint8_t hash[DIGEST_BYTES], int64_t *out_id,
                    struct error *err)
{
    char scopes[API_SCOPES_TEXT_MAX + 1];

    api_scopes_format(token->scopes, scopes);
    if (sql_run(store->sql, err,
                "INSERT INTO api_token (hash, name, agent_id, scopes, networks, "
                "created_at, created_by, expires_at) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                "btittiti", hash_slice(hash), token->name, token->agent_id, scopes,
                token->networks, token->created_at, token->created_by,
                token->expires_at) != 0)
        return -1;
    *out_id = sql_last_id(store->sql);
    return 0;
}

int store_token_find(struct store *store, struct arena *mem, int64_t id,
                     struct api_token *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, SELECT "WHERE t.id = $1", "i", id) != 0)
        return -1;
    return store_one(rows, mem, read_token, out, "such token", err);
}

int store_token_by_hash(struct store *store, struct arena *mem,
                        const uint8_t hash[DIGEST_BYTES], struct api_token *out,
                        struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, SELECT "WHERE t.hash = $1", "b",
                hash_slice(hash)) != 0)
        return -1;
    return store_one(rows, mem, read_token, out, "such token", err);
}

int store_token_list(struct store *store, struct arena *mem, const char *owner,
                     struct api_token **out, size_t *out_count, struct error *err)
{
    static const struct collecting tokens = {sizeof(struct api_token), 0, read_token};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                SELECT "WHERE $1 IS NULL OR a.name = $1 ORDER BY t.id DESC", "t",
                owner) != 0 ||
        store_collect(rows, mem, &tokens, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_token_count(struct store *store, int64_t agent_id, int64_t now, size_t *out,
                      struct error *err)
{
    struct sql_rows *rows;
    int64_t count = 0;

    if (sql_ask(store->sql, &rows, err,
                "SELECT count(*) FROM api_token WHERE agent_id = $1 AND ended_at = 0 "
                "AND expires_at > $2",
                "ii", agent_id, now) != 0 ||
        store_number(rows, &count, err) != 0)
        return -1;
    *out = (size_t)count;
    return 0;
}

int store_token_used(struct store *store, int64_t id, const char *from, int64_t now,
                     struct error *err)
{
    return sql_run(store->sql, err,
                   "UPDATE api_token SET used_at = $2, used_from = $3 WHERE id = $1",
                   "iit", id, now, from);
}

int store_token_end(struct store *store, int64_t id, const char *by, int64_t now,
                    struct error *err)
{
    if (sql_run(store->sql, err,
                "UPDATE api_token SET ended_at = $2, ended_by = $3 WHERE id = $1 AND "
                "ended_at = 0",
                "iit", id, now, by) != 0)
        return -1;
    return sql_changes(store->sql) == 1
               ? 0
               : error_set(err, ERROR_CONFLICT, "token %lld is revoked already",
                           (long long)id);
}
