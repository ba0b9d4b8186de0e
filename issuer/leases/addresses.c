/*
 * addresses.c - shared and reserved addresses: added, taken away, rested.
 *
 * An address is shared or reserved, never both: a lease through a shared address would be
 * blocked like everything else there, and a bounce about a reserved one would grant a lease.
 */
#include "base/base.h"

#include "issuer/leases/change.h"

#include "base/address.h"
#include "core/mailbox.h"
#include "core/words.h"
#include "issuer/dnsbl/check.h"
#include "issuer/dnsbl/zones.h"

/* ---- shared ---- */

struct sharing {
    struct arena *mem;
    const struct actor *actor;
    int64_t now;
    struct network network;
    char text[ADDRESS_TEXT_MAX + 1]; /* canonical */
    const char *label;
};

static int add_shared(struct store *store, void *context, struct error *err)
{
    const struct sharing *s = context;
    struct pool_address *pool = NULL;
    size_t count = 0;

    if (store_pool_list(store, s->mem, s->now, &pool, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct address address;
        if (pool[i].state != POOL_RETIRED &&
            address_parse(slice_from(pool[i].address), &address) &&
            network_contains(&s->network, &address))
            return error_set(
                err, ERROR_CONFLICT,
                "%s holds the reserved address %s: an address is shared or "
                "reserved, not both",
                s->text, pool[i].address);
    }
    if (store_shared_add(store, s->text, s->label, s->now, err) != 0)
        return -1;
    return store_audit(store, s->now, s->actor->name, "shared.add",
                       arena_printf(s->mem, "shared:%s", s->text),
                       arena_printf(s->mem, "label=%s", s->label), err);
}

static int remove_shared(struct store *store, void *context, struct error *err)
{
    const struct sharing *s = context;

    if (store_shared_remove(store, s->text, err) != 0)
        return -1;
    return store_audit(store, s->now, s->actor->name, "shared.remove",
                       arena_printf(s->mem, "shared:%s", s->text), "", err);
}

static int change_shared(struct app *app, const struct actor *actor,
                         const char *network, const char *label,
                         int (*act)(struct store *store, void *context,
                                    struct error *err),
                         struct error *err)
{
    struct sharing s = {.actor = actor, .now = app_now(app), .label = label};
    struct arena mem;

    if (app_allow(actor, ACT_CHANGE_POOL, err) != 0 ||
        network_parse(slice_from(network), &s.network, err) != 0)
        return -1;
    network_format(&s.network, s.text);
    arena_init(&mem);
    s.mem = &mem;
    int result = app_write(app, act, &s, err);
    arena_release(&mem);
    return result;
}

int shared_add(struct app *app, const struct actor *actor, const char *network,
               const char *label, struct error *err)
{
    if (words_check("label", label, LABEL_MAX, err) != 0)
        return -1;
    return change_shared(app, actor, network, label != NULL ? label : "", add_shared,
                         err);
}

int shared_remove(struct app *app, const struct actor *actor, const char *network,
                  struct error *err)
{
    return change_shared(app, actor, network, "", remove_shared, err);
}

/* ---- the pool ---- */

struct adding {
    struct arena *mem;
    const struct actor *actor;
    int64_t now;
    struct address parsed;
    struct pool_address row;
};

static int add_pool(struct store *store, void *context, struct error *err)
{
    const struct adding *a = context;
    struct shared_range *shared = NULL;
    size_t count = 0;

    if (store_shared_list(store, a->mem, &shared, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct network network;
        if (network_parse(slice_from(shared[i].network), &network, NULL) == 0 &&
            network_contains(&network, &a->parsed))
            return error_set(
                err, ERROR_CONFLICT,
                "%s is one of the shared addresses (%s): an address is shared "
                "or reserved, not both",
                a->row.address, shared[i].network);
    }
    if (store_pool_add(store, &a->row, a->now, err) != 0)
        return -1;
    return store_audit(store, a->now, a->actor->name, "pool.add",
                       arena_printf(a->mem, "pool:%s", a->row.address),
                       arena_printf(a->mem, "lane=%s helo=%s capacity=%u", a->row.lane,
                                    a->row.helo, a->row.capacity),
                       err);
}

int pool_add(struct app *app, struct arena *mem, const struct actor *actor,
             const struct pool_address *address, struct error *err)
{
    struct adding a = {
        .mem = mem, .actor = actor, .now = app_now(app), .row = *address};
    char canonical[ADDRESS_TEXT_MAX + 1];
    char helo[DOMAIN_MAX + 1];

    if (app_allow(actor, ACT_CHANGE_POOL, err) != 0)
        return -1;
    if (!address_parse(slice_from(address->address), &a.parsed))
        return error_set(err, ERROR_INVALID, "\"%.60s\" is not an address",
                         address->address != NULL ? address->address : "");
    if (!lane_is_valid(slice_from(address->lane)))
        return error_set(
            err, ERROR_INVALID,
            "\"%.60s\" is not a lane: letters, digits, '-' and '_', a letter "
            "first, at most %d",
            address->lane != NULL ? address->lane : "", (int)LANE_MAX);
    if (!domain_parse(slice_from(address->helo), helo))
        return error_set(err, ERROR_INVALID, "\"%.100s\" is not a host name",
                         address->helo != NULL ? address->helo : "");
    if (address->capacity < 1 || address->capacity > POOL_CAPACITY_MAX)
        return error_set(err, ERROR_INVALID, "the capacity must be 1 to %d leases",
                         (int)POOL_CAPACITY_MAX);
    address_format(&a.parsed, canonical);
    a.row.address = canonical;
    a.row.helo = helo;
    a.row.state = POOL_ACTIVE;
    return app_write(app, add_pool, &a, err);
}

struct resting {
    struct app *app;
    struct arena *mem;
    const struct actor *actor;
    int64_t now;
    char address[ADDRESS_TEXT_MAX + 1]; /* canonical */
    enum pool_state state;
    const char *reason;
    struct dnsbl_check *asked; /* every active address on every zone */
    size_t asked_count;
    struct pool_moves moves;
};

static bool moves_leases(enum pool_state state)
{
    return state == POOL_RESTING || state == POOL_RETIRED;
}

/* Ask about the addresses that leases could move to. */
static int ask_targets(struct resting *r, struct error *err)
{
    const struct zone *zones[CONFIG_LIST_MAX];
    size_t zones_count = zones_used(app_zones(r->app), zones);
    struct store *store = NULL;
    struct pool_address *pool = NULL;
    size_t count = 0;

    if (app_take_reader(r->app, &store, err) != 0)
        return -1;
    int result = store_pool_list(store, r->mem, r->now, &pool, &count, err);
    app_give_back(r->app, store);
    if (result != 0)
        return -1;
    r->asked = arena_array(r->mem, count * zones_count, sizeof *r->asked);
    for (size_t i = 0; i < count; i++) {
        struct address address;
        if (pool[i].state != POOL_ACTIVE || strcmp(pool[i].address, r->address) == 0 ||
            !address_parse(slice_from(pool[i].address), &address))
            continue;
        for (size_t j = 0; j < zones_count; j++)
            r->asked[r->asked_count++] = (struct dnsbl_check){.zone = zones[j],
                                                              .address = address};
    }
    dnsbl_check_all(app_resolver(r->app), r->asked, r->asked_count,
                    app_config(r->app)->dns.timeout_s * 1000, r->now);
    return 0;
}

/* Did this zone say anything about anybody in the round? One that did not is down, or does not
 * answer us; it tells nothing about a single address. */
static bool zone_answered(const struct resting *r, const struct zone *zone)
{
    for (size_t i = 0; i < r->asked_count; i++)
        if (r->asked[i].zone == zone && r->asked[i].listing.state != LISTING_UNKNOWN)
            return true;
    return false;
}

/* Clear on every list that answered, and on one at least. */
static bool is_clear(const struct resting *r, const char *text)
{
    struct address address;
    bool is_known = false;

    if (!address_parse(slice_from(text), &address))
        return false;
    for (size_t i = 0; i < r->asked_count; i++) {
        if (!address_equal(&address, &r->asked[i].address) ||
            !zone_answered(r, r->asked[i].zone))
            continue;
        if (r->asked[i].listing.state != LISTING_CLEAR)
            return false;
        is_known = true;
    }
    return is_known;
}

/* All leases of one address move together, to one address with room for them all. */
static int move_leases(struct store *store, struct resting *r,
                       const struct pool_address *from, struct error *err)
{
    struct pool_address *pool = NULL;
    size_t count = 0;

    r->moves = (struct pool_moves){.waiting = from->live_leases};
    if (from->live_leases == 0)
        return 0;
    if (store_pool_list(store, r->mem, r->now, &pool, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        unsigned room = pool[i].capacity > pool[i].live_leases
                            ? pool[i].capacity - pool[i].live_leases
                            : 0;
        pool[i].is_clear = pool[i].id != from->id && room >= from->live_leases &&
                           is_clear(r, pool[i].address);
    }
    const struct pool_address *to = pool_choose(pool, count);
    if (to == NULL)
        return 0;
    if (store_pool_move_leases(store, from->id, to->id, r->now, &r->moves.moved, err) !=
        0)
        return -1;
    r->moves.waiting -= r->moves.moved < r->moves.waiting ? r->moves.moved
                                                          : r->moves.waiting;
    return store_audit(
        store, r->now, r->actor->name, "pool.move",
        arena_printf(r->mem, "pool:%s", to->address),
        arena_printf(r->mem, "from=%s moved=%u", from->address, r->moves.moved), err);
}

static const char *action_of(enum pool_state state)
{
    static const char *const actions[] = {
        [POOL_ACTIVE] = "pool.activate",
        [POOL_DRAINING] = "pool.drain",
        [POOL_RESTING] = "pool.rest",
        [POOL_RETIRED] = "pool.retire",
    };
    _Static_assert(ARRAY_LEN(actions) == POOL_STATE_COUNT, "an action each");

    return actions[state];
}

static int set_state(struct store *store, void *context, struct error *err)
{
    struct resting *r = context;
    struct pool_address from;

    if (store_pool_find(store, r->mem, r->address, r->now, &from, err) != 0)
        return -1;
    if (from.state == POOL_RETIRED && r->state != POOL_RETIRED)
        return error_set(err, ERROR_REFUSED, "%s is retired, for good", r->address);
    if (store_pool_set_state(store, from.id, r->state, err) != 0)
        return -1;
    if (moves_leases(r->state) && move_leases(store, r, &from, err) != 0)
        return -1;
    return store_audit(store, r->now, r->actor->name, action_of(r->state),
                       arena_printf(r->mem, "pool:%s", r->address),
                       arena_printf(r->mem, "was=%s moved=%u waiting=%u%s%s",
                                    pool_state_name(from.state), r->moves.moved,
                                    r->moves.waiting,
                                    r->reason != NULL ? " reason=" : "",
                                    r->reason != NULL ? r->reason : ""),
                       err);
}

int pool_set_state(struct app *app, struct arena *mem, const struct actor *actor,
                   const struct pool_change *change, struct pool_moves *out,
                   struct error *err)
{
    struct resting r = {.app = app,
                        .mem = mem,
                        .actor = actor,
                        .now = app_now(app),
                        .state = change->state,
                        .reason = change->reason};
    struct address parsed;

    if (app_allow(actor, ACT_CHANGE_POOL, err) != 0 ||
        words_check("reason", change->reason, REASON_MAX, err) != 0)
        return -1;
    if (!address_parse(slice_from(change->address), &parsed))
        return error_set(err, ERROR_INVALID, "\"%.60s\" is not an address",
                         change->address);
    address_format(&parsed, r.address);
    if (moves_leases(r.state) && ask_targets(&r, err) != 0)
        return -1;
    if (app_write(app, set_state, &r, err) != 0)
        return -1;
    *out = r.moves;
    return 0;
}
