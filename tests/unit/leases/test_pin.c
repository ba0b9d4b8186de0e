/*
 * test_pin.c - links that ask for a PIN beside the mailbox.
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

struct lab {
    struct app_fixture f;
    struct mint_request request;
    struct minted minted;
    struct error err;
};

static void lab_start(struct lab *lab, const char *options, const char *proof)
{
    *lab = (struct lab){0};
    app_fixture_start(&lab->f, options);
    app_fixture_fill(&lab->f);
    lab->request = (struct mint_request){.case_id = app_fixture_case(&lab->f),
                                         .proof = proof};
    if (lease_mint(lab->f.app, &lab->f.mem, &fixture_agent, &lab->request, &lab->minted,
                   &lab->err) != 0)
        fail_msg("%s", lab->err.text);
}

static struct lease_secrets read_secrets(struct lab *lab, struct lease *out)
{
    struct lease_secrets secrets;
    struct store *store = NULL;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_lease_find(store, &lab->f.mem, lab->minted.lease.id, out, &lab->err), 0);
    assert_int_equal(
        store_lease_by_link(store, &lab->f.mem, out->link_id, out, &secrets, &lab->err),
        0);
    app_give_back(lab->f.app, store);
    return secrets;
}

/* With the right key and mailbox, unless told otherwise. */
static struct reveal_result try_pin(struct lab *lab, const char *mailbox,
                                    const char *pin)
{
    const struct typed_proof typed = {
        .key = slice_from(strchr(lab->minted.link, '#') + 1),
        .mailbox = slice_from(mailbox),
        .pin = slice_from(pin)};
    struct reveal_result result;

    lab->err = (struct error){0};
    if (reveal(lab->f.app, &lab->f.mem, lab->minted.lease.link_id, &typed, &result,
               &lab->err) != 0)
        fail_msg("%s", lab->err.text);
    return result;
}

/* Six digits that are not the PIN. */
static const char *other_than(struct lab *lab, const char *pin)
{
    char *other = arena_strdup(&lab->f.mem, pin);

    other[0] = (char)(other[0] == '9' ? '0' : other[0] + 1);
    return other;
}

static void a_pin_opens_the_link_once(void **state UNUSED)
{
    struct lease lease;
    struct lab lab;

    lab_start(&lab, NULL, "pin");
    const char *pin = lab.minted.pin;
    assert_int_equal(lab.minted.lease.proof, PROOF_PIN);
    assert_int_equal(strspn(pin, "0123456789"), PIN_LEN);
    assert_int_equal(strlen(pin), PIN_LEN);
    assert_null(strstr(lab.minted.link, pin));
    const char *hash = read_secrets(&lab, &lease).pin_hash;
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31), 0);

    assert_int_equal(try_pin(&lab, FIXTURE_MAILBOX, other_than(&lab, pin)).tries_left,
                     4);
    assert_int_equal(try_pin(&lab, FIXTURE_MAILBOX, "").tries_left, 3);
    struct reveal_result r = try_pin(&lab, "ben@kunde.example", pin);
    assert_int_equal(r.outcome, REVEAL_WRONG_PROOF);
    assert_int_equal(r.tries_left, 2);
    assert_string_equal(read_secrets(&lab, &lease).pin_hash, hash);

    const char *spaced = arena_printf(&lab.f.mem, " %.3s %s", pin, pin + 3);
    r = try_pin(&lab, FIXTURE_MAILBOX, spaced);
    assert_int_equal(r.outcome, REVEAL_DONE);
    assert_int_equal(r.password.len, PASSWORD_SHOWN_LEN);
    secret_free(&r.password);
    assert_null(read_secrets(&lab, &lease).pin_hash);
    assert_false(lease.has_pin);

    r = try_pin(&lab, FIXTURE_MAILBOX, pin);
    assert_int_equal(r.outcome, REVEAL_NOT_NOW);
    assert_int_equal(r.answer, REVEAL_PIN_USED);
    assert_int_equal(r.tries_left, 2);
    app_fixture_stop(&lab.f);
}

static void the_browser_that_saw_the_details_needs_no_pin_again(void **state UNUSED)
{
    struct reveal_result again;
    struct reveal_view view;
    struct lab lab;

    lab_start(&lab, NULL, "pin");
    struct reveal_result r = try_pin(&lab, FIXTURE_MAILBOX, lab.minted.pin);
    secret_free(&r.password);
    assert_int_equal(reveal_look(lab.f.app, &lab.f.mem, lab.minted.lease.link_id,
                                 slice_from(r.browser), &view, &lab.err),
                     0);
    assert_int_equal(view.answer, REVEAL_READY);
    assert_true(view.may_show_again);
    assert_int_equal(reveal_look(lab.f.app, &lab.f.mem, lab.minted.lease.link_id,
                                 (struct slice){0}, &view, &lab.err),
                     0);
    assert_int_equal(view.answer, REVEAL_PIN_USED);
    assert_int_equal(reveal_again(lab.f.app, &lab.f.mem, lab.minted.lease.link_id,
                                  slice_from(r.browser), &again, &lab.err),
                     0);
    assert_int_equal(again.outcome, REVEAL_DONE);
    secret_free(&again.password);
    app_fixture_stop(&lab.f);
}

static void five_wrong_pins_lock_the_link(void **state UNUSED)
{
    struct lease lease;
    struct lab lab;

    lab_start(&lab, NULL, "pin");
    for (int i = 0; i < REVEAL_TRIES_MAX; i++)
        assert_int_equal(
            try_pin(&lab, FIXTURE_MAILBOX, other_than(&lab, lab.minted.pin)).outcome,
            REVEAL_WRONG_PROOF);
    struct reveal_result r = try_pin(&lab, FIXTURE_MAILBOX, lab.minted.pin);
    assert_int_equal(r.outcome, REVEAL_NOT_NOW);
    assert_int_equal(r.answer, REVEAL_LOCKED);
    (void)read_secrets(&lab, &lease);
    assert_int_equal(lease.reveals, 0);
    app_fixture_stop(&lab.f);
}

static void a_new_link_has_a_new_pin(void **state UNUSED)
{
    struct new_link made = {0};
    struct lab lab;

    lab_start(&lab, NULL, "pin");
    const char *old = lab.minted.pin;
    assert_int_equal(lease_new_link(lab.f.app, &lab.f.mem, &fixture_agent,
                                    lab.minted.lease.id, &made, &lab.err),
                     0);
    assert_string_not_equal(made.pin, old);
    (void)read_secrets(&lab, &lab.minted.lease);
    lab.minted.link = made.url;
    assert_int_equal(try_pin(&lab, FIXTURE_MAILBOX, old).outcome, REVEAL_WRONG_PROOF);
    struct reveal_result r = try_pin(&lab, FIXTURE_MAILBOX, made.pin);
    assert_int_equal(r.outcome, REVEAL_DONE);
    secret_free(&r.password);
    app_fixture_stop(&lab.f);
}

static void policy_is_the_least(void **state UNUSED)
{
    struct minted minted;
    struct lab lab;

    lab_start(&lab, NULL, NULL);
    assert_int_equal(lab.minted.lease.proof, PROOF_MAILBOX);
    assert_null(lab.minted.pin);
    app_fixture_stop(&lab.f);

    lab_start(&lab, "policy { proof = \"pin\" }", NULL);
    assert_int_equal(lab.minted.lease.proof, PROOF_PIN);
    assert_non_null(lab.minted.pin);
    lab.request.mailbox = "ben@kunde.example";
    lab.request.proof = "mailbox";
    assert_int_equal(lease_mint(lab.f.app, &lab.f.mem, &fixture_agent, &lab.request,
                                &minted, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_REFUSED);
    lab.request.proof = "face";
    assert_int_equal(lease_mint(lab.f.app, &lab.f.mem, &fixture_agent, &lab.request,
                                &minted, &lab.err),
                     -1);
    assert_int_equal(lab.err.kind, ERROR_INVALID);
    app_fixture_stop(&lab.f);
}

static void a_pin_is_not_for_those_who_wait_and_goes_with_the_end(void **state UNUSED)
{
    const struct actor lead = {.name = "agent:lea", .role = ROLE_LEAD};
    struct new_link made = {0};
    struct lease lease;
    struct lab lab;

    lab_start(&lab, "policy { log_proof = required }", "pin");
    assert_int_not_equal(lab.minted.approval.id, 0);
    assert_null(lab.minted.pin);
    assert_null(read_secrets(&lab, &lease).pin_hash);
    const struct decision yes = {.id = lab.minted.approval.id, .is_approved = true};
    if (approval_decide(lab.f.app, &lab.f.mem, &lead, &yes, &lease, &lab.err) != 0)
        fail_msg("%s", lab.err.text);
    assert_int_equal(lease.proof, PROOF_PIN);
    assert_int_equal(lease_new_link(lab.f.app, &lab.f.mem, &fixture_agent, lease.id,
                                    &made, &lab.err),
                     0);
    assert_non_null(made.pin);
    assert_non_null(read_secrets(&lab, &lease).pin_hash);
    assert_int_equal(lease_revoke(lab.f.app, &fixture_agent, lease.id, "x", &lab.err),
                     0);
    assert_null(read_secrets(&lab, &lease).pin_hash);
    app_fixture_stop(&lab.f);
}

static void the_audit_log_says_that_there_was_one_and_not_which(void **state UNUSED)
{
    struct audit_record *rows = NULL;
    struct store *store = NULL;
    struct lab lab;
    size_t count = 0;
    size_t said = 0;

    lab_start(&lab, NULL, "pin");
    (void)try_pin(&lab, FIXTURE_MAILBOX, other_than(&lab, lab.minted.pin));
    struct reveal_result r = try_pin(&lab, FIXTURE_MAILBOX, lab.minted.pin);
    secret_free(&r.password);
    assert_int_equal(app_take_reader(lab.f.app, &store, &lab.err), 0);
    assert_int_equal(
        store_audit_tail(store, &lab.f.mem, NULL, 100, &rows, &count, &lab.err), 0);
    app_give_back(lab.f.app, store);
    for (size_t i = 0; i < count; i++) {
        assert_null(strstr(rows[i].detail, lab.minted.pin));
        assert_null(strstr(rows[i].detail, "argon2"));
        said += strstr(rows[i].detail, "proof=pin") != NULL;
    }
    assert_int_equal(said, 1);
    app_fixture_stop(&lab.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_opens_the_link_once),
        cmocka_unit_test(the_browser_that_saw_the_details_needs_no_pin_again),
        cmocka_unit_test(five_wrong_pins_lock_the_link),
        cmocka_unit_test(a_new_link_has_a_new_pin),
        cmocka_unit_test(policy_is_the_least),
        cmocka_unit_test(a_pin_is_not_for_those_who_wait_and_goes_with_the_end),
        cmocka_unit_test(the_audit_log_says_that_there_was_one_and_not_which),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
