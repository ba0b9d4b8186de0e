/*
 * monitor.c - a round as a number: pair n is address n % addresses on list n / addresses.
 */
#include "base/base.h"

#include "issuer/dnsbl/monitor.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/arena.h"

enum {
    JITTER_PART = 10 /* a tenth, earlier or later */
};

struct monitor {
    /* Of the thread that runs it. */
    struct arena mem; /* the plan's */
    struct monitor_plan plan;
    size_t next;      /* pair */
    size_t unknown;   /* pairs of this round without an answer */
    unsigned debt;    /* questions beyond a slice's ceiling: second looks */
    int64_t begun_ms; /* the newest round; 0: none yet */
    int64_t begun_at;
    int jitter; /* of the next round, in thousandths of every_s */
    /* Of everybody, under the turn. */
    pthread_mutex_t turn;
    bool is_running;
    int64_t running_since_ms;
    struct monitor_report last;
};

struct monitor *monitor_new(void)
{
    struct monitor *monitor = xcalloc(1, sizeof *monitor);

    arena_init(&monitor->mem);
    if (pthread_mutex_init(&monitor->turn, NULL) != 0)
        abort();
    return monitor;
}

void monitor_free(struct monitor *monitor)
{
    if (monitor == NULL)
        return;
    arena_release(&monitor->mem);
    pthread_mutex_destroy(&monitor->turn);
    free(monitor);
}

bool monitor_is_running(const struct monitor *monitor)
{
    return monitor->is_running;
}

bool monitor_is_due(const struct monitor *monitor, const struct monitor_times *times)
{
    if (monitor->is_running || monitor->begun_at == 0)
        return true;
    return times->now_ms - monitor->begun_ms >=
           times->every_s * (1000 + monitor->jitter);
}

static size_t pairs_of(const struct monitor_plan *plan)
{
    return plan->addresses_count * plan->zones_count;
}

static void end_if_over(struct monitor *monitor, const struct monitor_times *times)
{
    size_t pairs = pairs_of(&monitor->plan);

    if (monitor->next < pairs)
        return;
    pthread_mutex_lock(&monitor->turn);
    monitor->is_running = false;
    monitor->last.rounds++;
    monitor->last.began_at = monitor->begun_at;
    monitor->last.ended_at = times->now;
    monitor->last.took_ms = times->now_ms - monitor->begun_ms;
    monitor->last.asked = pairs;
    monitor->last.unknown = monitor->unknown;
    monitor->last.left_out = monitor->plan.left_out;
    pthread_mutex_unlock(&monitor->turn);
}

void monitor_begin(struct monitor *monitor, const struct monitor_plan *plan,
                   const struct monitor_times *times, const struct random *random)
{
    struct arena *mem = &monitor->mem;
    const uint32_t spread = 1000 / JITTER_PART;

    assert(!monitor->is_running);
    arena_release(mem);
    struct address *addresses = arena_array(mem, plan->addresses_count,
                                            sizeof *addresses);
    const struct zone **zones = arena_array(mem, plan->zones_count,
                                            sizeof(const struct zone *));
    for (size_t i = 0; i < plan->addresses_count; i++)
        addresses[i] = plan->addresses[i];
    for (size_t i = 0; i < plan->zones_count; i++)
        zones[i] = plan->zones[i];
    monitor->plan = *plan;
    monitor->plan.addresses = addresses;
    monitor->plan.zones = zones;
    monitor->next = 0;
    monitor->unknown = 0;
    monitor->begun_ms = times->now_ms;
    monitor->begun_at = times->now;
    monitor->jitter = (int)random_below(random, 2 * spread + 1) - (int)spread;
    pthread_mutex_lock(&monitor->turn);
    monitor->is_running = true;
    monitor->running_since_ms = times->now_ms;
    pthread_mutex_unlock(&monitor->turn);
    end_if_over(monitor, times);
}

static struct dnsbl_check pair(const struct monitor_plan *plan, size_t number)
{
    return (struct dnsbl_check){
        .address = plan->addresses[number % plan->addresses_count],
        .zone = plan->zones[number / plan->addresses_count]};
}

size_t monitor_next(struct monitor *monitor, unsigned ceiling, struct dnsbl_check *out,
                    size_t max)
{
    size_t pairs = pairs_of(&monitor->plan);
    size_t questions = 0;
    size_t count = 0;

    if (monitor->debt >= ceiling) {
        monitor->debt -= ceiling;
        return 0;
    }
    questions = monitor->debt;
    while (count < max && monitor->next + count < pairs) {
        out[count] = pair(&monitor->plan, monitor->next + count);
        questions += dnsbl_check_cost(out, count);
        if (questions > ceiling && count > 0)
            break;
        count++;
    }
    monitor->debt = 0;
    return count;
}

void monitor_took(struct monitor *monitor, const struct dnsbl_check *asked,
                  size_t count, const struct monitor_times *times)
{
    for (size_t i = 0; i < count; i++) {
        monitor->unknown += asked[i].listing.state == LISTING_UNKNOWN;
        /* It was asked about twice, test points and all (check.h). */
        if (asked[i].listing.state == LISTING_LISTED && asked[i].zone->may_grant)
            monitor->debt += DNSBL_CHECK_COST_MAX;
    }
    monitor->next += count;
    end_if_over(monitor, times);
}

void monitor_report(struct monitor *monitor, const struct monitor_times *times,
                    struct monitor_report *out)
{
    int64_t every_ms = times->every_s * 1000;

    pthread_mutex_lock(&monitor->turn);
    *out = monitor->last;
    out->is_behind = monitor->last.took_ms > every_ms ||
                     (monitor->is_running &&
                      times->now_ms - monitor->running_since_ms > every_ms);
    pthread_mutex_unlock(&monitor->turn);
}
