/*
 * test_web_pages.c - the pages around the main job: roles, the pool, today, lists and audit, health.
 */
#include "base/base.h"

#include "issuer/leases/change.h"
#include "tests/unit/web/case_walk.h"

static void a_role_sees_what_it_may_do(void **state)
{
    struct browser *b = *state;

    get(b, "/pool");
    assert_int_equal(b->status, 200);
    must_show(b, FIXTURE_RESERVED);
    get(b, "/pool/203.0.113.9");
    assert_int_equal(b->status, 200);
    assert_false(shows(b, "/pool/203.0.113.9/state"));
    post(b, "/pool/203.0.113.9/state", "state=resting");
    assert_int_equal(b->status, 403);
    get(b, "/audit");
    assert_int_equal(b->status, 403);
    sign_in_as(b, "pia", ROLE_POSTMASTER);
    get(b, "/pool/203.0.113.9");
    must_show(b, "/pool/203.0.113.9/state");
    post(b, "/pool/203.0.113.9/state", "state=draining&reason=moves+house");
    assert_string_equal(b->location, "/pool/203.0.113.9");
    get(b, b->location);
    must_show(b, "draining");
    must_show(b, "Activate");
    get(b, "/pool");
    must_show(b, "draining");
    post(b, "/pool/203.0.113.9/state", "state=upside-down");
    assert_int_equal(b->status, 400);
    post(b, "/pool/203.0.113.99/state", "state=resting");
    assert_int_equal(b->status, 404);
    get(b, "/audit");
    assert_false(shows(b, "The audit log is whole."));
    get(b, "/audit?verify=yes");
    must_show(b, "The audit log is whole.");
    must_show(b, "pool.drain");
    must_show(b, "reason=moves house");
    post(b, "/cases/1/leases", "key=k&for=24h");
    assert_int_equal(b->status, 403);
}

static void places_are_boxes_and_many_are_one_bar(void **state)
{
    struct browser *b = *state;
    const struct pool_address many = {.address = "203.0.113.30",
                                      .lane = "clean30",
                                      .helo = "clean30.mail.example",
                                      .capacity = 20};
    struct error err = {0};

    get(b, "/pool");
    must_show(
        b, "<rect class=\"p-free\" x=\"0.4%\" y=\".5\" width=\"47.0%\" height=\"7\"/>"
           "<rect class=\"p-free\" x=\"50.4%\"");
    assert_int_equal(
        pool_add(b->fixture.app, &b->fixture.mem, &fixture_admin, &many, &err), 0);
    get(b, "/pool");
    must_show(b, "0 of 20");
    must_show(
        b,
        "<rect class=\"p-free\" x=\"0.4%\" y=\".5\" width=\"97.0%\" height=\"7\"/></svg>");
}

static void an_address_has_a_page_with_its_listings_and_leases(void **state)
{
    struct browser *b = *state;

    get(b, "/pool/203.0.113.9");
    must_show(b, "No list was asked about it yet.");
    open_case(b); /* asks about the pool, too */
    get(b, "/pool/203.0.113.9");
    must_show(b, "It can take leases.");
    must_show(b, "Is it an address of this host?");
    must_show(b, "No lease uses it");
    post(b, "/pool/203.0.113.9/check", "");
    assert_int_equal(b->status, 200);
    must_show(b, "Every list was asked just now.");
    must_show(b, "Would its name pass?");
    must_show(b, ">clean<");
    get(b, "/pool");
    must_show(b, ">clean<");
    b->fixture.clock.now += INT64_C(16) * 60;
    get(b, "/pool");
    assert_false(shows(b, ">clean<"));
    must_show(b, ">unknown<");
    get(b, "/pool/203.0.113.9");
    must_show(b, "We do not know how it stands now.");
}

static void every_address_of_ours_stands_among_the_listings(void **state)
{
    struct browser *b = *state;

    get(b, "/listings");
    must_show(b, "None of our addresses is listed, as far as we asked.");
    must_show(b, FIXTURE_RESERVED);
    must_show(b, "not asked");
    open_case(b);
    get(b, "/listings");
    must_show(b, "1 address is listed: 1 shared, 0 reserved.");
    must_show(b, FIXTURE_SHARED);
}

static int log_in_once(struct store *store, void *context, struct error *err)
{
    struct usage_record login = {.seq = 1,
                                 .at = FAKE_CLOCK_START,
                                 .kind = "login",
                                 .detail = "",
                                 .client = "",
                                 .program = ""};
    struct lease lease;

    if (store_lease_find(store, context, 1, &lease, err) != 0)
        return -1;
    login.username = lease.username;
    return store_usage_apply(store, &login, 1, err);
}

static void a_note_stays_on_the_case(void **state)
{
    struct browser *b = *state;

    open_case(b);
    must_show(b, "Note for the team");
    post(b, "/cases/1/notes", "note=Called+her%2C+reason%3Dnone+%3Cb%3E");
    assert_string_equal(b->location, "/cases/1");
    get(b, "/cases/1");
    must_show(b, "ana noted: “Called her, reason=none &lt;b&gt;”.");
    post(b, "/cases/1/notes", "note=+");
    must_show(b, "The note is empty.");
    post(b, "/cases/1/notes", "note=a%0Ab");
    assert_int_equal(b->status, 400);
    post(b, "/cases/9/notes", "note=nowhere");
    assert_int_equal(b->status, 404);
}

static void today_says_what_needs_someone(void **state)
{
    struct browser *b = *state;
    struct error err = {0};

    get(b, "/");
    assert_false(shows(b, "Needs someone"));
    open_case(b);
    const char *link = mint(b);
    get(b, "/");
    must_show(b, "My cases of this week");
    assert_false(shows(b, "Needs someone"));
    prove(b, link, FIXTURE_MAILBOX, strchr(link, '#') + 1);
    assert_int_equal(app_write(b->fixture.app, log_in_once, &b->fixture.mem, &err), 0);
    b->fixture.clock.now += INT64_C(21) * 3600 + 600;
    b->cookie[0] = '\0'; /* idle for too long */
    sign_in(b, "ana");
    get(b, "/");
    must_show(b, "Ends in 2 h 50 min, case 1");
    must_show(b, FIXTURE_MAILBOX ", 0 messages sent");
    fake_resolver_list(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2",
                       NULL);
    post(b, "/pool/" FIXTURE_RESERVED "/check", "");
    get(b, "/");
    must_show(b, FIXTURE_RESERVED " is listed on SpamCop");
    must_show(b, "1 lease by it: put it to rest, and the lease moves.");
    assert_false(shows(b, "Rest it, move the lease"));
}

static void a_listed_address_stays_on_today_while_the_list_is_silent(void **state)
{
    struct browser *b = *state;

    open_case(b);
    mint(b);
    add_agent(b, "pia", ROLE_POSTMASTER);
    sign_in(b, "pia");
    fake_resolver_list(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2",
                       NULL);
    post(b, "/pool/" FIXTURE_RESERVED "/check", "");
    b->fixture.clock.now += INT64_C(20) * 60;
    fake_resolver_fail(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_RESERVED, DNS_TIMEOUT);
    post(b, "/pool/" FIXTURE_RESERVED "/check", "");
    get(b, "/");
    must_show(b, FIXTURE_RESERVED " was listed on SpamCop, which does not answer now");
    must_show(b, "action=\"/pool/203.0.113.9/state\"");
    must_show(b, "Rest it, move the lease");
    post(b, "/pool/" FIXTURE_RESERVED "/state", "state=resting&reason=listed");
    must_show(b, "1 lease moved to another address.");
    fake_resolver_fail(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_RESERVED, DNS_NXDOMAIN);
    post(b, "/pool/" FIXTURE_RESERVED "/check", "");
    get(b, "/");
    assert_false(shows(b, "was listed on SpamCop"));
}

static void a_case_has_one_picture_of_listing_and_details(void **state)
{
    struct browser *b = *state;

    open_case(b);
    get(b, "/cases/1");
    must_show(b, "<h2>The times</h2>");
    must_show(b, "Seen listed on SpamCop since 09:00");
    must_show(b, "class=\"p-next\"");
    assert_false(shows(b, "class=\"p-left\""));
    post(b, "/cases/1/leases", "key=k&for=24h");
    get(b, "/cases/1");
    must_show(b, "The details work from 09:00 until Wed 25 Nov, 09:00. Nobody has seen "
                 "them yet.");
    must_show(b, ">Wed 25 Nov</text>");
    must_show(b, "class=\"p-left\"");
    must_show(b, "Show as table");
}

static void lists_are_searched_by_what_people_know(void **state)
{
    static const struct {
        const char *path;
        bool is_found;
    } rows[] = {
        {"/cases?q=kunde.EXAMPLE",                 true },
        {"/cases?q=anna%40",                       true },
        {"/cases?q=192.0.2.14",                    true },
        {"/cases?q=1",                             true },
        {"/cases?q=nobody",                        false},
        {"/cases?q=%25",                           false},
        {"/cases?q=_nna",                          false},
        {"/cases?by=ana",                          true },
        {"/cases?by=ben",                          false},
        {"/cases?state=listed_now",                true },
        {"/cases?state=clear_now",                 false},
        {"/cases?from=2026-11-24",                 true },
        {"/cases?from=2026-11-25",                 false},
        {"/cases?until=2026-11-24",                true },
        {"/cases?until=2026-11-23",                false},
        {"/cases?q=kunde&by=ana&until=2026-12-01", true },
    };
    struct browser *b = *state;

    open_case(b);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        get(b, rows[i].path);
        assert_int_equal(b->status, 200);
        if (shows(b, "href=\"/cases/1\"") != rows[i].is_found)
            fail_msg("%s", rows[i].path);
        assert_int_equal(shows(b, "No case fits."), !rows[i].is_found);
    }
    get(b, "/cases?q=<script>&by=%22");
    must_show(b, "value=\"&lt;script&gt;\"");
    must_show(b, "/cases.csv?q=%3Cscript%3E&amp;by=%22");
}

static void a_search_that_cannot_be_is_said(void **state)
{
    static const char *const paths[] = {
        "/cases?state=upside-down", "/cases?from=yesterday", "/cases?from=2026-02-31",
        "/leases?state=listed_now", "/audit?until=24.11.2026"};
    struct browser *b = *state;

    sign_in_as(b, "pia", ROLE_POSTMASTER);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        get(b, paths[i]);
        if (b->status != 400)
            fail_msg("%s: %u", paths[i], b->status);
    }
}

static void lists_are_saved_as_csv_and_json(void **state)
{
    struct browser *b = *state;

    open_case(b);
    get(b, "/cases.csv?q=kunde");
    assert_int_equal(b->status, 200);
    must_show(b, "case,opened_at,opened_by,mailbox,");
    must_show(b, "1,\"2026-11-24T09:00:00Z\",\"agent:ana\",\"" FIXTURE_MAILBOX "\",");
    get(b, "/cases.json");
    must_show(b, "\"verdict\": \"listed_now\"");
    post(b, "/cases/1/leases", "key=k&for=24h");
    get(b, "/leases");
    must_show(b, FIXTURE_MAILBOX);
    must_show(b, "0 of 100");
    get(b, "/leases?state=offered");
    must_show(b, FIXTURE_MAILBOX);
    get(b, "/leases?state=in_use");
    must_show(b, "No lease fits.");
    get(b, "/leases.csv");
    must_show(b, ",\"offered\",\"" FIXTURE_RESERVED "\",");
    get(b, "/leases.json?state=revoked");
    assert_string_equal(b->page.at, "[]\n");
    get(b, "/audit.csv");
    assert_int_equal(b->status, 403);
}

static void what_does_not_exist_is_a_calm_page(void **state)
{
    static const char *const paths[] = {
        "/nothing",        "/cases/99",   "/pool/203.0.113.99",
        "/pool/x",         "/cases/0",    "/cases/x",
        "/cases?before=x", "/set-up/abc", "/cases/99999999999999999999"};
    struct browser *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        get(b, paths[i]);
        if (b->status != 404)
            fail_msg("%s: %u", paths[i], b->status);
        must_show(b, "Back to Today");
    }
    ask(b, &b->customer, &(struct ask){.path = "/"});
    assert_int_equal(b->status, 404);
    must_show(b, "There is nothing at this address.");
}

static void health_is_told_without_signing_in(void **state)
{
    struct browser *b = *state;

    b->cookie[0] = '\0';
    get(b, "/healthz");
    assert_string_equal(b->page.at, "ok\n");
    get(b, "/readyz");
    assert_string_equal(b->page.at,
                        "ready\nthe first round over the lists has not ended yet\n");
    get(b, "/metrics");
    assert_int_equal(b->status, 200);
    must_show(b, "\ncleansmtp_pool_addresses{state=\"active\"} 2\n");
    must_show(b, "\ncleansmtp_watch_rounds_total 0\n");
    assert_false(shows(b, FIXTURE_RESERVED));
    get(b, "/static/app.css");
    assert_int_equal(b->status, 200);
    get(b, "/static/nothing");
    assert_int_equal(b->status, 404);
}

/* Whatever a bounce holds, it is text on the page. */
static void a_hostile_bounce_stays_text(void **state)
{
    struct browser *b = *state;

    app_fixture_bounce(&b->fixture, "#!/bin/sh\ncat >/dev/null\necho nonsense\n");
    post(
        b, "/cases",
        "bounce=%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AEgpj.exe%7B%7Btoken%7D%7D%1B%5B");
    get(b, b->location);
    assert_int_equal(b->status, 200);
    must_show(b, "&lt;script&gt;alert(1)");
    must_show(b, "{{token}}");
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): what the page must not show */
    assert_false(shows(b, "\xe2\x80\xae"));
    assert_false(shows(b, "\x1b"));
    must_show(b, "no bounce found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WEB_TEST(a_role_sees_what_it_may_do),
        WEB_TEST(places_are_boxes_and_many_are_one_bar),
        WEB_TEST(an_address_has_a_page_with_its_listings_and_leases),
        WEB_TEST(a_note_stays_on_the_case),
        WEB_TEST(today_says_what_needs_someone),
        WEB_TEST(a_listed_address_stays_on_today_while_the_list_is_silent),
        WEB_TEST(a_case_has_one_picture_of_listing_and_details),
        WEB_TEST(lists_are_searched_by_what_people_know),
        WEB_TEST(a_search_that_cannot_be_is_said),
        WEB_TEST(lists_are_saved_as_csv_and_json),
        WEB_TEST(every_address_of_ours_stands_among_the_listings),
        WEB_TEST(what_does_not_exist_is_a_calm_page),
        WEB_TEST(health_is_told_without_signing_in),
        WEB_TEST(a_hostile_bounce_stays_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
