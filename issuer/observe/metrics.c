/*
 * metrics.c - figures of the pool, the cases and the rounds.
 */
#include "base/base.h"

#include "issuer/observe/metrics.h"

#include "base/timetext.h"
#include "db/store_webhook.h"

struct figures {
    struct arena *mem;
    int64_t now;
    struct pool_address *pool;
    size_t pool_count;
    struct listing_stretch *open;
    size_t open_count;
    int64_t posts_waiting;
};

static int load(struct store *store, void *context, struct error *err)
{
    struct figures *f = context;

    if (store_pool_list(store, f->mem, f->now, &f->pool, &f->pool_count, err) != 0)
        return -1;
    if (store_post_waiting(store, &f->posts_waiting, err) != 0)
        return -1;
    return store_listing_open(store, f->mem, &f->open, &f->open_count, err);
}

/* One metric without labels. */
static void put(struct strbuf *out, const char *name, const char *type,
                const char *help, int64_t value)
{
    strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type,
                  name, (long long)value);
}

static void put_pool(struct strbuf *out, const struct figures *f)
{
    size_t states[POOL_STATE_COUNT] = {0};
    size_t listed = 0;
    int64_t leases = 0;

    for (size_t i = 0; i < f->pool_count; i++) {
        states[f->pool[i].state]++;
        leases += f->pool[i].live_leases;
        if (f->pool[i].state != POOL_RETIRED &&
            listing_stretches_hold(f->open, f->open_count, f->pool[i].address))
            listed++;
    }
    strbuf_puts(out, "# HELP cleansmtp_pool_addresses Reserved addresses by state.\n"
                     "# TYPE cleansmtp_pool_addresses gauge\n");
    for (int i = 0; i < POOL_STATE_COUNT; i++)
        strbuf_printf(out, "cleansmtp_pool_addresses{state=\"%s\"} %zu\n",
                      pool_state_name((enum pool_state)i), states[i]);
    put(out, "cleansmtp_pool_listed", "gauge",
        "Reserved addresses that are listed on some list.", (int64_t)listed);
    put(out, "cleansmtp_leases_live", "gauge",
        "Leases that hold a place on a reserved address.", leases);
}

static void put_watch(struct strbuf *out, const struct app *app)
{
    struct monitor_report report;

    watch_report(app, &report);
    put(out, "cleansmtp_watch_rounds_total", "counter",
        "Whole rounds over the block lists since the start.", report.rounds);
    put(out, "cleansmtp_watch_last_round_timestamp_seconds", "gauge",
        "When the last whole round ended; 0: none yet.", report.ended_at);
    put(out, "cleansmtp_watch_round_milliseconds", "gauge",
        "How long the last whole round took.", report.took_ms);
    put(out, "cleansmtp_watch_pairs", "gauge",
        "Pairs of address and list in the last whole round.", (int64_t)report.asked);
    put(out, "cleansmtp_watch_pairs_unknown", "gauge", "Those that got no answer.",
        (int64_t)report.unknown);
    put(out, "cleansmtp_watch_behind", "gauge",
        "1: a round takes longer than zones.check_every.", report.is_behind);
}

int metrics_write(struct app *app, struct arena *mem, struct strbuf *out,
                  struct error *err)
{
    struct figures figures = {.mem = mem, .now = app_now(app)};
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, load, &figures, err);
    app_give_back(app, store);
    if (result != 0)
        return -1;
    put_pool(out, &figures);
    put_watch(out, app);
    put(out, "cleansmtp_webhook_posts_waiting", "gauge",
        "Events on their way to webhooks.", figures.posts_waiting);
    return 0;
}

void watch_report(const struct app *app, struct monitor_report *out)
{
    struct monitor_times times;

    app_monitor_times(app, &times);
    monitor_report(app_monitor(app), &times, out);
}

const char *watch_sentence(const struct app *app, struct arena *mem)
{
    struct monitor_report report;

    if (app_config(app)->zones.check_every_s == 0)
        return "nobody asks the lists by itself: zones.check_every is off";
    watch_report(app, &report);
    if (report.rounds == 0)
        return "the first round over the lists has not ended yet";
    return arena_printf(
        mem, "the last round over the lists ended %s ago: %zu answers of %zu%s",
        timetext_span(mem, app_now(app) - report.ended_at),
        report.asked - report.unknown, report.asked,
        report.is_behind ? "; it does not keep up" : "");
}
