/*
 * test_leases.c - reveal, new link, more time, revoke: the life of a lease.
 */
#include "base/base.h"

#include <sqlite3.h>

#include "issuer/leases/change.h"
#include "issuer/leases/reveal.h"
#include "tests/unit/leases/lease_lab.h"

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

static void the_right_proof_reveals_a_password_that_works(void **state UNUSED)
{
    struct lab lab;
    struct store *store = NULL;
    struct credential_row row;
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
        store_credential_find(store, &lab.f.mem, minted.lease.username, &row, &lab.err),
        0);
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
