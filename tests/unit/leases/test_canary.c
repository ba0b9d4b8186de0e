/*
 * test_canary.c - the lease of the egress proof: narrow, short, for an administrator alone.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/message.h"
#include "issuer/leases/canary.h"
#include "issuer/leases/change.h"
#include "issuer/leases/mint.h"
#include "tests/support/issuer/app_fixture.h"

static const char echo[] = "echo@probe.example";

struct lab {
    struct app_fixture f;
    struct error err;
};

static void lab_start(struct lab *lab)
{
    app_fixture_start(&lab->f, "submission { host = \"clean.msp.example\" }");
    app_fixture_fill(&lab->f);
    lab->err = (struct error){0};
}

static int make(struct lab *lab, const struct actor *actor, const char *address,
                const char *recipient, struct canary *out)
{
    lab->err = (struct error){0};
    return canary_make(lab->f.app, &lab->f.mem, actor, address, recipient, out,
                       &lab->err);
}

static struct canary must_make(struct lab *lab, const char *address)
{
    struct canary canary;

    if (make(lab, &fixture_admin, address, echo, &canary) != 0)
        fail_msg("%s", lab->err.text);
    return canary;
}

static struct lease lease_now(struct lab *lab, int64_t id)
{
    struct store *store = NULL;
    struct lease lease = {0};

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(store_lease_find(store, &lab->f.mem, id, &lease, &lab->err), 0);
    app_give_back(lab->f.app, store);
    return lease;
}

static enum message_answer judge(const struct lease *lease, const char *from,
                                 const char *to, unsigned used, int64_t now)
{
    const struct message message = {
        .sender = slice_from(from), .recipient = slice_from(to), .used = used};

    return message_judge(lease, POOL_ACTIVE, &message, now);
}

static void it_sends_one_test_message_to_one_mailbox_and_nothing_else(
    void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab);
    struct canary canary = must_make(&lab, FIXTURE_RESERVED_2);
    const struct lease *lease = &canary.lease;
    int64_t now = lab.f.clock.now;
    const char *from = "postmaster@clean.msp.example";
    assert_string_equal(lease->reserved_address, FIXTURE_RESERVED_2);
    assert_string_equal(lease->mailbox, from);
    assert_int_equal(lease->expires_at, now + CANARY_S);
    assert_int_equal(lease_login_verdict(lease, now), VERDICT_OK);
    assert_int_equal(lease->recipients_max, CANARY_MESSAGES);
    assert_int_equal(lease->recipients_per_message, 1);
    assert_int_equal(lease->message_size_max, CANARY_SIZE_MAX);
    assert_int_equal(judge(lease, from, echo, 0, now), MESSAGE_SEND);
    assert_int_equal(judge(lease, from, "Echo@Probe.example", 0, now), MESSAGE_SEND);
    assert_int_equal(judge(lease, from, "other@probe.example", 0, now),
                     MESSAGE_RECIPIENT);
    assert_int_equal(judge(lease, from, "anna@kunde.example", 0, now),
                     MESSAGE_RECIPIENT);
    assert_int_equal(judge(lease, "anna@kunde.example", echo, 0, now), MESSAGE_SENDER);
    assert_int_equal(judge(lease, from, echo, CANARY_MESSAGES, now), MESSAGE_TOO_MANY);
    assert_int_equal(judge(lease, from, echo, 0, now + CANARY_S), MESSAGE_EXPIRED);
    secret_free(&canary.password);
    app_fixture_stop(&lab.f);
}

static void only_an_administrator_on_the_local_socket_gets_one(void **state UNUSED)
{
    const struct actor far_admin = {.name = "agent:ada", .role = ROLE_ADMIN};
    const struct actor lead = {
        .name = "agent:leo", .role = ROLE_LEAD, .is_local = true};
    const struct actor *const denied[] = {&far_admin, &lead, &fixture_agent};
    struct canary canary;
    struct lab lab;

    lab_start(&lab);
    for (size_t i = 0; i < ARRAY_LEN(denied); i++) {
        assert_int_equal(make(&lab, denied[i], FIXTURE_RESERVED, echo, &canary), -1);
        assert_int_equal(lab.err.kind, ERROR_DENIED);
    }
    app_fixture_stop(&lab.f);
}

static void an_address_has_one_at_most(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab);
    struct canary first = must_make(&lab, FIXTURE_RESERVED);
    struct canary other = must_make(&lab, FIXTURE_RESERVED_2);
    struct canary second = must_make(&lab, FIXTURE_RESERVED);
    int64_t now = lab.f.clock.now;
    struct lease ended = lease_now(&lab, first.lease.id);
    struct lease alive = lease_now(&lab, other.lease.id);
    assert_int_equal(lease_state_at(&ended, now), LEASE_REVOKED);
    assert_int_equal(lease_state_at(&alive, now), LEASE_REVEALED);
    assert_int_equal(first.lease.case_id, second.lease.case_id);
    secret_free(&first.password);
    secret_free(&other.password);
    secret_free(&second.password);
    app_fixture_stop(&lab.f);
}

static void an_address_that_sends_nothing_gets_none(void **state UNUSED)
{
    const struct pool_change rest = {.address = FIXTURE_RESERVED,
                                     .state = POOL_RESTING};
    struct pool_moves moves;
    struct canary canary;
    struct lab lab;

    lab_start(&lab);
    assert_int_equal(
        pool_set_state(lab.f.app, &lab.f.mem, &fixture_admin, &rest, &moves, &lab.err),
        0);
    assert_int_equal(make(&lab, &fixture_admin, FIXTURE_RESERVED, echo, &canary), -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    assert_int_equal(make(&lab, &fixture_admin, "192.0.2.99", echo, &canary), -1);
    assert_int_equal(lab.err.kind, ERROR_NOT_FOUND);
    assert_int_equal(make(&lab, &fixture_admin, FIXTURE_RESERVED_2, "echo", &canary),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_INVALID);
    app_fixture_stop(&lab.f);
}

/* Neither the case nor the lease is a way to more than the proof. */
static void it_is_no_way_around_evidence(void **state UNUSED)
{
    struct minted minted;
    struct lease longer;
    struct lab lab;

    lab_start(&lab);
    struct canary canary = must_make(&lab, FIXTURE_RESERVED);
    const struct mint_request request = {.case_id = canary.lease.case_id,
                                         .mailbox = FIXTURE_MAILBOX,
                                         .reason = "please"};
    assert_int_equal(
        lease_mint(lab.f.app, &lab.f.mem, &fixture_admin, &request, &minted, &lab.err),
        -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    lab.err = (struct error){0};
    assert_int_equal(lease_extend(lab.f.app, &lab.f.mem, &fixture_admin,
                                  canary.lease.id, 3600, &longer, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    secret_free(&canary.password);
    app_fixture_stop(&lab.f);
}

static void each_one_is_audited(void **state UNUSED)
{
    struct audit_record *rows = NULL;
    struct store *store = NULL;
    size_t count = 0;
    struct lab lab;

    lab_start(&lab);
    struct canary canary = must_make(&lab, FIXTURE_RESERVED);
    assert_int_equal(app_take_reader(lab.f.app, &store, &lab.err), 0);
    assert_int_equal(store_audit_tail(store, &lab.f.mem,
                                      arena_printf(&lab.f.mem, "lease:%lld",
                                                   (long long)canary.lease.id),
                                      10, &rows, &count, &lab.err),
                     0);
    app_give_back(lab.f.app, store);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].action, "lease.canary");
    assert_non_null(strstr(rows[0].detail, "recipient=echo@probe.example"));
    secret_free(&canary.password);
    app_fixture_stop(&lab.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_sends_one_test_message_to_one_mailbox_and_nothing_else),
        cmocka_unit_test(only_an_administrator_on_the_local_socket_gets_one),
        cmocka_unit_test(an_address_has_one_at_most),
        cmocka_unit_test(an_address_that_sends_nothing_gets_none),
        cmocka_unit_test(it_is_no_way_around_evidence),
        cmocka_unit_test(each_one_is_audited),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
