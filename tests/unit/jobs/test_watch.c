/*
 * test_watch.c - the rounds over the lists, from the fake DNS to store and audit log.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cases/diagnose.h"
#include "issuer/dnsbl/monitor.h"
#include "issuer/jobs/jobs.h"
#include "issuer/leases/change.h"
#include "tests/support/issuer/app_fixture.h"

enum {
    EVERY_S = 600
};

struct lab {
    struct app_fixture f;
    struct error err;
};

static int start(void **state)
{
    struct lab *lab = calloc(1, sizeof *lab);

    assert_non_null(lab);
    app_fixture_start(&lab->f, "zones { use = { \"" FIXTURE_ZONE "\" } "
                               "questions_per_second = 6 }");
    app_fixture_fill(&lab->f);
    *state = lab;
    return 0;
}

static int stop(void **state)
{
    struct lab *lab = *state;

    app_fixture_stop(&lab->f);
    free(lab);
    return 0;
}

/* Until a round is over, a second after the other; then to when the next is surely due. */
static void go_round(struct lab *lab)
{
    struct monitor *monitor = app_monitor(lab->f.app);
    int runs = 0;

    do {
        if (job_watch(lab->f.app, &lab->err) != 0)
            fail_msg("%s", lab->err.text);
        lab->f.clock.now += 1;
        lab->f.clock.monotonic_ms += 1000;
        assert_true(++runs < 5000);
    } while (monitor_is_running(monitor));
    lab->f.clock.now += EVERY_S + EVERY_S / 10;
    lab->f.clock.monotonic_ms += INT64_C(1000) * (EVERY_S + EVERY_S / 10);
}

static struct listing_row now(struct lab *lab, const char *address)
{
    struct listing_row *rows = NULL;
    struct store *store;
    size_t count = 0;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_listing_now(store, &lab->f.mem, address, &rows, &count, &lab->err), 0);
    app_give_back(lab->f.app, store);
    assert_int_equal(count, 1);
    return rows[0];
}

/* Actions and objects of the newest records, newest first, a blank between. */
static const char *told(struct lab *lab, size_t max)
{
    struct audit_record *records = NULL;
    const char *text = "";
    struct store *store;
    size_t count = 0;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_audit_tail(store, &lab->f.mem, NULL, 50, &records, &count, &lab->err), 0);
    app_give_back(lab->f.app, store);
    for (size_t i = 0; i < count && max > 0; i++) {
        if (strcmp(records[i].actor, "system") != 0)
            continue;
        text = arena_printf(&lab->f.mem, "%s%s%s %s", text,
                            text[0] != '\0' ? " | " : "", records[i].action,
                            records[i].object);
        max--;
    }
    return text;
}

static bool is_open(struct lab *lab, const char *address)
{
    struct listing_stretch *open = NULL;
    struct store *store;
    size_t count = 0;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(store_listing_open(store, &lab->f.mem, &open, &count, &lab->err),
                     0);
    app_give_back(lab->f.app, store);
    return listing_stretches_hold(open, count, address);
}

static void a_round_asks_about_every_address_of_ours(void **state)
{
    struct lab *lab = *state;
    struct monitor_report report;
    const struct monitor_times times = {.every_s = EVERY_S};

    go_round(lab);
    monitor_report(app_monitor(lab->f.app), &times, &report);
    assert_int_equal(report.rounds, 1);
    assert_int_equal(report.asked, 256 + 2); /* the shared /24 and the pool */
    assert_int_equal(report.unknown, 0);
    assert_int_equal(now(lab, FIXTURE_SHARED).state, LISTING_LISTED);
    assert_int_equal(now(lab, "192.0.2.255").state, LISTING_CLEAR);
    assert_int_equal(now(lab, FIXTURE_RESERVED).state, LISTING_CLEAR);
    assert_string_equal(told(lab, 9), "listing.started shared:" FIXTURE_SHARED);
}

static void a_listing_begins_and_ends_once(void **state)
{
    struct lab *lab = *state;

    go_round(lab);
    fake_resolver_list(&lab->f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2", NULL);
    go_round(lab);
    go_round(lab);
    assert_string_equal(told(lab, 1), "listing.started pool:" FIXTURE_RESERVED);
    assert_true(is_open(lab, FIXTURE_RESERVED));
    fake_resolver_fail(&lab->f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, DNS_NXDOMAIN);
    go_round(lab);
    go_round(lab);
    assert_string_equal(told(lab, 2), "listing.ended pool:" FIXTURE_RESERVED
                                      " | listing.started pool:" FIXTURE_RESERVED);
    assert_false(is_open(lab, FIXTURE_RESERVED));
}

static void silence_makes_unknown_and_ends_nothing(void **state)
{
    static const enum dns_status silences[] = {DNS_TIMEOUT, DNS_FAILED, DNS_CONFLICT};
    struct lab *lab = *state;

    fake_resolver_list(&lab->f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2", NULL);
    go_round(lab);
    const char *before = told(lab, 9);
    for (size_t i = 0; i < ARRAY_LEN(silences); i++) {
        fake_resolver_fail(&lab->f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, silences[i]);
        go_round(lab);
        assert_int_equal(now(lab, FIXTURE_RESERVED).state, LISTING_UNKNOWN);
        assert_true(is_open(lab, FIXTURE_RESERVED));
    }
    fake_resolver_list(&lab->f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2", NULL);
    go_round(lab);
    assert_string_equal(told(lab, 9), before);
}

static void what_is_seen_once_is_no_listing(void **state)
{
    struct lab *lab = *state;

    /* The list's words are missing: one witness of two. */
    fake_resolver_list(&lab->f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2", "");
    go_round(lab);
    assert_int_equal(now(lab, FIXTURE_RESERVED).state, LISTING_UNKNOWN);
    assert_false(is_open(lab, FIXTURE_RESERVED));
}

static void a_large_network_is_asked_about_where_it_was_named(void **state UNUSED)
{
    const struct monitor_times times = {.every_s = EVERY_S};
    struct monitor_report report;
    struct listing_row *rows = NULL;
    struct lab lab = {0};
    size_t count = 0;

    app_fixture_start(&lab.f, NULL);
    assert_int_equal(
        shared_add(lab.f.app, &fixture_admin, "198.51.0.0/16", "", &lab.err), 0);
    assert_int_equal(
        listing_check(lab.f.app, &lab.f.mem, "198.51.100.7", &rows, &count, &lab.err),
        0);
    int64_t checked_at = now(&lab, "198.51.100.7").checked_at;
    lab.f.clock.now += 60;
    go_round(&lab);
    monitor_report(app_monitor(lab.f.app), &times, &report);
    assert_int_equal(report.asked, 1);
    assert_int_equal(report.left_out, 1);
    assert_true(now(&lab, "198.51.100.7").checked_at > checked_at);
    app_fixture_stop(&lab.f);
}

static void switched_off_it_asks_nothing(void **state UNUSED)
{
    struct lab lab = {0};

    app_fixture_start(&lab.f, "zones { check_every = \"off\" }");
    app_fixture_fill(&lab.f);
    assert_int_equal(job_watch(lab.f.app, &lab.err), 0);
    assert_int_equal(lab.f.dns.questions, 0);
    app_fixture_stop(&lab.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_round_asks_about_every_address_of_ours, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_listing_begins_and_ends_once, start, stop),
        cmocka_unit_test_setup_teardown(silence_makes_unknown_and_ends_nothing, start,
                                        stop),
        cmocka_unit_test_setup_teardown(what_is_seen_once_is_no_listing, start, stop),
        cmocka_unit_test(a_large_network_is_asked_about_where_it_was_named),
        cmocka_unit_test(switched_off_it_asks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
