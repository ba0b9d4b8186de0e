/*
 * test_web.c - sessions, forms, and the main job: from the bounce to the link and the login.
 */
#include "base/base.h"

#include "base/limits.h"
#include "tests/unit/web/case_walk.h"

static int start_doubting(void **state)
{
    return browser_start(state, "policy { log_proof = required }");
}

static void signed_in_is_needed_and_the_way_back_is_kept(void **state)
{
    struct browser *b = *state;

    b->cookie[0] = '\0';
    get(b, "/cases/4");
    assert_int_equal(b->status, 303);
    assert_string_equal(b->location, "/sign-in?next=/cases/4");
    get(b, "/sign-in?next=/cases/4");
    must_show(b, "value=\"/cases/4\"");
    get(b, "/sign-in?next=//evil.example");
    must_show(b, "name=\"next\" value=\"/\"");
    get(b, "/sign-in?next=/%5Cevil.example");
    must_show(b, "name=\"next\" value=\"/\"");
    ask(b, &b->console,
        &(struct ask){.method = HTTP_POST,
                      .path = "/sign-in",
                      .body = "name=ana&password=wrong+wrong+wrong"});
    assert_int_equal(b->status, 403);
    must_show(b, "Name or password is wrong.");
    assert_false(shows(b, "wrong wrong"));
    assert_string_equal(b->cookie, "");
}

static void signing_out_ends_the_session_on_our_side(void **state)
{
    struct browser *b = *state;
    char cookie[sizeof b->cookie];

    memcpy(cookie, b->cookie, sizeof cookie);
    post(b, "/sign-out", "");
    assert_string_equal(b->location, "/sign-in");
    assert_string_equal(b->cookie, "cs=");
    memcpy(b->cookie, cookie, sizeof cookie);
    get(b, "/");
    assert_int_equal(b->status, 303);
}

static void a_form_from_elsewhere_changes_nothing(void **state)
{
    struct browser *b = *state;
    const char *good = arena_printf(&b->fixture.mem, "token=%s&" BOUNCE, b->token);
    const struct {
        struct ask ask;
        unsigned status;
    } cases[] = {
        {{.body = BOUNCE},                                                                          403},
        {{.body = "token=&" BOUNCE},                                                                403},
        {{.body =
              "token="
              "0000000000000000000000000000000000000000000000000000000000000000&" BOUNCE},
         403                                                                                           },
        {{.body = good, .fetch_site = "cross-site"},                                                403},
        {{.body = good, .fetch_site = "same-site"},                                                 403},
        {{.body = good, .origin = "http://evil.example"},                                           403},
        {{.body = good, .type = "text/plain"},                                                      400},
        {{.body = good, .fetch_site = "same-origin"},                                               303},
        {{.body = good, .origin = "http://127.0.0.1:8025"},                                         303},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ask one = cases[i].ask;
        one.method = HTTP_POST;
        one.path = "/cases";
        ask(b, &b->console, &one);
        if (b->status != cases[i].status)
            fail_msg("case %zu: %u", i, b->status);
    }
    get(b, "/cases");
    must_show(b, "/cases/2");
    assert_false(shows(b, "/cases/3"));
}

static void what_was_typed_survives_mistakes_and_a_lost_session(void **state)
{
    struct browser *b = *state;

    post(b, "/cases", "bounce=+&ticket=48211");
    assert_int_equal(b->status, 400);
    must_show(b, "There is a problem");
    must_show(b, "<title>Error: Today");
    must_show(b, "value=\"48211\"");
    post(b, "/cases", "bounce=554+%3Cscript%3E&mailbox=nobody");
    assert_int_equal(b->status, 400);
    must_show(b, "href=\"#mailbox\"");
    must_show(b, "554 &lt;script&gt;</textarea>");
    b->cookie[0] = '\0';
    post(b, "/cases", "bounce=554+%22kept%22&ticket=7");
    assert_int_equal(b->status, 401);
    must_show(b, "name=\"bounce\" value=\"554 &quot;kept&quot;\"");
    ask(b, &b->console,
        &(struct ask){
            .method = HTTP_POST,
            .path = "/sign-in",
            .body = "name=ana&password=a+few+long+words&bounce=554+kept&ticket=7"});
    assert_int_equal(b->status, 200);
    must_show(b, "554 kept</textarea>");
    must_show(b, "value=\"7\"");
}

/* ---- the main job ---- */

static void a_listed_case_says_when_it_clears_and_where_to_look(void **state)
{
    struct browser *b = *state;
    char until[32];
    time_t by = (time_t)(b->fixture.clock.now + INT64_C(24) * 3600);
    struct tm parts;

    open_case(b);
    must_show(b, "<a href=\"https://www.spamcop.net/bl.shtml?" FIXTURE_SHARED
                 "\" rel=\"noreferrer noopener\">Look it up at SpamCop</a>");
    must_show(b, "Likely clear");
    must_show(b, "Wed 25 Nov, 09:00 to 13:00");
    must_show(b, "SpamCop clears 24 h after the last report, plus up to 4 h: probably");
    assert_non_null(localtime_r(&by, &parts));
    assert_true(strftime(until, sizeof until, ", %H:%M to ", &parts) > 0);
    must_show(b, until);
    (void)mint(b);
    must_show(b, "It usually clears by itself within 28 hours. You may also");

    b->fixture.clock.now += INT64_C(20) * 3600;
    sign_in(b, "ana");
    get(b, "/cases/1");
    must_show(b, "20 h ago");
    must_show(b, "4 h: probably");
    b->fixture.clock.now += INT64_C(9) * 3600;
    sign_in(b, "ana");
    get(b, "/cases/1");
    must_show(b, "by now: ask again");
    post(b, "/cases/1/check", "");
    get(b, "/cases/1");
    must_show(b, "and was probably told again: probably by");
    must_show(b, "29 h ago");
    fake_resolver_fail(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    post(b, "/cases/1/check", "");
    get(b, "/cases/1");
    assert_false(shows(b, "Likely clear"));
    must_show(b, "Look it up at SpamCop");
}

static void a_list_without_a_page_has_no_link(void **state)
{
    struct browser *b = *state;

    app_fixture_bounce(
        &b->fixture, "#!/bin/sh\ncat >/dev/null\n"
                     "echo '{\"is_bounce\":true,\"class\":\"dnsbl\",\"grantable\":true,"
                     "\"flags\":[],\"blocked_ip\":\"" FIXTURE_SHARED "\","
                     "\"list\":\"bl.unknown.example\","
                     "\"lookup_url\":\"https://evil.example/\"}'\n");
    open_case(b);
    must_show(b, "bl.unknown.example");
    assert_false(shows(b, "Look it up"));
    assert_false(shows(b, "evil.example"));
}

static void a_bounce_becomes_a_link_and_the_link_a_login(void **state)
{
    struct browser *b = *state;

    open_case(b);
    must_show(b, "listed now");
    must_show(b, FIXTURE_SHARED);
    must_show(b, "SpamCop");
    must_show(b, "Is it listed?");
    const char *link = mint(b);
    assert_true(b->is_secret);
    must_show(b, "Send this reply");
    must_show(b, "Link not opened yet");
    const char *key = strchr(link, '#') + 1;

    get(b, "/cases/1");
    assert_false(shows(b, key));
    must_show(b, "Sending details are given");

    look(b, link);
    assert_int_equal(b->status, 200);
    must_show(b, "name=\"mailbox\"");
    prove(b, link, "wrong@kunde.example", key);
    assert_int_equal(b->status, 403);
    must_show(b, "4 tries left");
    must_show(b, key);
    assert_false(shows(b, "id=\"pass\""));
    prove(b, link, "Anna%40Kunde.example", key);
    assert_int_equal(b->status, 200);
    assert_true(b->is_secret);
    must_show(b, "<code id=\"port\" translate=\"no\">465</code>");
    const char *password = between(b, "<code id=\"pass\" translate=\"no\">", "</code>");
    assert_non_null(password);
    assert_int_equal(strlen(password), PASSWORD_SHOWN_LEN + 4 * strlen("<wbr>"));
    get(b, "/cases/1");
    must_show(b, "Details shown");
    must_show(b, "The details were shown at the link.");
}

static void more_time_is_given_until_policy_ends_it(void **state)
{
    struct browser *b = *state;

    open_case(b);
    (void)mint(b);
    get(b, "/cases/1");
    must_show(b, ">24 h more</button>");
    for (int i = 0; i < 2; i++) {
        post(b, "/leases/1/extend", "for=86400s");
        assert_string_equal(b->location, "/cases/1");
    }
    get(b, "/cases/1");
    assert_false(shows(b, " more</button>"));
    must_show(b, "gave the details more time");
    post(b, "/leases/1/extend", "for=86400s");
    assert_int_equal(b->status, 422);
    must_show(b, "lasts at most");
    post(b, "/leases/1/extend", "for=soon");
    assert_int_equal(b->status, 400);
}

static void the_same_form_twice_is_one_lease(void **state)
{
    struct browser *b = *state;

    open_case(b);
    const char *key = between(b, "name=\"key\" value=\"", "\"");
    const char *body = arena_printf(&b->fixture.mem, "key=%s&for=86400s", key);
    post(b, "/cases/1/leases", body);
    must_show(b, "id=\"link\"");
    post(b, "/cases/1/leases", body);
    assert_int_equal(b->status, 200);
    assert_false(shows(b, "id=\"link\""));
    must_show(b, "Nothing was created twice");
    must_show(b, "/leases/1/revoke");
}

static void five_wrong_tries_lock_and_a_new_link_opens_again(void **state)
{
    struct browser *b = *state;

    open_case(b);
    const char *link = mint(b);
    for (int i = 0; i < REVEAL_TRIES_MAX; i++)
        prove(b, link, FIXTURE_MAILBOX, "wrong");
    must_show(b, "This page is locked.");
    prove(b, link, FIXTURE_MAILBOX, strchr(link, '#') + 1);
    assert_int_equal(b->status, 409);
    assert_false(shows(b, "id=\"pass\""));
    get(b, "/cases/1");
    must_show(b, "Locked after five wrong tries");
    post(b, "/leases/1/link", "");
    const char *next = between(b, "<code id=\"link\">", "<");
    assert_non_null(next);
    look(b, link);
    assert_int_equal(b->status, 404);
    prove(b, next, FIXTURE_MAILBOX, strchr(next, '#') + 1);
    must_show(b, "id=\"pass\"");
}

static void revoked_expired_and_unknown_links_say_so(void **state)
{
    struct browser *b = *state;

    open_case(b);
    const char *link = mint(b);
    look(b, "/r/aaaaaaaaaaaaa");
    assert_int_equal(b->status, 404);
    const char *unknown = arena_strdup(&b->fixture.mem, b->page.at);
    look(b, "/r/not-an-id");
    assert_string_equal(b->page.at, unknown);
    prove(b, "/r/aaaaaaaaaaaaa", FIXTURE_MAILBOX, "x");
    assert_string_equal(b->page.at, unknown);
    b->fixture.clock.now += (int64_t)2 * 3600;
    look(b, link);
    must_show(b, "This link is too old.");
    sign_in(b, "ana");
    post(b, "/leases/1/revoke", "reason=done");
    assert_string_equal(b->location, "/cases/1");
    look(b, link);
    must_show(b, "These sending details were ended.");
    get(b, "/cases/1");
    must_show(b, "Earlier details");
    must_show(b, "“done”");
    must_show(b, "Give clean sending details");
}

static int take_refusal(struct store *store, void *context, struct error *err)
{
    struct browser *b = context;
    struct login_row login;
    struct lease lease;
    const int64_t now = b->fixture.clock.now;

    if (store_lease_find(store, &b->fixture.mem, 1, &lease, err) != 0 ||
        store_login_find(store, &b->fixture.mem, lease.username, &login, err) != 0)
        return -1;
    const struct usage_record record = {
        .seq = login.journal_seq + 1,
        .at = now,
        .kind = "refused_login",
        .username = lease.username,
        .detail = arena_printf(&b->fixture.mem, "earlier_password 1 %lld",
                               (long long)now - 720),
        .client = "203.0.113.9",
        .program = "auth, smtp",
    };
    return store_usage_apply(store, &record, 1, err);
}

static void a_case_says_why_its_login_was_refused(void **state)
{
    struct browser *b = *state;
    struct error err = {0};

    sign_in(b, "ana");
    open_case(b);
    (void)mint(b);
    assert_int_equal(app_write(b->fixture.app, take_refusal, b, &err), 0);
    get(b, "/cases/1");
    must_show(b, "Login refused");
    must_show(b, "535: the password of the first reveal, replaced at ");
    must_show(b, "203.0.113.9");
    must_show(b, "auth, smtp");
    must_show(b, "Last refused: 535 at ");
    /* Who is refused asks when the details are over, too. */
    post(b, "/leases/1/revoke", "reason=done");
    get(b, "/cases/1");
    must_show(b, "535: the password of the first reveal, replaced at ");
}

static void a_refused_mint_says_why_over_the_form(void **state)
{
    struct browser *b = *state;

    open_case(b);
    post(b, "/cases/1/leases", "key=k&for=soon&reason=kept+reason");
    assert_int_equal(b->status, 400);
    must_show(b, "There is a problem");
    must_show(b, "value=\"kept reason\"");
    post(b, "/cases/1/leases", "key=k&for=90h");
    assert_int_equal(b->status, 422);
    fake_resolver_fail(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_TIMEOUT);
    post(b, "/cases/1/leases", "key=k&for=24h");
    assert_int_equal(b->status, 503);
    must_show(b, "There is a problem");
    post(b, "/cases/1/check", "");
    get(b, "/cases/1");
    must_show(b, "aria-hidden=\"true\">?</i>unknown");
    assert_false(shows(b, "Give clean sending details"));
}

static void the_record_that_spf_needs_can_be_copied(void **state)
{
    struct browser *b = *state;

    fake_resolver_add(&b->fixture.dns, "kunde.example", DNS_TYPE_TXT,
                      "v=spf1 exists:%{i}.<b>.example ~all");
    open_case(b);
    must_show(b, "no (softfail): ~all of kunde.example");
    must_show(b, "the TXT record of kunde.example has to become");
    must_show(b, "<pre class=\"mono\" id=\"record\">v=spf1 "
                 "exists:%{i}.&lt;b&gt;.example ip4:203.0.113.9 ~all</pre>");
    must_show(b, "data-copy=\"record\" data-status=\"record-said\"");
    /* Once it is published there is nothing to copy. */
    b->fixture.dns.records_count = 0;
    fake_resolver_add(&b->fixture.dns, "kunde.example", DNS_TYPE_TXT,
                      "v=spf1 ip4:203.0.113.9 ~all");
    post(b, "/cases/1/check", "");
    get(b, "/cases/1");
    must_show(b, "yes: ip4:203.0.113.9 of kunde.example");
    assert_false(shows(b, "id=\"record\""));
}

static void a_second_person_agrees(void **state)
{
    struct browser *b = *state;

    open_case(b);
    must_show(b, "A second person has to agree");
    must_show(b, "Our mail log cannot say whether it happened.");
    must_show(b, ">Ask a second person</button>");
    const char *key = between(b, "name=\"key\" value=\"", "\"");
    post(b, "/cases/1/leases",
         arena_printf(&b->fixture.mem, "key=%s&for=86400s&reason=Invoice", key));
    assert_int_equal(b->status, 200);
    must_show(b, "Waits for a second person");
    must_show(b, "You asked yourself");
    assert_false(shows(b, "id=\"link\""));
    assert_false(shows(b, "/approvals/1/answer"));
    get(b, "/");
    must_show(b, "ana asks for a second person, case 1");
    must_show(b, "/approvals#request-1");
    get(b, "/approvals");
    must_show(b, "1 request waits");
    must_show(b, "You asked yourself");
    assert_false(shows(b, "/approvals/1/answer"));

    sign_in_as(b, "lea", ROLE_LEAD);
    get(b, "/approvals");
    must_show(b, "ana asked for clean sending details for 24 h.");
    must_show(b, "“Invoice”");
    must_show(b, "192.0.2.14 on SpamCop");
    must_show(b, "Our mail log cannot say whether it happened.");
    must_show(b, "/approvals/1/answer");
    get(b, "/cases/1");
    must_show(b, "/approvals/1/answer");
    post(b, "/approvals/1/answer", "do=perhaps");
    assert_int_equal(b->status, 400);
    post(b, "/approvals/1/answer", "do=approve&reason=I+called+her");
    assert_string_equal(b->location, "/cases/1");
    get(b, "/cases/1");
    must_show(b, "Approved by lea");
    must_show(b, "“I called her”");
    must_show(b, "approved the sending details");
    post(b, "/approvals/1/answer", "do=deny");
    assert_int_equal(b->status, 409);
    must_show(b, "approved already");
    post(b, "/leases/1/link", "");
    must_show(b, "id=\"link\"");
    must_show(b, "To the postmaster of empfaenger.example:");
    get(b, "/");
    assert_false(shows(b, "asks for a second person"));
}

static void a_second_person_denies_and_an_agent_may_not_answer(void **state)
{
    struct browser *b = *state;

    open_case(b);
    const char *key = between(b, "name=\"key\" value=\"", "\"");
    post(b, "/cases/1/leases", arena_printf(&b->fixture.mem, "key=%s&for=86400s", key));
    sign_in_as(b, "ben", ROLE_AGENT);
    get(b, "/cases/1");
    must_show(b, "A lead or a postmaster has to answer.");
    post(b, "/approvals/1/answer", "do=approve");
    assert_int_equal(b->status, 403);
    get(b, "/approvals");
    must_show(b, "A lead or a postmaster has to answer.");
    assert_false(shows(b, "/approvals/1/answer"));
    sign_in_as(b, "pia", ROLE_POSTMASTER);
    post(b, "/approvals/1/answer", "do=deny&reason=no&back=approvals");
    assert_string_equal(b->location, "/approvals");
    get(b, "/approvals");
    must_show(b, "Nobody waits for a second person.");
    get(b, "/cases/1");
    must_show(b, "Earlier details");
    must_show(b, "“no”");
    assert_false(shows(b, "Approved by"));
}

static void the_same_bounce_again_says_so(void **state)
{
    struct browser *b = *state;

    open_case(b);
    assert_false(shows(b, "The same bounce came before"));
    post(b, "/cases", BOUNCE);
    get(b, b->location);
    must_show(b, "<a href=\"/cases/1\">The same bounce came before, in case 1</a>.");
}

static void each_verdict_has_the_reply_that_goes_with_it(void **state)
{
    struct browser *b = *state;

    fake_resolver_fail(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    post(b, "/cases", BOUNCE);
    get(b, b->location);
    must_show(b, "Please send the message again.");
    must_show(b, "Copy reply");
    app_fixture_bounce(&b->fixture, "#!/bin/sh\ncat >/dev/null\necho nonsense\n");
    post(b, "/cases", BOUNCE);
    get(b, b->location);
    must_show(b, "we need the whole bounce");
    get(b, "/cases/2?lang=de");
    must_show(b, "lang=\"de\" readonly>\nGuten Tag,");
    must_show(b, "<a href=\"/cases/2?lang=en#advise\"");
    /* A language that nobody configured is not asked for. */
    get(b, "/cases/2?lang=xx");
    must_show(b, "lang=\"en\" readonly>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WEB_TEST(signed_in_is_needed_and_the_way_back_is_kept),
        WEB_TEST(signing_out_ends_the_session_on_our_side),
        WEB_TEST(a_form_from_elsewhere_changes_nothing),
        WEB_TEST(what_was_typed_survives_mistakes_and_a_lost_session),
        WEB_TEST(a_listed_case_says_when_it_clears_and_where_to_look),
        WEB_TEST(a_list_without_a_page_has_no_link),
        WEB_TEST(a_bounce_becomes_a_link_and_the_link_a_login),
        WEB_TEST(more_time_is_given_until_policy_ends_it),
        WEB_TEST(the_same_form_twice_is_one_lease),
        WEB_TEST(five_wrong_tries_lock_and_a_new_link_opens_again),
        WEB_TEST(revoked_expired_and_unknown_links_say_so),
        WEB_TEST(a_case_says_why_its_login_was_refused),
        WEB_TEST(a_refused_mint_says_why_over_the_form),
        WEB_TEST(the_record_that_spf_needs_can_be_copied),
        cmocka_unit_test_setup_teardown(a_second_person_agrees, start_doubting,
                                        browser_stop),
        cmocka_unit_test_setup_teardown(
            a_second_person_denies_and_an_agent_may_not_answer, start_doubting,
            browser_stop),
        WEB_TEST(the_same_bounce_again_says_so),
        WEB_TEST(each_verdict_has_the_reply_that_goes_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
