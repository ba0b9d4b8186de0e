/*
 * test_profile.c - one's own page: password, look, and the sessions that are open.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timezone.h"
#include "issuer/identity/agent.h"
#include "tests/support/issuer/browser.h"

#define PRESENT "a few long words"
#define NEXT "other long words here"

static int start(void **state)
{
    return browser_start(state, NULL);
}

static enum error_kind try_password(struct browser *b, const char *password)
{
    char token[TOKEN_LEN + 1];
    struct error err = {0};

    if (agent_sign_in(b->fixture.app, &b->fixture.mem, SLICE("ana"),
                      slice_from(password), "203.0.113.77", token, &err) != 0)
        return err.kind;
    return ERROR_NONE;
}

/* From another browser of the same person; its cookie. */
static const char *sign_in_elsewhere(struct browser *b)
{
    const char *cookie = arena_strdup(&b->fixture.mem, b->cookie);

    b->cookie[0] = '\0';
    sign_in(b, "ana");
    return cookie;
}

static void use_cookie(struct browser *b, const char *cookie)
{
    assert_true(strlen(cookie) < sizeof b->cookie);
    memcpy(b->cookie, cookie, strlen(cookie) + 1);
}

static const char *last_action(struct browser *b)
{
    struct audit_record *records = NULL;
    struct store *store = NULL;
    struct error err = {0};
    size_t count = 0;

    assert_int_equal(app_take_reader(b->fixture.app, &store, &err), 0);
    assert_int_equal(
        store_audit_tail(store, &b->fixture.mem, NULL, 1, &records, &count, &err), 0);
    app_give_back(b->fixture.app, store);
    return records[0].action;
}

static void the_look_is_kept_and_is_on_every_page(void **state)
{
    struct browser *b = *state;

    get(b, "/me");
    must_show(b, "ana, agent");
    assert_false(shows(b, "data-theme"));
    take_token(b);
    post(b, "/me/look", "theme=dark");
    assert_int_equal(b->status, 303);
    assert_string_equal(b->location, "/me?done=look");
    get(b, "/me?done=look");
    must_show(b, "Saved.");
    get(b, "/cases");
    must_show(b, " data-theme=\"dark\"");
    post(b, "/me/look", "theme=pink");
    assert_int_equal(b->status, 400);
    post(b, "/me/look", "theme=");
    get(b, "/");
    assert_false(shows(b, "data-theme"));
}

/* 1795000000 is 2026-11-18 11:06:40 UTC. */
static void times_are_in_the_zone_that_was_chosen(void **state)
{
    static const char *const names[] = {"Asia/Tokyo", "America/New_York"};
    struct browser *b = *state;
    struct error err = {0};

    assert_int_equal(timezones_load(names, 2, b->fixture.clock.now, &err), 0);
    b->fixture.clock.now = 1795000000;
    b->cookie[0] = '\0';
    sign_in(b, "ana");
    get(b, "/me");
    must_show(b, "Times in UTC");
    must_show(b, ">11:06</time>");
    take_token(b);
    post(b, "/me/look", "theme=&zone=Asia%2FTokyo");
    assert_string_equal(b->location, "/me?done=look");
    get(b, "/me");
    must_show(b, "Times in Asia/Tokyo (JST)");
    must_show(b, ">20:06</time>");
    assert_false(shows(b, ">11:06</time>"));
    must_show(b, "datetime=\"2026-11-18T11:06:40Z\"");
    post(b, "/me/look", "theme=&zone=Europe%2FParis");
    assert_int_equal(b->status, 400);
    /* The customer's page, and whoever comes next on this thread, have the house's. */
    assert_null(timezone_used());
    b->cookie[0] = '\0';
    get(b, "/sign-in");
    must_show(b, "Times in UTC");
    assert_int_equal(timezones_load(NULL, 0, 0, &err), 0);
    sign_in(b, "ana");
    get(b, "/me");
    must_show(b, "Times in UTC");
}

static void other_sessions_are_seen_and_ended(void **state)
{
    struct browser *b = *state;
    const char *first = sign_in_elsewhere(b);

    get(b, "/me");
    assert_true(shows(b, "End the others"));
    assert_true(shows(b, "this browser"));
    take_token(b);
    post(b, "/me/sessions", "");
    assert_string_equal(b->location, "/me?done=sessions");
    assert_string_equal(last_action(b), "agent.sessions_end");
    get(b, "/me");
    assert_int_equal(b->status, 200);
    assert_false(shows(b, "End the others"));
    use_cookie(b, first);
    get(b, "/me");
    assert_int_equal(b->status, 303);
    assert_string_equal(b->location, "/sign-in?next=/me");
}

static void a_new_password_ends_the_others_and_the_old_one(void **state)
{
    struct browser *b = *state;
    const char *first = sign_in_elsewhere(b);

    get(b, "/me");
    take_token(b);
    post(
        b, "/me/password",
        "present=a+few+long+words&password=other+long+words+here&again=other+long+words+here");
    assert_string_equal(b->location, "/me?done=password");
    assert_string_equal(last_action(b), "agent.password");
    get(b, "/me?done=password");
    must_show(b, "Your password is changed");
    assert_int_equal(try_password(b, PRESENT), ERROR_DENIED);
    assert_int_equal(try_password(b, NEXT), ERROR_NONE);
    use_cookie(b, first);
    get(b, "/");
    assert_int_equal(b->status, 303);
}

static void a_wrong_form_changes_no_password(void **state)
{
    static const struct {
        const char *form, *field;
        unsigned status;
    } cases[] = {
        {"",                                                                         "present",  403},
        {"present=a+few+long+words&password=short&again=short",                      "password", 400},
        {"present=a+few+long+words&password=other+long+words+here&again=x",          "password",
         400                                                                                        },
        {"present=wrong&password=other+long+words+here&again=other+long+words+here",
         "present",                                                                              403},
        {"password=other+long+words+here&again=other+long+words+here",               "present",  403},
    };
    struct browser *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        b->fixture.clock.now +=
            400; /* guessing waits, which is not what is tried here */
        get(b, "/me");
        take_token(b);
        post(b, "/me/password", cases[i].form);
        if (b->status != cases[i].status)
            fail_msg("%s: %u\n%s", cases[i].form, b->status, b->page.at);
        must_show(b, arena_printf(&b->fixture.mem, "<a href=\"#%s\">", cases[i].field));
        assert_false(shows(b, "other long words"));
    }
    b->fixture.clock.now += 400;
    assert_int_equal(try_password(b, PRESENT), ERROR_NONE);
}

static void a_form_from_elsewhere_changes_nothing(void **state)
{
    static const char *const forms[] = {"/me/look", "/me/password", "/me/sessions"};
    struct browser *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        ask(b, &b->console,
            &(struct ask){.method = HTTP_POST, .path = forms[i], .body = "theme=dark"});
        assert_int_equal(b->status, 403);
    }
    get(b, "/");
    assert_false(shows(b, "data-theme"));
}

#define PAGE_TEST(test) cmocka_unit_test_setup_teardown(test, start, browser_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAGE_TEST(the_look_is_kept_and_is_on_every_page),
        PAGE_TEST(times_are_in_the_zone_that_was_chosen),
        PAGE_TEST(other_sessions_are_seen_and_ended),
        PAGE_TEST(a_new_password_ends_the_others_and_the_old_one),
        PAGE_TEST(a_wrong_form_changes_no_password),
        PAGE_TEST(a_form_from_elsewhere_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
