/*
 * store_approval.c - requests for a second person, and the answers.
 */
#include "base/base.h"

#include "db/store_internal.h"

/* In the order of read_approval. */
#define FROM_APPROVAL                                                                \
 "SELECT a.id, a.lease_id, l.case_id, a.doubts, a.for_s, a.asked_by, a.decided_by, " \
 "a.reason, a.asked_at, a.until_at, a.decided_at, a.answer, l.mailbox "              \
 "FROM approval a JOIN lease l ON l.id = a.lease_id "

static int read_approval(struct sql_rows *rows, struct arena *mem, void *element,
                         struct error *err)
{
    struct approval *row = element;

    *row = (struct approval){
        .id = sql_int(rows, 0),
        .lease_id = sql_int(rows, 1),
        .case_id = sql_int(rows, 2),
        .for_s = sql_int(rows, 4),
        .asked_by = sql_text(rows, 5, mem),
        .decided_by = sql_text(rows, 6, mem),
        .reason = sql_text(rows, 7, mem),
        .asked_at = sql_int(rows, 8),
        .until_at = sql_int(rows, 9),
        .decided_at = sql_int(rows, 10),
        .mailbox = sql_text(rows, 12, mem),
    };
    if (!doubts_parse(slice_from(sql_text(rows, 3, mem)), &row->doubts) ||
        !approval_answer_parse(slice_from(sql_text(rows, 11, mem)), &row->answer))
        return store_corrupt(err, "approvals");
    return 0;
}

int store_approval_add(struct store *store, const struct approval *row, int64_t *out_id,
                       struct error *err)
{
    char text[DOUBTS_TEXT_MAX + 1];

    doubts_format(row->doubts, text);
    if (sql_run(store->sql, err,
                "INSERT INTO approval (lease_id, doubts, for_s, asked_by, asked_at, "
                "until_at) VALUES ($1, $2, $3, $4, $5, $6)",
                "ititii", row->lease_id, text, row->for_s, row->asked_by, row->asked_at,
                row->until_at) != 0)
        return -1;
    *out_id = sql_last_id(store->sql);
    return 0;
}

int store_approval_find(struct store *store, struct arena *mem, int64_t id,
                        struct approval *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, FROM_APPROVAL "WHERE a.id = $1", "i", id) != 0)
        return -1;
    return store_one(rows, mem, read_approval, out, "such request", err);
}

int store_approval_of_lease(struct store *store, struct arena *mem, int64_t lease_id,
                            struct approval *out, struct error *err)
{
    struct error why = {0};
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, FROM_APPROVAL "WHERE a.lease_id = $1", "i",
                lease_id) != 0)
        return -1;
    if (store_one(rows, mem, read_approval, out, "such request", &why) == 0)
        return 0;
    if (why.kind != ERROR_NOT_FOUND) {
        *err = why;
        return -1;
    }
    *out = (struct approval){0};
    return 0;
}

int store_approval_open(struct store *store, struct arena *mem, int64_t now,
                        struct approval **out, size_t *out_count, struct error *err)
{
    static const struct collecting approvals = {sizeof(struct approval), 0,
                                                read_approval};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                FROM_APPROVAL
                "WHERE a.answer = 'none' AND a.until_at > $1 AND l.end_how = 0 "
                "ORDER BY a.id LIMIT $2",
                "ii", now, (int64_t)STORE_APPROVALS_MAX) != 0 ||
        store_collect(rows, mem, &approvals, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_approval_answer(struct store *store, int64_t id, enum approval_answer answer,
                          const char *by, const char *reason, int64_t now,
                          struct error *err)
{
    if (sql_run(store->sql, err,
                "UPDATE approval SET answer = $2, decided_by = $3, reason = $4, "
                "decided_at = $5 WHERE id = $1 AND answer = 'none'",
                "ittti", id, approval_answer_name(answer), by, reason, now) != 0)
        return -1;
    if (sql_changes(store->sql) != 1)
        return error_set(err, ERROR_CONFLICT, "this request was answered already");
    return 0;
}
