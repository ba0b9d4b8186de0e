/*
 * test_leases.c - mint, reveal, new link, revoke: the life of a lease.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sqlite3.h>

#include "issuer/cases/diagnose.h"
#include "issuer/leases/change.h"
#include "issuer/leases/mint.h"
#include "issuer/leases/reveal.h"
#include "tests/support/issuer/app_fixture.h"

static const int64_t day_s = 86400;
static const int64_t link_s = 7200; /* policy.link_valid */

struct lab {
    struct app_fixture f;
    int64_t case_id;
    struct error err;
};

static void lab_start(struct lab *lab, const char *options)
{
    app_fixture_start(&lab->f, options);
    app_fixture_fill(&lab->f);
    lab->case_id = app_fixture_case(&lab->f);
    lab->err = (struct error){0};
}

static struct mint_request request_of(const struct lab *lab)
{
    return (struct mint_request){.case_id = lab->case_id, .reason = "Invoice today"};
}

static int mint(struct lab *lab, const struct mint_request *request, struct minted *out)
{
    lab->err = (struct error){0};
    return lease_mint(lab->f.app, &lab->f.mem, &fixture_agent, request, out, &lab->err);
}

static struct minted must_mint(struct lab *lab)
{
    struct mint_request request = request_of(lab);
    struct minted minted;

    if (mint(lab, &request, &minted) != 0)
        fail_msg("%s", lab->err.text);
    return minted;
}

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

static struct slice key_of(const char *link)
{
    return slice_from(strchr(link, '#') + 1);
}

static struct reveal_result try_reveal(struct lab *lab, const struct minted *minted,
                                       struct slice key, const char *mailbox)
{
    struct reveal_result result;

    lab->err = (struct error){0};
    const struct typed_proof typed = {.key = key, .mailbox = slice_from(mailbox)};
    if (reveal(lab->f.app, &lab->f.mem, minted->lease.link_id, &typed, &result,
               &lab->err) != 0)
        fail_msg("%s", lab->err.text);
    return result;
}

static size_t count_audit(struct lab *lab, const char *object, const char *action)
{
    struct store *store = NULL;
    struct audit_record *rows = NULL;
    size_t count = 0;
    size_t found = 0;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_audit_tail(store, &lab->f.mem, object, 100, &rows, &count, &lab->err), 0);
    app_give_back(lab->f.app, store);
    for (size_t i = 0; i < count; i++)
        found += strcmp(rows[i].action, action) == 0;
    return found;
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

static void the_right_proof_reveals_a_password_that_works(void **state UNUSED)
{
    struct lab lab;
    struct store *store = NULL;
    struct login_row row;
    bool is_known = false;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    struct reveal_result r = try_reveal(&lab, &minted, key_of(minted.link),
                                        " Anna@KUNDE.example ");
    assert_int_equal(r.outcome, REVEAL_DONE);
    assert_int_equal(r.password.len, PASSWORD_SHOWN_LEN);
    assert_int_equal(r.lease.revealed_at, lab.f.clock.now);
    assert_int_equal(app_take_reader(lab.f.app, &store, &lab.err), 0);
    assert_int_equal(
        store_login_find(store, &lab.f.mem, minted.lease.username, &row, &lab.err), 0);
    app_give_back(lab.f.app, store);
    assert_true(verifier_check(app_pepper(lab.f.app), &row.verifier,
                               slice_from(minted.lease.username),
                               slice_of(r.password.at, r.password.len), &is_known));
    assert_int_equal(lease_login_verdict(&row.lease, lab.f.clock.now), VERDICT_OK);
    assert_int_equal(count_audit(&lab, "lease:1", "lease.reveal"), 1);
    secret_free(&r.password);
    app_fixture_stop(&lab.f);
}

static void looking_changes_nothing(void **state UNUSED)
{
    struct lab lab;
    struct reveal_view view;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(reveal_look(lab.f.app, &lab.f.mem, minted.lease.link_id,
                                     (struct slice){0}, &view, &lab.err),
                         0);
        assert_int_equal(view.answer, REVEAL_READY);
    }
    assert_int_equal(view.lease.reveal_tries_left, REVEAL_TRIES_MAX);
    assert_int_equal(reveal_look(lab.f.app, &lab.f.mem, "nonsense", (struct slice){0},
                                 &view, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_NOT_FOUND);
    app_fixture_stop(&lab.f);
}

static void five_wrong_proofs_lock_the_link(void **state UNUSED)
{
    static const struct {
        const char *key, *mailbox; /* NULL: the right one */
    } wrong[] = {
        {NULL,                        "ben@kunde.example"},
        {NULL,                        ""                 },
        {"aaaaaaaaaaaaaaaaaaaaaaaaa", FIXTURE_MAILBOX    },
        {"",                          FIXTURE_MAILBOX    },
        {"<script>",                  "nobody"           },
    };
    struct lab lab;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    struct slice right = key_of(minted.link);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct slice key = wrong[i].key != NULL ? slice_from(wrong[i].key) : right;
        struct reveal_result r = try_reveal(&lab, &minted, key, wrong[i].mailbox);
        assert_int_equal(r.outcome, REVEAL_WRONG_PROOF);
        assert_int_equal(r.tries_left, ARRAY_LEN(wrong) - 1 - i);
        assert_null(r.password.at);
    }
    struct reveal_result r = try_reveal(&lab, &minted, right, FIXTURE_MAILBOX);
    assert_int_equal(r.outcome, REVEAL_NOT_NOW);
    assert_int_equal(r.answer, REVEAL_LOCKED);
    assert_int_equal(count_audit(&lab, "lease:1", "lease.reveal_refused"), 5);
    app_fixture_stop(&lab.f);
}

static void three_passwords_and_each_replaces_the_one_before(void **state UNUSED)
{
    struct lab lab;
    struct secret last = {0};

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    for (int i = 0; i < REVEALS_MAX; i++) {
        struct reveal_result r = try_reveal(&lab, &minted, key_of(minted.link),
                                            FIXTURE_MAILBOX);
        assert_int_equal(r.outcome, REVEAL_DONE);
        assert_false(secret_equal(&last, &r.password));
        secret_free(&last);
        last = r.password;
    }
    struct reveal_result r = try_reveal(&lab, &minted, key_of(minted.link),
                                        FIXTURE_MAILBOX);
    assert_int_equal(r.outcome, REVEAL_NOT_NOW);
    assert_int_equal(r.answer, REVEAL_SHOWN_ENOUGH);
    secret_free(&last);
    app_fixture_stop(&lab.f);
}

static void a_link_that_is_over_or_revoked_reveals_nothing(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    lab.f.clock.now += link_s;
    struct reveal_result r = try_reveal(&lab, &minted, key_of(minted.link),
                                        FIXTURE_MAILBOX);
    assert_int_equal(r.outcome, REVEAL_NOT_NOW);
    assert_int_equal(r.answer, REVEAL_LINK_OVER);
    assert_int_equal(
        lease_revoke(lab.f.app, &fixture_agent, minted.lease.id, NULL, &lab.err), 0);
    r = try_reveal(&lab, &minted, key_of(minted.link), FIXTURE_MAILBOX);
    assert_int_equal(r.answer, REVEAL_REVOKED);
    app_fixture_stop(&lab.f);
}

static void an_unknown_link_is_not_found(void **state UNUSED)
{
    struct lab lab;
    const struct typed_proof typed = {.key = SLICE("x"),
                                      .mailbox = SLICE("a@b.example")};
    struct reveal_result r;
    char id[LINK_ID_LEN + 1];

    lab_start(&lab, NULL);
    link_id_make(app_random(lab.f.app), id);
    assert_int_equal(reveal(lab.f.app, &lab.f.mem, id, &typed, &r, &lab.err), -1);
    assert_int_equal(lab.err.kind, ERROR_NOT_FOUND);
    app_fixture_stop(&lab.f);
}

static void a_new_link_replaces_the_old_one(void **state UNUSED)
{
    struct lab lab;
    struct new_link link = {0};
    struct reveal_view view;
    struct store *store = NULL;
    struct lease lease;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    assert_int_equal(lease_new_link(lab.f.app, &lab.f.mem, &fixture_agent,
                                    minted.lease.id, &link, &lab.err),
                     0);
    assert_string_not_equal(link.url, minted.link);
    assert_null(link.pin);
    assert_int_equal(reveal_look(lab.f.app, &lab.f.mem, minted.lease.link_id,
                                 (struct slice){0}, &view, &lab.err),
                     -1);
    assert_int_equal(app_take_reader(lab.f.app, &store, &lab.err), 0);
    assert_int_equal(
        store_lease_find(store, &lab.f.mem, minted.lease.id, &lease, &lab.err), 0);
    app_give_back(lab.f.app, store);
    minted.lease = lease;
    struct reveal_result r = try_reveal(&lab, &minted, key_of(link.url),
                                        FIXTURE_MAILBOX);
    assert_int_equal(r.outcome, REVEAL_DONE);
    secret_free(&r.password);
    assert_int_equal(
        lease_revoke(lab.f.app, &fixture_agent, minted.lease.id, NULL, &lab.err), 0);
    assert_int_equal(lease_new_link(lab.f.app, &lab.f.mem, &fixture_agent,
                                    minted.lease.id, &link, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    app_fixture_stop(&lab.f);
}

static void more_time_needs_the_block_and_ends_at_policy(void **state UNUSED)
{
    struct lab lab;
    struct lease lease;

    lab_start(&lab, NULL);
    const struct minted minted = must_mint(&lab);
    int64_t id = minted.lease.id;
    assert_int_equal(lease_extend(lab.f.app, &lab.f.mem, &fixture_agent, id, day_s,
                                  &lease, &lab.err),
                     0);
    assert_int_equal(lease.expires_at, minted.lease.expires_at + day_s);
    assert_int_equal(lease_extend(lab.f.app, &lab.f.mem, &fixture_agent, id, day_s + 1,
                                  &lease, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(lab.err.text, "at most"));
    assert_int_equal(
        lease_extend(lab.f.app, &lab.f.mem, &fixture_agent, id, 0, &lease, &lab.err),
        -1);
    assert_int_equal(lab.err.kind, ERROR_INVALID);
    assert_int_equal(
        lease_extend(lab.f.app, &lab.f.mem, &fixture_agent, 99, 1, &lease, &lab.err),
        -1);
    assert_int_equal(lab.err.kind, ERROR_NOT_FOUND);
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_TIMEOUT);
    assert_int_equal(
        lease_extend(lab.f.app, &lab.f.mem, &fixture_agent, id, 60, &lease, &lab.err),
        -1);
    assert_int_equal(lab.err.kind, ERROR_UNAVAILABLE);
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    assert_int_equal(
        lease_extend(lab.f.app, &lab.f.mem, &fixture_agent, id, 60, &lease, &lab.err),
        -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    assert_int_equal(lease_revoke(lab.f.app, &fixture_agent, id, NULL, &lab.err), 0);
    assert_int_equal(
        lease_extend(lab.f.app, &lab.f.mem, &fixture_agent, id, 60, &lease, &lab.err),
        -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    app_fixture_stop(&lab.f);
}

static void a_lease_ends_once(void **state UNUSED)
{
    const struct actor auditor = {.name = "agent:eve", .role = ROLE_AUDITOR};
    struct lab lab;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    int64_t id = minted.lease.id;
    assert_int_equal(lease_revoke(lab.f.app, &auditor, id, NULL, &lab.err), -1);
    assert_int_equal(lab.err.kind, ERROR_DENIED);
    assert_int_equal(lease_revoke(lab.f.app, &fixture_agent, id, "abuse", &lab.err), 0);
    assert_int_equal(lease_revoke(lab.f.app, &fixture_agent, id, NULL, &lab.err), -1);
    assert_int_equal(lab.err.kind, ERROR_CONFLICT);
    assert_int_equal(lease_revoke(lab.f.app, &fixture_agent, 99, NULL, &lab.err), -1);
    assert_int_equal(lab.err.kind, ERROR_NOT_FOUND);
    assert_int_equal(count_audit(&lab, "lease:1", "lease.revoke"), 1);
    app_fixture_stop(&lab.f);
}

/* From now on no audit record can be written. */
static void break_audit(struct lab *lab)
{
    sqlite3 *db = NULL;
    const char *path = arena_printf(&lab->f.mem, "%s/cleansmtp.db", lab->f.folder);

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER full_disk BEFORE INSERT ON audit "
                                  "BEGIN SELECT RAISE(ABORT, 'no room'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void without_audit_nothing_is_minted_or_revealed_but_revoking_works(
    void **state UNUSED)
{
    struct lab lab;
    struct minted minted;
    struct reveal_result r;
    struct reveal_view view;

    lab_start(&lab, NULL);
    struct minted first = must_mint(&lab);
    break_audit(&lab);
    struct mint_request request = request_of(&lab);
    request.mailbox = "ben@kunde.example";
    request.idempotency_key = "k-2";
    assert_int_equal(mint(&lab, &request, &minted), -1);
    const struct typed_proof typed = {.key = key_of(first.link),
                                      .mailbox = SLICE(FIXTURE_MAILBOX)};
    assert_int_equal(
        reveal(lab.f.app, &lab.f.mem, first.lease.link_id, &typed, &r, &lab.err), -1);
    assert_int_equal(reveal_look(lab.f.app, &lab.f.mem, first.lease.link_id,
                                 (struct slice){0}, &view, &lab.err),
                     0);
    assert_int_equal(view.lease.reveals, 0);
    assert_int_equal(
        lease_revoke(lab.f.app, &fixture_agent, first.lease.id, "x", &lab.err), 0);
    assert_int_equal(reveal_look(lab.f.app, &lab.f.mem, first.lease.link_id,
                                 (struct slice){0}, &view, &lab.err),
                     0);
    assert_int_equal(view.answer, REVEAL_REVOKED);
    app_fixture_stop(&lab.f);
}

static void a_local_reveal_needs_policy_and_the_socket(void **state UNUSED)
{
    const struct actor remote = {.name = "agent:root", .role = ROLE_ADMIN};
    struct lab lab;
    struct reveal_result r;

    lab_start(&lab, NULL);
    struct minted minted = must_mint(&lab);
    assert_int_equal(reveal_local(lab.f.app, &lab.f.mem, &fixture_admin,
                                  minted.lease.id, &r, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    app_fixture_stop(&lab.f);

    lab_start(&lab, "policy { console_reveal = yes }");
    minted = must_mint(&lab);
    assert_int_equal(
        reveal_local(lab.f.app, &lab.f.mem, &remote, minted.lease.id, &r, &lab.err),
        -1);
    assert_int_equal(lab.err.kind, ERROR_DENIED);
    assert_int_equal(reveal_local(lab.f.app, &lab.f.mem, &fixture_admin,
                                  minted.lease.id, &r, &lab.err),
                     0);
    assert_int_equal(r.outcome, REVEAL_DONE);
    secret_free(&r.password);
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
        cmocka_unit_test(the_right_proof_reveals_a_password_that_works),
        cmocka_unit_test(looking_changes_nothing),
        cmocka_unit_test(five_wrong_proofs_lock_the_link),
        cmocka_unit_test(three_passwords_and_each_replaces_the_one_before),
        cmocka_unit_test(a_link_that_is_over_or_revoked_reveals_nothing),
        cmocka_unit_test(an_unknown_link_is_not_found),
        cmocka_unit_test(a_new_link_replaces_the_old_one),
        cmocka_unit_test(more_time_needs_the_block_and_ends_at_policy),
        cmocka_unit_test(a_lease_ends_once),
        cmocka_unit_test(
            without_audit_nothing_is_minted_or_revealed_but_revoking_works),
        cmocka_unit_test(a_local_reveal_needs_policy_and_the_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
