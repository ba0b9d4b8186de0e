/*
 * test_diagnose.c - from pasted bytes to a verdict and a case, with a child that behaves and
 * children that do not.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "issuer/cases/diagnose.h"
#include "issuer/cases/intake.h"
#include "issuer/leases/change.h"
#include "tests/support/issuer/app_fixture.h"

static void assert_said(struct app_fixture *f, struct sentence sentence,
                        const char *words)
{
    assert_string_equal(app_say(f->app, &f->mem, sentence), words);
}

static struct diagnosis diagnose_now(struct app_fixture *f)
{
    const struct diagnosis_request request = {.bounce = SLICE("554 blocked")};
    struct error err = {0};
    struct diagnosis diagnosis;

    if (diagnose(f->app, &f->mem, &request, &diagnosis, &err) != 0)
        fail_msg("%s", err.text);
    return diagnosis;
}

static void start_listed(struct app_fixture *f)
{
    app_fixture_start(f, NULL);
    app_fixture_fill(f);
    app_fixture_bounce_listed(f);
}

static void our_listed_address_is_listed_now(void **state UNUSED)
{
    struct app_fixture f;

    start_listed(&f);
    struct diagnosis d = diagnose_now(&f);
    assert_int_equal(d.row.verdict, DIAGNOSIS_LISTED_NOW);
    assert_int_equal(d.listing.state, LISTING_LISTED);
    assert_string_equal(d.row.address, FIXTURE_SHARED);
    assert_string_equal(d.row.zone, FIXTURE_ZONE);
    assert_string_equal(d.row.mailbox, FIXTURE_MAILBOX);
    assert_int_equal(d.row.id, 0);
    assert_int_equal(d.row.checks_count, 8);
    assert_said(&f, d.row.checks[0].question, "Is it listed?");
    assert_said(&f, d.row.checks[0].answer,
                "yes, 127.0.0.2 (reported as a source of spam)");
    assert_string_equal(d.meaning, "reported as a source of spam");
    assert_string_equal(d.lookup_url,
                        "https://www.spamcop.net/bl.shtml?" FIXTURE_SHARED);
    assert_said(&f, d.row.checks[0].source, "bl.spamcop.net, passes its own test");
    assert_said(&f, d.row.checks[1].answer, "yes, shared");
    assert_said(&f, d.row.checks[1].source, "192.0.2.0/24, round robin");
    assert_int_equal(d.row.checks[2].result, CHECK_UNKNOWN);
    assert_said(&f, d.row.checks[3].question, "Is the customer the cause?");
    assert_int_equal(d.row.checks[3].result, CHECK_UNKNOWN);
    assert_said(&f, d.row.checks[4].answer, "yes, 2 of 2 are clear there");
    assert_int_equal(d.row.doubts, 0);
    /* The list, the list again, the recipient's mail servers; then the name, SPF and DMARC of
     * the address that is next. */
    assert_int_equal(f.dns.rounds, 4);
    app_fixture_stop(&f);
}

static void the_next_address_is_looked_at(void **state UNUSED)
{
    struct app_fixture f;

    start_listed(&f);
    /* The first address of the pool is listed itself: the second would be given. */
    fake_resolver_list(&f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2", NULL);
    fake_resolver_add(&f.dns, "10.113.0.203.in-addr.arpa", DNS_TYPE_PTR,
                      "clean2.mail.example");
    fake_resolver_add(&f.dns, "clean2.mail.example", DNS_TYPE_A, FIXTURE_RESERVED_2);
    fake_resolver_add(&f.dns, "kunde.example", DNS_TYPE_TXT, "v=spf1 a ~all");
    struct diagnosis d = diagnose_now(&f);
    assert_int_equal(d.row.checks_count, 8);
    assert_said(&f, d.row.checks[5].answer,
                "yes: 203.0.113.10 is clean2.mail.example, both ways");
    assert_int_equal(d.row.checks[5].checked_at, f.clock.now);
    assert_said(&f, d.row.checks[6].answer,
                "no (softfail): ~all of kunde.example; add "
                "\"ip4:203.0.113.10\", whole record: "
                "v=spf1 a ip4:203.0.113.10 ~all");
    assert_said(&f, d.row.checks[6].source, "kunde.example");
    assert_said(&f, d.row.checks[7].answer,
                "yes: kunde.example publishes no DMARC policy");
    /* Shown, and no more: the lease may be given all the same. */
    assert_int_equal(d.row.verdict, DIAGNOSIS_LISTED_NOW);
    assert_int_equal(d.row.doubts, 0);
    app_fixture_stop(&f);
}

static void nothing_is_looked_at_where_no_lease_may_be_given(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *listed[2]; /* addresses of the pool */
        enum dns_status shared;
        enum diagnosis_verdict want;
    } cases[] = {
        {"delisted since",           {NULL},     DNS_NXDOMAIN, DIAGNOSIS_CLEAR_NOW },
        {"the whole pool is listed",
         {FIXTURE_RESERVED, FIXTURE_RESERVED_2},
         DNS_ANSWER,                                           DIAGNOSIS_LISTED_NOW},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct app_fixture f;
        start_listed(&f);
        if (cases[i].shared != DNS_ANSWER)
            fake_resolver_fail(&f.dns, FIXTURE_ZONE, FIXTURE_SHARED, cases[i].shared);
        for (size_t n = 0; n < 2 && cases[i].listed[n] != NULL; n++)
            fake_resolver_list(&f.dns, FIXTURE_ZONE, cases[i].listed[n], "127.0.0.2",
                               NULL);
        struct diagnosis d = diagnose_now(&f);
        if (d.row.verdict != cases[i].want || d.row.checks_count != 5 ||
            f.dns.rounds > 3) /* the list, twice, and the recipient's mail servers */
            fail_msg("%s: %s, %zu checks", cases[i].name,
                     diagnosis_row(d.row.verdict)->name, d.row.checks_count);
        app_fixture_stop(&f);
    }
}

static void what_the_world_says_decides(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *address; /* whose answer is bent */
        enum dns_status status;
        enum diagnosis_verdict want;
        enum check_result listed;
    } cases[] = {
        {"delisted since", FIXTURE_SHARED, DNS_NXDOMAIN, DIAGNOSIS_CLEAR_NOW,   CHECK_NO     },
        {"no answer",      FIXTURE_SHARED, DNS_TIMEOUT,  DIAGNOSIS_CANNOT_TELL,
         CHECK_UNKNOWN                                                                       },
        {"servfail",       FIXTURE_SHARED, DNS_FAILED,   DIAGNOSIS_CANNOT_TELL, CHECK_UNKNOWN},
        {"sick list",      "127.0.0.2",    DNS_NXDOMAIN, DIAGNOSIS_CANNOT_TELL, CHECK_UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct app_fixture f;
        start_listed(&f);
        fake_resolver_fail(&f.dns, FIXTURE_ZONE, cases[i].address, cases[i].status);
        struct diagnosis d = diagnose_now(&f);
        if (d.row.verdict != cases[i].want || d.row.checks[0].result != cases[i].listed)
            fail_msg("%s: %s", cases[i].name, diagnosis_row(d.row.verdict)->name);
        app_fixture_stop(&f);
    }
}

static void an_address_that_is_not_ours_is_not_asked_about(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};

    start_listed(&f);
    assert_int_equal(shared_remove(f.app, &fixture_admin, "192.0.2.0/24", &err), 0);
    struct diagnosis d = diagnose_now(&f);
    assert_int_equal(d.row.verdict, DIAGNOSIS_NOT_OURS);
    assert_int_equal(f.dns.rounds, 0);
    assert_null(d.row.address);
    assert_said(&f, d.row.checks[0].answer, "not asked: the address is not ours");
    app_fixture_stop(&f);
}

static void a_list_that_is_not_configured_is_not_asked(void **state UNUSED)
{
    struct app_fixture f;

    app_fixture_start(&f, "zones { use = { \"psbl.surriel.com\" } }");
    app_fixture_fill(&f);
    app_fixture_bounce_listed(&f);
    struct diagnosis d = diagnose_now(&f);
    assert_int_equal(d.row.verdict, DIAGNOSIS_CANNOT_TELL);
    assert_said(&f, d.row.checks[0].answer,
                "not asked: this list is not among the configured ones");
    /* The configured one is: the address, its words, and its own test points. */
    assert_int_equal(f.dns.questions, 4);
    app_fixture_stop(&f);
}

static void the_other_lists_are_asked_in_the_same_round(void **state UNUSED)
{
    static const struct {
        const char *address; /* listed on the other list; NULL: none */
        bool is_healthy;
        enum check_result want;
        const char *answer;
    } cases[] = {
        {NULL,           true,  CHECK_NO,      "no, clear on 1 of 1"                  },
        {FIXTURE_SHARED, true,  CHECK_YES,     "yes: PSBL"                            },
        {NULL,           false, CHECK_UNKNOWN, "clear on 0 of 1, the rest did not say"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct app_fixture f;
        app_fixture_start(
            &f, "zones { use = { \"bl.spamcop.net\", \"psbl.surriel.com\" } }");
        app_fixture_fill(&f);
        app_fixture_bounce_listed(&f);
        if (cases[i].is_healthy)
            fake_resolver_healthy(&f.dns, "psbl.surriel.com");
        if (cases[i].address != NULL)
            fake_resolver_list(&f.dns, "psbl.surriel.com", cases[i].address,
                               "127.0.0.2", NULL);
        struct diagnosis d = diagnose_now(&f);
        assert_int_equal(d.row.verdict, DIAGNOSIS_LISTED_NOW);
        assert_string_equal(d.row.zone, FIXTURE_ZONE);
        assert_said(&f, d.row.checks[4].question, "On other lists?");
        assert_int_equal(d.row.checks[4].result, cases[i].want);
        assert_said(&f, d.row.checks[4].answer, cases[i].answer);
        app_fixture_stop(&f);
    }
}

static void a_child_that_misbehaves_is_unreadable_not_an_error(void **state UNUSED)
{
    static const struct {
        const char *name, *script;
    } cases[] = {
        {"prints nothing",          "#!/bin/sh\ncat >/dev/null\n"              },
        {"prints nonsense",         "#!/bin/sh\necho '{\"is_bounce\": maybe'\n"},
        {"a limit was hit",         "#!/bin/sh\nexit 70\n"                     },
        {"input too large for it",  "#!/bin/sh\nexit 65\n"                     },
        {"good words, bad end",
         "#!/bin/sh\necho '{\"is_bounce\":true,\"class\":\"dnsbl\","
         "\"grantable\":true,\"flags\":[]}'; exit 70\n"                        },
        {"killed",                  "#!/bin/sh\nkill -KILL $$\n"               },
        {"never stops talking",     "#!/bin/sh\nexec yes\n"                    },
        {"does not read its input", "#!/bin/sh\nexec <&-\necho '[]'\n"         },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct app_fixture f;
        app_fixture_start(&f, NULL);
        app_fixture_fill(&f);
        app_fixture_bounce(&f, cases[i].script);
        struct diagnosis d = diagnose_now(&f);
        if (d.row.verdict != DIAGNOSIS_NO_BOUNCE ||
            strcmp(d.row.evidence.flags, "unreadable") != 0)
            fail_msg("%s: %s", cases[i].name, diagnosis_row(d.row.verdict)->name);
        app_fixture_stop(&f);
    }
}

static void a_child_that_hangs_is_ended(void **state UNUSED)
{
    struct app_fixture f;

    app_fixture_start(&f, NULL);
    app_fixture_bounce(&f, "#!/bin/sh\nexec sleep 60\n");
    int64_t start_ms = clock_monotonic_ms(&clock_system);
    struct diagnosis d = diagnose_now(&f);
    assert_int_equal(d.row.verdict, DIAGNOSIS_NO_BOUNCE);
    assert_true(clock_monotonic_ms(&clock_system) - start_ms < 8000);
    app_fixture_stop(&f);
}

static void a_child_that_cannot_start_is_our_fault(void **state UNUSED)
{
    const struct diagnosis_request request = {.bounce = SLICE("x")};
    struct app_fixture f;
    struct error err = {0};
    struct diagnosis d;

    app_fixture_start(&f, NULL);
    assert_int_equal(diagnose(f.app, &f.mem, &request, &d, &err), -1);
    assert_int_equal(err.kind, ERROR_INTERNAL);
    app_fixture_bounce(&f, "#!/bin/sh\nexit 1\n");
    assert_int_equal(diagnose(f.app, &f.mem, &request, &d, &err), -1);
    assert_int_equal(err.kind, ERROR_INTERNAL);
    app_fixture_stop(&f);
}

static void the_child_gets_all_bytes_and_our_ranges(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct evidence evidence;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    app_fixture_bounce(&f, "#!/bin/sh\n"
                           "n=$(wc -c)\n"
                           "echo \"{\\\"is_bounce\\\":true,\\\"class\\\":\\\"other\\\","
                           "\\\"grantable\\\":false,\\\"flags\\\":[],"
                           "\\\"excerpt\\\":\\\"$n $*\\\"}\"\n");
    char *large = arena_alloc(&f.mem, BOUNCE_MAX + 1);
    memset(large, 'x', BOUNCE_MAX + 1);
    assert_int_equal(
        intake_read(f.app, &f.mem, slice_of(large, BOUNCE_MAX), &evidence, &err), 0);
    assert_string_equal(evidence.excerpt, "2097152 --shared 192.0.2.0/24");
    assert_int_equal(
        intake_read(f.app, &f.mem, slice_of(large, BOUNCE_MAX + 1), &evidence, &err),
        -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    app_fixture_stop(&f);
}

static void a_case_is_kept_with_listings_and_audit(void **state UNUSED)
{
    const struct diagnosis_request request = {
        .bounce = {"554 blocked\0!", 13},
        .mailbox = "Ben@Kunde.example",
        .ticket = "48211"
    };
    struct app_fixture f;
    struct error err = {0};
    struct diagnosis d;
    struct diagnosis again;
    struct store *store = NULL;
    struct case_row row;
    struct audit_record *audit = NULL;
    struct listing_row *listings = NULL;
    size_t count = 0;

    start_listed(&f);
    assert_int_equal(case_open(f.app, &f.mem, &fixture_agent, &request, &d, &err), 0);
    assert_true(d.row.id > 0);
    assert_int_equal(d.same_bounce_case, 0);
    assert_int_equal(app_take_reader(f.app, &store, &err), 0);
    assert_int_equal(store_case_find(store, &f.mem, d.row.id, &row, &err), 0);
    assert_string_equal(row.mailbox, "ben@kunde.example");
    assert_string_equal(row.ticket, "48211");
    assert_string_equal(row.created_by, "agent:ana");
    assert_string_equal(row.bounce, "554 blocked\xef\xbf\xbd!");
    assert_int_equal(row.verdict, DIAGNOSIS_LISTED_NOW);
    assert_int_equal(row.checks_count, 8);
    const char *object = arena_printf(&f.mem, "case:%d", (int)d.row.id);
    assert_int_equal(store_audit_tail(store, &f.mem, object, 9, &audit, &count, &err),
                     0);
    assert_int_equal(count, 1);
    assert_string_equal(audit[0].action, "case.open");
    assert_string_equal(audit[0].actor, "agent:ana");
    assert_int_equal(store_listing_now(store, &f.mem, NULL, &listings, &count, &err),
                     0);
    assert_int_equal(count, 3);
    app_give_back(f.app, store);
    assert_int_equal(diagnose(f.app, &f.mem, &request, &again, &err), 0);
    assert_int_equal(again.same_bounce_case, d.row.id);
    app_fixture_stop(&f);
}

static void line_ends_do_not_make_another_bounce(void **state UNUSED)
{
    const struct {
        struct slice bounce;
        bool is_same;
    } cases[] = {
        {SLICE("554 5.7.1\nblocked"),           true },
        {SLICE("554 5.7.1\r\nblocked\r\n"),     true },
        {SLICE("\n 554 5.7.1\r\nblocked \n\n"), true },
        {SLICE("554 5.7.1 blocked"),            false},
        {SLICE("554 5.7.1\n\nblocked"),         false},
    };
    const struct diagnosis_request first = {.bounce = SLICE("554 5.7.1\nblocked\n")};
    struct app_fixture f;
    struct error err = {0};
    struct diagnosis d;

    start_listed(&f);
    assert_int_equal(case_open(f.app, &f.mem, &fixture_agent, &first, &d, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct diagnosis_request again = {.bounce = cases[i].bounce};
        assert_int_equal(diagnose(f.app, &f.mem, &again, &d, &err), 0);
        if ((d.same_bounce_case == 1) != cases[i].is_same)
            fail_msg("case %zu", i);
    }
    app_fixture_stop(&f);
}

static void asking_again_keeps_the_new_diagnosis(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct diagnosis d;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    int64_t id = app_fixture_case(&f);
    fake_resolver_fail(&f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    f.clock.now += 60;
    assert_int_equal(case_check_again(f.app, &f.mem, &fixture_agent, id, &d, &err), 0);
    assert_int_equal(d.row.verdict, DIAGNOSIS_CLEAR_NOW);
    assert_int_equal(d.row.id, id);
    assert_int_equal(d.row.diagnosed_at, f.clock.now);
    assert_int_equal(case_check_again(f.app, &f.mem, &fixture_agent, 999, &d, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    app_fixture_stop(&f);
}

/* Listed, then clear ten minutes later, three times; the diagnosis tells it from the fourth. */
static void a_diagnosis_says_when_the_listing_clears(void **state UNUSED)
{
    const struct diagnosis_request request = {.bounce = SLICE("554 blocked")};
    struct app_fixture f;
    struct error err = {0};
    struct diagnosis d;

    start_listed(&f);
    assert_int_equal(case_open(f.app, &f.mem, &fixture_agent, &request, &d, &err), 0);
    int64_t id = d.row.id;
    assert_int_equal(d.listing_checked_at, f.clock.now);
    assert_int_equal(d.clears.estimate.basis, CLEARING_FROM_RULE);
    assert_int_equal(d.clears.since, f.clock.now);
    assert_int_equal(d.clears.estimate.probably_by, f.clock.now + INT64_C(24) * 3600);
    assert_int_equal(d.clears.estimate.latest, f.clock.now + INT64_C(28) * 3600);
    assert_int_equal(d.clears.estimate.past_count, 0);
    assert_int_equal(d.clears.within_s, INT64_C(28) * 3600);
    for (int i = 0; i < 3; i++) {
        f.clock.now += 600;
        fake_resolver_fail(&f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
        assert_int_equal(case_check_again(f.app, &f.mem, &fixture_agent, id, &d, &err),
                         0);
        assert_null(d.clears.sentence.line);
        assert_int_equal(d.clears.within_s, 0);
        f.clock.now += 600;
        fake_resolver_list(&f.dns, FIXTURE_ZONE, FIXTURE_SHARED, "127.0.0.2", NULL);
        assert_int_equal(case_check_again(f.app, &f.mem, &fixture_agent, id, &d, &err),
                         0);
    }
    int64_t since = f.clock.now;
    assert_int_equal(d.clears.estimate.past_count, 3);
    assert_int_equal(d.clears.estimate.not_before, since + 600);
    assert_non_null(strstr(app_say(f.app, &f.mem, d.clears.sentence),
                           "; our last 3 listings there took 10 min to 10 min"));
    /* A list that does not answer for a while does not begin it anew. */
    f.clock.now += 3600;
    fake_resolver_fail(&f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_TIMEOUT);
    assert_int_equal(case_check_again(f.app, &f.mem, &fixture_agent, id, &d, &err), 0);
    assert_null(d.clears.sentence.line);
    f.clock.now += 3600;
    fake_resolver_list(&f.dns, FIXTURE_ZONE, FIXTURE_SHARED, "127.0.0.2", NULL);
    assert_int_equal(case_check_again(f.app, &f.mem, &fixture_agent, id, &d, &err), 0);
    assert_int_equal(d.clears.since, since);
    assert_int_equal(d.clears.estimate.probably_by, since + INT64_C(24) * 3600);
    app_fixture_stop(&f);
}

static void bad_requests_are_refused_before_work(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct diagnosis d;
    struct diagnosis_request request = {.bounce = SLICE("x"), .mailbox = "nobody"};
    const struct actor auditor = {.name = "agent:eve", .role = ROLE_AUDITOR};

    start_listed(&f);
    assert_int_equal(diagnose(f.app, &f.mem, &request, &d, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    request = (struct diagnosis_request){.bounce = SLICE("x"), .ticket = "a\nb"};
    assert_int_equal(diagnose(f.app, &f.mem, &request, &d, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    request.ticket = NULL;
    assert_int_equal(case_open(f.app, &f.mem, &auditor, &request, &d, &err), -1);
    assert_int_equal(err.kind, ERROR_DENIED);
    app_fixture_stop(&f);
}

static void a_listing_check_asks_all_configured_lists(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct listing_row *rows = NULL;
    size_t count = 0;

    app_fixture_start(&f,
                      "zones { use = { \"bl.spamcop.net\", \"psbl.surriel.com\" } }");
    fake_resolver_list(&f.dns, FIXTURE_ZONE, "192.0.2.14", "127.0.0.2", NULL);
    assert_int_equal(listing_check(f.app, &f.mem, "192.0.2.14", &rows, &count, &err),
                     0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows[i].state, strcmp(rows[i].zone, FIXTURE_ZONE) == 0
                                            ? LISTING_LISTED
                                            : LISTING_UNKNOWN);
    assert_int_equal(listing_check(f.app, &f.mem, "10.0.0.1", &rows, &count, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(listing_check(f.app, &f.mem, "mail", &rows, &count, &err), -1);
    app_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_listed_address_is_listed_now),
        cmocka_unit_test(the_next_address_is_looked_at),
        cmocka_unit_test(nothing_is_looked_at_where_no_lease_may_be_given),
        cmocka_unit_test(what_the_world_says_decides),
        cmocka_unit_test(an_address_that_is_not_ours_is_not_asked_about),
        cmocka_unit_test(a_list_that_is_not_configured_is_not_asked),
        cmocka_unit_test(the_other_lists_are_asked_in_the_same_round),
        cmocka_unit_test(a_child_that_misbehaves_is_unreadable_not_an_error),
        cmocka_unit_test(a_child_that_hangs_is_ended),
        cmocka_unit_test(a_child_that_cannot_start_is_our_fault),
        cmocka_unit_test(the_child_gets_all_bytes_and_our_ranges),
        cmocka_unit_test(a_case_is_kept_with_listings_and_audit),
        cmocka_unit_test(line_ends_do_not_make_another_bounce),
        cmocka_unit_test(asking_again_keeps_the_new_diagnosis),
        cmocka_unit_test(a_diagnosis_says_when_the_listing_clears),
        cmocka_unit_test(bad_requests_are_refused_before_work),
        cmocka_unit_test(a_listing_check_asks_all_configured_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
