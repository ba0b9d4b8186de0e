/*
 * test_addresses.c - shared or reserved, never both; resting moves what it can.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/leases/change.h"
#include "issuer/leases/mint.h"
#include "tests/support/issuer/app_fixture.h"

static int64_t mint_for(struct app_fixture *f, int64_t case_id, const char *mailbox)
{
    const struct mint_request request = {.case_id = case_id, .mailbox = mailbox};
    struct error err = {0};
    struct minted minted;

    if (lease_mint(f->app, &f->mem, &fixture_agent, &request, &minted, &err) != 0)
        fail_msg("%s", err.text);
    return minted.lease.id;
}

static const char *address_of(struct app_fixture *f, int64_t lease_id)
{
    struct error err = {0};
    struct store *store = NULL;
    struct lease lease;

    assert_int_equal(app_take_reader(f->app, &store, &err), 0);
    assert_int_equal(store_lease_find(store, &f->mem, lease_id, &lease, &err), 0);
    app_give_back(f->app, store);
    return lease.reserved_address;
}

static void set_state(struct app_fixture *f, const char *address, enum pool_state state,
                      unsigned want_moved, unsigned want_waiting)
{
    struct error err = {0};
    const struct pool_change change = {.address = address, .state = state};
    struct pool_moves moves = {99, 99};

    if (pool_set_state(f->app, &f->mem, &fixture_admin, &change, &moves, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(moves.moved, want_moved);
    assert_int_equal(moves.waiting, want_waiting);
}

static void an_address_is_shared_or_reserved_not_both(void **state UNUSED)
{
    const struct pool_address inside = {.address = "192.0.2.77",
                                        .lane = "clean9",
                                        .helo = "clean9.mail.example",
                                        .capacity = 1};
    struct app_fixture f;
    struct error err = {0};

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    assert_int_equal(pool_add(f.app, &f.mem, &fixture_admin, &inside, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_int_equal(shared_add(f.app, &fixture_admin, "203.0.113.0/24", NULL, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_int_equal(shared_add(f.app, &fixture_admin, "192.0.2.0/24", NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    app_fixture_stop(&f);
}

static void what_is_no_address_is_refused(void **state UNUSED)
{
    static const struct pool_address bad[] = {
        {.address = "nowhere",      .lane = "clean9", .helo = "a.example", .capacity = 1},
        {.address = NULL,           .lane = "clean9", .helo = "a.example", .capacity = 1},
        {.address = "198.51.100.9",
         .lane = "9clean",
         .helo = "a.example",
         .capacity = 1                                                                  },
        {.address = "198.51.100.9", .lane = "clean9", .helo = "a b",       .capacity = 1},
        {.address = "198.51.100.9",
         .lane = "clean9",
         .helo = "a.example",
         .capacity = 0                                                                  },
    };
    struct app_fixture f;
    struct error err = {0};

    app_fixture_start(&f, NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(pool_add(f.app, &f.mem, &fixture_admin, &bad[i], &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
    assert_int_equal(shared_add(f.app, &fixture_admin, "192.0.2.1/24", NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(shared_remove(f.app, &fixture_admin, "192.0.2.0/24", &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_int_equal(shared_add(f.app, &fixture_agent, "192.0.2.0/24", NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_DENIED);
    app_fixture_stop(&f);
}

static void resting_moves_the_leases_to_a_clear_address(void **state UNUSED)
{
    struct app_fixture f;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    int64_t lease = mint_for(&f, app_fixture_case(&f), "a@kunde.example");
    assert_string_equal(address_of(&f, lease), FIXTURE_RESERVED);
    set_state(&f, FIXTURE_RESERVED, POOL_RESTING, 1, 0);
    assert_string_equal(address_of(&f, lease), FIXTURE_RESERVED_2);
    set_state(&f, FIXTURE_RESERVED, POOL_ACTIVE, 0, 0);
    set_state(&f, FIXTURE_RESERVED_2, POOL_RETIRED, 1, 0);
    assert_string_equal(address_of(&f, lease), FIXTURE_RESERVED);
    app_fixture_stop(&f);
}

static void leases_wait_where_no_address_is_clear_or_has_room(void **state UNUSED)
{
    struct app_fixture f;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    int64_t case_id = app_fixture_case(&f);
    int64_t first = mint_for(&f, case_id, "a@kunde.example");
    (void)mint_for(&f, case_id, "b@kunde.example");
    (void)mint_for(&f, case_id, "c@kunde.example");
    /* Two on the first address, one on the second, which has room for one more only. */
    set_state(&f, FIXTURE_RESERVED, POOL_RESTING, 0, 2);
    assert_string_equal(address_of(&f, first), FIXTURE_RESERVED);
    set_state(&f, FIXTURE_RESERVED, POOL_ACTIVE, 0, 0);
    fake_resolver_list(&f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, "127.0.0.2", NULL);
    set_state(&f, FIXTURE_RESERVED_2, POOL_RESTING, 0, 1);
    fake_resolver_fail(&f.dns, FIXTURE_ZONE, FIXTURE_RESERVED, DNS_TIMEOUT);
    set_state(&f, FIXTURE_RESERVED_2, POOL_RESTING, 0, 1);
    app_fixture_stop(&f);
}

static void a_list_that_answers_nobody_does_not_hold_leases_back(void **state UNUSED)
{
    struct app_fixture f;

    /* The second list has no test points here, so it is unknown for everybody. */
    app_fixture_start(&f,
                      "zones { use = { \"bl.spamcop.net\", \"psbl.surriel.com\" } }");
    app_fixture_fill(&f);
    (void)mint_for(&f, app_fixture_case(&f), "a@kunde.example");
    set_state(&f, FIXTURE_RESERVED, POOL_RESTING, 1, 0);
    app_fixture_stop(&f);
}

static void draining_leaves_leases_where_they_are(void **state UNUSED)
{
    struct app_fixture f;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    int64_t case_id = app_fixture_case(&f);
    int64_t lease = mint_for(&f, case_id, "a@kunde.example");
    set_state(&f, FIXTURE_RESERVED, POOL_DRAINING, 0, 0);
    assert_string_equal(address_of(&f, lease), FIXTURE_RESERVED);
    int64_t next = mint_for(&f, case_id, "b@kunde.example");
    assert_string_equal(address_of(&f, next), FIXTURE_RESERVED_2);
    app_fixture_stop(&f);
}

static void retired_is_for_good(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct pool_moves moves;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    set_state(&f, FIXTURE_RESERVED, POOL_RETIRED, 0, 0);
    assert_int_equal(
        pool_set_state(f.app, &f.mem, &fixture_admin,
                       &(struct pool_change){FIXTURE_RESERVED, POOL_ACTIVE, NULL},
                       &moves, &err),
        -1);
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_int_equal(
        pool_set_state(f.app, &f.mem, &fixture_admin,
                       &(struct pool_change){"198.51.100.1", POOL_ACTIVE, NULL}, &moves,
                       &err),
        -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    app_fixture_stop(&f);
}

static void the_reason_of_a_change_is_in_the_audit_log(void **state UNUSED)
{
    const struct pool_change change = {FIXTURE_RESERVED, POOL_DRAINING,
                                       "moves house on Friday"};
    struct app_fixture f;
    struct error err = {0};
    struct pool_moves moves;
    struct audit_record *records = NULL;
    struct store *store = NULL;
    size_t count = 0;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    assert_int_equal(
        pool_set_state(f.app, &f.mem, &fixture_admin, &change, &moves, &err), 0);
    assert_int_equal(app_take_reader(f.app, &store, &err), 0);
    assert_int_equal(store_audit_tail(store, &f.mem, NULL, 1, &records, &count, &err),
                     0);
    app_give_back(f.app, store);
    assert_int_equal(count, 1);
    assert_string_equal(records[0].action, "pool.drain");
    assert_non_null(strstr(records[0].detail, "reason=moves house on Friday"));
    app_fixture_stop(&f);
}

static void a_reason_of_control_characters_changes_nothing(void **state UNUSED)
{
    const struct pool_change change = {FIXTURE_RESERVED, POOL_DRAINING, "a\nb"};
    struct app_fixture f;
    struct error err = {0};
    struct pool_moves moves;

    app_fixture_start(&f, NULL);
    app_fixture_fill(&f);
    assert_int_equal(
        pool_set_state(f.app, &f.mem, &fixture_admin, &change, &moves, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    app_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_shared_or_reserved_not_both),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(resting_moves_the_leases_to_a_clear_address),
        cmocka_unit_test(leases_wait_where_no_address_is_clear_or_has_room),
        cmocka_unit_test(a_list_that_answers_nobody_does_not_hold_leases_back),
        cmocka_unit_test(draining_leaves_leases_where_they_are),
        cmocka_unit_test(retired_is_for_good),
        cmocka_unit_test(the_reason_of_a_change_is_in_the_audit_log),
        cmocka_unit_test(a_reason_of_control_characters_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
