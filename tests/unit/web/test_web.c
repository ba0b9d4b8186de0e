/*
 * test_web.c - the two sites, driven without a socket: a browser of our own with a cookie.
 */
#include "base/base.h"

#include "issuer/web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "issuer/identity/agent.h"
#include "issuer/leases/change.h"
#include "tests/support/issuer/browser.h"

#define BOUNCE "bounce=554+5.7.1+blocked"

static int start(void **state)
{
    return browser_start(state, "brand { name = \"Example Hosting\" }");
}

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

static void open_case(struct browser *b)
{
    post(b, "/cases", BOUNCE "&ticket=48211");
    assert_string_equal(b->location, "/cases/1");
    get(b, "/cases/1");
    assert_int_equal(b->status, 200);
}

/* The link, with its key. */
static const char *mint(struct browser *b)
{
    const char *key = between(b, "name=\"key\" value=\"", "\"");

    assert_non_null(key);
    post(b, "/cases/1/leases",
         arena_printf(&b->fixture.mem, "key=%s&for=86400s&reason=Invoice", key));
    if (b->status != 200)
        fail_msg("%u %s", b->status, b->page.at);
    const char *link = between(b, "<code id=\"link\">", "<");
    assert_non_null(link);
    return link;
}

static void prove(struct browser *b, const char *link, const char *mailbox,
                  const char *code)
{
    const char *path = strstr(link, "/r/");
    const char *body = arena_printf(&b->fixture.mem, "mailbox=%s&code=%s", mailbox,
                                    code);

    path = arena_strndup(&b->fixture.mem, path, strcspn(path, "#"));
    ask(b, &b->customer,
        &(struct ask){.method = HTTP_POST, .path = path, .body = body});
}

static void look(struct browser *b, const char *link)
{
    const char *path = strstr(link, "/r/");

    path = arena_strndup(&b->fixture.mem, path, strcspn(path, "#"));
    ask(b, &b->customer, &(struct ask){.path = path});
}

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
    must_show(b, "Not shown yet");
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

/* Signs in as somebody new. */
static void become(struct browser *b, const char *name, enum role role)
{
    b->cookie[0] = '\0';
    add_agent(b, name, role);
    sign_in(b, name);
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

    become(b, "lea", ROLE_LEAD);
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
    become(b, "ben", ROLE_AGENT);
    get(b, "/cases/1");
    must_show(b, "A lead or a postmaster has to answer.");
    post(b, "/approvals/1/answer", "do=approve");
    assert_int_equal(b->status, 403);
    get(b, "/approvals");
    must_show(b, "A lead or a postmaster has to answer.");
    assert_false(shows(b, "/approvals/1/answer"));
    become(b, "pia", ROLE_POSTMASTER);
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

/* ---- roles, pool, audit, health ---- */

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
    b->cookie[0] = '\0';
    add_agent(b, "pia", ROLE_POSTMASTER);
    sign_in(b, "pia");
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

    b->cookie[0] = '\0';
    add_agent(b, "pia", ROLE_POSTMASTER);
    sign_in(b, "pia");
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

#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, browser_stop)

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
