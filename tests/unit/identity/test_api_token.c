/*
 * test_api_token.c - who makes a token, what it may do, and when it stops.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/identity/agent.h"
#include "issuer/identity/api_token.h"
#include "issuer/identity/guard.h"
#include "tests/support/issuer/app_fixture.h"

#define CLIENT "198.51.100.7"

static const struct actor ana = {.name = "agent:ana", .role = ROLE_AGENT};
static const struct actor lea = {.name = "agent:lea", .role = ROLE_LEAD};

struct lab {
    struct app_fixture f;
    struct error err;
    char text[API_TOKEN_LEN + 1]; /* of the last token made */
    struct api_token token;
    struct actor actor; /* of the last request that was let in */
};

static void add_agent(struct lab *lab, const char *name, enum role role)
{
    const char *link = NULL;

    if (agent_add(lab->f.app, &lab->f.mem, &fixture_admin, name, role, &link,
                  &lab->err) != 0)
        fail_msg("%s", lab->err.text);
}

static int start(void **state)
{
    static struct lab lab;

    lab = (struct lab){0};
    app_fixture_start(&lab.f, NULL);
    add_agent(&lab, "ana", ROLE_AGENT);
    add_agent(&lab, "lea", ROLE_LEAD);
    add_agent(&lab, "aud", ROLE_AUDITOR);
    *state = &lab;
    return 0;
}

static int stop(void **state)
{
    struct lab *lab = *state;

    app_fixture_stop(&lab->f);
    return 0;
}

static int make(struct lab *lab, const struct actor *actor,
                const struct token_request *request)
{
    return token_create(lab->f.app, &lab->f.mem, actor, request, lab->text, &lab->token,
                        &lab->err);
}

static void must_make(struct lab *lab, const struct actor *actor, const char *owner,
                      unsigned scopes)
{
    const struct token_request request = {
        .name = "Zammad", .owner = owner, .scopes = scopes};

    if (make(lab, actor, &request) != 0)
        fail_msg("%s", lab->err.text);
}

static enum error_kind enter(struct lab *lab, const char *text, const char *client)
{
    struct api_token token;
    const char *header = arena_printf(&lab->f.mem, "Bearer %s", text);

    lab->err = (struct error){0};
    (void)!token_enter(lab->f.app, &lab->f.mem, slice_from(header), client, &token,
                       &lab->actor, &lab->err);
    return lab->err.kind;
}

static const struct audit_record *last_audit(struct lab *lab)
{
    struct audit_record *records = NULL;
    struct store *store = NULL;
    size_t count = 0;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_audit_tail(store, &lab->f.mem, NULL, 1, &records, &count, &lab->err), 0);
    app_give_back(lab->f.app, store);
    assert_int_equal(count, 1);
    return &records[0];
}

static void a_token_acts_as_its_owner_within_its_scopes(void **state)
{
    struct lab *lab = *state;
    struct error err = {0};

    must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    const struct audit_record *record = last_audit(lab);
    assert_string_equal(record->action, "token.create");
    assert_string_equal(record->object, "token:1");
    assert_null(strstr(record->detail, lab->text));
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_NONE);
    assert_string_equal(lab->actor.name, "agent:ana token:1");
    assert_int_equal(lab->actor.role, ROLE_AGENT);
    assert_false(lab->actor.is_local);
    assert_int_equal(app_allow(&lab->actor, ACT_DIAGNOSE, &err), 0);
    assert_int_equal(app_allow(&lab->actor, ACT_VIEW_CASES, &err), 0);
    assert_int_equal(app_allow(&lab->actor, ACT_MINT, &err), -1);
    assert_string_equal(err.text, "this token has no scope to give a lease");
    assert_int_equal(app_allow(&lab->actor, ACT_CHANGE_PEOPLE, &err), -1);
}

static void the_role_of_now_bounds_a_token(void **state)
{
    struct lab *lab = *state;

    /* Root may promise what a later role does not hold: what counts is asked again each time. */
    must_make(lab, &fixture_admin, "lea", API_SCOPE(API_SCOPE_AUDIT_READ));
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_NONE);
    assert_int_equal(app_allow(&lab->actor, ACT_VIEW_AUDIT, &lab->err), 0);
    lab->actor.role = ROLE_AGENT;
    assert_int_equal(app_allow(&lab->actor, ACT_VIEW_AUDIT, &lab->err), -1);
}

enum {
    DIAGNOSE = API_SCOPE(API_SCOPE_DIAGNOSE),
    GIVES = API_SCOPE(API_SCOPE_LEASE_CREATE),
    AUDIT = API_SCOPE(API_SCOPE_AUDIT_READ)
};

/* clang-format off */
static const struct {
    const char *what;
    const struct actor *actor;
    struct token_request request;
    enum error_kind kind;
} asked_wrongly[] = {
    {"no name", &ana, {.name = "", .owner = "ana", .scopes = DIAGNOSE}, ERROR_INVALID},
    {"a control", &ana, {.name = "a\nb", .owner = "ana", .scopes = DIAGNOSE}, ERROR_INVALID},
    {"no scope", &ana, {.name = "x", .owner = "ana"}, ERROR_INVALID},
    {"somebody else's", &ana, {.name = "x", .owner = "lea", .scopes = DIAGNOSE}, ERROR_DENIED},
    {"an agent's mint", &ana, {.name = "x", .owner = "ana", .scopes = GIVES}, ERROR_DENIED},
    {"beyond the role", &ana, {.name = "x", .owner = "ana", .scopes = AUDIT}, ERROR_INVALID},
    {"auditor's mint", &fixture_admin, {.name = "x", .owner = "aud", .scopes = GIVES}, ERROR_INVALID},
    {"nobody's", &fixture_admin, {.name = "x", .owner = "eve", .scopes = DIAGNOSE}, ERROR_NOT_FOUND},
    {"a minute", &ana, {.name = "x", .owner = "ana", .scopes = DIAGNOSE, .for_s = 60}, ERROR_INVALID},
    {"two years", &ana, {.name = "x", .owner = "ana", .scopes = DIAGNOSE, .for_s = INT64_C(2) * 366 * 86400}, ERROR_INVALID},
    {"no network", &ana, {.name = "x", .owner = "ana", .scopes = DIAGNOSE, .networks = {"here", 4}}, ERROR_INVALID},
};
/* clang-format on */

static void what_is_asked_wrongly_makes_no_token(void **state)
{
    struct lab *lab = *state;
    struct api_token *tokens = NULL;
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(asked_wrongly); i++) {
        assert_int_equal(make(lab, asked_wrongly[i].actor, &asked_wrongly[i].request),
                         -1);
        if (lab->err.kind != asked_wrongly[i].kind)
            fail_msg("%s: %s", asked_wrongly[i].what, lab->err.text);
    }
    assert_int_equal(
        token_list(lab->f.app, &lab->f.mem, &fixture_admin, &tokens, &count, &lab->err),
        0);
    assert_int_equal(count, 0);
    must_make(lab, &lea, "lea", GIVES);
}

static void a_person_has_a_bounded_number_of_tokens(void **state)
{
    struct lab *lab = *state;
    const struct token_request one_more = {
        .name = "x", .owner = "ana", .scopes = API_SCOPE(API_SCOPE_DIAGNOSE)};

    for (int i = 0; i < TOKENS_PER_AGENT; i++)
        must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    assert_int_equal(make(lab, &ana, &one_more), -1);
    assert_int_equal(lab->err.kind, ERROR_CONFLICT);
    must_make(lab, &lea, "lea", API_SCOPE(API_SCOPE_DIAGNOSE));
    assert_int_equal(token_revoke(lab->f.app, &lab->f.mem, &ana, 1, &lab->err), 0);
    assert_int_equal(make(lab, &ana, &one_more), 0);
}

static void a_token_stops_when_it_expires_or_is_revoked(void **state)
{
    struct lab *lab = *state;

    must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    lab->f.clock.now += TOKEN_DEFAULT_S - 1;
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_NONE);
    lab->f.clock.now += 1;
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_DENIED);
    assert_string_equal(lab->err.text, "this token has expired");
    must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_NONE);
    assert_int_equal(token_revoke(lab->f.app, &lab->f.mem, &ana, 2, &lab->err), 0);
    assert_string_equal(last_audit(lab)->action, "token.revoke");
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_DENIED);
    assert_string_equal(lab->err.text, "this token was revoked");
    assert_string_equal(last_audit(lab)->action, "token.refused");
    assert_string_equal(last_audit(lab)->object, "token:2");
}

static void a_disabled_owner_has_no_tokens(void **state)
{
    struct lab *lab = *state;

    must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    assert_int_equal(
        agent_disable(lab->f.app, &lab->f.mem, &fixture_admin, "ana", &lab->err), 0);
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_DENIED);
}

static void only_the_owner_and_who_looks_after_people_revoke(void **state)
{
    struct lab *lab = *state;
    const struct actor program = {.name = "agent:ana token:1",
                                  .role = ROLE_AGENT,
                                  .withheld = ~(1U << ACT_DIAGNOSE)};
    struct api_token *tokens = NULL;
    size_t count = 9;

    must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    assert_int_equal(token_revoke(lab->f.app, &lab->f.mem, &lea, 1, &lab->err), -1);
    assert_int_equal(lab->err.kind, ERROR_NOT_FOUND);
    assert_int_equal(token_revoke(lab->f.app, &lab->f.mem, &program, 1, &lab->err), -1);
    assert_int_equal(lab->err.kind, ERROR_NOT_FOUND);
    assert_int_equal(
        token_list(lab->f.app, &lab->f.mem, &lea, &tokens, &count, &lab->err), 0);
    assert_int_equal(count, 0);
    assert_int_equal(
        token_list(lab->f.app, &lab->f.mem, &ana, &tokens, &count, &lab->err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(
        token_revoke(lab->f.app, &lab->f.mem, &fixture_admin, 1, &lab->err), 0);
}

static void a_token_is_bound_to_its_networks(void **state)
{
    struct lab *lab = *state;
    const struct token_request request = {.name = "x",
                                          .owner = "ana",
                                          .scopes = API_SCOPE(API_SCOPE_DIAGNOSE),
                                          .networks = SLICE("198.51.100.0/24")};

    assert_int_equal(make(lab, &ana, &request), 0);
    assert_int_equal(enter(lab, lab->text, "198.51.100.99"), ERROR_NONE);
    assert_int_equal(enter(lab, lab->text, "203.0.113.1"), ERROR_DENIED);
    assert_int_equal(enter(lab, lab->text, "unix"), ERROR_DENIED);
}

static void wrong_tokens_wait_and_right_ones_do_not(void **state)
{
    struct lab *lab = *state;
    char wrong[API_TOKEN_LEN + 1];
    uint8_t hash[DIGEST_BYTES];

    must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    api_token_make(app_random(lab->f.app), wrong, hash);
    for (int i = 0; i < GUARD_FREE_TRIES; i++)
        assert_int_equal(enter(lab, i % 2 == 0 ? wrong : "junk", CLIENT), ERROR_DENIED);
    int64_t seq = last_audit(lab)->seq;
    for (int i = 0; i < 100; i++)
        assert_int_equal(enter(lab, wrong, CLIENT), ERROR_EXHAUSTED);
    /* What waits is not written down, so nobody fills the audit log. */
    assert_int_equal(last_audit(lab)->seq, seq);
    assert_int_equal(enter(lab, wrong, "203.0.113.1"), ERROR_DENIED);
    assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_NONE);
    lab->f.clock.now += 2;
    assert_int_equal(enter(lab, wrong, CLIENT), ERROR_DENIED);
}

static void the_last_use_is_kept_to_a_minute(void **state)
{
    struct lab *lab = *state;
    struct api_token *tokens = NULL;
    size_t count = 0;
    int64_t first = lab->f.clock.now;

    must_make(lab, &ana, "ana", API_SCOPE(API_SCOPE_DIAGNOSE));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(enter(lab, lab->text, CLIENT), ERROR_NONE);
        assert_int_equal(
            token_list(lab->f.app, &lab->f.mem, &ana, &tokens, &count, &lab->err), 0);
        assert_int_equal(tokens[0].used_at, i < 2 ? first : first + 60);
        assert_string_equal(tokens[0].used_from, CLIENT);
        lab->f.clock.now += 30;
    }
}

#define LAB(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB(a_token_acts_as_its_owner_within_its_scopes),
        LAB(the_role_of_now_bounds_a_token),
        LAB(what_is_asked_wrongly_makes_no_token),
        LAB(a_person_has_a_bounded_number_of_tokens),
        LAB(a_token_stops_when_it_expires_or_is_revoked),
        LAB(a_disabled_owner_has_no_tokens),
        LAB(only_the_owner_and_who_looks_after_people_revoke),
        LAB(a_token_is_bound_to_its_networks),
        LAB(wrong_tokens_wait_and_right_ones_do_not),
        LAB(the_last_use_is_kept_to_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
