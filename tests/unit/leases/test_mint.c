/*
 * test_mint.c - what gives a lease, what is refused, and what it may be.
 */
#include "base/base.h"

#include <pthread.h>

#include "issuer/cases/diagnose.h"
#include "issuer/leases/change.h"
#include "tests/unit/leases/lease_lab.h"

static void refuses(struct lab *lab, const struct mint_request *request,
                    enum error_kind kind, const char *words)
{
    struct minted minted;

    if (mint(lab, request, &minted) == 0)
        fail_msg("minted, wanted \"%s\"", words);
    if (lab->err.kind != kind || strstr(lab->err.text, words) == NULL)
        fail_msg("\"%s\" (%s), wanted \"%s\" (%s)", lab->err.text,
                 error_kind_name(lab->err.kind), words, error_kind_name(kind));
}

static void a_lease_is_minted_without_a_password(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    const struct lease *lease = &minted.lease;
    assert_string_equal(lease->mailbox, FIXTURE_MAILBOX);
    assert_string_equal(lease->reserved_address, FIXTURE_RESERVED);
    assert_string_equal(lease->lane, "clean1");
    assert_int_equal(strlen(lease->username), USERNAME_LEN);
    assert_int_equal(lease->expires_at, lab.f.clock.now + day_s);
    assert_int_equal(lease->reveal_until, lab.f.clock.now + link_s);
    assert_int_equal(lease->messages_max, 100);
    assert_int_equal(lease->messages_per_hour, 50);
    assert_string_equal(lease->senders[0], FIXTURE_MAILBOX);
    assert_null(lease->senders[1]);
    assert_string_equal(lease->created_by, "agent:ana");
    assert_int_equal(lease_state_at(lease, lab.f.clock.now), LEASE_OFFERED);
    assert_int_equal(lease->revealed_at, 0);
    assert_non_null(strstr(minted.link, lease->link_id));
    assert_int_equal(key_of(minted.link).len, LINK_KEY_LEN);
    assert_false(minted.is_replay);
    assert_int_equal(count_audit(&lab, "lease:1", "lease.mint"), 1);
    app_fixture_stop(&lab.f);
}

static void only_an_address_that_is_listed_now_gives_a_lease(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    struct mint_request request = request_of(&lab);
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    refuses(&lab, &request, ERROR_REFUSED, "not listed on bl.spamcop.net any more");
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_TIMEOUT);
    refuses(&lab, &request, ERROR_UNAVAILABLE, "could not ask");
    fake_resolver_list(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, "127.0.0.2", NULL);
    fake_resolver_list(&lab.f.dns, FIXTURE_ZONE, "127.0.0.1", "127.0.0.2", NULL);
    refuses(&lab, &request, ERROR_UNAVAILABLE, "could not ask");
    app_fixture_stop(&lab.f);
}

/* The same list says two things: the mail of the address is bad, or it should not send at all. */
static void a_listing_by_policy_alone_gives_no_lease(void **state UNUSED)
{
    static const char zen[] = "zen.spamhaus.org";
    struct lab lab;
    struct diagnosis diagnosis;

    lab_start(&lab, "zones { use = { \"zen.spamhaus.org\" } }");
    fake_resolver_healthy(&lab.f.dns, zen);
    fake_resolver_list(&lab.f.dns, zen, FIXTURE_SHARED, "127.0.0.4", NULL);
    app_fixture_bounce(&lab.f, "#!/bin/sh\n"
                               "cat >/dev/null\n"
                               "echo '{\"is_bounce\":true,\"class\":\"dnsbl\","
                               "\"grantable\":true,\"flags\":[],"
                               "\"blocked_ip\":\"" FIXTURE_SHARED "\","
                               "\"list\":\"zen.spamhaus.org\","
                               "\"sender\":\"" FIXTURE_MAILBOX "\"}'\n");
    const struct diagnosis_request bounce = {.bounce = SLICE("554 5.7.1 zen")};
    assert_int_equal(
        case_open(lab.f.app, &lab.f.mem, &fixture_agent, &bounce, &diagnosis, &lab.err),
        0);
    assert_int_equal(diagnosis.row.verdict, DIAGNOSIS_LISTED_NOW);
    lab.case_id = diagnosis.row.id;
    struct mint_request request = request_of(&lab);
    fake_resolver_list(&lab.f.dns, zen, FIXTURE_SHARED, "127.0.0.10", NULL);
    refuses(&lab, &request, ERROR_REFUSED,
            "127.0.0.10, which is no ground for a lease");
    assert_int_equal(case_check_again(lab.f.app, &lab.f.mem, &fixture_agent,
                                      lab.case_id, &diagnosis, &lab.err),
                     0);
    assert_int_equal(diagnosis.row.verdict, DIAGNOSIS_WIDE_LIST);
    fake_resolver_list(&lab.f.dns, zen, FIXTURE_SHARED, "127.0.0.3", NULL);
    refuses(&lab, &request, ERROR_REFUSED, "gives no reason for a lease");
    assert_int_equal(case_check_again(lab.f.app, &lab.f.mem, &fixture_agent,
                                      lab.case_id, &diagnosis, &lab.err),
                     0);
    assert_int_equal(mint(&lab, &request, &(struct minted){0}), 0);
    app_fixture_stop(&lab.f);
}

static void a_case_without_a_reason_gives_no_lease(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    lab.case_id = app_fixture_case(&lab.f);
    fake_resolver_list(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, "127.0.0.2", NULL);
    struct mint_request request = request_of(&lab);
    refuses(&lab, &request, ERROR_REFUSED, "gives no reason for a lease");
    request.case_id = 999;
    refuses(&lab, &request, ERROR_NOT_FOUND, "");
    app_fixture_stop(&lab.f);
}

static void an_address_that_is_no_longer_shared_gives_no_lease(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    assert_int_equal(shared_remove(lab.f.app, &fixture_admin, "192.0.2.0/24", &lab.err),
                     0);
    struct mint_request request = request_of(&lab);
    refuses(&lab, &request, ERROR_REFUSED, "not one of our shared addresses");
    app_fixture_stop(&lab.f);
}

static void listed_or_unknown_reserved_addresses_are_not_given(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    struct mint_request request = request_of(&lab);
    fake_resolver_list(&lab.f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2", NULL);
    fake_resolver_list(&lab.f.dns, FIXTURE_ZONE, FIXTURE_RESERVED_2, "127.0.0.2", NULL);
    refuses(&lab, &request, ERROR_EXHAUSTED, "no reserved address is free");
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_RESERVED_2, DNS_TIMEOUT);
    refuses(&lab, &request, ERROR_UNAVAILABLE, "could not ask");
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_RESERVED_2, DNS_NXDOMAIN);
    struct minted minted = must_mint(&lab);
    assert_string_equal(minted.lease.reserved_address, FIXTURE_RESERVED_2);
    app_fixture_stop(&lab.f);
}

static void limits_above_policy_are_refused(void **state UNUSED)
{
    static const char *const foreign[] = {"x@other.example", NULL};
    static const char *const wrong[] = {"not a sender", NULL};
    static const char *const domains[] = {"-bad-.example", NULL};
    struct lab lab;
    struct mint_request request;

    lab_start(&lab, NULL);
    request = request_of(&lab);
    request.for_s = day_s * 3 + 1;
    refuses(&lab, &request, ERROR_REFUSED, "at most");
    request.for_s = -5;
    refuses(&lab, &request, ERROR_INVALID, "at least");
    request = request_of(&lab);
    request.messages = 101;
    refuses(&lab, &request, ERROR_REFUSED, "at most 100 messages");
    request = request_of(&lab);
    request.senders = foreign;
    refuses(&lab, &request, ERROR_REFUSED, "not of the domain");
    request.senders = wrong;
    refuses(&lab, &request, ERROR_INVALID, "not a sender");
    request = request_of(&lab);
    request.recipient_domains = domains;
    refuses(&lab, &request, ERROR_INVALID, "not a domain");
    request = request_of(&lab);
    request.mailbox = "nobody";
    refuses(&lab, &request, ERROR_INVALID, "not a mailbox");
    request = request_of(&lab);
    request.delivery = DELIVERY_ROUTE;
    refuses(&lab, &request, ERROR_INVALID, "login only");
    request = request_of(&lab);
    request.reason = "two\nlines";
    refuses(&lab, &request, ERROR_INVALID, "reason");
    app_fixture_stop(&lab.f);
}

static void senders_of_the_own_domain_are_taken(void **state UNUSED)
{
    static const char *const senders[] = {"@Kunde.example", "Ben@kunde.EXAMPLE", NULL};
    static const char *const domains[] = {"Empfaenger.example", NULL};
    struct lab lab;
    struct minted minted;

    lab_start(&lab, NULL);
    struct mint_request request = request_of(&lab);
    request.senders = senders;
    request.recipient_domains = domains;
    request.for_s = 3600;
    request.messages = 5;
    request.recipients = 7;
    request.message_size = 1 << 20;
    assert_int_equal(mint(&lab, &request, &minted), 0);
    assert_string_equal(minted.lease.senders[0], "@kunde.example");
    assert_string_equal(minted.lease.senders[1], "ben@kunde.example");
    assert_string_equal(minted.lease.recipient_domains[0], "empfaenger.example");
    assert_int_equal(minted.lease.messages_max, 5);
    assert_int_equal(minted.lease.recipients_max, 7);
    assert_int_equal(minted.lease.recipients_per_message, 50);
    assert_true(minted.lease.message_size_max == 1 << 20);
    /* The link never outlives the lease. */
    assert_int_equal(minted.lease.reveal_until, minted.lease.expires_at);
    app_fixture_stop(&lab.f);
}

static void one_mailbox_has_one_live_lease(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    const struct minted minted = must_mint(&lab);
    struct mint_request request = request_of(&lab);
    refuses(&lab, &request, ERROR_REFUSED, "has lease 1 already");
    assert_int_equal(
        lease_revoke(lab.f.app, &fixture_agent, minted.lease.id, "over", &lab.err), 0);
    (void)must_mint(&lab);
    app_fixture_stop(&lab.f);
}

static void an_idempotency_key_makes_one_lease(void **state UNUSED)
{
    struct lab lab;
    struct minted first;
    struct minted second;

    lab_start(&lab, NULL);
    struct mint_request request = request_of(&lab);
    request.idempotency_key = "k-1";
    assert_int_equal(mint(&lab, &request, &first), 0);
    /* Even when the world has changed: the answer is about what was done. */
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    assert_int_equal(mint(&lab, &request, &second), 0);
    assert_true(second.is_replay);
    assert_null(second.link);
    assert_int_equal(second.lease.id, first.lease.id);
    request.messages = 3;
    refuses(&lab, &request, ERROR_CONFLICT, "");
    app_fixture_stop(&lab.f);
}

static void a_full_pool_is_exhausted(void **state UNUSED)
{
    struct lab lab;
    struct minted minted;
    char mailbox[64];

    lab_start(&lab, NULL);
    struct mint_request request = request_of(&lab);
    request.mailbox = mailbox;
    for (int i = 0; i < 4; i++) {
        (void)snprintf(mailbox, sizeof mailbox, "m%d@kunde.example", i);
        assert_int_equal(mint(&lab, &request, &minted), 0);
        assert_string_equal(minted.lease.lane, i % 2 == 0 ? "clean1" : "clean2");
    }
    (void)snprintf(mailbox, sizeof mailbox, "m5@kunde.example");
    refuses(&lab, &request, ERROR_EXHAUSTED, "no reserved address is free");
    app_fixture_stop(&lab.f);
}

struct racer {
    struct lab *lab;
    char mailbox[32];
    int result;
};

static void *race(void *context)
{
    struct racer *racer = context;
    struct mint_request request = request_of(racer->lab);
    struct arena mem;
    struct minted minted;
    struct error err = {0};

    arena_init(&mem);
    request.mailbox = racer->mailbox;
    racer->result = lease_mint(racer->lab->f.app, &mem, &fixture_agent, &request,
                               &minted, &err);
    arena_release(&mem);
    return NULL;
}

static void two_at_once_do_not_share_the_last_place(void **state UNUSED)
{
    enum {
        RACERS = 8
    };
    struct lab lab;
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    int won = 0;

    lab_start(&lab, NULL);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.lab = &lab};
        (void)snprintf(racers[i].mailbox, sizeof racers[i].mailbox, "r%d@kunde.example",
                       i);
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        won += racers[i].result == 0;
    }
    assert_int_equal(won, 4); /* two addresses, two places each */
    app_fixture_stop(&lab.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_is_minted_without_a_password),
        cmocka_unit_test(only_an_address_that_is_listed_now_gives_a_lease),
        cmocka_unit_test(a_listing_by_policy_alone_gives_no_lease),
        cmocka_unit_test(a_case_without_a_reason_gives_no_lease),
        cmocka_unit_test(an_address_that_is_no_longer_shared_gives_no_lease),
        cmocka_unit_test(listed_or_unknown_reserved_addresses_are_not_given),
        cmocka_unit_test(limits_above_policy_are_refused),
        cmocka_unit_test(senders_of_the_own_domain_are_taken),
        cmocka_unit_test(one_mailbox_has_one_live_lease),
        cmocka_unit_test(an_idempotency_key_makes_one_lease),
        cmocka_unit_test(a_full_pool_is_exhausted),
        cmocka_unit_test(two_at_once_do_not_share_the_last_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
