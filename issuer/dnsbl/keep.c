/*
 * keep.c - answers into the store, turns of them into the audit log.
 */
#include "base/base.h"

#include "issuer/dnsbl/keep.h"

#include "base/timetext.h"

/* Whose addresses are ours; read when the first listing turns. */
struct ours {
    struct arena mem;
    struct pool_address *pool;
    size_t pool_count;
    struct shared_range *shared;
    size_t shared_count;
    bool is_known;
};

static int know(struct ours *ours, struct store *store, int64_t now, struct error *err)
{
    if (ours->is_known)
        return 0;
    if (store_pool_list(store, &ours->mem, now, &ours->pool, &ours->pool_count, err) !=
            0 ||
        store_shared_list(store, &ours->mem, &ours->shared, &ours->shared_count, err) !=
            0)
        return -1;
    ours->is_known = true;
    return 0;
}

/* "pool:203.0.113.9", "shared:192.0.2.14", or NULL. */
static const char *object_of(struct ours *ours, const char *address)
{
    for (size_t i = 0; i < ours->pool_count; i++)
        if (ours->pool[i].state != POOL_RETIRED &&
            strcmp(ours->pool[i].address, address) == 0)
            return arena_printf(&ours->mem, "pool:%s", address);
    if (shared_ranges_hold(ours->shared, ours->shared_count, address))
        return arena_printf(&ours->mem, "shared:%s", address);
    return NULL;
}

static int write_down(struct store *store, struct ours *ours,
                      const struct listing_row *row,
                      const struct listing_change *change, struct error *err)
{
    char since[TIMETEXT_RFC3339_MAX + 1];

    if (know(ours, store, row->checked_at, err) != 0)
        return -1;
    const char *object = object_of(ours, row->address);
    if (object == NULL)
        return 0;
    if (change->turn == LISTING_STARTED)
        return store_audit(
            store, row->checked_at, "system", "listing.started", object,
            arena_printf(&ours->mem, "zone=%s code=%s", row->zone, row->code), err);
    timetext_rfc3339(change->since, since);
    return store_audit(store, row->checked_at, "system", "listing.ended", object,
                       arena_printf(&ours->mem, "zone=%s since=%s", row->zone, since),
                       err);
}

static int keep_one(struct store *store, struct ours *ours,
                    const struct dnsbl_check *check, struct error *err)
{
    char address[ADDRESS_TEXT_MAX + 1];
    struct listing_change change;
    const struct listing_row row = {.address = address,
                                    .zone = check->zone->name,
                                    .state = check->listing.state,
                                    .code = check->listing.code,
                                    .why = {check->listing.why},
                                    .since = check->checked_at,
                                    .checked_at = check->checked_at};

    address_format(&check->address, address);
    if (store_listing_put(store, &row, &change, err) != 0)
        return -1;
    return change.turn == LISTING_GOES_ON ? 0
                                          : write_down(store, ours, &row, &change, err);
}

int dnsbl_keep(struct store *store, const struct dnsbl_check *asked, size_t count,
               struct error *err)
{
    struct ours ours = {0};
    int result = 0;

    arena_init(&ours.mem);
    for (size_t i = 0; i < count && result == 0; i++)
        result = keep_one(store, &ours, &asked[i], err);
    arena_release(&ours.mem);
    return result;
}
