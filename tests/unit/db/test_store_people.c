/*
 * test_store_people.c - agents, their set-up links and sessions.
 */
#include "base/base.h"

#include "tests/unit/db/store_desk.h"

enum {
    IDLE_S = 900,
    LIFE_S = 36000,
    SETUP_BYTE = 0x51,
    SESSION_BYTE = 0x5e
};

static int make_ana(void **state)
{
    uint8_t hash[DIGEST_BYTES];

    make_store(state);
    struct desk *desk = *state;
    fill_hash(hash, SETUP_BYTE);
    works(desk, store_agent_add(desk->store, "ana", ROLE_LEAD, hash, NOW + 3600, NOW,
                                &desk->err));
    return 0;
}

static struct agent get_ana(struct desk *desk)
{
    struct agent agent;

    works(desk, store_agent_find(desk->store, &desk->mem, "ana", &agent, &desk->err));
    return agent;
}

static int by_setup(struct desk *desk, int byte, int64_t now)
{
    uint8_t hash[DIGEST_BYTES];
    struct agent agent;

    fill_hash(hash, byte);
    return store_agent_by_setup(desk->store, &desk->mem, hash, now, &agent, &desk->err);
}

static void sign_in(struct desk *desk, int64_t now)
{
    uint8_t hash[DIGEST_BYTES];

    fill_hash(hash, SESSION_BYTE);
    works(desk, store_session_add(desk->store, hash, get_ana(desk).id, "f0f0",
                                  "192.0.2.7", now, &desk->err));
}

static int find_session(struct desk *desk, int byte, int64_t now)
{
    uint8_t hash[DIGEST_BYTES];
    struct session session;

    fill_hash(hash, byte);
    int result = store_session_find(desk->store, &desk->mem, hash, now, IDLE_S, LIFE_S,
                                    &session, &desk->err);
    if (result == 0) {
        assert_string_equal(session.agent.name, "ana");
        assert_int_equal(session.agent.role, ROLE_LEAD);
        assert_string_equal(session.form_token, "f0f0");
        assert_int_equal(session.created_at, NOW);
    }
    return result;
}

static void a_name_is_taken_once_and_a_stranger_is_not_found(void **state)
{
    struct desk *desk = *state;
    uint8_t hash[DIGEST_BYTES];
    struct agent *agents;
    struct agent found;
    size_t count;

    fill_hash(hash, 0x01);
    refuses(
        desk, ERROR_CONFLICT,
        store_agent_add(desk->store, "ana", ROLE_AGENT, hash, NOW, NOW, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_agent_find(desk->store, &desk->mem, "bob", &found, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_agent_set_password(desk->store, 99, "$argon2id$x", &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_agent_reset(desk->store, 99, hash, NOW, NOW, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_agent_disable(desk->store, 99, NOW, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_agent_set_role(desk->store, 99, ROLE_LEAD, &desk->err));
    works(desk, store_agent_list(desk->store, &desk->mem, &agents, &count, &desk->err));
    assert_int_equal(count, 1);
    assert_string_equal(agents[0].name, "ana");
    assert_null(agents[0].password_hash);
    assert_int_equal(agents[0].setup_until, NOW + 3600);
}

static void every_role_comes_back(void **state)
{
    struct desk *desk = *state;

    for (int i = 0; i < ROLE_COUNT; i++) {
        const char *name = arena_printf(&desk->mem, "agent%d", i);
        uint8_t hash[DIGEST_BYTES];
        struct agent found;
        fill_hash(hash, i);
        works(desk, store_agent_add(desk->store, name, (enum role)i, hash, NOW, NOW,
                                    &desk->err));
        works(desk,
              store_agent_find(desk->store, &desk->mem, name, &found, &desk->err));
        assert_int_equal(found.role, i);
    }
}

static void a_setup_link_works_until_its_time(void **state)
{
    static const struct {
        int64_t now;
        int byte;
        bool is_found;
    } rows[] = {
        {NOW,        SETUP_BYTE,     true },
        {NOW + 3599, SETUP_BYTE,     true },
        {NOW + 3601, SETUP_BYTE,     false},
        {NOW,        SETUP_BYTE + 1, false},
        {NOW,        0,              false},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int result = by_setup(desk, rows[i].byte, rows[i].now);
        if (rows[i].is_found)
            works(desk, result);
        else
            refuses(desk, ERROR_NOT_FOUND, result);
    }
}

static void a_password_uses_up_the_setup_link_and_ends_sessions(void **state)
{
    struct desk *desk = *state;

    sign_in(desk, NOW);
    works(desk, store_agent_set_password(desk->store, get_ana(desk).id, "$argon2id$x",
                                         &desk->err));
    assert_string_equal(get_ana(desk).password_hash, "$argon2id$x");
    assert_int_equal(get_ana(desk).setup_until, 0);
    refuses(desk, ERROR_NOT_FOUND, by_setup(desk, SETUP_BYTE, NOW));
    refuses(desk, ERROR_NOT_FOUND, find_session(desk, SESSION_BYTE, NOW));
}

static void a_reset_ends_password_and_sessions_and_makes_a_new_link(void **state)
{
    struct desk *desk = *state;
    int64_t id = get_ana(desk).id;
    uint8_t hash[DIGEST_BYTES];

    works(desk, store_agent_set_password(desk->store, id, "$argon2id$x", &desk->err));
    sign_in(desk, NOW);
    fill_hash(hash, 0x52);
    works(desk, store_agent_reset(desk->store, id, hash, NOW + 60, NOW, &desk->err));
    assert_null(get_ana(desk).password_hash);
    works(desk, by_setup(desk, 0x52, NOW));
    refuses(desk, ERROR_NOT_FOUND, by_setup(desk, SETUP_BYTE, NOW));
    refuses(desk, ERROR_NOT_FOUND, find_session(desk, SESSION_BYTE, NOW));
}

static void add_session(struct desk *desk, int64_t agent_id, int byte, int64_t now)
{
    uint8_t hash[DIGEST_BYTES];

    fill_hash(hash, byte);
    works(desk, store_session_add(desk->store, hash, agent_id, "f0f0",
                                  arena_printf(&desk->mem, "192.0.2.%d", byte), now,
                                  &desk->err));
}

static size_t list_sessions(struct desk *desk, int own_byte, int64_t now,
                            struct session_line **out)
{
    uint8_t hash[DIGEST_BYTES];
    size_t count = 99;

    fill_hash(hash, own_byte);
    const struct session_filter filter = {.agent_id = get_ana(desk).id,
                                          .own_hash = hash,
                                          .seen_after = now - IDLE_S,
                                          .created_after = now - LIFE_S};
    works(desk, store_session_list(desk->store, &desk->mem, &filter, out, &count,
                                   &desk->err));
    return count;
}

static void sessions_are_listed_and_all_but_one_are_ended(void **state)
{
    struct desk *desk = *state;
    int64_t ana = get_ana(desk).id;
    struct session_line *lines = NULL;
    uint8_t hash[DIGEST_BYTES];
    int64_t count = 0;

    fill_hash(hash, 0x99);
    works(desk,
          store_agent_add(desk->store, "ben", ROLE_AGENT, hash, NOW, NOW, &desk->err));
    struct agent ben;
    works(desk, store_agent_find(desk->store, &desk->mem, "ben", &ben, &desk->err));
    add_session(desk, ana, 1, NOW);
    add_session(desk, ana, 2, NOW + 10);
    add_session(desk, ana, 3, NOW + 20);
    add_session(desk, ben.id, 4, NOW + 20);
    assert_int_equal(list_sessions(desk, 2, NOW + 30, &lines), 3);
    assert_true(lines[0].is_own);
    assert_string_equal(lines[0].client, "192.0.2.2");
    assert_int_equal(lines[0].created_at, NOW + 10);
    assert_false(lines[1].is_own);
    assert_string_equal(lines[1].client, "192.0.2.3");
    assert_string_equal(lines[2].client, "192.0.2.1");
    /* One that idled too long is none. */
    assert_int_equal(list_sessions(desk, 2, NOW + IDLE_S, &lines), 2);
    fill_hash(hash, 2);
    works(desk, store_session_end_others(desk->store, ana, hash, &count, &desk->err));
    assert_int_equal(count, 2);
    assert_int_equal(list_sessions(desk, 2, NOW + 30, &lines), 1);
    struct session session;
    fill_hash(hash, 4);
    works(desk, store_session_find(desk->store, &desk->mem, hash, NOW + 30, IDLE_S,
                                   LIFE_S, &session, &desk->err));
}

static void a_password_changed_from_within_keeps_that_session(void **state)
{
    struct desk *desk = *state;
    int64_t ana = get_ana(desk).id;
    struct session_line *lines = NULL;
    uint8_t hash[DIGEST_BYTES];

    add_session(desk, ana, 1, NOW);
    add_session(desk, ana, 2, NOW);
    fill_hash(hash, 1);
    works(desk, store_agent_change_password(desk->store, ana, "$argon2id$y", hash,
                                            &desk->err));
    assert_string_equal(get_ana(desk).password_hash, "$argon2id$y");
    assert_int_equal(list_sessions(desk, 1, NOW, &lines), 1);
    assert_true(lines[0].is_own);
    refuses(
        desk, ERROR_NOT_FOUND,
        store_agent_change_password(desk->store, 99, "$argon2id$y", hash, &desk->err));
}

static void a_look_is_kept_and_a_theme_is_one_of_three(void **state)
{
    struct desk *desk = *state;
    int64_t ana = get_ana(desk).id;

    assert_string_equal(get_ana(desk).theme, "");
    assert_string_equal(get_ana(desk).zone, "");
    works(desk,
          store_agent_set_look(desk->store, ana, "light", "Asia/Kolkata", &desk->err));
    assert_string_equal(get_ana(desk).theme, "light");
    assert_string_equal(get_ana(desk).zone, "Asia/Kolkata");
    assert_int_equal(store_agent_set_look(desk->store, ana, "pink", "", &desk->err),
                     -1);
    assert_string_equal(get_ana(desk).theme, "light");
}

static void a_disabled_agent_has_no_session_and_no_link(void **state)
{
    struct desk *desk = *state;

    sign_in(desk, NOW);
    works(desk,
          store_agent_disable(desk->store, get_ana(desk).id, NOW + 5, &desk->err));
    assert_int_equal(get_ana(desk).disabled_at, NOW + 5);
    refuses(desk, ERROR_NOT_FOUND, find_session(desk, SESSION_BYTE, NOW));
    refuses(desk, ERROR_NOT_FOUND, by_setup(desk, SETUP_BYTE, NOW));
    /* Not even one that was made in the same moment. */
    sign_in(desk, NOW);
    refuses(desk, ERROR_NOT_FOUND, find_session(desk, SESSION_BYTE, NOW));
}

static void a_session_ends_by_idleness_or_age(void **state)
{
    static const struct {
        int64_t touched_at, now;
        int byte;
        bool is_found;
    } rows[] = {
        {NOW,              NOW,              SESSION_BYTE,     true },
        {NOW,              NOW,              SESSION_BYTE + 1, false},
        {NOW,              NOW + IDLE_S - 1, SESSION_BYTE,     true },
        {NOW,              NOW + IDLE_S + 1, SESSION_BYTE,     false},
        {NOW + IDLE_S,     NOW + IDLE_S + 1, SESSION_BYTE,     true },
        {NOW + LIFE_S - 1, NOW + LIFE_S - 1, SESSION_BYTE,     true },
        {NOW + LIFE_S,     NOW + LIFE_S + 1, SESSION_BYTE,     false},
    };
    struct desk *desk = *state;
    uint8_t hash[DIGEST_BYTES];

    sign_in(desk, NOW);
    fill_hash(hash, SESSION_BYTE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        works(desk,
              store_session_touch(desk->store, hash, rows[i].touched_at, &desk->err));
        int result = find_session(desk, rows[i].byte, rows[i].now);
        if (rows[i].is_found)
            works(desk, result);
        else
            refuses(desk, ERROR_NOT_FOUND, result);
    }
}

static void a_session_that_was_ended_is_gone(void **state)
{
    struct desk *desk = *state;
    uint8_t hash[DIGEST_BYTES];

    sign_in(desk, NOW);
    works(desk, find_session(desk, SESSION_BYTE, NOW));
    fill_hash(hash, SESSION_BYTE);
    works(desk, store_session_end(desk->store, hash, &desk->err));
    refuses(desk, ERROR_NOT_FOUND, find_session(desk, SESSION_BYTE, NOW));
}

#define WITH_ANA(test) cmocka_unit_test_setup_teardown(test, make_ana, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ANA(a_name_is_taken_once_and_a_stranger_is_not_found),
        WITH_ANA(every_role_comes_back),
        WITH_ANA(a_setup_link_works_until_its_time),
        WITH_ANA(a_password_uses_up_the_setup_link_and_ends_sessions),
        WITH_ANA(a_reset_ends_password_and_sessions_and_makes_a_new_link),
        WITH_ANA(sessions_are_listed_and_all_but_one_are_ended),
        WITH_ANA(a_password_changed_from_within_keeps_that_session),
        WITH_ANA(a_look_is_kept_and_a_theme_is_one_of_three),
        WITH_ANA(a_disabled_agent_has_no_session_and_no_link),
        WITH_ANA(a_session_ends_by_idleness_or_age),
        WITH_ANA(a_session_that_was_ended_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
