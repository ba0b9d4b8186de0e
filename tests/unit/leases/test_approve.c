/*
 * test_approve.c - a lease that waits: nothing goes out before a second person agreed.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cases/diagnose.h"
#include "issuer/leases/approve.h"
#include "issuer/leases/change.h"
#include "issuer/leases/mint.h"
#include "issuer/leases/reveal.h"
#include "tests/support/issuer/app_fixture.h"

static const struct actor lead = {.name = "agent:lea", .role = ROLE_LEAD};
static const struct actor lead_who_asked = {.name = "agent:ana", .role = ROLE_LEAD};
static const struct actor program_of_who_asked = {.name = "agent:ana token:1 for:lea",
                                                  .role = ROLE_LEAD};
static const struct actor other_agent = {.name = "agent:ben", .role = ROLE_AGENT};

struct lab {
    struct app_fixture f;
    struct minted minted;
    struct lease lease; /* of the last answer */
    struct error err;
};

static int mint_for(struct lab *lab, const char *mailbox, struct minted *out)
{
    const struct mint_request request = {.case_id = 1,
                                         .mailbox = mailbox,
                                         .for_s = 7200,
                                         .reason = "Invoice",
                                         .idempotency_key = mailbox};

    lab->err = (struct error){0};
    return lease_mint(lab->f.app, &lab->f.mem, &fixture_agent, &request, out,
                      &lab->err);
}

static void lab_start(struct lab *lab, const char *options)
{
    app_fixture_start(&lab->f, options);
    app_fixture_fill(&lab->f);
    (void)app_fixture_case(&lab->f);
}

/* Policy wants the word of a log that is not there, so every lease is doubted. */
static void lab_start_waiting(struct lab *lab)
{
    lab_start(lab, "policy { log_proof = required }");
    if (mint_for(lab, FIXTURE_MAILBOX, &lab->minted) != 0)
        fail_msg("%s", lab->err.text);
}

static int decide(struct lab *lab, const struct actor *actor, bool is_approved)
{
    const struct decision decision = {.id = lab->minted.approval.id,
                                      .is_approved = is_approved,
                                      .reason = "called the customer"};

    lab->err = (struct error){0};
    return approval_decide(lab->f.app, &lab->f.mem, actor, &decision, &lab->lease,
                           &lab->err);
}

static void must_refuse(struct lab *lab, const struct actor *actor,
                        enum error_kind kind, const char *words)
{
    assert_int_equal(decide(lab, actor, true), -1);
    if (lab->err.kind != kind || strstr(lab->err.text, words) == NULL)
        fail_msg("\"%s\" (%s), wanted \"%s\"", lab->err.text,
                 error_kind_name(lab->err.kind), words);
}

static void must_decide(struct lab *lab, bool is_approved)
{
    if (decide(lab, &lead, is_approved) != 0)
        fail_msg("%s", lab->err.text);
}

static struct lease read_lease(struct lab *lab)
{
    struct store *store = NULL;
    struct lease lease;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_lease_find(store, &lab->f.mem, lab->minted.lease.id, &lease, &lab->err),
        0);
    app_give_back(lab->f.app, store);
    return lease;
}

static void a_doubted_lease_waits_and_has_no_link(void **state UNUSED)
{
    struct lab lab;
    struct new_link link = {0};
    struct minted again;

    lab_start_waiting(&lab);
    int64_t now = app_now(lab.f.app);
    assert_null(lab.minted.link);
    assert_int_equal(lease_state_at(&lab.minted.lease, now), LEASE_PENDING_APPROVAL);
    assert_int_equal(lab.minted.approval.doubts, DOUBT(DOUBT_LOG_UNKNOWN));
    assert_int_equal(lab.minted.lease.expires_at, now + APPROVAL_WAIT_S);
    assert_int_not_equal(lease_login_verdict(&lab.minted.lease, now), VERDICT_OK);
    assert_int_equal(lease_new_link(lab.f.app, &lab.f.mem, &fixture_agent,
                                    lab.minted.lease.id, &link, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    /* The same request again says the same. */
    assert_int_equal(mint_for(&lab, FIXTURE_MAILBOX, &again), 0);
    assert_true(again.is_replay);
    assert_int_equal(again.approval.id, lab.minted.approval.id);
    app_fixture_stop(&lab.f);
}

static void only_another_person_with_the_right_answers(void **state UNUSED)
{
    struct lab lab;

    lab_start_waiting(&lab);
    must_refuse(&lab, &lead_who_asked, ERROR_DENIED, "another person");
    /* Nor does the first, by a program of his own. */
    must_refuse(&lab, &program_of_who_asked, ERROR_DENIED, "another person");
    must_refuse(&lab, &other_agent, ERROR_DENIED, "");
    must_decide(&lab, true);
    must_refuse(&lab, &lead, ERROR_CONFLICT, "approved already");
    lab.minted.approval.id = 99;
    must_refuse(&lab, &lead, ERROR_NOT_FOUND, "");
    app_fixture_stop(&lab.f);
}

static void an_approved_lease_lasts_from_now_and_gets_its_link(void **state UNUSED)
{
    struct lab lab;
    struct new_link link = {0};

    lab_start_waiting(&lab);
    lab.f.clock.now += 1800;
    must_decide(&lab, true);
    int64_t now = app_now(lab.f.app);
    assert_int_equal(lease_state_at(&lab.lease, now), LEASE_OFFERED);
    assert_int_equal(lab.lease.expires_at, now + 7200);
    assert_int_equal(lease_reveal_answer(&lab.lease, now), REVEAL_LINK_OVER);
    assert_int_equal(lease_new_link(lab.f.app, &lab.f.mem, &fixture_agent, lab.lease.id,
                                    &link, &lab.err),
                     0);
    assert_non_null(strchr(link.url, '#'));
    struct lease lease = read_lease(&lab);
    assert_int_equal(lease_reveal_answer(&lease, now), REVEAL_READY);
    app_fixture_stop(&lab.f);
}

static void what_changed_in_the_meantime_counts(void **state UNUSED)
{
    struct lab lab;

    lab_start_waiting(&lab);
    /* Its address is listed by now: the other one is taken. */
    fake_resolver_list(&lab.f.dns, FIXTURE_ZONE, lab.minted.lease.reserved_address,
                       "127.0.0.2", NULL);
    must_decide(&lab, true);
    assert_string_not_equal(lab.lease.reserved_address,
                            lab.minted.lease.reserved_address);
    app_fixture_stop(&lab.f);

    lab_start_waiting(&lab);
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    must_refuse(&lab, &lead, ERROR_REFUSED, "not listed");
    fake_resolver_fail(&lab.f.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_TIMEOUT);
    must_refuse(&lab, &lead, ERROR_UNAVAILABLE, "could not ask");
    struct lease lease = read_lease(&lab);
    assert_true(lease.is_pending);
    /* A no needs no list. */
    must_decide(&lab, false);
    assert_int_equal(lease_state_at(&lab.lease, app_now(lab.f.app)), LEASE_REVOKED);
    assert_string_equal(lab.lease.ended_by, "agent:lea");
    app_fixture_stop(&lab.f);
}

static void a_request_lapses_and_frees_its_place(void **state UNUSED)
{
    struct lab lab;
    struct minted next;

    lab_start_waiting(&lab);
    assert_int_equal(mint_for(&lab, "ben@kunde.example", &next), 0);
    lab.f.clock.now += APPROVAL_WAIT_S;
    must_refuse(&lab, &lead, ERROR_CONFLICT, "waited too long");
    struct lease lease = read_lease(&lab);
    assert_int_equal(lease_state_at(&lease, app_now(lab.f.app)), LEASE_EXPIRED);
    const struct mint_request anew = {.case_id = 1};
    struct minted minted;
    assert_int_equal(
        lease_mint(lab.f.app, &lab.f.mem, &fixture_agent, &anew, &minted, &lab.err), 0);
    app_fixture_stop(&lab.f);
}

static void a_request_taken_back_cannot_be_approved(void **state UNUSED)
{
    struct lab lab;

    lab_start_waiting(&lab);
    assert_int_equal(lease_revoke(lab.f.app, &fixture_agent, lab.minted.lease.id,
                                  "taken back", &lab.err),
                     0);
    must_refuse(&lab, &lead, ERROR_CONFLICT, "waits for nobody");
    app_fixture_stop(&lab.f);
}

/* Of the same customer, refused again. */
static int64_t another_case(struct lab *lab, int number)
{
    const char *bounce = arena_printf(&lab->f.mem, "554 5.7.1 blocked again, %d",
                                      number);
    const struct diagnosis_request request = {.bounce = slice_from(bounce)};
    struct diagnosis diagnosis;

    if (case_open(lab->f.app, &lab->f.mem, &fixture_agent, &request, &diagnosis,
                  &lab->err) != 0)
        fail_msg("%s", lab->err.text);
    return diagnosis.row.id;
}

static void the_third_lease_in_a_week_needs_a_second_person(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab, NULL);
    for (int i = 0; i < 3; i++) {
        const struct mint_request request = {.case_id = another_case(&lab, i)};
        struct minted minted;
        if (lease_mint(lab.f.app, &lab.f.mem, &fixture_agent, &request, &minted,
                       &lab.err) != 0)
            fail_msg("%s", lab.err.text);
        assert_int_equal(minted.approval.id != 0, i == 2);
        assert_int_equal(minted.approval.doubts, i == 2 ? DOUBT(DOUBT_QUOTA) : 0);
        assert_int_equal(
            lease_revoke(lab.f.app, &fixture_agent, minted.lease.id, NULL, &lab.err),
            0);
        lab.f.clock.now += 3600;
    }
    app_fixture_stop(&lab.f);
}

static void one_person_gives_so_many_leases_in_an_hour(void **state UNUSED)
{
    static const struct actor program = {.name = "agent:ana token:7",
                                         .role = ROLE_AGENT};
    static const struct {
        const struct actor *actor;
        bool is_doubted;
        int64_t later_s;
    } rows[] = {
        {&fixture_agent, false, 0   },
        {&program,       false, 0   },
        {&fixture_agent, true,  0   },
        {&program,       true,  0   },
        {&other_agent,   false, 0   },
        {&fixture_admin, false, 0   }, /* root on the host is not counted */
        {&fixture_agent, false, 3601},
    };
    struct lab lab;

    lab_start(&lab, "policy { agent_leases_per_hour = 2  leases_per_week = 100 "
                    "leases_per_month = 100 }");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct mint_request request = {.case_id = another_case(&lab, (int)i)};
        struct minted minted;
        lab.f.clock.now += rows[i].later_s;
        if (lease_mint(lab.f.app, &lab.f.mem, rows[i].actor, &request, &minted,
                       &lab.err) != 0)
            fail_msg("%s", lab.err.text);
        assert_int_equal(minted.approval.doubts,
                         rows[i].is_doubted ? DOUBT(DOUBT_AGENT_QUOTA) : 0);
        assert_int_equal(
            lease_revoke(lab.f.app, &fixture_agent, minted.lease.id, NULL, &lab.err),
            0);
    }
    app_fixture_stop(&lab.f);
}

static void a_mailbox_of_another_domain_is_doubted(void **state UNUSED)
{
    struct lab lab;
    struct minted minted;

    lab_start(&lab, NULL);
    assert_int_equal(mint_for(&lab, "max@anderer.example", &minted), 0);
    assert_int_equal(minted.approval.doubts, DOUBT(DOUBT_OTHER_SENDER));
    app_fixture_stop(&lab.f);
}

static void a_case_gives_one_lease_by_one_person(void **state UNUSED)
{
    struct lab lab;
    struct minted minted;

    lab_start(&lab, NULL);
    assert_int_equal(mint_for(&lab, FIXTURE_MAILBOX, &minted), 0);
    assert_int_equal(minted.approval.doubts, 0);
    assert_int_equal(mint_for(&lab, "ben@kunde.example", &minted), 0);
    assert_int_equal(minted.approval.doubts, DOUBT(DOUBT_USED_BEFORE));
    app_fixture_stop(&lab.f);
}

static void the_same_bounce_gives_one_lease_by_one_person(void **state UNUSED)
{
    struct lab lab;
    struct minted minted;
    const struct mint_request second = {.case_id = 2};

    lab_start(&lab, NULL);
    assert_int_equal(mint_for(&lab, FIXTURE_MAILBOX, &minted), 0);
    assert_int_equal(minted.approval.id, 0);
    assert_int_equal(
        lease_revoke(lab.f.app, &fixture_agent, minted.lease.id, NULL, &lab.err), 0);
    assert_int_equal(app_fixture_case(&lab.f), 2);
    assert_int_equal(
        lease_mint(lab.f.app, &lab.f.mem, &fixture_agent, &second, &minted, &lab.err),
        0);
    assert_int_equal(minted.approval.doubts, DOUBT(DOUBT_USED_BEFORE));
    app_fixture_stop(&lab.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_doubted_lease_waits_and_has_no_link),
        cmocka_unit_test(only_another_person_with_the_right_answers),
        cmocka_unit_test(an_approved_lease_lasts_from_now_and_gets_its_link),
        cmocka_unit_test(what_changed_in_the_meantime_counts),
        cmocka_unit_test(a_request_lapses_and_frees_its_place),
        cmocka_unit_test(a_request_taken_back_cannot_be_approved),
        cmocka_unit_test(the_third_lease_in_a_week_needs_a_second_person),
        cmocka_unit_test(one_person_gives_so_many_leases_in_an_hour),
        cmocka_unit_test(a_mailbox_of_another_domain_is_doubted),
        cmocka_unit_test(a_case_gives_one_lease_by_one_person),
        cmocka_unit_test(the_same_bounce_gives_one_lease_by_one_person),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
