/*
 * test_login_cache.c - what is remembered of logins is what the database says, whatever changes there.
 */
#include "base/base.h"

#include <unistd.h>

#include "tests/unit/auth/login_desk.h"

/* No row of the one that is not in the other. */
static void has_no_row_of(const char *text)
{
    struct sql_rows *rows;

    works(sql_ask(desk.sql, &rows, &desk.err, text, ""));
    int found = sql_next(rows, &desk.err);
    sql_end(rows);
    if (found != 0)
        fail_msg("the table of logins is not what it must be: %s", text);
}

/* The table of logins is what its view says (db/migrations/sqlite/0016). */
static void table_is_what_it_must_be(void)
{
    has_no_row_of("SELECT * FROM login EXCEPT SELECT * FROM login_now");
    has_no_row_of("SELECT * FROM login_now EXCEPT SELECT * FROM login");
}

/* ---- each fact by itself ------------------------------------------------------------------------ */

enum seen {
    SEEN,      /* lease 5 is forgotten, lease 6 is not */
    SEEN_BOTH, /* all are */
    SEEN_NONE  /* bookkeeping, or of a lease that is not kept */
};

/* Of lease 5, which has the id 6. */
static const struct {
    const char *change;
    enum seen seen;
} facts[] = {
    {"UPDATE lease SET end_how = 1 WHERE id = 6",                                               SEEN     },
    {"UPDATE lease SET is_pending = 1 WHERE id = 6",                                            SEEN     },
    {"UPDATE lease SET is_suspended = 1 WHERE id = 6",                                          SEEN     },
    {"UPDATE lease SET revealed_at = 7 WHERE id = 6",                                           SEEN     },
    {"UPDATE lease SET first_login_at = 7 WHERE id = 6",                                        SEEN     },
    {"UPDATE lease SET expires_at = expires_at + 1 WHERE id = 6",                               SEEN     },
    {"UPDATE lease SET messages_max = messages_max + 1 WHERE id = 6",                           SEEN     },
    {"UPDATE lease SET messages_per_hour = messages_per_hour + 1 WHERE id = 6",                 SEEN     },
    {"UPDATE lease SET messages_used = messages_used + 1 WHERE id = 6",                         SEEN     },
    {"UPDATE lease SET recipients_max = 7 WHERE id = 6",                                        SEEN     },
    {"UPDATE lease SET recipients_per_message = 7 WHERE id = 6",                                SEEN     },
    {"UPDATE lease SET recipients_used = 7 WHERE id = 6",                                       SEEN     },
    {"UPDATE lease SET message_size_max = 7 WHERE id = 6",                                      SEEN     },
    {"UPDATE lease SET mailbox = 'kim@hosted.example' WHERE id = 6",                            SEEN     },
    {"INSERT INTO pool_address VALUES (9, '203.0.113.9', 'other', 'h', 1, 'active', 1)",
     SEEN_NONE                                                                                           },
    {"UPDATE lease SET pool_address_id = 9 WHERE id = 6",                                       SEEN     },
    {"UPDATE credential SET verifier = zeroblob(32) WHERE lease_id = 6",                        SEEN     },
    {"UPDATE credential SET pepper_id = 9 WHERE lease_id = 6",                                  SEEN     },
    {"DELETE FROM credential WHERE lease_id = 6",                                               SEEN     },
    {"INSERT INTO credential VALUES (6, 1, zeroblob(32))",                                      SEEN     },
    {"INSERT INTO lease_sender VALUES (6, '@hosted.example')",                                  SEEN     },
    {"UPDATE lease_sender SET pattern = '@h.example' WHERE lease_id = 6 AND pattern LIKE '@%'",
     SEEN                                                                                                },
    {"DELETE FROM lease_sender WHERE lease_id = 6 AND pattern LIKE '@%'",                       SEEN     },
    {"INSERT INTO lease_recipient_domain VALUES (6, 'remote.example')",                         SEEN     },
    {"UPDATE lease_recipient_domain SET domain = 'r.example' WHERE lease_id = 6",               SEEN     },
    {"DELETE FROM lease_recipient_domain WHERE lease_id = 6",                                   SEEN     },
    {"UPDATE pool_address SET state = 'resting' WHERE id = 9",                                  SEEN_BOTH},
    {"UPDATE pool_address SET lane = 'third' WHERE id = 9",                                     SEEN_BOTH},
    {"UPDATE pool_address SET address = '203.0.113.10' WHERE id = 9",                           SEEN_BOTH},
    {"UPDATE pool_address SET capacity = 5 WHERE id = 9",                                       SEEN_NONE},
    {"UPDATE lease SET last_login_at = 7, last_message_at = 7, refusals = 7 WHERE id = 6",
     SEEN_NONE                                                                                           },
    {"UPDATE lease SET end_how = 2 WHERE id = 8",                                               SEEN_NONE},
    {"UPDATE lease SET end_how = end_how WHERE id = 6",                                         SEEN_NONE},
};

static void each_fact_that_changes_is_seen_in_the_next_turn(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        begin();
        read_in(5);
        read_in(6);
        end();
        behind_its_back(facts[i].change);
        table_is_what_it_must_be();
        begin();
        if ((!is_kept(5)) != (facts[i].seen != SEEN_NONE) ||
            (!is_kept(6)) != (facts[i].seen == SEEN_BOTH))
            fail_msg("not as expected: %s", facts[i].change);
        read_in(5);
        same_as_stored(5);
        end();
    }
}

static void a_turn_sees_what_was_committed_before_it_and_no_more(void **state)
{
    (void)state;
    begin();
    read_in(5);
    behind_its_back("UPDATE lease SET is_suspended = 1 WHERE id = 6");
    assert_true(is_kept(5));
    end();
    begin();
    assert_false(is_kept(5));
    end();
    works(sql_script(desk.sql, "BEGIN; UPDATE lease SET end_how = 1 WHERE id = 6",
                     &desk.err));
    begin();
    read_in(5);
    end();
    begin();
    assert_false(find(5)->lease.end == LEASE_END_REVOKED);
    end();
    works(sql_script(desk.sql, "COMMIT", &desk.err));
    begin();
    assert_false(is_kept(5));
    end();
}

/* The first look finds nothing new, the second one, in the view of somebody else's question, does. */
static void a_view_that_begins_late_forgets_what_it_sees_changed(void **state)
{
    (void)state;
    begin();
    read_in(5);
    end();
    begin();
    behind_its_back("UPDATE lease SET is_suspended = 1 WHERE id = 6");
    assert_true(is_kept(5));
    read_in(7);
    assert_false(is_kept(5));
    end();
}

/* What no function does today, but the table of logins follows. */
static void leases_that_go_or_get_another_name_are_followed(void **state)
{
    static const char *const changes[] = {
        "UPDATE lease SET username = 'cs-zzzzzzzz' WHERE id = 6",
        "UPDATE credential SET lease_id = 4 WHERE lease_id = 6",
        "PRAGMA foreign_keys = OFF; UPDATE lease SET id = 777 WHERE id = 7",
        "DELETE FROM lease WHERE id = 777",
        "DELETE FROM credential",
        "DELETE FROM lease",
    };
    struct credential_row row;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        behind_its_back(changes[i]);
        table_is_what_it_must_be();
        if (i == 0)
            works(store_credential_find(desk.reader, &desk.mem, "cs-zzzzzzzz", &row,
                                        &desk.err));
    }
}

/* ---- the store's own functions -------------------------------------------------------------------- */

static void lease_is_revealed(int64_t id)
{
    works(store_lease_reveal(desk.writer, id,
                             &(struct verifier){.pepper_id = 1, .bytes = {9}}, NOW + 5,
                             &desk.err));
}

static void lease_is_extended(int64_t id)
{
    works(store_lease_extend(desk.writer, id, NOW + 12345, &desk.err));
}

static void apply(const char *kind)
{
    static int64_t seq;
    char username[USERNAME_LEN + 1];

    seed_username(5, username);
    seq = 0;
    works(store_usage_position(desk.writer, &seq, &desk.err));
    works(store_usage_apply(desk.writer,
                            &(struct usage_record){.seq = seq + 1,
                                                   .at = NOW,
                                                   .kind = kind,
                                                   .username = username,
                                                   .detail = "",
                                                   .client = "",
                                                   .program = "",
                                                   .recipients = 2},
                            1, &desk.err));
}

static void login_is_taken_in(int64_t id)
{
    (void)id;
    apply("login");
}

static void message_is_taken_in(int64_t id)
{
    (void)id;
    apply("message");
}

static void address_rests(int64_t id)
{
    (void)id;
    works(store_pool_set_state(desk.writer, 1, POOL_RESTING, &desk.err));
}

static void leases_move(int64_t id)
{
    unsigned moved = 0;

    (void)id;
    behind_its_back(
        "INSERT INTO pool_address VALUES (9, '203.0.113.9', 'o', 'h', 1, 'active', 1)");
    works(store_pool_move_leases(desk.writer, 1, 9, NOW, &moved, &desk.err));
    assert_true(moved > 0);
}

static void lease_ends(int64_t id)
{
    works(store_lease_end(desk.writer, id, LEASE_END_REVOKED, "agent:ana", "", NOW,
                          &desk.err));
}

static void what_is_kept_is_what_is_stored_over_the_life_of_a_lease(void **state)
{
    static void (*const life[])(int64_t id) = {
        lease_is_revealed,   lease_is_extended, login_is_taken_in,
        message_is_taken_in, address_rests,     message_is_taken_in,
        leases_move,         login_is_taken_in, lease_ends,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(life); i++) {
        begin();
        if (!is_kept(5))
            read_in(5);
        same_as_stored(5);
        int64_t seq = find(5)->journal_seq;
        end();
        life[i](6);
        table_is_what_it_must_be();
        begin();
        /* What is kept of another login is as good as read now: of it nothing was taken in. */
        if (!is_kept(5))
            read_in(5);
        same_as_stored(5);
        assert_true(find(5)->journal_seq >= seq);
        end();
    }
}

/* ---- other histories -------------------------------------------------------------------------------- */

static void more_changes_than_are_noted_empty_the_cache(void **state)
{
    (void)state;
    begin();
    read_in(5);
    end();
    behind_its_back("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < 5000) INSERT INTO login_change (username, mark) "
                    "SELECT 'cs-aaaaaaaa', i FROM n");
    begin();
    assert_false(is_kept(5));
    end();
}

/* The same file, other content: as the backup function of SQLite leaves it. */
static void a_history_that_is_not_ours_empties_the_cache(void **state)
{
    static const char *const others[] = {
        /* as many changes, but others */
        "UPDATE login_change SET mark = mark + 1",
        /* fewer */
        "DELETE FROM login_change WHERE seq > 3",
        /* fewer, and then others */
        ("DELETE FROM login_change WHERE seq > 3;"
         "INSERT INTO login_change (username, mark) VALUES ('x', 8), ('x', 9)"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        begin();
        read_in(5);
        end();
        behind_its_back("INSERT INTO login_change (username, mark) VALUES ('x', 1)");
        begin();
        assert_true(is_kept(5));
        end();
        behind_its_back(others[i]);
        begin();
        assert_false(is_kept(5));
        end();
    }
}

static void a_database_without_its_history_answers_nothing(void **state)
{
    (void)state;
    begin();
    read_in(5);
    end();
    behind_its_back("DELETE FROM login_change");
    assert_int_equal(login_cache_begin(desk.cache, desk.reader, &desk.err), -1);
    assert_int_equal(desk.err.kind, ERROR_INTEGRITY);
    assert_false(login_cache_has_turn(desk.cache));
    assert_false(is_kept(5));
}

/* As a backup is until cleansmtpd has opened it: no stamp can be had, and each turn has a view. */
static void a_database_without_a_wal_is_followed_too(void **state)
{
    struct store_stamp stamp;
    char index[160];

    (void)state;
    close_desk();
    works(sql_open(desk.path, false, false, &desk.sql, &desk.err));
    behind_its_back("PRAGMA journal_mode = DELETE");
    sql_close(desk.sql);
    works(store_open(desk.path, STORE_READ, &desk.reader, &desk.err));
    desk.cache = login_cache_new(LOGIN_CACHE_MAX);
    begin();
    read_in(5);
    assert_false(store_stamp(desk.reader, &stamp));
    end();
    begin();
    assert_true(is_kept(5));
    end();
    (void)snprintf(index, sizeof index, "%s-shm", desk.path);
    assert_int_equal(access(index, F_OK), -1);
    works(store_open(desk.path, STORE_WRITE, &desk.writer, &desk.err));
    works(sql_open(desk.path, false, false, &desk.sql, &desk.err));
    behind_its_back("UPDATE lease SET is_suspended = 1 WHERE id = 6");
    begin();
    assert_false(is_kept(5));
    read_in(5);
    end();
    assert_true(store_stamp(desk.reader, &stamp));
    behind_its_back("UPDATE lease SET is_suspended = 0 WHERE id = 6");
    begin();
    assert_false(is_kept(5));
    end();
}

static void changes_are_noted_for_a_while_only(void **state)
{
    struct sql_rows *rows;

    (void)state;
    behind_its_back("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < 5000) INSERT INTO login_change (username, mark) "
                    "SELECT 'cs-aaaaaaaa', i FROM n");
    works(sql_ask(desk.sql, &rows, &desk.err, "SELECT count(*) FROM login_change", ""));
    assert_int_equal(sql_next(rows, &desk.err), 1);
    assert_int_equal(sql_int(rows, 0), 4096);
    sql_end(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(each_fact_that_changes_is_seen_in_the_next_turn),
        WITH_DESK(leases_that_go_or_get_another_name_are_followed),
        WITH_DESK(a_turn_sees_what_was_committed_before_it_and_no_more),
        WITH_DESK(a_view_that_begins_late_forgets_what_it_sees_changed),
        WITH_DESK(what_is_kept_is_what_is_stored_over_the_life_of_a_lease),
        WITH_DESK(more_changes_than_are_noted_empty_the_cache),
        WITH_DESK(a_history_that_is_not_ours_empties_the_cache),
        WITH_DESK(a_database_without_its_history_answers_nothing),
        WITH_DESK(a_database_without_a_wal_is_followed_too),
        WITH_DESK(changes_are_noted_for_a_while_only),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
