/*
 * store_delivery.c - what the log said, taken in once, with how far it was read.
 */
#include "base/base.h"

#include "db/store_delivery.h"

#include "db/store_internal.h"

static const char *const gap_names[] = {
    [LOG_GAP_NONE] = "none",       [LOG_GAP_STARTED_LATE] = "started_late",
    [LOG_GAP_MISSING] = "missing", [LOG_GAP_UNREADABLE] = "unreadable",
    [LOG_GAP_LOST] = "lost",       [LOG_GAP_KEPT] = "kept",
};
_Static_assert(ARRAY_LEN(gap_names) == LOG_GAP_COUNT, "a name a gap");

const char *log_gap_name(enum log_gap gap)
{
    return gap_names[gap];
}

/* ---- position -------------------------------------------------------------------------------- */

static int read_position(struct sql_rows *rows, struct arena *mem UNUSED, void *element,
                         struct error *err)
{
    struct log_position *position = element;

    *position = (struct log_position){.inode = sql_int(rows, 0),
                                      .offset = sql_int(rows, 1),
                                      .mark_bytes = sql_int(rows, 2),
                                      .is_inside_line = sql_int(rows, 4) != 0,
                                      .line_at = sql_int(rows, 5),
                                      .complete_until = sql_int(rows, 6),
                                      .lines = sql_int(rows, 7),
                                      .cut_lines = sql_int(rows, 8)};
    if (!sql_blob(rows, 3, position->mark, sizeof position->mark) ||
        position->offset < 0 || position->mark_bytes < 0 ||
        position->mark_bytes > position->offset)
        return store_corrupt(err, "log positions");
    return 0;
}

int store_log_position(struct store *store, struct log_position *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT inode, offset, mark_bytes, mark, is_inside_line, line_at, "
                "complete_until, lines, cut_lines FROM log_position WHERE id = 1",
                "") != 0)
        return -1;
    return store_one(rows, NULL, read_position, out, "position in the log", err);
}

static int move_position(struct store *store, const struct log_batch *batch,
                         struct error *err)
{
    const struct log_position *from = &batch->before;
    const struct log_position *to = &batch->after;

    if (sql_run(store->sql, err,
                "UPDATE log_position SET inode = $3, offset = $4, mark_bytes = $5, "
                "mark = $6, is_inside_line = $7, line_at = $8, complete_until = $9, "
                "lines = $10, cut_lines = $11 "
                "WHERE id = 1 AND inode = $1 AND offset = $2",
                "iiiiibiiiii", from->inode, from->offset, to->inode, to->offset,
                to->mark_bytes, hash_slice(to->mark), (int64_t)to->is_inside_line,
                to->line_at, to->complete_until, to->lines, to->cut_lines) != 0)
        return -1;
    if (sql_changes(store->sql) != 1)
        return error_set(err, ERROR_CONFLICT,
                         "the log was read on by somebody else meanwhile");
    return 0;
}

/* ---- gaps ---------------------------------------------------------------------------------- */

static int change_gaps(struct store *store, const struct log_batch *batch,
                       struct error *err)
{
    /* One at a time: what begins while another goes on is the same silence. */
    if (batch->opens != LOG_GAP_NONE &&
        sql_run(store->sql, err,
                "INSERT INTO log_gap (from_at, until_at, why) SELECT $1, 0, $2 "
                "WHERE NOT EXISTS (SELECT 1 FROM log_gap WHERE until_at = 0)",
                "it", batch->opens_at, log_gap_name(batch->opens)) != 0)
        return -1;
    if (batch->drops_missing &&
        sql_run(store->sql, err,
                "DELETE FROM log_gap WHERE until_at = 0 AND why IN "
                "('missing', 'unreadable')",
                "") != 0)
        return -1;
    if (batch->closes_at != 0 &&
        (sql_run(store->sql, err,
                 "DELETE FROM log_gap WHERE until_at = 0 AND from_at >= $1", "i",
                 batch->closes_at) != 0 ||
         sql_run(store->sql, err, "UPDATE log_gap SET until_at = $1 WHERE until_at = 0",
                 "i", batch->closes_at) != 0))
        return -1;
    return 0;
}

static int read_gap(struct sql_rows *rows, struct arena *mem, void *element,
                    struct error *err)
{
    struct log_gap_row *row = element;
    const char *why = sql_text(rows, 2, mem);

    *row = (struct log_gap_row){.from = sql_int(rows, 0), .until = sql_int(rows, 1)};
    for (int i = 0; why != NULL && i < LOG_GAP_COUNT; i++)
        if (strcmp(why, gap_names[i]) == 0) {
            row->why = (enum log_gap)i;
            return 0;
        }
    return store_corrupt(err, "log gaps");
}

int store_log_gaps(struct store *store, struct arena *mem, size_t max,
                   struct log_gap_row **out, size_t *out_count, struct error *err)
{
    static const struct collecting gaps = {sizeof(struct log_gap_row), 0, read_gap};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT from_at, until_at, why FROM log_gap ORDER BY id DESC LIMIT $1",
                "i", (int64_t)max) != 0 ||
        store_collect(rows, mem, &gaps, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_log_covers(struct store *store, int64_t from, int64_t until, bool *out,
                     struct error *err)
{
    struct sql_rows *rows;

    /* A log of which nothing was read has no gap rows either: inode says so. */
    if (sql_ask(store->sql, &rows, err,
                "SELECT inode <> 0 AND complete_until >= $2 AND NOT EXISTS "
                "(SELECT 1 FROM log_gap WHERE from_at < $2 "
                "AND (until_at = 0 OR until_at > $1)) FROM log_position WHERE id = 1",
                "ii", from, until) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1)
        *out = sql_int(rows, 0) != 0;
    sql_end(rows);
    if (found == 0)
        store_corrupt(err, "log positions");
    return found == 1 ? 0 : -1;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* The message that its queue id means now; *out_id 0 when there is none. With login and what else
 * an attempt repeats. */
struct message {
    int64_t id;
    const char *message_id, *sender, *login;
};

static int find_message(struct store *store, struct arena *mem, const char *queue_id,
                        struct message *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT id, ended_at, message_id, sender, login FROM delivery_message "
                "WHERE queue_id = $1 ORDER BY id DESC LIMIT 1",
                "t", queue_id) != 0)
        return -1;
    int found = sql_next(rows, err);
    *out = (struct message){.id = 0};
    /* What has left the queue does not come back: a new message got the same id. */
    if (found == 1 && sql_int(rows, 1) == 0)
        *out = (struct message){.id = sql_int(rows, 0),
                                .message_id = sql_text(rows, 2, mem),
                                .sender = sql_text(rows, 3, mem),
                                .login = sql_text(rows, 4, mem)};
    sql_end(rows);
    return found < 0 ? -1 : 0;
}

static int add_message(struct store *store, const struct delivery_event *event,
                       const char *login, struct error *err)
{
    const struct delivery *d = &event->attempt;

    return sql_run(store->sql, err,
                   "INSERT INTO delivery_message (queue_id, at, message_id, sender, "
                   "login, bytes, recipients) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   "titttii", d->queue_id, d->at, d->message_id, d->sender, login,
                   event->bytes, event->recipients);
}

static int received(struct store *store, struct arena *mem,
                    const struct delivery_event *event, struct error *err)
{
    struct message origin = {.id = 0};
    const char *login = event->attempt.login;

    /* A content filter hands the message back without its login: it is the same customer's. */
    if (login == NULL && event->origin_queue_id != NULL) {
        struct sql_rows *rows;
        if (sql_ask(store->sql, &rows, err,
                    "SELECT login FROM delivery_message WHERE queue_id = $1 "
                    "ORDER BY id DESC LIMIT 1",
                    "t", event->origin_queue_id) != 0)
            return -1;
        int found = sql_next(rows, err);
        if (found == 1)
            origin.login = sql_text(rows, 0, mem);
        sql_end(rows);
        if (found < 0)
            return -1;
        login = origin.login;
    }
    return add_message(store, event, login, err);
}

static int described(struct store *store, struct arena *mem,
                     const struct delivery_event *event, struct error *err)
{
    const struct delivery *d = &event->attempt;
    struct message message;

    if (find_message(store, mem, d->queue_id, &message, err) != 0)
        return -1;
    if (message.id == 0)
        return add_message(store, event, d->login, err);
    return sql_run(store->sql, err,
                   "UPDATE delivery_message SET message_id = coalesce($2, message_id), "
                   "sender = coalesce($3, sender), login = coalesce($4, login), "
                   "bytes = max($5, bytes), recipients = max($6, recipients) "
                   "WHERE id = $1",
                   "itttii", message.id, d->message_id, d->sender, d->login,
                   event->bytes, event->recipients);
}

static int add_delivery(struct store *store, const struct delivery *d,
                        const struct message *message, struct error *err)
{
    bool is_spam = d->status != DELIVERY_SENT &&
                   standing_is_spam_refusal(slice_from(d->reply));

    return sql_run(
        store->sql, err,
        "INSERT INTO delivery (message, at, queue_id, message_id, sender, login, "
        "recipient, source, source_address, relay, relay_address, code, enhanced_code, "
        "reply, status, is_spam_refusal) VALUES "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        "iitttttttttittti", message->id, d->at, d->queue_id,
        d->message_id != NULL ? d->message_id : message->message_id,
        d->sender != NULL ? d->sender : message->sender,
        d->login != NULL ? d->login : message->login, d->recipient, d->source,
        d->source_address, d->relay, d->relay_address, (int64_t)d->code,
        d->enhanced_code, d->reply, delivery_status_name(d->status), (int64_t)is_spam);
}

static int attempted(struct store *store, struct arena *mem,
                     const struct delivery_event *event, struct error *err)
{
    struct message message;

    if (find_message(store, mem, event->attempt.queue_id, &message, err) != 0)
        return -1;
    if (message.id == 0) { /* it came in while we had no log */
        if (add_message(store, event, event->attempt.login, err) != 0)
            return -1;
        message.id = sql_last_id(store->sql);
    }
    return add_delivery(store, &event->attempt, &message, err);
}

static int notified(struct store *store, struct arena *mem UNUSED,
                    const struct delivery_event *event, struct error *err)
{
    return sql_run(store->sql, err,
                   "UPDATE delivery_message SET notice_id = $2 WHERE id = "
                   "(SELECT max(id) FROM delivery_message WHERE queue_id = $1)",
                   "tt", event->attempt.queue_id, event->attempt.notice_id);
}

static int ended(struct store *store, struct arena *mem UNUSED,
                 const struct delivery_event *event, struct error *err)
{
    return sql_run(store->sql, err,
                   "UPDATE delivery_message SET ended_at = $2 WHERE id = "
                   "(SELECT max(id) FROM delivery_message WHERE queue_id = $1)",
                   "ti", event->attempt.queue_id, event->attempt.at);
}

static int (*const takers[])(struct store *store, struct arena *mem,
                             const struct delivery_event *event, struct error *err) = {
    [DELIVERY_RECEIVED] = received,   [DELIVERY_DESCRIBED] = described,
    [DELIVERY_ATTEMPTED] = attempted, [DELIVERY_NOTIFIED] = notified,
    [DELIVERY_ENDED] = ended,
};
_Static_assert(ARRAY_LEN(takers) == DELIVERY_EVENT_COUNT, "a taker a kind");

static int apply_batch(struct store *store, void *context, struct error *err)
{
    const struct log_batch *batch = context;
    struct arena mem;
    int result = -1;

    arena_init(&mem);
    /* First, so that a conflict writes nothing even inside a larger transaction. */
    if (move_position(store, batch, err) != 0)
        goto out;
    for (size_t i = 0; i < batch->count; i++)
        if (takers[batch->events[i].kind](store, &mem, &batch->events[i], err) != 0)
            goto out;
    result = change_gaps(store, batch, err);
out:
    arena_release(&mem);
    return result;
}

int store_log_apply(struct store *store, const struct log_batch *batch,
                    struct error *err)
{
    struct log_batch copy = *batch;

    return store_atomically(store, apply_batch, &copy, err);
}
