/*
 * round.c - ask the list about the blocked address and about the pool, all at once.
 */
#include "base/base.h"

#include "issuer/leases/round.h"

#include "issuer/dnsbl/zones.h"

/* Does the case allow a lease, and is there something to ask? */
static int check_case(struct round *r, struct error *err)
{
    const struct diagnosis_row *verdict = diagnosis_row(r->row->verdict);
    const char *address = r->row->evidence.blocked_ip;
    long long id = (long long)r->row->id;

    if (!verdict->may_lease)
        return error_set(err, ERROR_REFUSED,
                         "case %lld gives no reason for a lease: %s", id,
                         app_say(r->app, r->mem, verdict->headline));
    if (address == NULL || !address_parse(slice_from(address), &r->blocked))
        return error_set(err, ERROR_INTEGRITY, "case %lld has no readable address", id);
    if (r->row->verdict == DIAGNOSIS_PRIVATE_PROVEN)
        return 0;
    r->zone = zones_find(app_zones(r->app), r->row->zone);
    if (r->zone == NULL || !r->zone->may_grant ||
        !zone_is_used(app_zones(r->app), r->zone))
        return error_set(err, ERROR_REFUSED,
                         "case %lld gives no reason for a lease: its list is not among "
                         "those that do",
                         id);
    return 0;
}

static void ask(struct round *r, const struct pool_address *pool, size_t pool_count)
{
    r->asked = arena_array(r->mem, 1 + pool_count, sizeof *r->asked);
    r->asked[r->asked_count++] = (struct dnsbl_check){.zone = r->zone,
                                                      .address = r->blocked};
    for (size_t i = 0; i < pool_count; i++) {
        struct dnsbl_check *check = &r->asked[r->asked_count];
        if (pool[i].state != POOL_ACTIVE ||
            !address_parse(slice_from(pool[i].address), &check->address))
            continue;
        check->zone = r->zone;
        r->asked_count++;
    }
    dnsbl_check_all(app_resolver(r->app), r->asked, r->asked_count,
                    app_config(r->app)->dns.timeout_s * 1000, r->now);
}

/* Unknown is never listed. */
static int check_listed(const struct round *r, struct error *err)
{
    const struct listing *listing = &r->asked[0].listing;

    switch (listing->state) {
    case LISTING_LISTED:
        if (listing->may_grant)
            return 0;
        return error_set(err, ERROR_REFUSED,
                         "%s is listed on %s with %s, which is no ground for a lease",
                         r->row->address, r->zone->name, listing->code);
    case LISTING_CLEAR:
        return error_set(
            err, ERROR_REFUSED,
            "%s is not listed on %s any more: ask the customer to send again",
            r->row->address, r->zone->name);
    case LISTING_UNKNOWN:
    case LISTING_STATE_COUNT: break;
    }
    return error_set(err, ERROR_UNAVAILABLE, "could not ask %s about %s: %.100s",
                     r->zone->name, r->row->address,
                     app_say(r->app, r->mem, listing_why(listing)));
}

int round_ask(struct app *app, struct arena *mem, const struct case_row *row,
              const struct pool_address *pool, size_t pool_count, struct round *out,
              struct error *err)
{
    struct round r = {.app = app, .mem = mem, .now = app_now(app), .row = row};

    if (check_case(&r, err) != 0)
        return -1;
    if (r.zone != NULL) {
        ask(&r, pool, pool_count);
        if (check_listed(&r, err) != 0)
            return -1;
    }
    *out = r;
    return 0;
}

int round_check_shared(struct store *store, const struct round *round,
                       struct error *err)
{
    struct shared_range *shared = NULL;
    size_t count = 0;

    if (store_shared_list(store, round->mem, &shared, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct network network;
        if (network_parse(slice_from(shared[i].network), &network, NULL) == 0 &&
            network_contains(&network, &round->blocked))
            return 0;
    }
    return error_set(err, ERROR_REFUSED, "%s is not one of our shared addresses",
                     round->row->evidence.blocked_ip);
}

/* What the round said about a pool address; an address that was not asked is unknown. */
static enum listing_state state_of(const struct round *r, const char *text)
{
    struct address address;

    if (r->zone == NULL)
        return LISTING_CLEAR; /* a private list: nobody can say more */
    if (!address_parse(slice_from(text), &address))
        return LISTING_UNKNOWN;
    for (size_t i = 1; i < r->asked_count; i++)
        if (address_equal(&address, &r->asked[i].address))
            return r->asked[i].listing.state;
    return LISTING_UNKNOWN;
}

static int refuse_choice(const struct round *r, size_t active, size_t unknown,
                         struct error *err)
{
    const char *list = r->zone != NULL ? r->zone->name : "the list";

    if (unknown > 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "could not ask %s about %zu of %zu reserved addresses", list,
                         unknown, active);
    return error_set(
        err, ERROR_EXHAUSTED,
        "no reserved address is free: none of %zu active ones is clear on %s "
        "and has room",
        active, list);
}

int round_choose(struct store *store, const struct round *round, int64_t held_id,
                 int64_t *out_id, struct error *err)
{
    struct pool_address *pool = NULL;
    size_t count = 0;
    size_t unknown = 0;
    size_t active = 0;

    if (store_pool_list(store, round->mem, round->now, &pool, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        enum listing_state state = state_of(round, pool[i].address);
        pool[i].is_clear = state == LISTING_CLEAR;
        active += pool[i].state == POOL_ACTIVE;
        unknown += pool[i].state == POOL_ACTIVE && state == LISTING_UNKNOWN;
        if (pool[i].id == held_id && pool[i].live_leases > 0)
            pool[i].live_leases--;
    }
    const struct pool_address *chosen = pool_choose(pool, count);
    if (chosen == NULL)
        return refuse_choice(round, active, unknown, err);
    *out_id = chosen->id;
    return 0;
}
