/*
 * store_agent.c - people and their sessions.
 */
#include "base/base.h"

#include "db/store_internal.h"

#define COLUMNS                                                                        \
 "a.id, a.name, a.role, a.password_hash, a.created_at, a.disabled_at, a.setup_until, " \
 "a.theme, a.zone"

static int read_agent(struct sql_rows *rows, struct arena *mem, void *element,
                      struct error *err)
{
    struct agent *agent = element;
    const char *role = sql_text(rows, 2, mem);

    *agent = (struct agent){
        .id = sql_int(rows, 0),
        .name = sql_text(rows, 1, mem),
        .password_hash = sql_text(rows, 3, mem),
        .created_at = sql_int(rows, 4),
        .disabled_at = sql_int(rows, 5),
        .setup_until = sql_int(rows, 6),
        .theme = sql_text(rows, 7, mem),
        .zone = sql_text(rows, 8, mem),
    };
    return role_parse(slice_from(role), &agent->role) ? 0
                                                      : store_corrupt(err, "agents");
}

int store_agent_add(struct store *store, const char *name, enum role role,
                    const uint8_t setup_hash[DIGEST_BYTES], int64_t setup_until,
                    int64_t now, struct error *err)
{
    if (sql_run(store->sql, err,
                "INSERT INTO agent (name, role, setup_hash, setup_until, created_at) "
                "VALUES ($1, $2, $3, $4, $5)",
                "ttbii", name, role_name(role), hash_slice(setup_hash), setup_until,
                now) == 0)
        return 0;
    return err != NULL && err->kind == ERROR_CONFLICT
               ? error_set(err, ERROR_CONFLICT, "there is an agent \"%s\" already",
                           name)
               : -1;
}

int store_agent_find(struct store *store, struct arena *mem, const char *name,
                     struct agent *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM agent a WHERE a.name = $1", "t", name) != 0)
        return -1;
    return store_one(rows, mem, read_agent, out, "such agent", err);
}

int store_agent_by_setup(struct store *store, struct arena *mem,
                         const uint8_t setup_hash[DIGEST_BYTES], int64_t now,
                         struct agent *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM agent a WHERE a.setup_hash = $1 "
                "AND a.setup_until > $2 AND a.disabled_at = 0",
                "bi", hash_slice(setup_hash), now) != 0)
        return -1;
    return store_one(rows, mem, read_agent, out, "such set-up link", err);
}

int store_agent_list(struct store *store, struct arena *mem, struct agent **out,
                     size_t *out_count, struct error *err)
{
    static const struct collecting agents = {sizeof(struct agent), 0, read_agent};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM agent a ORDER BY a.name", "") != 0 ||
        store_collect(rows, mem, &agents, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

/* A change of an agent after which no old session counts. */
struct change {
    int64_t id, now, setup_until;
    const char *password_hash;
    struct slice setup_hash;
    const uint8_t *kept; /* hash of a session that does not end */
};

static int end_sessions(struct store *store, int64_t id, struct error *err)
{
    if (sql_changes(store->sql) != 1)
        return error_set(err, ERROR_NOT_FOUND, "there is no such agent");
    return sql_run(store->sql, err, "DELETE FROM session WHERE agent_id = $1", "i", id);
}

/* Whoever had the old password could have made tokens with it. */
static int end_all(struct store *store, const struct change *change, struct error *err)
{
    if (end_sessions(store, change->id, err) != 0)
        return -1;
    return sql_run(store->sql, err,
                   "UPDATE api_token SET ended_at = $2, ended_by = 'system' "
                   "WHERE agent_id = $1 AND ended_at = 0",
                   "ii", change->id, change->now);
}

static int set_password(struct store *store, void *context, struct error *err)
{
    const struct change *change = context;

    if (sql_run(
            store->sql, err,
            "UPDATE agent SET password_hash = $2, setup_hash = NULL, setup_until = 0 "
            "WHERE id = $1",
            "it", change->id, change->password_hash) != 0)
        return -1;
    return end_sessions(store, change->id, err);
}

int store_agent_set_password(struct store *store, int64_t id, const char *password_hash,
                             struct error *err)
{
    struct change change = {.id = id, .password_hash = password_hash};

    return store_atomically(store, set_password, &change, err);
}

/* The session that asks stays. */
static int change_password(struct store *store, void *context, struct error *err)
{
    const struct change *change = context;
    int64_t count = 0;

    if (sql_run(store->sql, err, "UPDATE agent SET password_hash = $2 WHERE id = $1",
                "it", change->id, change->password_hash) != 0)
        return -1;
    if (sql_changes(store->sql) != 1)
        return error_set(err, ERROR_NOT_FOUND, "there is no such agent");
    return store_session_end_others(store, change->id, change->kept, &count, err);
}

int store_agent_change_password(struct store *store, int64_t id,
                                const char *password_hash,
                                const uint8_t kept[DIGEST_BYTES], struct error *err)
{
    struct change change = {.id = id, .password_hash = password_hash, .kept = kept};

    return store_atomically(store, change_password, &change, err);
}

int store_agent_set_look(struct store *store, int64_t id, const char *theme,
                         const char *zone, struct error *err)
{
    return sql_run(store->sql, err,
                   "UPDATE agent SET theme = $2, zone = $3 WHERE id = $1", "itt", id,
                   theme, zone);
}

int store_agent_set_role(struct store *store, int64_t id, enum role role,
                         struct error *err)
{
    if (sql_run(store->sql, err, "UPDATE agent SET role = $2 WHERE id = $1", "it", id,
                role_name(role)) != 0)
        return -1;
    return sql_changes(store->sql) == 1
               ? 0
               : error_set(err, ERROR_NOT_FOUND, "there is no such agent");
}

static int reset_agent(struct store *store, void *context, struct error *err)
{
    const struct change *change = context;

    if (sql_run(
            store->sql, err,
            "UPDATE agent SET password_hash = NULL, setup_hash = $2, setup_until = $3, "
            "disabled_at = 0 WHERE id = $1",
            "ibi", change->id, change->setup_hash, change->setup_until) != 0)
        return -1;
    return end_all(store, change, err);
}

int store_agent_reset(struct store *store, int64_t id,
                      const uint8_t setup_hash[DIGEST_BYTES], int64_t setup_until,
                      int64_t now, struct error *err)
{
    struct change change = {.id = id,
                            .now = now,
                            .setup_hash = hash_slice(setup_hash),
                            .setup_until = setup_until};

    return store_atomically(store, reset_agent, &change, err);
}

static int disable_agent(struct store *store, void *context, struct error *err)
{
    const struct change *change = context;

    if (sql_run(store->sql, err,
                "UPDATE agent SET disabled_at = $2, setup_hash = NULL, setup_until = 0 "
                "WHERE id = $1",
                "ii", change->id, change->now) != 0)
        return -1;
    return end_all(store, change, err);
}

int store_agent_disable(struct store *store, int64_t id, int64_t now, struct error *err)
{
    struct change change = {.id = id, .now = now};

    return store_atomically(store, disable_agent, &change, err);
}

int store_session_add(struct store *store, const uint8_t hash[DIGEST_BYTES],
                      int64_t agent_id, const char *form_token, const char *client,
                      int64_t now, struct error *err)
{
    return sql_run(store->sql, err,
                   "INSERT INTO session (hash, agent_id, form_token, created_at, "
                   "seen_at, client) VALUES ($1, $2, $3, $4, $4, $5)",
                   "bitit", hash_slice(hash), agent_id, form_token, now, client);
}

static int read_session(struct sql_rows *rows, struct arena *mem, void *element,
                        struct error *err)
{
    struct session *session = element;
    const char *token = sql_text(rows, 11, mem);

    if (read_agent(rows, mem, &session->agent, err) != 0)
        return -1;
    session->created_at = sql_int(rows, 9);
    session->seen_at = sql_int(rows, 10);
    if (token == NULL || strlen(token) >= sizeof session->form_token)
        return store_corrupt(err, "sessions");
    memcpy(session->form_token, token, strlen(token) + 1);
    return 0;
}

int store_session_find(struct store *store, struct arena *mem,
                       const uint8_t hash[DIGEST_BYTES], int64_t now, int64_t idle_s,
                       int64_t life_s, struct session *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(
            store->sql, &rows, err,
            "SELECT " COLUMNS ", s.created_at, s.seen_at, s.form_token FROM session s "
            "JOIN agent a ON a.id = s.agent_id WHERE s.hash = $1 AND a.disabled_at = 0 "
            "AND s.seen_at > $2 AND s.created_at > $3",
            "bii", hash_slice(hash), now - idle_s, now - life_s) != 0)
        return -1;
    return store_one(rows, mem, read_session, out, "such session", err);
}

int store_session_touch(struct store *store, const uint8_t hash[DIGEST_BYTES],
                        int64_t now, struct error *err)
{
    return sql_run(store->sql, err, "UPDATE session SET seen_at = $2 WHERE hash = $1",
                   "bi", hash_slice(hash), now);
}

int store_session_end(struct store *store, const uint8_t hash[DIGEST_BYTES],
                      struct error *err)
{
    return sql_run(store->sql, err, "DELETE FROM session WHERE hash = $1", "b",
                   hash_slice(hash));
}

static int read_session_line(struct sql_rows *rows, struct arena *mem, void *element,
                             struct error *err UNUSED)
{
    struct session_line *line = element;

    *line = (struct session_line){.is_own = sql_int(rows, 0) != 0,
                                  .created_at = sql_int(rows, 1),
                                  .seen_at = sql_int(rows, 2),
                                  .client = sql_text(rows, 3, mem)};
    return 0;
}

int store_session_list(struct store *store, struct arena *mem,
                       const struct session_filter *filter, struct session_line **out,
                       size_t *out_count, struct error *err)
{
    static const struct collecting lines = {sizeof(struct session_line), 0,
                                            read_session_line};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT hash = $2 AS is_own, created_at, seen_at, client FROM session "
                "WHERE agent_id = $1 AND seen_at > $3 AND created_at > $4 "
                "ORDER BY is_own DESC, seen_at DESC",
                "ibii", filter->agent_id, hash_slice(filter->own_hash),
                filter->seen_after, filter->created_after) != 0 ||
        store_collect(rows, mem, &lines, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_session_end_others(struct store *store, int64_t agent_id,
                             const uint8_t kept[DIGEST_BYTES], int64_t *out_count,
                             struct error *err)
{
    if (sql_run(store->sql, err,
                "DELETE FROM session WHERE agent_id = $1 AND hash <> $2", "ib",
                agent_id, hash_slice(kept)) != 0)
        return -1;
    *out_count = sql_changes(store->sql);
    return 0;
}
