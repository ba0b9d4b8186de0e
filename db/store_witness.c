/*
 * store_witness.c - questions to the log: attempts, counts; and what is too old to answer.
 */
#include "base/base.h"

#include "db/store_delivery.h"
#include "db/store_internal.h"

enum {
    DAY_S = 86400,
    KINDS = 4 /* ways to find a candidate */
};

#define COLUMNS                                                                     \
 "d.id, d.at, d.queue_id, d.message_id, d.sender, d.login, d.recipient, d.source, " \
 "d.source_address, d.relay, d.relay_address, d.code, d.enhanced_code, d.reply, "   \
 "d.status, (SELECT notice_id FROM delivery_message WHERE id = d.message)"

static int read_delivery(struct sql_rows *rows, struct arena *mem, void *element,
                         struct error *err)
{
    struct delivery *row = element;
    const char *status = sql_text(rows, 14, mem);
    int64_t code = sql_int(rows, 11);

    *row = (struct delivery){.id = sql_int(rows, 0),
                             .at = sql_int(rows, 1),
                             .queue_id = sql_text(rows, 2, mem),
                             .message_id = sql_text(rows, 3, mem),
                             .sender = sql_text(rows, 4, mem),
                             .login = sql_text(rows, 5, mem),
                             .recipient = sql_text(rows, 6, mem),
                             .source = sql_text(rows, 7, mem),
                             .source_address = sql_text(rows, 8, mem),
                             .relay = sql_text(rows, 9, mem),
                             .relay_address = sql_text(rows, 10, mem),
                             .code = code >= 0 && code <= 999 ? (unsigned)code : 0,
                             .enhanced_code = sql_text(rows, 12, mem),
                             .reply = sql_text(rows, 13, mem),
                             .notice_id = sql_text(rows, 15, mem)};
    if (status == NULL || !delivery_status_parse(slice_from(status), &row->status) ||
        row->queue_id == NULL || row->recipient == NULL || row->source == NULL ||
        row->reply == NULL)
        return store_corrupt(err, "deliveries");
    return 0;
}

/* One consistent view, whether the caller has one already or not. */
static int in_one_view(struct store *store,
                       int (*act)(struct store *store, void *context,
                                  struct error *err),
                       void *context, struct error *err)
{
    if (sql_in_transaction(store->sql))
        return act(store, context, err);
    return store_snapshot(store, act, context, err);
}

static int collect(struct sql_rows *rows, struct arena *mem, struct delivery **out,
                   size_t *out_count, struct error *err)
{
    static const struct collecting deliveries = {sizeof(struct delivery), 0,
                                                 read_delivery};
    void *found;

    if (store_collect(rows, mem, &deliveries, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

/* NULL for what the evidence does not say: no row has it. */
static const char *plain_or_null(struct arena *mem, const char *text, size_t max,
                                 bool is_lower)
{
    if (text == NULL || text[0] == '\0')
        return NULL;
    struct slice bare = slice_trim(slice_from(text));
    if (bare.len >= 2 && bare.at[0] == '<' && bare.at[bare.len - 1] == '>')
        bare = slice_take(slice_skip(bare, 1), bare.len - 2);
    return is_lower ? delivery_plain_lower(mem, bare, max)
                    : delivery_plain(mem, bare, max);
}

struct looking {
    struct arena *mem;
    const char *queue_id, *message_id, *recipient;
    int64_t from, until, share;
    struct delivery *rows;
    size_t count;
};

static int append(struct looking *l, struct sql_rows *rows, struct error *err)
{
    struct delivery *found;
    size_t count;

    if (collect(rows, l->mem, &found, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count && l->count < DELIVERY_CANDIDATES_MAX; i++) {
        bool is_there = false;
        for (size_t j = 0; j < l->count; j++)
            is_there = is_there || l->rows[j].id == found[i].id;
        if (!is_there)
            l->rows[l->count++] = found[i];
    }
    return 0;
}

/* Each kind has its share, so that many rows of one cannot hide the row of another. With the
 * recipient where the bounce names it: a newsletter's message id has thousands of rows. */
static int look(struct store *store, void *context, struct error *err)
{
    struct looking *l = context;
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM delivery d WHERE d.queue_id = $1 "
                "AND ($2 IS NULL OR d.recipient = $2) ORDER BY d.id DESC LIMIT $3",
                "tti", l->queue_id, l->recipient, l->share) != 0 ||
        append(l, rows, err) != 0)
        return -1;
    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM delivery d WHERE d.queue_id IN "
                "(SELECT queue_id FROM delivery_message WHERE notice_id = $1) "
                "AND ($2 IS NULL OR d.recipient = $2) ORDER BY d.id DESC LIMIT $3",
                "tti", l->queue_id, l->recipient, l->share) != 0 ||
        append(l, rows, err) != 0)
        return -1;
    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM delivery d WHERE d.message_id = $1 "
                "AND d.recipient = $2 ORDER BY d.id DESC LIMIT $3",
                "tti", l->message_id, l->recipient, l->share) != 0 ||
        append(l, rows, err) != 0)
        return -1;
    /* Refused ones only: a busy recipient has hundreds of accepted mails in two hours. */
    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM delivery d WHERE d.recipient = $1 AND "
                "d.at BETWEEN $2 AND $3 AND d.status <> 'sent' "
                "ORDER BY d.at DESC LIMIT $4",
                "tiii", l->recipient, l->from, l->until, l->share) != 0)
        return -1;
    return append(l, rows, err);
}

int store_delivery_candidates(struct store *store, struct arena *mem,
                              const struct evidence *evidence, int64_t now,
                              struct delivery **out, size_t *out_count,
                              struct error *err)
{
    struct looking l = {.mem = mem, .share = DELIVERY_CANDIDATES_MAX / KINDS};

    l.queue_id = plain_or_null(mem, evidence->queue_id, DELIVERY_QUEUE_ID_MAX, false);
    l.message_id = plain_or_null(mem, evidence->message_id, DELIVERY_MESSAGE_ID_MAX,
                                 false);
    l.recipient = plain_or_null(mem, evidence->recipient, DELIVERY_MAILBOX_MAX, true);
    witness_span(evidence, now, &l.from, &l.until);
    l.until += WITNESS_SLACK_S; /* a bounce's clock may be slow */
    l.rows = arena_array(mem, DELIVERY_CANDIDATES_MAX, sizeof *l.rows);
    if (in_one_view(store, look, &l, err) != 0)
        return -1;
    *out = l.rows;
    *out_count = l.count;
    return 0;
}

int store_delivery_of_login(struct store *store, struct arena *mem, const char *login,
                            size_t max, struct delivery **out, size_t *out_count,
                            struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM delivery d WHERE d.login = $1 "
                "ORDER BY d.at DESC, d.id DESC LIMIT $2",
                "ti", login, (int64_t)max) != 0)
        return -1;
    return collect(rows, mem, out, out_count, err);
}

/* ---- standing -------------------------------------------------------------------------------- */

struct counting {
    const char *who;
    int64_t now;
    struct standing_counts counts;
};

#define OF_THEM "(login = $1 OR (sender = $1 AND login IS NULL))"

static int count_messages(struct store *store, struct counting *c, struct error *err)
{
    struct sql_rows *rows;
    int more;

    if (sql_ask(store->sql, &rows, err,
                "SELECT ($2 - at) / 86400 AS day, count(*) FROM delivery_message "
                "WHERE " OF_THEM " AND at > $3 AND at <= $2 GROUP BY day",
                "tii", c->who, c->now,
                c->now - (int64_t)(STANDING_DAYS + 1) * DAY_S) != 0)
        return -1;
    while ((more = sql_next(rows, err)) == 1) {
        int64_t day = sql_int(rows, 0);
        int64_t count = sql_int(rows, 1);
        if (day >= 0 && day <= STANDING_DAYS)
            c->counts.messages[day] = count < UINT32_MAX ? (unsigned)count : UINT32_MAX;
    }
    sql_end(rows);
    return more;
}

static int count_refusals(struct store *store, struct counting *c, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT count(*), coalesce(sum(is_spam_refusal), 0), "
                "coalesce(sum(is_spam_refusal AND at > $2 - 86400), 0) FROM delivery "
                "WHERE " OF_THEM " AND at > $2 - 7 * 86400 AND at <= $2",
                "ti", c->who, c->now) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1) {
        c->counts.attempts_7d = (unsigned)sql_int(rows, 0);
        c->counts.refused_7d = (unsigned)sql_int(rows, 1);
        c->counts.refused_24h = (unsigned)sql_int(rows, 2);
    }
    sql_end(rows);
    return found == 1 ? 0 : -1;
}

static int count_all(struct store *store, void *context, struct error *err)
{
    struct counting *c = context;

    if (count_messages(store, c, err) != 0 || count_refusals(store, c, err) != 0)
        return -1;
    for (int day = 0; day <= STANDING_DAYS; day++) {
        int64_t until = c->now - (int64_t)day * DAY_S;
        /* The end of the log was seen some seconds ago, never just now. */
        if (store_log_covers(store, until - DAY_S, day == 0 ? until - 60 : until,
                             &c->counts.is_covered[day], err) != 0)
            return -1;
    }
    return 0;
}

int store_delivery_counts(struct store *store, const char *who, int64_t now,
                          struct standing_counts *out, struct error *err)
{
    struct counting c = {.now = now};
    struct arena mem;

    arena_init(&mem);
    c.who = delivery_plain_lower(&mem, slice_from(who), DELIVERY_MAILBOX_MAX);
    int result = in_one_view(store, count_all, &c, err);
    arena_release(&mem);
    if (result == 0)
        *out = c.counts;
    return result;
}

/* ---- what is too old --------------------------------------------------------------------------- */

struct pruning {
    int64_t before, max;
    size_t removed;
};

/* Rows stand nearly in the order of time, so the oldest are among the lowest ids; an index on the
 * time alone would cost every insert. */
static int prune(struct store *store, void *context, struct error *err)
{
    struct pruning *p = context;

    p->removed = 0;
    if (sql_run(store->sql, err,
                "DELETE FROM delivery WHERE at < $1 AND id IN "
                "(SELECT id FROM delivery ORDER BY id LIMIT $2)",
                "ii", p->before, p->max) != 0)
        return -1;
    p->removed += (size_t)sql_changes(store->sql);
    if (sql_run(store->sql, err,
                "DELETE FROM delivery_message WHERE at < $1 AND id IN "
                "(SELECT id FROM delivery_message ORDER BY id LIMIT $2)",
                "ii", p->before, p->max) != 0)
        return -1;
    p->removed += (size_t)sql_changes(store->sql);
    if (sql_run(store->sql, err,
                "DELETE FROM log_gap WHERE until_at <> 0 AND until_at < $1 "
                "AND from_at <> 0",
                "i", p->before) != 0)
        return -1;
    return sql_run(store->sql, err,
                   "UPDATE log_gap SET until_at = $1, why = 'kept' "
                   "WHERE from_at = 0 AND until_at <> 0 AND until_at < $1",
                   "i", p->before);
}

int store_delivery_prune(struct store *store, int64_t before, size_t max,
                         size_t *out_removed, struct error *err)
{
    struct pruning p = {.before = before, .max = (int64_t)max};

    if (store_atomically(store, prune, &p, err) != 0)
        return -1;
    *out_removed = p.removed;
    return 0;
}
