/*
 * store_listing.c - what the lists said of our addresses, as stretches of time.
 */
#include "base/base.h"

#include "db/store_internal.h"

#define COLUMNS "address, zone, state, code, why, since, checked_at"

static int read_listing(struct sql_rows *rows, struct arena *mem, void *element,
                        struct error *err)
{
    struct listing_row *row = element;
    const char *state = sql_text(rows, 2, mem);

    *row = (struct listing_row){
        .address = sql_text(rows, 0, mem),
        .zone = sql_text(rows, 1, mem),
        .code = sql_text(rows, 3, mem),
        .why = sql_text(rows, 4, mem),
        .since = sql_int(rows, 5),
        .checked_at = sql_int(rows, 6),
    };
    for (int i = 0; state != NULL && i < LISTING_STATE_COUNT; i++)
        if (strcmp(state, listing_state_name((enum listing_state)i)) == 0) {
            row->state = (enum listing_state)i;
            return 0;
        }
    return store_corrupt(err, "listings");
}

static int put_row(struct store *store, void *context, struct error *err)
{
    const struct listing_row *row = context;
    const char *state = listing_state_name(row->state);

    if (sql_run(
            store->sql, err,
            "UPDATE listing SET checked_at = $3, code = $5, why = $6 WHERE address = $1 "
            "AND zone = $2 AND until_at = 0 AND state = $4",
            "ttittt", row->address, row->zone, row->checked_at, state, row->code,
            row->why) != 0)
        return -1;
    if (sql_changes(store->sql) > 0)
        return 0;
    if (sql_run(store->sql, err,
                "UPDATE listing SET until_at = $3 WHERE address = $1 AND zone = $2 "
                "AND until_at = 0",
                "tti", row->address, row->zone, row->checked_at) != 0)
        return -1;
    return sql_run(
        store->sql, err,
        "INSERT INTO listing (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $6)",
        "ttttti", row->address, row->zone, state, row->code, row->why, row->checked_at);
}

int store_listing_put(struct store *store, const struct listing_row *row,
                      struct error *err)
{
    struct listing_row copy = *row;

    return store_atomically(store, put_row, &copy, err);
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
                "SELECT " COLUMNS " FROM listing WHERE until_at = 0 AND "
                "($1 IS NULL OR address = $1) ORDER BY address, zone",
                "t", address) != 0)
        return -1;
    return collect(rows, mem, out, out_count, err);
}

int store_listing_history(struct store *store, struct arena *mem, const char *address,
                          size_t max, struct listing_row **out, size_t *out_count,
                          struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM listing WHERE address = $1 "
                "ORDER BY since DESC, id DESC LIMIT $2",
                "ti", address, (int64_t)max) != 0)
        return -1;
    return collect(rows, mem, out, out_count, err);
}
