/*
 * watch.c - which of our addresses is listed where: a slice of the round, asked and kept.
 */
#include "base/base.h"

#include "issuer/dnsbl/keep.h"
#include "issuer/dnsbl/monitor.h"
#include "issuer/dnsbl/zones.h"
#include "issuer/jobs/jobs.h"

/* ---- whom to ask about ---- */

struct gathering {
    struct arena *mem;
    struct address *found;
    size_t count, left_out;
    struct pool_address *pool;
    size_t pool_count;
    struct shared_range *shared;
    size_t shared_count;
    struct listing_row *known; /* what was asked about before */
    size_t known_count;
};

static int load(struct store *store, void *context, struct error *err)
{
    struct gathering *g = context;

    if (store_pool_list(store, g->mem, 0, &g->pool, &g->pool_count, err) != 0 ||
        store_shared_list(store, g->mem, &g->shared, &g->shared_count, err) != 0)
        return -1;
    return store_listing_now(store, g->mem, NULL, &g->known, &g->known_count, err);
}

/* false: there is no room. Addresses that no list can know are passed over, and so are doubles: a
 * reserved address may lie in a shared network. */
static bool add(struct gathering *g, const struct address *address)
{
    if (address_is_special(address))
        return true;
    for (size_t i = 0; i < g->count; i++)
        if (address_equal(&g->found[i], address))
            return true;
    if (g->count == MONITOR_ADDRESSES_MAX)
        return false;
    g->found[g->count++] = *address;
    return true;
}

static bool add_text(struct gathering *g, const char *text)
{
    struct address address;

    return !address_parse(slice_from(text), &address) || add(g, &address);
}

/* Every address of a small network. */
static bool add_each(struct gathering *g, const struct network *network)
{
    unsigned count = 1u << (128 - network->prefix);

    for (unsigned i = 0; i < count; i++) {
        struct address address = network->base;
        address.bytes[15] = (uint8_t)(address.bytes[15] + i);
        if (!add(g, &address))
            return false;
    }
    return true;
}

/* Of a large one those that a bounce or a person named once: most of the others send nothing. */
static void add_known(struct gathering *g, const struct network *network)
{
    for (size_t i = 0; i < g->known_count; i++) {
        struct address address;
        if (address_parse(slice_from(g->known[i].address), &address) &&
            network_contains(network, &address) && !add(g, &address))
            return;
    }
}

static void add_range(struct gathering *g, const char *text)
{
    const unsigned small = 128 - 8;
    struct network network;
    _Static_assert(MONITOR_NETWORK_MAX == 1 << 8, "a small network");

    if (network_parse(slice_from(text), &network, NULL) != 0)
        return;
    if (network.prefix >= small && add_each(g, &network))
        return;
    if (network.prefix < small)
        add_known(g, &network);
    g->left_out++;
}

static int gather(struct app *app, struct gathering *g, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, load, g, err);
    app_give_back(app, store);
    if (result != 0)
        return -1;
    g->found = arena_array(g->mem, MONITOR_ADDRESSES_MAX, sizeof *g->found);
    for (size_t i = 0; i < g->pool_count; i++)
        if (g->pool[i].state != POOL_RETIRED && !add_text(g, g->pool[i].address))
            break;
    for (size_t i = 0; i < g->shared_count; i++)
        add_range(g, g->shared[i].network);
    return 0;
}

/* ---- a slice ---- */

static int begin(struct app *app, struct arena *mem, struct error *err)
{
    const struct zone *zones[CONFIG_LIST_MAX];
    struct gathering g = {.mem = mem};
    struct monitor_times times;

    if (gather(app, &g, err) != 0)
        return -1;
    const struct monitor_plan plan = {.addresses = g.found,
                                      .addresses_count = g.count,
                                      .left_out = g.left_out,
                                      .zones = zones,
                                      .zones_count = zones_used(app_zones(app), zones)};
    app_monitor_times(app, &times);
    monitor_begin(app_monitor(app), &plan, &times, app_random(app));
    return 0;
}

struct slice_asked {
    struct dnsbl_check *checks;
    size_t count;
};

static int keep(struct store *store, void *context, struct error *err)
{
    const struct slice_asked *slice = context;

    return dnsbl_keep(store, slice->checks, slice->count, err);
}

static int ask_slice(struct app *app, struct arena *mem, struct error *err)
{
    const struct config *config = app_config(app);
    size_t max = config->zones.questions_per_second; /* of checks it is fewer */
    struct slice_asked slice = {.checks = arena_array(mem, max, sizeof *slice.checks)};
    struct monitor_times times;

    slice.count = monitor_next(app_monitor(app), config->zones.questions_per_second,
                               slice.checks, max);
    if (slice.count == 0)
        return 0;
    dnsbl_check_all(app_resolver(app), slice.checks, slice.count,
                    config->dns.timeout_s * 1000, app_now(app));
    /* Answers that cannot be kept are asked for again. */
    if (app_write(app, keep, &slice, err) != 0)
        return -1;
    app_monitor_times(app, &times);
    monitor_took(app_monitor(app), slice.checks, slice.count, &times);
    return 0;
}

int job_watch(struct app *app, struct error *err)
{
    struct monitor *monitor = app_monitor(app);
    struct monitor_times times;
    struct arena mem;
    int result = 0;

    app_monitor_times(app, &times);
    if (times.every_s == 0 || app_is_stopping(app) || !monitor_is_due(monitor, &times))
        return 0;
    arena_init(&mem);
    if (!monitor_is_running(monitor))
        result = begin(app, &mem, err);
    if (result == 0 && monitor_is_running(monitor))
        result = ask_slice(app, &mem, err);
    arena_release(&mem);
    return result;
}
