/*
 * store_pool.c - the reserved addresses.
 */
#include "base/base.h"

#include "db/store_internal.h"

#define COLUMNS                                                                    \
 "p.id, p.address, p.lane, p.helo, p.capacity, p.state, p.created_at, "            \
 "(SELECT count(*) FROM lease l WHERE l.pool_address_id = p.id AND l.end_how = 0 " \
 "AND l.expires_at > $1)"

static int read_address(struct sql_rows *rows, struct arena *mem, void *element,
                        struct error *err)
{
    struct pool_address *address = element;
    const char *state = sql_text(rows, 5, mem);

    *address = (struct pool_address){
        .id = sql_int(rows, 0),
        .address = sql_text(rows, 1, mem),
        .lane = sql_text(rows, 2, mem),
        .helo = sql_text(rows, 3, mem),
        .capacity = (unsigned)sql_int(rows, 4),
        .created_at = sql_int(rows, 6),
        .live_leases = (unsigned)sql_int(rows, 7),
    };
    return pool_state_parse(slice_from(state), &address->state)
               ? 0
               : store_corrupt(err, "the pool");
}

int store_pool_list(struct store *store, struct arena *mem, int64_t now,
                    struct pool_address **out, size_t *out_count, struct error *err)
{
    static const struct collecting addresses = {sizeof(struct pool_address), 0,
                                                read_address};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM pool_address p ORDER BY p.id", "i",
                now) != 0 ||
        store_collect(rows, mem, &addresses, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_pool_add(struct store *store, const struct pool_address *address, int64_t now,
                   struct error *err)
{
    /* Exim finds a lane's address by name in any case, so that two lanes must differ in more. */
    int result = sql_run(
        store->sql, err,
        "INSERT INTO pool_address (address, lane, helo, capacity, state, created_at) "
        "SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS "
        "(SELECT 1 FROM pool_address WHERE lower(lane) = lower($2))",
        "tttiti", address->address, address->lane, address->helo,
        (int64_t)address->capacity, pool_state_name(address->state), now);
    if (result == 0 && sql_changes(store->sql) == 1)
        return 0;
    return result == 0 || (err != NULL && err->kind == ERROR_CONFLICT)
               ? error_set(
                     err, ERROR_CONFLICT,
                     "the address \"%s\" or the lane \"%s\" is in the pool already",
                     address->address, address->lane)
               : -1;
}

int store_pool_find(struct store *store, struct arena *mem, const char *address,
                    int64_t now, struct pool_address *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM pool_address p WHERE p.address = $2", "it",
                now, address) != 0)
        return -1;
    return store_one(rows, mem, read_address, out, "such reserved address", err);
}

int store_pool_set_state(struct store *store, int64_t id, enum pool_state state,
                         struct error *err)
{
    if (sql_run(store->sql, err, "UPDATE pool_address SET state = $2 WHERE id = $1",
                "it", id, pool_state_name(state)) != 0)
        return -1;
    return sql_changes(store->sql) == 1
               ? 0
               : error_set(err, ERROR_NOT_FOUND, "there is no such reserved address");
}

int store_pool_move_leases(struct store *store, int64_t from, int64_t to, int64_t now,
                           unsigned *out_moved, struct error *err)
{
    if (sql_run(store->sql, err,
                "UPDATE lease SET pool_address_id = $2 WHERE pool_address_id = $1 "
                "AND end_how = 0 AND expires_at > $3",
                "iii", from, to, now) != 0)
        return -1;
    *out_moved = (unsigned)sql_changes(store->sql);
    return 0;
}
