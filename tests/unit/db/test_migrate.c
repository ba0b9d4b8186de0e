/*
 * test_migrate.c - databases that an older version made, brought to the schema of this one.
 *
 * An old one is made by running the first steps as that version did, with rows in it from the first step on; so each step
 * that is added here is tried over data from every version before it.
 */
#include "base/base.h"

#include "tests/unit/db/store_desk.h"

#include "base/embed.h"
#include "base/encode.h"
#include "core/digest.h"

enum {
    STEP_LOGIN_CHANGE = 11
};

/* What people may have had since the first version: times and places of a lease that is in use. */
static const char first_rows[] =
    "INSERT INTO shared_range VALUES (1, '192.0.2.0/28', 'office', 1700000000);"
    "INSERT INTO pool_address VALUES (1, '198.51.100.21', 'clean21', 'out21.mail.example', 4, 'active', 1700000000);"
    "INSERT INTO listing VALUES (1, '192.0.2.1', 'bl.example', 'listed', '127.0.0.2', 'spam', 1700000000, 1700000100, 0);"
    "INSERT INTO support_case VALUES (1, 1700000000, 'agent:ana', 'T-1', 'kim@hosted.example', 'a bounce', 'ab', 'listed_now',"
    " 1700000000, '192.0.2.1', 'bl.example', 1, 1, 'listed', '192.0.2.1', 'bl.example', NULL, 'kim@hosted.example',"
    " 'bob@remote.example', NULL, 'mx.remote.example', 550, '5.7.1', NULL, NULL, NULL, NULL, 1700000000, NULL);"
    "INSERT INTO lease (id, case_id, pool_address_id, mailbox, username, delivery, messages_max, messages_per_hour,"
    " messages_used, link_id, link_hash, reveals, reveal_tries_left, reveal_until, created_at, created_by, revealed_at,"
    " first_login_at, expires_at) VALUES (1, 1, 1, 'kim@hosted.example', 'cs-aaaaaaaa', 'login', 200, 50, 7, 'link', "
    " zeroblob(32), 1, 4, 1700007200, 1700000000, 'agent:ana', 1700000300, 1700000400, 1700086400);"
    "INSERT INTO lease_sender VALUES (1, 'kim@hosted.example');"
    "INSERT INTO lease_recipient_domain VALUES (1, 'remote.example');"
    "INSERT INTO credential VALUES (1, 1, zeroblob(32));"
    "INSERT INTO usage_event (seq, lease_id, at, kind, detail, client)"
    " VALUES (1, 1, 1700000400, 'login', 'smtp', '192.0.2.50');"
    "UPDATE journal_position SET seq = 1;";

static void run_step(struct desk *desk, struct sql *sql, size_t step)
{
    const char *text = migrations_table[step].begin;
    uint8_t digest[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];

    digest_bytes(slice_of(text, (size_t)(migrations_table[step].end - text)), digest);
    hex_encode(digest, sizeof digest, hex);
    works(desk, sql_script(sql, text, &desk->err));
    works(desk,
          sql_run(sql, &desk->err, "INSERT INTO schema_migration VALUES ($1, $2, $3)",
                  "itt", (int64_t)step + 1, migrations_table[step].name, hex));
}

/* The database of the version that had so many steps; at least one. */
static void make_old(struct desk *desk, size_t steps)
{
    struct sql *sql;

    works(desk, sql_open(desk->path, true, false, &sql, &desk->err));
    works(desk, sql_script(sql,
                           "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY,"
                           " name TEXT NOT NULL, digest TEXT NOT NULL) STRICT",
                           &desk->err));
    for (size_t step = 0; step < steps; step++) {
        run_step(desk, sql, step);
        if (step == 0)
            works(desk, sql_script(sql, first_rows, &desk->err));
    }
    sql_close(sql);
}

/* All rows of the first column, each behind a line end. Lives in the desk's arena. */
static const char *ask_all(struct desk *desk, const char *question)
{
    struct sql_rows *rows;
    struct strbuf text;
    struct sql *sql;
    int more;

    strbuf_init(&text, 1U << 20);
    works(desk, sql_open(desk->path, false, true, &sql, &desk->err));
    works(desk, sql_ask(sql, &rows, &desk->err, question, ""));
    while ((more = sql_next(rows, &desk->err)) == 1)
        strbuf_printf(&text, "\n%s", sql_text(rows, 0, &desk->mem));
    works(desk, more);
    sql_end(rows);
    sql_close(sql);
    const char *kept = arena_slice(&desk->mem, strbuf_slice(&text));
    strbuf_release(&text);
    return kept;
}

static const char *schema(struct desk *desk)
{
    return ask_all(desk, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
                         " AND tbl_name <> 'schema_migration' ORDER BY type, name");
}

static void lose_database(struct desk *desk)
{
    store_close(desk->store);
    desk->store = NULL;
    assert_int_equal(unlink(desk->path), 0);
}

static void the_old_lease_is_whole(struct desk *desk)
{
    const struct lease lease = get_lease(desk, 1);

    assert_string_equal(lease.username, "cs-aaaaaaaa");
    assert_string_equal(lease.mailbox, "kim@hosted.example");
    assert_string_equal(lease.lane, "clean21");
    assert_string_equal(lease.senders[0], "kim@hosted.example");
    assert_string_equal(lease.recipient_domains[0], "remote.example");
    assert_int_equal(lease.messages_used, 7);
    assert_int_equal(lease.first_login_at, 1700000400);
    assert_int_equal(lease.expires_at, 1700086400);
    assert_int_equal(lease_state_at(&lease, 1700000500), LEASE_IN_USE);
    /* Limits of later versions: it has none of them. */
    assert_int_equal(lease.recipients_max, 0);
    assert_int_equal(lease.message_size_max, 0);
}

static void a_database_of_any_older_version_is_brought_up_and_keeps_its_rows(
    void **state)
{
    struct desk *desk = *state;

    works(desk, store_open(desk->path, STORE_CREATE, &desk->store, &desk->err));
    const char *newest = schema(desk);
    lose_database(desk);
    for (size_t steps = 1; steps < migrations_count; steps++) {
        make_old(desk, steps);
        refuses(desk, ERROR_UNAVAILABLE,
                store_open(desk->path, STORE_READ, &desk->store, &desk->err));
        works(desk, store_open(desk->path, STORE_WRITE, &desk->store, &desk->err));
        works(desk, store_check(desk->store, &desk->err));
        assert_string_equal(ask_all(desk, "PRAGMA foreign_key_check"), "");
        assert_string_equal(schema(desk), newest);
        the_old_lease_is_whole(desk);
        /* docs/decisions/login-table.md */
        assert_string_equal(ask_all(desk, "SELECT username FROM login"),
                            "\ncs-aaaaaaaa");
        assert_string_equal(ask_all(desk,
                                    "SELECT username FROM (SELECT * FROM login_now "
                                    "EXCEPT SELECT * FROM login)"),
                            "");
        lose_database(desk);
    }
}

static void a_step_that_fails_leaves_everything_as_it_was(void **state)
{
    struct desk *desk = *state;

    make_old(desk, STEP_LOGIN_CHANGE - 1);
    /* In the way of the step's last statement. */
    behind_its_back(
        desk,
        "CREATE TABLE in_the_way (a INTEGER);"
        "CREATE TRIGGER login_change_pool AFTER DELETE ON in_the_way BEGIN SELECT 1; END");
    const char *before = schema(desk);
    assert_int_equal(store_open(desk->path, STORE_WRITE, &desk->store, &desk->err), -1);
    assert_non_null(strstr(desk->err.text, "0011_login_change.sql"));
    assert_string_equal(schema(desk), before);
    assert_string_equal(ask_all(desk, "SELECT max(number) FROM schema_migration"),
                        "\n10");
    behind_its_back(desk, "DROP TABLE in_the_way");
    works(desk, store_open(desk->path, STORE_WRITE, &desk->store, &desk->err));
    the_old_lease_is_whole(desk);
}

/* docs/decisions/login-cache.md: authd keeps what it has read until such a row says otherwise. */
static const struct {
    const char *statement, *noted; /* names, each behind a line end */
} changes[] = {
    {"UPDATE lease SET last_login_at = 5, last_message_at = 6, refusals = 7, reveals = 2",
     ""                                                                                                                                    },
    {"UPDATE lease SET messages_used = messages_used",                                                         ""                          },
    {"UPDATE lease SET messages_used = 8",                                                                     "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET recipients_used = 9",                                                                   "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET messages_max = 9",                                                                      "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET messages_per_hour = 9",                                                                 "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET recipients_max = 9",                                                                    "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET recipients_per_message = 9",                                                            "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET message_size_max = 9",                                                                  "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET mailbox = 'lee@hosted.example'",                                                        "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET revealed_at = 1700000301",                                                              "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET first_login_at = 1700000401",                                                           "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET expires_at = 1700086401",                                                               "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET is_pending = 1",                                                                        "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET is_suspended = 1",                                                                      "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET end_how = 1",                                                                           "\ncs-aaaaaaaa"             },
    {"INSERT INTO pool_address VALUES (2, '198.51.100.22', 'clean22', 'out22.mail.example', 4, 'active', 1)",
     ""                                                                                                                                    },
    {"UPDATE lease SET pool_address_id = 2",                                                                   "\ncs-aaaaaaaa"             },
    {"UPDATE lease SET username = 'cs-bbbbbbbb'",                                                              "\ncs-aaaaaaaa"             },
    {"UPDATE credential SET pepper_id = 2",                                                                    "\ncs-bbbbbbbb"             },
    {"DELETE FROM credential",                                                                                 "\ncs-bbbbbbbb"             },
    {"INSERT INTO credential VALUES (1, 1, zeroblob(32))",                                                     "\ncs-bbbbbbbb"             },
    {"INSERT INTO lease_sender VALUES (1, '@hosted.example')",                                                 "\ncs-bbbbbbbb"             },
    {"UPDATE lease_sender SET pattern = 'x@hosted.example' WHERE pattern = '@hosted.example'",
     "\ncs-bbbbbbbb"                                                                                                                       },
    {"DELETE FROM lease_sender",                                                                               "\ncs-bbbbbbbb\ncs-bbbbbbbb"},
    {"INSERT INTO lease_recipient_domain VALUES (1, 'other.example')",                                         "\ncs-bbbbbbbb"             },
    {"UPDATE lease_recipient_domain SET domain = 'third.example' WHERE domain = 'other.example'",
     "\ncs-bbbbbbbb"                                                                                                                       },
    {"DELETE FROM lease_recipient_domain WHERE domain = 'third.example'",
     "\ncs-bbbbbbbb"                                                                                                                       },
    {"UPDATE pool_address SET helo = 'new.mail.example', capacity = 9",                                        ""                          },
    {"UPDATE pool_address SET state = 'resting' WHERE id = 2",                                                 "\n"                        },
    {"UPDATE pool_address SET lane = 'clean33' WHERE id = 2",                                                  "\n"                        },
    {"UPDATE pool_address SET address = '198.51.100.33' WHERE id = 2",                                         "\n"                        },
    {"UPDATE shared_range SET label = 'elsewhere'",                                                            ""                          },
    {"DELETE FROM lease_recipient_domain; DELETE FROM credential; DELETE FROM usage_event; DELETE FROM lease",
     "\ncs-bbbbbbbb\ncs-bbbbbbbb\ncs-bbbbbbbb"                                                                                             },
};

static void what_a_login_is_judged_by_is_noted_after_the_upgrade(void **state)
{
    struct desk *desk = *state;

    make_old(desk, STEP_LOGIN_CHANGE - 1);
    works(desk, store_open(desk->path, STORE_WRITE, &desk->store, &desk->err));
    /* Whatever authd may have read before: it is another history now. */
    assert_string_equal(ask_all(desk, "SELECT username FROM login_change"), "\n");
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        behind_its_back(desk, "DELETE FROM login_change");
        behind_its_back(desk, changes[i].statement);
        const char *noted = ask_all(desk,
                                    "SELECT username FROM login_change ORDER BY seq");
        if (strcmp(noted, changes[i].noted) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", changes[i].statement, noted,
                     changes[i].noted);
    }
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        FRESH(a_database_of_any_older_version_is_brought_up_and_keeps_its_rows),
        FRESH(a_step_that_fails_leaves_everything_as_it_was),
        FRESH(what_a_login_is_judged_by_is_noted_after_the_upgrade),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
