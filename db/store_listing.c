/*
 * store_listing.c - what the lists said of our addresses, as stretches of time.
 */
#include "base/base.h"

#include "db/store_internal.h"

#define COLUMNS "address, zone, state, code, why, since, checked_at"
#define SELECTED COLUMNS ", until_at"

static int read_listing(struct sql_rows *rows, struct arena *mem, void *element,
                        struct error *err)
{
    struct listing_row *row = element;
    const char *state = sql_text(rows, 2, mem);

    *row = (struct listing_row){
        .address = sql_text(rows, 0, mem),
        .zone = sql_text(rows, 1, mem),
        .code = sql_text(rows, 3, mem),
        .why = {sql_text(rows, 4, mem)},
        .since = sql_int(rows, 5),
        .checked_at = sql_int(rows, 6),
        .until_at = sql_int(rows, 7),
    };
    for (int i = 0; state != NULL && i < LISTING_STATE_COUNT; i++)
        if (strcmp(state, listing_state_name((enum listing_state)i)) == 0) {
            row->state = (enum listing_state)i;
            return 0;
        }
    return store_corrupt(err, "listings");
}

struct putting {
    const struct listing_row *row;
    struct listing_change change;
};

/* Before the new row is there: what does it change? */
static int compare(struct store *store, struct putting *putting, struct error *err)
{
    const struct listing_row *row = putting->row;
    struct listing_stretch open = {0};

    if (row->state == LISTING_UNKNOWN)
        return 0;
    if (store_listing_stretch(store, row->address, row->zone, &open, err) != 0)
        return -1;
    if (row->state == LISTING_LISTED && open.since == 0)
        putting->change.turn = LISTING_STARTED;
    else if (row->state == LISTING_CLEAR && open.since != 0)
        putting->change = (struct listing_change){.turn = LISTING_ENDED,
                                                  .since = open.since};
    return 0;
}

static int put_row(struct store *store, void *context, struct error *err)
{
    struct putting *putting = context;
    const struct listing_row *row = putting->row;
    const char *state = listing_state_name(row->state);

    if (sql_run(
            store->sql, err,
            "UPDATE listing SET checked_at = $3, code = $5, why = $6 WHERE address = $1 "
            "AND zone = $2 AND until_at = 0 AND state = $4",
            "ttittt", row->address, row->zone, row->checked_at, state, row->code,
            row->why.line) != 0)
        return -1;
    if (sql_changes(store->sql) > 0)
        return 0;
    if (compare(store, putting, err) != 0)
        return -1;
    if (sql_run(store->sql, err,
                "UPDATE listing SET until_at = $3 WHERE address = $1 AND zone = $2 "
                "AND until_at = 0",
                "tti", row->address, row->zone, row->checked_at) != 0)
        return -1;
    return sql_run(store->sql, err,
                   "INSERT INTO listing (" COLUMNS
                   ") VALUES ($1, $2, $3, $4, $5, $6, $6)",
                   "ttttti", row->address, row->zone, state, row->code, row->why.line,
                   row->checked_at);
}

int store_listing_put(struct store *store, const struct listing_row *row,
                      struct listing_change *out, struct error *err)
{
    struct putting putting = {.row = row};

    if (store_atomically(store, put_row, &putting, err) != 0)
        return -1;
    *out = putting.change;
    return 0;
}

static int collect(struct sql_rows *rows, struct arena *mem, struct listing_row **out,
                   size_t *out_count, struct error *err)
{
    static const struct collecting listings = {sizeof(struct listing_row), 0,
                                               read_listing};
    void *found;

    if (store_collect(rows, mem, &listings, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_listing_now(struct store *store, struct arena *mem, const char *address,
                      struct listing_row **out, size_t *out_count, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " SELECTED " FROM listing WHERE until_at = 0 AND "
                "($1 IS NULL OR address = $1) ORDER BY address, zone",
                "t", address) != 0)
        return -1;
    return collect(rows, mem, out, out_count, err);
}

int64_t listing_over_since(const struct listing_row *rows, size_t count,
                           const char *zone, int64_t after)
{
    for (size_t i = 0; zone != NULL && i < count; i++)
        if (strcmp(rows[i].zone, zone) == 0 && rows[i].state == LISTING_CLEAR &&
            rows[i].checked_at > after)
            return rows[i].since;
    return 0;
}

int store_listing_history(struct store *store, struct arena *mem, const char *address,
                          size_t max, struct listing_row **out, size_t *out_count,
                          struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " SELECTED " FROM listing WHERE address = $1 "
                "ORDER BY since DESC, id DESC LIMIT $2",
                "ti", address, (int64_t)max) != 0)
        return -1;
    return collect(rows, mem, out, out_count, err);
}

int store_listing_since(struct store *store, struct arena *mem, const char *address,
                        int64_t since, struct listing_row **out, size_t *out_count,
                        struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(
            store->sql, &rows, err,
            "SELECT " SELECTED " FROM (SELECT id, " SELECTED " FROM listing "
            "WHERE (until_at = 0 OR until_at > $2) AND ($1 IS NULL OR address = $1) "
            "ORDER BY id DESC LIMIT $3) AS newest ORDER BY address, zone, id",
            "tii", address, since, (int64_t)STORE_STRETCHES_MAX) != 0)
        return -1;
    return collect(rows, mem, out, out_count, err);
}

/* ---- stretches ---- */

/* Each "clear" ends the stretch before it: what lies between two of them is one, and without a
 * "listed" it is none. Times of the clock may go backwards, ids do not. */
#define PAST                                                                          \
 "SELECT address, MIN(since) FILTER (WHERE state = 'listed'), "                       \
 "MAX(checked_at) FILTER (WHERE state = 'listed'), "                                  \
 "MAX(since) FILTER (WHERE state = 'clear') AS cleared_at, "                          \
 "address IN (SELECT address FROM pool_address) FROM ("                               \
 "SELECT address, state, since, checked_at, COUNT(*) FILTER (WHERE state = 'clear') " \
 "OVER (PARTITION BY address ORDER BY id "                                            \
 "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS number "                       \
 "FROM listing WHERE zone = $1 AND state <> 'unknown') AS looks "                     \
 "GROUP BY address, number HAVING COUNT(DISTINCT state) = 2 "                         \
 "ORDER BY cleared_at DESC, address"

struct past {
    struct arena *mem;
    const char *zone;
    struct listing_stretch *found;
    size_t max, count;
};

/* Anybody's address may have been asked about (`listing check`). */
static int take_ours(struct sql_rows *rows, const struct shared_range *ranges,
                     size_t ranges_count, struct past *past, struct error *err)
{
    int more = 1;

    while (past->count < past->max && (more = sql_next(rows, err)) == 1) {
        const char *address = sql_text(rows, 0, past->mem);
        if (address == NULL)
            return store_corrupt(err, "listings");
        if (sql_int(rows, 4) == 0 && !shared_ranges_hold(ranges, ranges_count, address))
            continue;
        past->found[past->count++] = (struct listing_stretch){
            .address = address,
            .zone = past->zone,
            .since = sql_int(rows, 1),
            .last_listed_at = sql_int(rows, 2),
            .until_at = sql_int(rows, 3),
        };
    }
    return more < 0 ? -1 : 0;
}

static int read_past(struct store *store, void *context, struct error *err)
{
    struct past *past = context;
    struct shared_range *ranges = NULL;
    struct sql_rows *rows = NULL;
    size_t count = 0;

    if (store_shared_list(store, past->mem, &ranges, &count, err) != 0 ||
        sql_ask(store->sql, &rows, err, PAST, "t", past->zone) != 0)
        return -1;
    int result = take_ours(rows, ranges, count, past, err);
    sql_end(rows);
    return result;
}

int store_listing_past(struct store *store, struct arena *mem, const char *zone,
                       size_t max, struct listing_stretch **out, size_t *out_count,
                       struct error *err)
{
    struct past past = {.mem = mem, .zone = zone, .max = max};

    past.found = arena_array(mem, max + 1, sizeof *past.found);
    if (store_consistently(store, read_past, &past, err) != 0)
        return -1;
    *out = past.found;
    *out_count = past.count;
    return 0;
}

static int read_open(struct sql_rows *rows, struct arena *mem, void *element,
                     struct error *err)
{
    struct listing_stretch *stretch = element;

    *stretch = (struct listing_stretch){.address = sql_text(rows, 0, mem),
                                        .zone = sql_text(rows, 1, mem),
                                        .since = sql_int(rows, 2),
                                        .last_listed_at = sql_int(rows, 3)};
    return stretch->address != NULL && stretch->zone != NULL
               ? 0
               : store_corrupt(err, "listings");
}

int store_listing_open(struct store *store, struct arena *mem,
                       struct listing_stretch **out, size_t *out_count,
                       struct error *err)
{
    static const struct collecting stretches = {sizeof(struct listing_stretch), 0,
                                                read_open};
    struct sql_rows *rows;
    void *found;

    /* What is clear now has no open stretch; that leaves few to look at. */
    if (sql_ask(store->sql, &rows, err,
                "SELECT address, zone, MIN(since), MAX(checked_at) FROM listing AS l "
                "WHERE state = 'listed' AND (address, zone) IN (SELECT address, zone "
                "FROM listing WHERE until_at = 0 AND state <> 'clear') "
                "AND NOT EXISTS (SELECT 1 FROM listing AS c WHERE c.zone = l.zone "
                "AND c.address = l.address AND c.state = 'clear' AND c.id > l.id) "
                "GROUP BY address, zone ORDER BY address, zone",
                "") != 0 ||
        store_collect(rows, mem, &stretches, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

bool listing_stretches_hold(const struct listing_stretch *stretches, size_t count,
                            const char *address)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(stretches[i].address, address) == 0)
            return true;
    return false;
}

int store_listing_stretch(struct store *store, const char *address, const char *zone,
                          struct listing_stretch *out, struct error *err)
{
    struct listing_stretch stretch = {.address = address, .zone = zone};
    struct sql_rows *rows = NULL;

    if (sql_ask(store->sql, &rows, err,
                "SELECT COALESCE(MIN(since), 0), COALESCE(MAX(checked_at), 0) "
                "FROM listing WHERE zone = $1 AND address = $2 AND state = 'listed' "
                "AND id > (SELECT COALESCE(MAX(id), 0) FROM listing WHERE zone = $1 "
                "AND address = $2 AND state = 'clear')",
                "tt", zone, address) != 0)
        return -1;
    int more = sql_next(rows, err);
    if (more == 1) {
        stretch.since = sql_int(rows, 0);
        stretch.last_listed_at = sql_int(rows, 1);
        *out = stretch;
    }
    sql_end(rows);
    return more < 0 ? -1 : 0;
}
