/*
 * store_shared.c - the shared addresses.
 */
#include "base/base.h"

#include "db/store_internal.h"

#include "base/address.h"

static int read_range(struct sql_rows *rows, struct arena *mem, void *element,
                      struct error *err)
{
    struct shared_range *range = element;

    range->id = sql_int(rows, 0);
    range->network = sql_text(rows, 1, mem);
    range->label = sql_text(rows, 2, mem);
    range->created_at = sql_int(rows, 3);
    return range->network == NULL || range->label == NULL
               ? store_corrupt(err, "shared addresses")
               : 0;
}

int store_shared_add(struct store *store, const char *network, const char *label,
                     int64_t now, struct error *err)
{
    if (sql_run(
            store->sql, err,
            "INSERT INTO shared_range (network, label, created_at) VALUES ($1, $2, $3)",
            "tti", network, label, now) == 0)
        return 0;
    return err != NULL && err->kind == ERROR_CONFLICT
               ? error_set(err, ERROR_CONFLICT, "\"%s\" is a shared address already",
                           network)
               : -1;
}

int store_shared_remove(struct store *store, const char *network, struct error *err)
{
    if (sql_run(store->sql, err, "DELETE FROM shared_range WHERE network = $1", "t",
                network) != 0)
        return -1;
    return sql_changes(store->sql) == 1
               ? 0
               : error_set(err, ERROR_NOT_FOUND, "there is no shared address \"%s\"",
                           network);
}

int store_shared_list(struct store *store, struct arena *mem, struct shared_range **out,
                      size_t *out_count, struct error *err)
{
    static const struct collecting ranges = {sizeof(struct shared_range), 0,
                                             read_range};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT id, network, label, created_at FROM shared_range ORDER BY id",
                "") != 0 ||
        store_collect(rows, mem, &ranges, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

bool shared_ranges_hold(const struct shared_range *ranges, size_t count,
                        const char *address)
{
    struct address parsed;
    struct network network;

    if (!address_parse(slice_from(address), &parsed))
        return false;
    for (size_t i = 0; i < count; i++)
        if (network_parse(slice_from(ranges[i].network), &network, NULL) == 0 &&
            network_contains(&network, &parsed))
            return true;
    return false;
}
