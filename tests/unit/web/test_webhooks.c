/*
 * test_webhooks.c - the pages of webhooks: the secret once, the log, and who may.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/store_webhook.h"
#include "tests/support/issuer/browser.h"

static void the_secret_is_shown_once(void **state)
{
    struct browser *b = *state;

    sign_in_as(b, "ada", ROLE_ADMIN);
    get(b, "/settings/webhooks");
    must_show(b, "There are none yet.");
    post(b, "/settings/webhooks",
         "url=https%3A%2F%2Fhooks.example%2Fin&event.lease.created=yes");
    assert_int_equal(b->status, 200);
    must_show(b, "<code id=\"secret\">whsec_");
    must_show(b, "https://hooks.example/in");
    must_show(b, "lease.created</small>");
    get(b, "/settings/webhooks");
    assert_false(shows(b, "whsec_"));
    must_show(b, "https://hooks.example/in");
}

static void a_new_secret_is_shown_once_and_the_old_one_goes_on(void **state)
{
    struct browser *b = *state;

    sign_in_as(b, "ada", ROLE_ADMIN);
    post(b, "/settings/webhooks", "url=https%3A%2F%2Fhooks.example%2Fin");
    post(b, "/settings/webhooks/1/rotate", "");
    assert_int_equal(b->status, 200);
    assert_true(b->is_secret);
    must_show(b, "<code id=\"secret\">whsec_");
    must_show(b, "The secret before signs too until");
    get(b, "/settings/webhooks/1");
    assert_false(shows(b, "whsec_"));
    must_show(b, "The secret before signs too until");
    post(b, "/settings/webhooks/1/rotate", "at_once=yes");
    must_show(b, "<code id=\"secret\">whsec_");
    assert_false(shows(b, "The secret before signs too until"));
    post(b, "/settings/webhooks/9/rotate", "");
    assert_int_equal(b->status, 404);
    sign_in_as(b, "lea", ROLE_LEAD);
    post(b, "/settings/webhooks/1/rotate", "");
    assert_int_equal(b->status, 403);
    assert_false(shows(b, "whsec_"));
}

static void what_is_wrong_is_said_beside_what_was_typed(void **state)
{
    struct browser *b = *state;

    sign_in_as(b, "ada", ROLE_ADMIN);
    post(b, "/settings/webhooks", "url=https%3A%2F%2F127.0.0.1%2F");
    assert_int_equal(b->status, 400);
    must_show(b, "127.0.0.1 is not a public address");
    must_show(b, "value=\"https://127.0.0.1/\"");
    post(b, "/settings/webhooks", "url=%3Cscript%3E");
    assert_false(shows(b, "<script>"));
}

static void one_is_tested_switched_and_removed(void **state)
{
    struct browser *b = *state;

    sign_in_as(b, "ada", ROLE_ADMIN);
    post(b, "/settings/webhooks", "url=https%3A%2F%2Fhooks.example%2Fin");
    get(b, "/settings/webhooks/1");
    must_show(b, "Nothing yet.");
    post(b, "/settings/webhooks/1/test", "");
    assert_string_equal(b->location, "/settings/webhooks/1");
    get(b, b->location);
    must_show(b, "<code>webhook.test</code>");
    must_show(b, "on its way");
    post(b, "/settings/webhooks/1/disable", "");
    get(b, "/settings/webhooks/1");
    must_show(b, "by a person");
    post(b, "/settings/webhooks/1/test", "");
    assert_int_equal(b->status, 409);
    post(b, "/settings/webhooks/1/again", "post=1");
    assert_string_equal(b->location, "/settings/webhooks/1");
    post(b, "/settings/webhooks/1/again", "post=9");
    assert_int_equal(b->status, 404);
    post(b, "/settings/webhooks/1/sell", "");
    assert_int_equal(b->status, 404);
    post(b, "/settings/webhooks/1/remove", "");
    assert_string_equal(b->location, "/settings/webhooks");
    get(b, "/settings/webhooks/1");
    assert_int_equal(b->status, 404);
}

static int fail_for_days(struct store *store, void *context, struct error *err)
{
    const int64_t *now = context;
    const struct webhook_post tried = {
        .id = 1, .webhook_id = 1, .why = "no answer", .tried_at = *now};

    return store_post_tried(store, &tried, err);
}

static void one_that_fails_needs_an_administrator(void **state)
{
    struct browser *b = *state;
    struct error err = {0};

    sign_in_as(b, "ada", ROLE_ADMIN);
    post(b, "/settings/webhooks", "url=https%3A%2F%2Fhooks.example%2Fin");
    post(b, "/settings/webhooks/1/test", "");
    int64_t failed_at = b->fixture.clock.now;
    assert_int_equal(app_write(b->fixture.app, fail_for_days, &failed_at, &err), 0);
    get(b, "/");
    assert_false(shows(b, "Webhook 1 fails"));
    b->fixture.clock.now += 3601;
    b->cookie[0] = '\0';
    sign_in(b, "ada");
    get(b, "/");
    must_show(b, "Webhook 1 fails");
    sign_in_as(b, "pia", ROLE_POSTMASTER);
    get(b, "/");
    assert_false(shows(b, "Webhook 1 fails"));
}

static void only_administrators_see_them(void **state)
{
    static const enum role others[] = {ROLE_AGENT, ROLE_LEAD, ROLE_POSTMASTER,
                                       ROLE_AUDITOR};
    struct browser *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        sign_in_as(b, arena_printf(&b->fixture.mem, "other%zu", i), others[i]);
        get(b, "/settings/webhooks");
        assert_int_equal(b->status, 403);
        post(b, "/settings/webhooks", "url=https%3A%2F%2Fhooks.example%2F");
        assert_int_equal(b->status, 403);
        get(b, "/settings");
        assert_false(shows(b, "/settings/webhooks"));
    }
}

static int start(void **state)
{
    return browser_start(state, NULL);
}

#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, browser_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WEB_TEST(the_secret_is_shown_once),
        WEB_TEST(a_new_secret_is_shown_once_and_the_old_one_goes_on),
        WEB_TEST(what_is_wrong_is_said_beside_what_was_typed),
        WEB_TEST(one_is_tested_switched_and_removed),
        WEB_TEST(one_that_fails_needs_an_administrator),
        WEB_TEST(only_administrators_see_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
