/*
 * test_webhook.c - events, waiting times and URLs of webhooks.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/webhook.h"

static void an_audit_record_is_the_events_of_the_table(void **state UNUSED)
{
    static const struct {
        const char *action, *object, *detail, *first, *second;
    } cases[] = {
        {"case.open",           "case:1",           "verdict=x",  "case.created",       NULL},
        {"case.check",          "case:1",           "",           NULL,                 NULL},
        {"lease.mint",          "lease:1",          "",           "lease.created",      NULL},
        {"lease.approve",       "lease:1",          "",           "lease.created",      NULL},
        {"link.opened",         "lease:1",          "",           "link.opened",        NULL},
        {"lease.request",       "lease:1",          "",           "approval.requested", NULL},
        {"lease.customer_said", "lease:1",          "said=back",  "lease.ended",        NULL},
        {"lease.customer_said", "lease:1",          "said=stuck", NULL,                 NULL},
        {"lease.expired",       "lease:1",          "",           "lease.ended",        NULL},
        {"listing.started",     "shared:192.0.2.1", "",           "listing.started",    NULL},
        {"listing.started",     "pool:192.0.2.1",   "",           "listing.started",
         "pool.address_listed"                                                              },
        {"listing.ended",       "pool:192.0.2.1",   "",           "listing.ended",      NULL},
        {"agent.sign_in",       "agent:ana",        "",           NULL,                 NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *events[WEBHOOK_EVENTS_OF_ONE_MAX] = {0};
        size_t count = webhook_events_of(cases[i].action, cases[i].object,
                                         cases[i].detail, events);
        size_t want = (cases[i].first != NULL ? 1U : 0U) +
                      (cases[i].second != NULL ? 1U : 0U);
        if (count != want)
            fail_msg("%s %s: %zu events", cases[i].action, cases[i].object, count);
        if (want > 0)
            assert_string_equal(events[0], cases[i].first);
        if (want > 1)
            assert_string_equal(events[1], cases[i].second);
        for (size_t k = 0; k < count; k++)
            assert_true(webhook_event_is_known(slice_from(events[k])));
    }
    assert_false(webhook_event_is_known(SLICE(WEBHOOK_EVENT_TEST)));
    assert_false(webhook_event_is_known(SLICE("lease.create")));
}

static void tries_go_on_for_days_and_end(void **state UNUSED)
{
    int64_t total = 0;
    unsigned tries = 1;

    for (int64_t wait; (wait = webhook_retry_s(tries, 0, 0)) != 0; tries++) {
        assert_true(tries == 1 || wait > 5);
        total += wait;
    }
    assert_int_equal(tries, WEBHOOK_ATTEMPTS_MAX);
    assert_true(total > INT64_C(3) * 86400);
    assert_true(total < WEBHOOK_FAILING_MAX_S);
    assert_int_equal(webhook_retry_s(2, -1000, 0), 270);
    assert_int_equal(webhook_retry_s(2, 1000, 0), 330);
    assert_int_equal(webhook_retry_s(0, 0, 0), 0);
}

static void the_receiver_may_ask_for_more_time(void **state UNUSED)
{
    assert_int_equal(webhook_retry_s(1, 0, 120), 120);
    assert_int_equal(webhook_retry_s(4, 0, 120), 7200);
    assert_int_equal(webhook_retry_s(1, 0, INT64_MAX), WEBHOOK_RETRY_AFTER_MAX_S);
    /* Also the last time it is the last. */
    assert_int_equal(webhook_retry_s(WEBHOOK_ATTEMPTS_MAX, 0, 120), 0);
}

static void a_url_is_https_and_a_host(void **state UNUSED)
{
    static const struct {
        const char *url, *host; /* NULL: refused */
        bool may_be_plain;
    } cases[] = {
        {"https://hooks.example/in",               "hooks.example", false},
        {"https://hooks.example",                  "hooks.example", false},
        {"https://hooks.example:8443/a?b=c&d=%20", "hooks.example", false},
        {"https://hooks.example?x=1",              "hooks.example", false},
        {"https://[2001:db8::1]:443/",             "2001:db8::1",   false},
        {"https://192.0.2.1/",                     "192.0.2.1",     false},
        {"http://127.0.0.1:8080/",                 "127.0.0.1",     true },
        {"http://127.0.0.1:8080/",                 NULL,            false},
        {"ftp://hooks.example/",                   NULL,            true },
        {"https://",                               NULL,            false},
        {"https:///path",                          NULL,            false},
        {"https://user:pass@hooks.example/",       NULL,            false},
        {"https://hooks.example@127.0.0.1/",       NULL,            false},
        {"https://hooks.example/#x",               NULL,            false},
        {"https://hooks.example/a b",              NULL,            false},
        {"https://hooks.example/\r\nX: y",         NULL,            false},
        {"https://hooks.example\\@127.0.0.1/",     NULL,            false},
        {"https://hooks.example:/",                NULL,            false},
        {"https://hooks.example:99999999/",        NULL,            false},
        {"https://[::1",                           NULL,            false},
        {"https://[::1]x/",                        NULL,            false},
        {"https://h\303\266oks.example/",          NULL,            false},
        {"HTTPS://hooks.example/",                 NULL,            false},
        {"",                                       NULL,            true },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice host = {0};
        bool is_valid = webhook_url_is_valid(slice_from(cases[i].url),
                                             cases[i].may_be_plain, &host);
        if (is_valid != (cases[i].host != NULL))
            fail_msg("%s", cases[i].url);
        if (is_valid)
            assert_true(slice_is(host, cases[i].host));
    }
}

static void every_event_has_one_number(void **state UNUSED)
{
    for (size_t i = 0; i < WEBHOOK_EVENT_COUNT; i++) {
        assert_non_null(webhook_event_name(i));
        assert_true(webhook_event_is_known(slice_from(webhook_event_name(i))));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(webhook_event_name(i), webhook_event_name(k));
    }
    assert_string_equal(webhook_event_name(0), "case.created");
    assert_string_equal(webhook_event_name(2), "lease.created");
    assert_null(webhook_event_name(WEBHOOK_EVENT_COUNT));
}

static void a_url_has_a_ceiling(void **state UNUSED)
{
    const struct slice scheme = SLICE("https://");
    char url[WEBHOOK_URL_MAX + 2];
    struct slice host;

    memset(url, 'a', sizeof url);
    memcpy(url, scheme.at, scheme.len);
    assert_true(webhook_url_is_valid(slice_of(url, WEBHOOK_URL_MAX), false, &host));
    assert_false(webhook_url_is_valid(slice_of(url, sizeof url), false, &host));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_audit_record_is_the_events_of_the_table),
        cmocka_unit_test(every_event_has_one_number),
        cmocka_unit_test(tries_go_on_for_days_and_end),
        cmocka_unit_test(the_receiver_may_ask_for_more_time),
        cmocka_unit_test(a_url_is_https_and_a_host),
        cmocka_unit_test(a_url_has_a_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
