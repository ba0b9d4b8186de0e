/*
 * store_audit.c - the audit log's rows.
 */
#include "base/base.h"

#include "core/webhook.h"
#include "db/store_internal.h"

#define COLUMNS "seq, at, actor, action, object, detail, prev_hash, hash"

static int read_record(struct sql_rows *rows, struct arena *mem, void *element,
                       struct error *err)
{
    struct audit_record *record = element;

    record->seq = sql_int(rows, 0);
    record->at = sql_int(rows, 1);
    record->actor = sql_text(rows, 2, mem);
    record->action = sql_text(rows, 3, mem);
    record->object = sql_text(rows, 4, mem);
    record->detail = sql_text(rows, 5, mem);
    if (!sql_blob(rows, 6, record->prev_hash, DIGEST_BYTES) ||
        !sql_blob(rows, 7, record->hash, DIGEST_BYTES) || record->actor == NULL ||
        record->action == NULL || record->object == NULL || record->detail == NULL)
        return store_corrupt(err, "the audit log");
    return 0;
}

static const struct collecting all_records = {sizeof(struct audit_record), 0,
                                              read_record};

/* In the transaction of the record: what is committed will be told. */
static int tell_webhooks(struct store *store, const struct audit_record *record,
                         struct error *err)
{
    const char *events[WEBHOOK_EVENTS_OF_ONE_MAX];
    size_t count = webhook_events_of(record->action, record->object, record->detail,
                                     events);

    for (size_t i = 0; i < count; i++)
        if (sql_run(store->sql, err,
                    "INSERT INTO webhook_post (webhook_id, seq, event, created_at, "
                    "due_at) SELECT id, $1, $2, $3, $3 FROM webhook WHERE "
                    "disabled_at = 0 AND (events = '' OR "
                    "instr(events, ' ' || $2 || ' ') > 0)",
                    "iti", record->seq, events[i], record->at) != 0)
            return -1;
    return 0;
}

static int append(struct store *store, void *context, struct error *err)
{
    struct audit_record *record = context;
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", "") != 0)
        return -1;
    int found = sql_next(rows, err);
    bool is_whole = true;
    record->seq = 1;
    memset(record->prev_hash, 0, DIGEST_BYTES);
    if (found == 1) {
        record->seq = sql_int(rows, 0) + 1;
        is_whole = sql_blob(rows, 1, record->prev_hash, DIGEST_BYTES);
    }
    sql_end(rows);
    if (found < 0)
        return -1;
    if (!is_whole)
        return store_corrupt(err, "the audit log");
    audit_seal(record);
    if (sql_run(store->sql, err,
                "INSERT INTO audit (" COLUMNS
                ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                "iittttbb", record->seq, record->at, record->actor, record->action,
                record->object, record->detail, hash_slice(record->prev_hash),
                hash_slice(record->hash)) != 0)
        return -1;
    return tell_webhooks(store, record, err);
}

int store_audit(struct store *store, int64_t now, const char *actor, const char *action,
                const char *object, const char *detail, struct error *err)
{
    struct audit_record record = {.at = now,
                                  .actor = actor,
                                  .action = action,
                                  .object = object,
                                  .detail = detail};

    return store_atomically(store, append, &record, err);
}

int store_audit_list(struct store *store, struct arena *mem, int64_t after, size_t max,
                     struct audit_record **out, size_t *out_count, struct error *err)
{
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
                "ii", after, (int64_t)max) != 0 ||
        store_collect(rows, mem, &all_records, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_audit_tail(struct store *store, struct arena *mem, const char *object,
                     size_t max, struct audit_record **out, size_t *out_count,
                     struct error *err)
{
    struct sql_rows *rows;
    void *found;

    /* Two questions, for one with "OR" would look at every record. */
    int asked = object == NULL
                    ? sql_ask(store->sql, &rows, err,
                              "SELECT " COLUMNS
                              " FROM audit ORDER BY seq DESC LIMIT $1",
                              "i", (int64_t)max)
                    : sql_ask(store->sql, &rows, err,
                              "SELECT " COLUMNS " FROM audit WHERE object = $1 "
                              "ORDER BY seq DESC LIMIT $2",
                              "ti", object, (int64_t)max);
    if (asked != 0 ||
        store_collect(rows, mem, &all_records, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_audit_search(struct store *store, struct arena *mem,
                       const struct search *search, struct audit_record **out,
                       size_t *out_count, struct error *err)
{
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM audit WHERE ($1 = 0 OR seq < $1) "
                "AND ($2 IS NULL OR seq = $3 OR lower(object) LIKE $2 ESCAPE '\\' "
                "OR lower(detail) LIKE $2 ESCAPE '\\') "
                "AND ($4 IS NULL OR lower(actor) LIKE $4 ESCAPE '\\') "
                "AND ($5 IS NULL OR action = $5) AND at >= $6 "
                "AND ($7 = 0 OR at < $7) ORDER BY seq DESC LIMIT $8",
                "itittiii", search->before, store_pattern(mem, search->text),
                store_pattern_number(search->text), store_pattern(mem, search->person),
                search->state, search->since, search->until,
                (int64_t)search->max) != 0 ||
        store_collect(rows, mem, &all_records, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_audit_verify(struct store *store, int64_t *out_records, struct error *err)
{
    uint8_t prev_hash[DIGEST_BYTES] = {0};
    struct sql_rows *rows;
    struct arena mem;
    int64_t seq = 0;
    int more;

    arena_init(&mem);
    if (sql_ask(store->sql, &rows, err, "SELECT " COLUMNS " FROM audit ORDER BY seq",
                "") != 0)
        return -1;
    while ((more = sql_next(rows, err)) == 1) {
        struct audit_record record;
        arena_release(&mem);
        if (read_record(rows, &mem, &record, err) != 0) {
            more = -1;
            break;
        }
        if (!audit_follows(&record, seq, prev_hash)) {
            more = error_set(err, ERROR_INTEGRITY,
                             "record %lld of the audit log is not what was written",
                             (long long)seq + 1);
            break;
        }
        seq = record.seq;
        memcpy(prev_hash, record.hash, DIGEST_BYTES);
    }
    sql_end(rows);
    arena_release(&mem);
    if (more == 0)
        *out_records = seq;
    return more;
}
