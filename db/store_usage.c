/*
 * store_usage.c - authd's journal, taken in once, record by record.
 */
#include "base/base.h"

#include "db/store_internal.h"

static int read_usage(struct sql_rows *rows, struct arena *mem, void *element,
                      struct error *err)
{
    struct usage_row *row = element;

    row->at = sql_int(rows, 0);
    row->kind = sql_text(rows, 1, mem);
    row->detail = sql_text(rows, 2, mem);
    row->client = sql_text(rows, 3, mem);
    row->program = sql_text(rows, 4, mem);
    row->recipients = (unsigned)sql_int(rows, 5);
    return row->kind == NULL ? store_corrupt(err, "usage") : 0;
}

int store_usage_list(struct store *store, struct arena *mem, int64_t lease_id,
                     size_t max, struct usage_row **out, size_t *out_count,
                     struct error *err)
{
    static const struct collecting usage = {sizeof(struct usage_row), 0, read_usage};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT at, kind, detail, client, program, recipients FROM usage_event "
                "WHERE lease_id = $1 ORDER BY seq DESC LIMIT $2",
                "ii", lease_id, (int64_t)max) != 0 ||
        store_collect(rows, mem, &usage, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_usage_position(struct store *store, int64_t *out_seq, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, "SELECT seq FROM journal_position WHERE id = 1",
                "") != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1)
        *out_seq = sql_int(rows, 0);
    sql_end(rows);
    if (found == 0)
        store_corrupt(err, "journal positions");
    return found == 1 ? 0 : -1;
}

struct applying {
    const struct usage_record *records;
    size_t count;
};

/* What each kind of record changes in its lease; $1 is the username, $2 the time, $3 the
 * recipients. Each names all three. */
static const struct {
    const char *kind, *statement;
} effects[] = {
    {"login",
     "UPDATE lease SET first_login_at = CASE first_login_at WHEN 0 THEN $2 "
     "ELSE min(first_login_at, $2) END, last_login_at = max(last_login_at, $2) "
     "WHERE username = $1 AND $3 >= 0"                                              },
    {"message",
     "UPDATE lease SET messages_used = messages_used + 1, recipients_used = recipients_used + $3, "
     "last_message_at = max(last_message_at, $2) WHERE username = $1"               },
    {"refused_login",
     "UPDATE lease SET refusals = refusals + 1 WHERE username = $1 AND $2 + $3 >= 0"},
    {"refused_message",
     "UPDATE lease SET refusals = refusals + 1 WHERE username = $1 AND $2 + $3 >= 0"},
};

/* Moments of a lease that an audit record tells; $1 is the username. Each is true after one record
 * only: the first login when it is counted, nine tenths of the messages when they are reached. */
static const struct {
    const char *kind, *question, *action;
} moments[] = {
    {"login",
     "SELECT id FROM lease WHERE username = $1 AND NOT EXISTS (SELECT 1 FROM "
     "usage_event WHERE lease_id = lease.id AND kind = 'login')", "lease.first_login"},
    {"message",
     "SELECT id FROM lease WHERE username = $1 AND messages_used + 1 = "
     "(messages_max * 9 + 9) / 10",                               "lease.cap_near"   },
};

/* Before the record is applied. *out 0: it is no such moment. */
static int find_moment(struct store *store, const char *question,
                       const struct usage_record *record, int64_t *out,
                       struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, question, "t", record->username) != 0)
        return -1;
    return store_number(rows, out, err);
}

static int tell_moments(struct store *store, const struct usage_record *record,
                        struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        char object[40];
        int64_t lease_id;
        if (strcmp(record->kind, moments[i].kind) != 0)
            continue;
        if (find_moment(store, moments[i].question, record, &lease_id, err) != 0)
            return -1;
        if (lease_id == 0)
            continue;
        (void)snprintf(object, sizeof object, "lease:%lld", (long long)lease_id);
        if (store_audit(store, record->at, "system", moments[i].action, object, "",
                        err) != 0)
            return -1;
    }
    return 0;
}

static int apply_one(struct store *store, const struct usage_record *record,
                     struct error *err)
{
    if (tell_moments(store, record, err) != 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(effects); i++) {
        if (strcmp(record->kind, effects[i].kind) != 0)
            continue;
        if (sql_run(store->sql, err, effects[i].statement, "tii", record->username,
                    record->at, (int64_t)record->recipients) != 0)
            return -1;
        return sql_run(
            store->sql, err,
            "INSERT INTO usage_event (seq, lease_id, at, kind, detail, client, program, "
            "recipients) SELECT $1, id, $2, $3, $4, $5, $6, $7 FROM lease "
            "WHERE username = $8",
            "iittttit", record->seq, record->at, record->kind, record->detail,
            record->client, record->program, (int64_t)record->recipients,
            record->username);
    }
    /* A kind of a newer authd: counted as taken in, nothing to do. */
    return 0;
}

static int apply_all(struct store *store, void *context, struct error *err)
{
    const struct applying *applying = context;
    int64_t position;

    if (store_usage_position(store, &position, err) != 0)
        return -1;
    for (size_t i = 0; i < applying->count; i++) {
        const struct usage_record *record = &applying->records[i];
        if (record->seq <= position)
            continue;
        if (apply_one(store, record, err) != 0)
            return -1;
        position = record->seq;
    }
    return sql_run(store->sql, err, "UPDATE journal_position SET seq = $1 WHERE id = 1",
                   "i", position);
}

int store_usage_apply(struct store *store, const struct usage_record *records,
                      size_t count, struct error *err)
{
    struct applying applying = {records, count};

    return store_atomically(store, apply_all, &applying, err);
}
