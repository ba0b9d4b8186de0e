/*
 * store_webhook.c - rows of webhooks and of posts.
 */
#include "base/base.h"

#include "db/store_internal.h"
#include "db/store_webhook.h"

/* ---- webhooks ---- */

#define HOOK                                                                    \
 "id, url, events, secret, created_at, created_by, disabled_at, disabled_why, " \
 "failing_since, old_until, old_secret"

static int read_webhook(struct sql_rows *rows, struct arena *mem, void *element,
                        struct error *err)
{
    struct webhook *hook = element;

    *hook = (struct webhook){
        .id = sql_int(rows, 0),
        .url = sql_text(rows, 1, mem),
        .events = sql_text(rows, 2, mem),
        .created_at = sql_int(rows, 4),
        .created_by = sql_text(rows, 5, mem),
        .disabled_at = sql_int(rows, 6),
        .disabled_why = sql_text(rows, 7, mem),
        .failing_since = sql_int(rows, 8),
        .old_until = sql_int(rows, 9),
    };
    if (!sql_blob(rows, 3, hook->secret, STORE_SECRET_BYTES) || hook->url == NULL ||
        hook->events == NULL ||
        (hook->old_until != 0 &&
         !sql_blob(rows, 10, hook->old_secret, STORE_SECRET_BYTES)))
        return store_corrupt(err, "webhooks");
    return 0;
}

struct adding {
    const struct webhook *row;
    int64_t id;
};

static int add(struct store *store, void *context, struct error *err)
{
    static const uint8_t nothing[STORE_SECRET_BYTES];
    struct adding *adding = context;
    const struct webhook *row = adding->row;

    if (sql_run(store->sql, err,
                "INSERT INTO webhook (url, events, secret, created_at, created_by) "
                "SELECT $1, $2, $3, $4, $5 WHERE (SELECT COUNT(*) FROM webhook) < $6",
                "ttbiti", row->url, row->events,
                slice_of((const char *)nothing, sizeof nothing), row->created_at,
                row->created_by, (int64_t)STORE_WEBHOOKS_MAX) != 0)
        return -1;
    if (sql_changes(store->sql) == 0)
        return error_set(err, ERROR_EXHAUSTED, "there are %d webhooks already",
                         STORE_WEBHOOKS_MAX);
    adding->id = sql_last_id(store->sql);
    return 0;
}

int store_webhook_add(struct store *store, const struct webhook *row, int64_t *out_id,
                      struct error *err)
{
    struct adding adding = {.row = row};

    if (store_atomically(store, add, &adding, err) != 0)
        return -1;
    *out_id = adding.id;
    return 0;
}

/* ERROR_NOT_FOUND when the statement changed no row. */
static int must_change(struct store *store, const char *what, struct error *err)
{
    if (sql_changes(store->sql) > 0)
        return 0;
    return error_set(err, ERROR_NOT_FOUND, "there is no %s", what);
}

int store_webhook_set_secret(struct store *store, int64_t id,
                             const uint8_t secret[STORE_SECRET_BYTES],
                             struct error *err)
{
    if (sql_run(store->sql, err, "UPDATE webhook SET secret = $1 WHERE id = $2", "bi",
                slice_of((const char *)secret, STORE_SECRET_BYTES), id) != 0)
        return -1;
    return must_change(store, "such webhook", err);
}

int store_webhook_rotate(struct store *store, int64_t id,
                         const uint8_t secret[STORE_SECRET_BYTES], int64_t old_until,
                         struct error *err)
{
    /* What stands on the right is the row as it was. */
    if (sql_run(store->sql, err,
                "UPDATE webhook SET secret = $1, old_until = $2, "
                "old_secret = CASE $2 WHEN 0 THEN NULL ELSE secret END WHERE id = $3",
                "bii", slice_of((const char *)secret, STORE_SECRET_BYTES), old_until,
                id) != 0)
        return -1;
    return must_change(store, "such webhook", err);
}

int store_webhook_forget_old(struct store *store, int64_t now, struct error *err)
{
    return sql_run(store->sql, err,
                   "UPDATE webhook SET old_secret = NULL, old_until = 0 "
                   "WHERE old_until BETWEEN 1 AND $1",
                   "i", now);
}

int store_webhook_find(struct store *store, struct arena *mem, int64_t id,
                       struct webhook *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, "SELECT " HOOK " FROM webhook WHERE id = $1",
                "i", id) != 0)
        return -1;
    return store_one(rows, mem, read_webhook, out, "such webhook", err);
}

int store_webhook_list(struct store *store, struct arena *mem, struct webhook **out,
                       size_t *out_count, struct error *err)
{
    static const struct collecting hooks = {sizeof(struct webhook), 0, read_webhook};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err, "SELECT " HOOK " FROM webhook ORDER BY id",
                "") != 0 ||
        store_collect(rows, mem, &hooks, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_webhook_remove(struct store *store, int64_t id, struct error *err)
{
    if (sql_run(store->sql, err, "DELETE FROM webhook WHERE id = $1", "i", id) != 0)
        return -1;
    return must_change(store, "such webhook", err);
}

int store_webhook_switch(struct store *store, int64_t id, int64_t at, const char *why,
                         struct error *err)
{
    if (sql_run(store->sql, err,
                "UPDATE webhook SET disabled_at = $1, disabled_why = $2, "
                "failing_since = CASE $1 WHEN 0 THEN 0 ELSE failing_since END "
                "WHERE id = $3",
                "iti", at, why, id) != 0)
        return -1;
    return must_change(store, "such webhook", err);
}

/* ---- posts ---- */

static const char *const states[] = {
    [POST_WAITING] = "waiting",
    [POST_DELIVERED] = "delivered",
    [POST_FAILED] = "failed",
};
_Static_assert(ARRAY_LEN(states) == POST_STATE_COUNT, "a name each");

const char *post_state_name(enum post_state state)
{
    assert((size_t)state < ARRAY_LEN(states));
    return states[state];
}

#define POST                                                                         \
 "p.id, p.webhook_id, p.event, p.state, p.created_at, p.due_at, p.tried_at, "        \
 "p.attempts, p.status, p.why, a.seq, a.at, a.actor, a.action, a.object, a.detail, " \
 "a.hash FROM webhook_post AS p JOIN audit AS a ON a.seq = p.seq "

static bool read_state(const char *name, enum post_state *out)
{
    for (size_t i = 0; name != NULL && i < ARRAY_LEN(states); i++)
        if (strcmp(states[i], name) == 0) {
            *out = (enum post_state)i;
            return true;
        }
    return false;
}

static int read_post(struct sql_rows *rows, struct arena *mem, void *element,
                     struct error *err)
{
    struct webhook_post *post = element;

    *post = (struct webhook_post){
        .id = sql_int(rows, 0),
        .webhook_id = sql_int(rows, 1),
        .event = sql_text(rows, 2, mem),
        .created_at = sql_int(rows, 4),
        .due_at = sql_int(rows, 5),
        .tried_at = sql_int(rows, 6),
        .attempts = (unsigned)sql_int(rows, 7),
        .status = (unsigned)sql_int(rows, 8),
        .why = sql_text(rows, 9, mem),
        .record = {.seq = sql_int(rows, 10),
                   .at = sql_int(rows, 11),
                   .actor = sql_text(rows, 12, mem),
                   .action = sql_text(rows, 13, mem),
                   .object = sql_text(rows, 14, mem),
                   .detail = sql_text(rows, 15, mem)},
    };
    if (!sql_blob(rows, 16, post->record.hash, DIGEST_BYTES) || post->event == NULL ||
        !read_state(sql_text(rows, 3, mem), &post->state))
        return store_corrupt(err, "webhook posts");
    return 0;
}

static const struct collecting posts = {sizeof(struct webhook_post), 0, read_post};

int store_post_add(struct store *store, int64_t webhook_id, const char *event,
                   int64_t now, struct error *err)
{
    return sql_run(
        store->sql, err,
        "INSERT INTO webhook_post (webhook_id, seq, event, created_at, due_at) "
        "SELECT $1, MAX(seq), $2, $3, $3 FROM audit",
        "iti", webhook_id, event, now);
}

int store_post_due(struct store *store, struct arena *mem, int64_t now, size_t max,
                   struct webhook_post **out, size_t *out_count, struct error *err)
{
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " POST "WHERE p.id IN (SELECT MIN(q.id) FROM webhook_post AS q "
                "JOIN webhook AS w ON w.id = q.webhook_id WHERE q.state = 'waiting' "
                "AND q.due_at <= $1 AND w.disabled_at = 0 GROUP BY q.webhook_id) "
                "ORDER BY p.id LIMIT $2",
                "ii", now, (int64_t)max) != 0 ||
        store_collect(rows, mem, &posts, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

static int tried(struct store *store, void *context, struct error *err)
{
    const struct webhook_post *post = context;

    if (sql_run(store->sql, err,
                "UPDATE webhook_post SET state = $1, due_at = $2, tried_at = $3, "
                "status = $4, why = $5, attempts = attempts + 1 WHERE id = $6",
                "tiiiti", post_state_name(post->state), post->due_at, post->tried_at,
                (int64_t)post->status, post->why, post->id) != 0)
        return -1;
    return sql_run(
        store->sql, err,
        "UPDATE webhook SET failing_since = CASE WHEN $1 = 'delivered' THEN 0 "
        "WHEN failing_since = 0 THEN $2 ELSE failing_since END WHERE id = $3",
        "tii", post_state_name(post->state), post->tried_at, post->webhook_id);
}

int store_post_tried(struct store *store, const struct webhook_post *post,
                     struct error *err)
{
    struct webhook_post copy = *post;

    return store_atomically(store, tried, &copy, err);
}

int store_post_list(struct store *store, struct arena *mem, int64_t webhook_id,
                    size_t max, struct webhook_post **out, size_t *out_count,
                    struct error *err)
{
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " POST "WHERE p.webhook_id = $1 ORDER BY p.id DESC LIMIT $2",
                "ii", webhook_id, (int64_t)max) != 0 ||
        store_collect(rows, mem, &posts, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_post_again(struct store *store, int64_t webhook_id, int64_t id, int64_t now,
                     struct error *err)
{
    if (sql_run(store->sql, err,
                "UPDATE webhook_post SET state = 'waiting', due_at = $1, attempts = 0 "
                "WHERE id = $2 AND webhook_id = $3",
                "iii", now, id, webhook_id) != 0)
        return -1;
    return must_change(store, "such post", err);
}

int store_post_waiting(struct store *store, int64_t *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT COUNT(*) FROM webhook_post WHERE state = 'waiting'", "") != 0)
        return -1;
    return store_number(rows, out, err);
}

int store_post_prune(struct store *store, int64_t before, size_t max,
                     size_t *out_removed, struct error *err)
{
    if (sql_run(store->sql, err,
                "DELETE FROM webhook_post WHERE id IN (SELECT id FROM webhook_post "
                "WHERE state <> 'waiting' AND tried_at < $1 LIMIT $2)",
                "ii", before, (int64_t)max) != 0)
        return -1;
    *out_removed = (size_t)sql_changes(store->sql);
    return 0;
}

/* ---- what is said once ---- */

struct noticing {
    int64_t now, soon_s;
};

struct due_notice {
    int64_t lease_id, about;
};

static int read_notice(struct sql_rows *rows, struct arena *mem UNUSED, void *element,
                       struct error *err UNUSED)
{
    struct due_notice *notice = element;

    notice->lease_id = sql_int(rows, 0);
    notice->about = sql_int(rows, 1);
    return 0;
}

static int write_notices(struct store *store, struct arena *mem, const char *kind,
                         const struct noticing *noticing, struct sql_rows *rows,
                         struct error *err)
{
    static const struct collecting notices = {sizeof(struct due_notice), 0,
                                              read_notice};
    struct due_notice *due;
    size_t count = 0;
    void *found;

    if (store_collect(rows, mem, &notices, &found, &count, err) != 0)
        return -1;
    due = found;
    for (size_t i = 0; i < count; i++)
        if (sql_run(store->sql, err,
                    "INSERT INTO lease_notice (lease_id, kind, about) "
                    "VALUES ($1, $2, $3)",
                    "iti", due[i].lease_id, kind, due[i].about) != 0 ||
            store_audit(store, noticing->now, "system", kind,
                        arena_printf(mem, "lease:%lld", (long long)due[i].lease_id), "",
                        err) != 0)
            return -1;
    return 0;
}

static int notice(struct store *store, void *context, struct error *err)
{
    const struct noticing *n = context;
    struct sql_rows *rows;
    struct arena mem;
    int result = -1;

    arena_init(&mem);
    if (sql_ask(
            store->sql, &rows, err,
            "SELECT id, expires_at FROM lease WHERE ended_at = 0 AND is_pending = 0 "
            "AND revealed_at > 0 AND expires_at > $1 AND expires_at <= $1 + $2 "
            "AND NOT EXISTS (SELECT 1 FROM lease_notice WHERE lease_id = lease.id "
            "AND kind = 'lease.expiring' AND about = expires_at)",
            "ii", n->now, n->soon_s) != 0 ||
        write_notices(store, &mem, "lease.expiring", n, rows, err) != 0)
        goto out;
    if (sql_ask(store->sql, &rows, err,
                "SELECT id, 0 FROM lease WHERE ended_at = 0 AND is_pending = 0 "
                "AND expires_at <= $1 AND expires_at > $1 - 86400 "
                "AND NOT EXISTS (SELECT 1 FROM lease_notice WHERE lease_id = lease.id "
                "AND kind = 'lease.expired')",
                "i", n->now) != 0 ||
        write_notices(store, &mem, "lease.expired", n, rows, err) != 0)
        goto out;
    result = 0;
out:
    arena_release(&mem);
    return result;
}

int store_lease_notices(struct store *store, int64_t now, int64_t soon_s,
                        struct error *err)
{
    struct noticing noticing = {now, soon_s};

    return store_atomically(store, notice, &noticing, err);
}
