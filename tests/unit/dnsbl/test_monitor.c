/*
 * test_monitor.c - rounds over addresses and lists: every pair once, never more than the ceiling.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/dnsbl/monitor.h"
#include "issuer/dnsbl/zones.h"

enum {
    EVERY_S = 600,
    ADDRESSES = 30,
    ZONES = 3,
    SLICE_MAX = 100
};

struct desk {
    struct monitor *monitor;
    struct monitor_times times;
    struct address addresses[ADDRESSES];
    const struct zone *zones[ZONES];
    struct monitor_plan plan;
    struct dnsbl_check slice[SLICE_MAX];
    unsigned seen[ADDRESSES][ZONES];
};

static int start(void **state)
{
    static const char *const names[ZONES] = {"bl.spamcop.net", "psbl.surriel.com",
                                             "dnsbl-1.uceprotect.net"};
    struct desk *desk = calloc(1, sizeof *desk);

    assert_non_null(desk);
    desk->monitor = monitor_new();
    desk->times = (struct monitor_times){
        .now = 1000000, .now_ms = 5000, .every_s = EVERY_S};
    for (int i = 0; i < ADDRESSES; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, i % 3 == 2 ? "2001:db8::%d" : "192.0.2.%d",
                       i + 1);
        assert_true(address_parse(slice_from(text), &desk->addresses[i]));
    }
    for (int i = 0; i < ZONES; i++) {
        desk->zones[i] = zone_find(names[i]);
        assert_non_null(desk->zones[i]);
    }
    desk->plan = (struct monitor_plan){.addresses = desk->addresses,
                                       .addresses_count = ADDRESSES,
                                       .zones = desk->zones,
                                       .zones_count = ZONES};
    *state = desk;
    return 0;
}

static int stop(void **state)
{
    struct desk *desk = *state;

    monitor_free(desk->monitor);
    free(desk);
    return 0;
}

static void count_slice(struct desk *desk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t a = 0; a < ADDRESSES; a++)
            for (size_t z = 0; z < ZONES; z++)
                if (address_equal(&desk->slice[i].address, &desk->addresses[a]) &&
                    desk->slice[i].zone == desk->zones[z])
                    desk->seen[a][z]++;
}

static size_t cost_of(const struct desk *desk, size_t count)
{
    size_t cost = 0;

    for (size_t i = 0; i < count; i++)
        cost += dnsbl_check_cost(desk->slice, i);
    return cost;
}

/* A whole round, a slice a second; every answer is `as`. The number of seconds. */
static size_t go_round(struct desk *desk, unsigned ceiling, enum listing_state as)
{
    size_t seconds = 0;

    monitor_begin(desk->monitor, &desk->plan, &desk->times, &random_system);
    while (monitor_is_running(desk->monitor)) {
        size_t count = monitor_next(desk->monitor, ceiling, desk->slice, SLICE_MAX);
        if (count > 1)
            assert_true(cost_of(desk, count) <= ceiling);
        count_slice(desk, count);
        for (size_t i = 0; i < count; i++)
            desk->slice[i].listing.state = as;
        desk->times.now++;
        desk->times.now_ms += 1000;
        seconds++;
        assert_true(seconds < 10000);
        monitor_took(desk->monitor, desk->slice, count, &desk->times);
    }
    return seconds;
}

static void a_round_asks_every_pair_once_below_the_ceiling(void **state)
{
    static const unsigned ceilings[] = {4, 5, 20, 1000};
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(ceilings); i++) {
        memset(desk->seen, 0, sizeof desk->seen);
        go_round(desk, ceilings[i], LISTING_CLEAR);
        for (size_t a = 0; a < ADDRESSES; a++)
            for (size_t z = 0; z < ZONES; z++)
                assert_int_equal(desk->seen[a][z], 1);
    }
}

static void second_looks_count_against_the_ceiling(void **state)
{
    struct desk *desk = *state;
    size_t clear = go_round(desk, 20, LISTING_CLEAR);
    size_t listed = go_round(desk, 20, LISTING_LISTED);

    /* Of a listing each pair is asked about twice, test points and all. */
    assert_true(listed >= clear + (size_t)ADDRESSES * DNSBL_CHECK_COST_MAX / 20);
}

static void the_next_round_is_due_about_when_it_should(void **state)
{
    struct desk *desk = *state;
    bool differ = false;
    int64_t first = 0;

    assert_true(monitor_is_due(desk->monitor, &desk->times));
    for (int i = 0; i < 20; i++) {
        struct monitor_times begun = desk->times;
        go_round(desk, 1000, LISTING_CLEAR);
        desk->times.now_ms = begun.now_ms + INT64_C(900) * EVERY_S - 1;
        assert_false(monitor_is_due(desk->monitor, &desk->times));
        while (!monitor_is_due(desk->monitor, &desk->times))
            desk->times.now_ms += 1000;
        int64_t gap = desk->times.now_ms - begun.now_ms;
        assert_true(gap <= EVERY_S * 1100 + 1000);
        differ |= i > 0 && gap != first;
        first = gap;
    }
    assert_true(differ);
}

static void the_report_says_how_it_went(void **state)
{
    struct desk *desk = *state;
    struct monitor_report report;

    monitor_report(desk->monitor, &desk->times, &report);
    assert_int_equal(report.rounds, 0);
    assert_int_equal(report.ended_at, 0);
    assert_false(report.is_behind);
    desk->plan.left_out = 2;
    int64_t began_at = desk->times.now;
    size_t seconds = go_round(desk, 20, LISTING_UNKNOWN);
    monitor_report(desk->monitor, &desk->times, &report);
    assert_int_equal(report.rounds, 1);
    assert_int_equal(report.began_at, began_at);
    assert_int_equal(report.ended_at, began_at + (int64_t)seconds);
    assert_int_equal(report.took_ms, seconds * 1000);
    assert_int_equal(report.asked, ADDRESSES * ZONES);
    assert_int_equal(report.unknown, ADDRESSES * ZONES);
    assert_int_equal(report.left_out, 2);
    assert_false(report.is_behind);
}

static void a_round_that_takes_too_long_is_behind_before_it_ends(void **state)
{
    struct desk *desk = *state;
    struct monitor_report report;

    monitor_begin(desk->monitor, &desk->plan, &desk->times, &random_system);
    assert_int_not_equal(monitor_next(desk->monitor, 4, desk->slice, SLICE_MAX), 0);
    desk->times.now_ms += EVERY_S * 1000 + 1;
    monitor_report(desk->monitor, &desk->times, &report);
    assert_true(report.is_behind);
}

static void without_addresses_a_round_is_over_at_once(void **state)
{
    struct desk *desk = *state;
    struct monitor_report report;

    desk->plan.addresses_count = 0;
    monitor_begin(desk->monitor, &desk->plan, &desk->times, &random_system);
    assert_false(monitor_is_running(desk->monitor));
    assert_false(monitor_is_due(desk->monitor, &desk->times));
    monitor_report(desk->monitor, &desk->times, &report);
    assert_int_equal(report.rounds, 1);
    assert_int_equal(report.asked, 0);
}

static void what_was_not_taken_is_asked_again(void **state)
{
    struct desk *desk = *state;

    monitor_begin(desk->monitor, &desk->plan, &desk->times, &random_system);
    size_t count = monitor_next(desk->monitor, 20, desk->slice, SLICE_MAX);
    struct address first = desk->slice[0].address;
    assert_int_equal(monitor_next(desk->monitor, 20, desk->slice, SLICE_MAX), count);
    assert_true(address_equal(&desk->slice[0].address, &first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_round_asks_every_pair_once_below_the_ceiling,
                                        start, stop),
        cmocka_unit_test_setup_teardown(second_looks_count_against_the_ceiling, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_next_round_is_due_about_when_it_should,
                                        start, stop),
        cmocka_unit_test_setup_teardown(the_report_says_how_it_went, start, stop),
        cmocka_unit_test_setup_teardown(
            a_round_that_takes_too_long_is_behind_before_it_ends, start, stop),
        cmocka_unit_test_setup_teardown(without_addresses_a_round_is_over_at_once,
                                        start, stop),
        cmocka_unit_test_setup_teardown(what_was_not_taken_is_asked_again, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
