/*
 * store_customer.c - the customer's side of a lease: wrong tries, the browser that saw the details, and
 * what the customer told us.
 */
#include "base/base.h"

#include "db/store_internal.h"

int store_lease_set_browser(struct store *store, int64_t id,
                            const uint8_t hash[DIGEST_BYTES], struct error *err)
{
    return sql_run(store->sql, err, "UPDATE lease SET browser_hash = $2 WHERE id = $1",
                   "ib", id, hash_slice(hash));
}

int store_lease_browser(struct store *store, int64_t id, uint8_t out_hash[DIGEST_BYTES],
                        bool *out_is_known, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, "SELECT browser_hash FROM lease WHERE id = $1",
                "i", id) != 0)
        return -1;
    int found = sql_next(rows, err);
    *out_is_known = found == 1 && sql_blob(rows, 0, out_hash, DIGEST_BYTES);
    sql_end(rows);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "there is no such lease");
    return found == 1 ? 0 : -1;
}

/* A new link has another end, so that its opening is told again. */
int store_link_opened(struct store *store, int64_t lease_id, int64_t link_until,
                      bool *out_is_first, struct error *err)
{
    if (sql_run(store->sql, err,
                "INSERT INTO lease_notice (lease_id, kind, about) "
                "VALUES ($1, 'link.opened', $2) ON CONFLICT DO NOTHING",
                "ii", lease_id, link_until) != 0)
        return -1;
    *out_is_first = sql_changes(store->sql) == 1;
    return 0;
}

int store_link_opened_at(struct store *store, int64_t lease_id, int64_t *out_at,
                         struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT coalesce(max(a.at), 0) FROM lease l "
                "JOIN lease_notice n ON n.lease_id = l.id AND n.kind = 'link.opened' "
                "AND n.about = l.reveal_until "
                "JOIN audit a ON a.object = 'lease:' || l.id "
                "AND a.action = 'link.opened' WHERE l.id = $1",
                "i", lease_id) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1)
        *out_at = sql_int(rows, 0);
    sql_end(rows);
    return found == 1 ? 0 : -1;
}

int store_lease_count_try(struct store *store, int64_t id, unsigned *out_left,
                          struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "UPDATE lease SET reveal_tries_left = max(reveal_tries_left - 1, 0) "
                "WHERE id = $1 RETURNING reveal_tries_left",
                "i", id) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1)
        *out_left = (unsigned)sql_int(rows, 0);
    sql_end(rows);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "there is no such lease");
    return found == 1 ? 0 : -1;
}

int store_word_add(struct store *store, int64_t lease_id, enum lease_word word,
                   int64_t now, struct error *err)
{
    return sql_run(store->sql, err,
                   "INSERT INTO lease_word (lease_id, at, word) VALUES ($1, $2, $3)",
                   "iit", lease_id, now, lease_word_name(word));
}

static int read_word(struct sql_rows *rows, struct arena *mem, void *element,
                     struct error *err)
{
    struct lease_said *said = element;
    const char *word = sql_text(rows, 0, mem);

    said->at = sql_int(rows, 1);
    return word != NULL && lease_word_from(slice_from(word), &said->word)
               ? 0
               : store_corrupt(err, "what customers said");
}

int store_word_list(struct store *store, struct arena *mem, int64_t lease_id,
                    size_t max, struct lease_said **out, size_t *out_count,
                    struct error *err)
{
    static const struct collecting words = {sizeof(struct lease_said), 0, read_word};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT word, at FROM lease_word WHERE lease_id = $1 "
                "ORDER BY id DESC LIMIT $2",
                "ii", lease_id, (int64_t)max) != 0 ||
        store_collect(rows, mem, &words, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

/* ---- the customer's past ---- */

struct remembering {
    const char *mailbox;
    int64_t except, now;
    struct customer_past past;
};

static int read_cases(struct store *store, struct remembering *r, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT count(*), coalesce(max(id), 0), coalesce(min(created_at), 0) "
                "FROM support_case WHERE mailbox = $1 AND id <> $2",
                "ti", r->mailbox, r->except) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1) {
        r->past.cases = (unsigned)sql_int(rows, 0);
        r->past.newest_case = sql_int(rows, 1);
        r->past.first_case_at = sql_int(rows, 2);
    }
    sql_end(rows);
    return found == 1 ? 0 : -1;
}

enum {
    DAY_S = 86400
};

static int count_leases(struct store *store, struct remembering *r, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT count(*), count(*) FILTER (WHERE created_at >= $3), "
                "count(*) FILTER (WHERE created_at >= $4), "
                "count(*) FILTER (WHERE end_how = $5) "
                "FROM lease WHERE mailbox = $1 AND case_id <> $2 AND is_pending = 0",
                "tiiii", r->mailbox, r->except, r->now - INT64_C(7) * DAY_S,
                r->now - INT64_C(30) * DAY_S, (int64_t)LEASE_END_REVOKED) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1) {
        r->past.leases = (unsigned)sql_int(rows, 0);
        r->past.leases_7d = (unsigned)sql_int(rows, 1);
        r->past.leases_30d = (unsigned)sql_int(rows, 2);
        r->past.revoked = (unsigned)sql_int(rows, 3);
    }
    sql_end(rows);
    return found == 1 ? 0 : -1;
}

static int find_newest_lease(struct store *store, struct remembering *r,
                             struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT case_id, created_at FROM lease WHERE mailbox = $1 "
                "AND case_id <> $2 AND is_pending = 0 ORDER BY id DESC LIMIT 1",
                "ti", r->mailbox, r->except) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1) {
        r->past.newest_lease_case = sql_int(rows, 0);
        r->past.newest_lease_at = sql_int(rows, 1);
    }
    sql_end(rows);
    return found >= 0 ? 0 : -1;
}

static int read_past(struct store *store, void *context, struct error *err)
{
    if (read_cases(store, context, err) != 0 || count_leases(store, context, err) != 0)
        return -1;
    return find_newest_lease(store, context, err);
}

int store_customer_past(struct store *store, const char *mailbox, int64_t except,
                        int64_t now, struct customer_past *out, struct error *err)
{
    struct remembering r = {.mailbox = mailbox, .except = except, .now = now};

    if (store_consistently(store, read_past, &r, err) != 0)
        return -1;
    *out = r.past;
    return 0;
}
