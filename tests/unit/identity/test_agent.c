/*
 * test_agent.c - set-up links, signing in, sessions.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/identity/agent.h"
#include "issuer/identity/guard.h"
#include "tests/support/issuer/app_fixture.h"

#define PASSWORD "correct horse battery"

static const char *token_of(const char *link)
{
    return strrchr(link, '/') + 1;
}

static const char *add(struct app_fixture *f, const char *name, enum role role)
{
    struct error err = {0};
    const char *link = NULL;

    if (agent_add(f->app, &f->mem, &fixture_admin, name, role, &link, &err) != 0)
        fail_msg("%s", err.text);
    return token_of(link);
}

static void set_up(struct app_fixture *f, const char *token)
{
    struct error err = {0};

    if (agent_setup(f->app, &f->mem, token, SLICE(PASSWORD), &err) != 0)
        fail_msg("%s", err.text);
}

static enum error_kind sign_in(struct app_fixture *f, const char *name,
                               const char *password, char *session)
{
    struct error err = {0};

    if (agent_sign_in(f->app, &f->mem, slice_from(name), slice_from(password),
                      "198.51.100.7", session, &err) != 0)
        return err.kind;
    return ERROR_NONE;
}

static void a_set_up_link_gives_the_first_password_once(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct agent agent;
    const char *link = NULL;
    char session[TOKEN_LEN + 1];

    app_fixture_start(&f, NULL);
    assert_int_equal(
        agent_add(f.app, &f.mem, &fixture_admin, "ana", ROLE_AGENT, &link, &err), 0);
    assert_true(slice_starts(slice_from(link), "http://127.0.0.1:8025/set-up/"));
    const char *token = token_of(link);
    assert_int_equal(agent_setup_look(f.app, &f.mem, token, &agent, &err), 0);
    assert_string_equal(agent.name, "ana");
    assert_int_equal(sign_in(&f, "ana", PASSWORD, session), ERROR_DENIED);
    assert_int_equal(agent_setup(f.app, &f.mem, token, SLICE("too short"), &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    set_up(&f, token);
    assert_int_equal(agent_setup(f.app, &f.mem, token, SLICE(PASSWORD), &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_int_equal(sign_in(&f, "ana", PASSWORD, session), ERROR_NONE);
    assert_int_equal(sign_in(&f, " Ana ", PASSWORD, session), ERROR_NONE);
    app_fixture_stop(&f);
}

static void a_set_up_link_ends_after_a_day(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct agent agent;

    app_fixture_start(&f, NULL);
    const char *token = add(&f, "ana", ROLE_AGENT);
    f.clock.now += SETUP_VALID_S + 1;
    assert_int_equal(agent_setup_look(f.app, &f.mem, token, &agent, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_int_equal(agent_setup_look(f.app, &f.mem, "nonsense", &agent, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    app_fixture_stop(&f);
}

static void a_session_is_found_until_it_idles_or_ends(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct session session;
    char token[TOKEN_LEN + 1];

    app_fixture_start(&f, NULL);
    set_up(&f, add(&f, "ana", ROLE_LEAD));
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_NONE);
    assert_int_equal(session_look(f.app, &f.mem, slice_from(token), &session, &err), 0);
    assert_string_equal(session.agent.name, "ana");
    assert_int_equal(session.agent.role, ROLE_LEAD);
    assert_int_equal(strlen(session.form_token), TOKEN_LEN);
    /* Touched again and again it lives on, to its own end. */
    for (int i = 0; i < 5; i++) {
        f.clock.now += SESSION_IDLE_S - 1;
        assert_int_equal(session_look(f.app, &f.mem, slice_from(token), &session, &err),
                         0);
        assert_int_equal(session.seen_at, f.clock.now);
    }
    /* A page that asks by itself keeps nobody signed in. */
    f.clock.now += SESSION_IDLE_S - 1;
    assert_int_equal(session_peek(f.app, &f.mem, slice_from(token), &session, &err), 0);
    f.clock.now += 2;
    assert_int_equal(session_peek(f.app, &f.mem, slice_from(token), &session, &err),
                     -1);
    assert_int_equal(session_look(f.app, &f.mem, slice_from(token), &session, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);

    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_NONE);
    assert_int_equal(session_end(f.app, slice_from(token), &err), 0);
    assert_int_equal(session_look(f.app, &f.mem, slice_from(token), &session, &err),
                     -1);
    assert_int_equal(session_look(f.app, &f.mem, SLICE(""), &session, &err), -1);
    app_fixture_stop(&f);
}

static void wrong_and_unknown_are_one_voice_and_take_as_long(void **state UNUSED)
{
    struct app_fixture f;
    struct error wrong = {0};
    struct error unknown = {0};
    char token[TOKEN_LEN + 1];

    app_fixture_start(&f, NULL);
    set_up(&f, add(&f, "ana", ROLE_AGENT));
    int64_t start_ms = clock_monotonic_ms(&clock_system);
    assert_int_equal(agent_sign_in(f.app, &f.mem, SLICE("ana"), SLICE("wrong password"),
                                   "", token, &wrong),
                     -1);
    int64_t wrong_ms = clock_monotonic_ms(&clock_system) - start_ms;
    assert_int_equal(agent_sign_in(f.app, &f.mem, SLICE("nobody"),
                                   SLICE("wrong password"), "", token, &unknown),
                     -1);
    int64_t unknown_ms = clock_monotonic_ms(&clock_system) - start_ms - wrong_ms;
    assert_int_equal(wrong.kind, ERROR_DENIED);
    assert_int_equal(unknown.kind, ERROR_DENIED);
    assert_string_equal(wrong.text, unknown.text);
    /* Not a measurement, but without the second hash it would be a hundredth. */
    assert_true(unknown_ms * 4 >= wrong_ms);
    app_fixture_stop(&f);
}

static void guessing_is_slowed_and_a_right_password_still_waits(void **state UNUSED)
{
    struct app_fixture f;
    char token[TOKEN_LEN + 1];

    app_fixture_start(&f, NULL);
    set_up(&f, add(&f, "ana", ROLE_AGENT));
    for (int i = 0; i < GUARD_FREE_TRIES; i++)
        assert_int_equal(sign_in(&f, "ana", "wrong password", token), ERROR_DENIED);
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_EXHAUSTED);
    f.clock.now += 1;
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_NONE);
    app_fixture_stop(&f);
}

static void who_is_disabled_or_reset_is_out(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct session session;
    const char *link = NULL;
    char token[TOKEN_LEN + 1];

    app_fixture_start(&f, NULL);
    set_up(&f, add(&f, "ana", ROLE_AGENT));
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_NONE);
    assert_int_equal(agent_reset(f.app, &f.mem, &fixture_admin, "ana", &link, &err), 0);
    assert_int_equal(session_look(f.app, &f.mem, slice_from(token), &session, &err),
                     -1);
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_DENIED);
    set_up(&f, token_of(link));
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_NONE);
    assert_int_equal(agent_disable(f.app, &f.mem, &fixture_admin, "ana", &err), 0);
    assert_int_equal(session_look(f.app, &f.mem, slice_from(token), &session, &err),
                     -1);
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_DENIED);
    assert_int_equal(agent_disable(f.app, &f.mem, &fixture_admin, "ben", &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    app_fixture_stop(&f);
}

static enum error_kind set_role(struct app_fixture *f, const char *by, const char *name,
                                enum role role)
{
    const struct actor actor = {.name = by, .role = ROLE_ADMIN};
    struct error err = {0};

    if (agent_set_role(f->app, &f->mem, &actor, name, role, &err) != 0)
        return err.kind;
    return ERROR_NONE;
}

static void another_role_counts_in_the_open_session(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};
    struct session session;
    char token[TOKEN_LEN + 1];

    app_fixture_start(&f, NULL);
    set_up(&f, add(&f, "ana", ROLE_LEAD));
    assert_int_equal(sign_in(&f, "ana", PASSWORD, token), ERROR_NONE);
    assert_int_equal(set_role(&f, "agent:ada", "ana", ROLE_AUDITOR), ERROR_NONE);
    assert_int_equal(session_look(f.app, &f.mem, slice_from(token), &session, &err), 0);
    assert_int_equal(session.agent.role, ROLE_AUDITOR);

    struct audit_record *records;
    struct store *store = NULL;
    size_t count = 0;
    assert_int_equal(app_take_reader(f.app, &store, &err), 0);
    assert_int_equal(store_audit_tail(store, &f.mem, NULL, 1, &records, &count, &err),
                     0);
    app_give_back(f.app, store);
    assert_string_equal(records[0].actor, "agent:ada");
    assert_string_equal(records[0].action, "agent.role");
    assert_string_equal(records[0].object, "agent:ana");
    assert_string_equal(records[0].detail, "role=auditor was=lead");

    assert_int_equal(set_role(&f, "agent:ada", "ana", ROLE_AUDITOR), ERROR_CONFLICT);
    assert_int_equal(set_role(&f, "agent:ada", "bob", ROLE_LEAD), ERROR_NOT_FOUND);
    assert_int_equal(agent_disable(f.app, &f.mem, &fixture_admin, "ana", &err), 0);
    assert_int_equal(set_role(&f, "agent:ada", "ana", ROLE_LEAD), ERROR_CONFLICT);
    const struct actor lead = {.name = "agent:lea", .role = ROLE_LEAD};
    assert_int_equal(agent_set_role(f.app, &f.mem, &lead, "ana", ROLE_ADMIN, &err), -1);
    assert_int_equal(err.kind, ERROR_DENIED);
    app_fixture_stop(&f);
}

static void an_administrator_is_left_and_nobody_changes_their_own_role(
    void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};

    app_fixture_start(&f, NULL);
    set_up(&f, add(&f, "ada", ROLE_ADMIN));
    (void)add(&f, "eve", ROLE_ADMIN); /* has not chosen a password */
    assert_int_equal(set_role(&f, "local:root", "ada", ROLE_LEAD), ERROR_REFUSED);
    assert_int_equal(set_role(&f, "agent:ada", "ada", ROLE_LEAD), ERROR_DENIED);
    assert_int_equal(set_role(&f, "agent:ada token:3", "ada", ROLE_LEAD), ERROR_DENIED);
    set_up(&f, add(&f, "bob", ROLE_ADMIN));
    assert_int_equal(set_role(&f, "local:root", "ada", ROLE_LEAD), ERROR_NONE);
    assert_int_equal(set_role(&f, "local:root", "bob", ROLE_LEAD), ERROR_REFUSED);
    assert_int_equal(set_role(&f, "local:root", "ada", ROLE_ADMIN), ERROR_NONE);
    assert_int_equal(agent_disable(f.app, &f.mem, &fixture_admin, "ada", &err), 0);
    assert_int_equal(set_role(&f, "local:root", "bob", ROLE_LEAD), ERROR_REFUSED);
    app_fixture_stop(&f);
}

static void only_who_may_adds_people_with_names_that_are_names(void **state UNUSED)
{
    static const char *const bad[] = {"", "Ana", "1st", "a b", "a/b", "\xc3\xa4"};
    struct app_fixture f;
    struct error err = {0};
    const char *link = NULL;

    app_fixture_start(&f, NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(
            agent_add(f.app, &f.mem, &fixture_admin, bad[i], ROLE_AGENT, &link, &err),
            -1);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
    assert_int_equal(
        agent_add(f.app, &f.mem, &fixture_agent, "ben", ROLE_ADMIN, &link, &err), -1);
    assert_int_equal(err.kind, ERROR_DENIED);
    (void)add(&f, "ben", ROLE_AGENT);
    assert_int_equal(
        agent_add(f.app, &f.mem, &fixture_admin, "ben", ROLE_AGENT, &link, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    app_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_up_link_gives_the_first_password_once),
        cmocka_unit_test(a_set_up_link_ends_after_a_day),
        cmocka_unit_test(a_session_is_found_until_it_idles_or_ends),
        cmocka_unit_test(wrong_and_unknown_are_one_voice_and_take_as_long),
        cmocka_unit_test(guessing_is_slowed_and_a_right_password_still_waits),
        cmocka_unit_test(who_is_disabled_or_reset_is_out),
        cmocka_unit_test(another_role_counts_in_the_open_session),
        cmocka_unit_test(an_administrator_is_left_and_nobody_changes_their_own_role),
        cmocka_unit_test(only_who_may_adds_people_with_names_that_are_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
