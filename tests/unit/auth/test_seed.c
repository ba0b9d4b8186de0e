/*
 * test_seed.c - the seeded state folder itself; with two arguments (FOLDER COUNT) it makes one,
 * which the integration tests start the real programs on.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "tests/support/seed.h"

static void usernames_and_passwords_have_our_form_and_differ(void **state)
{
    char username[USERNAME_LEN + 1], parsed[USERNAME_LEN + 1], before[USERNAME_LEN + 1];
    char password[PASSWORD_SHOWN_LEN + 1], normalised[PASSWORD_LEN + 1];

    (void)state;
    before[0] = '\0';
    for (unsigned i = 0; i < 1000; i++) {
        seed_username(i, username);
        seed_password(i, password);
        assert_true(username_parse(slice_from(username), SLICE(SEED_REALM), parsed));
        assert_string_equal(username, parsed);
        assert_string_not_equal(username, before);
        assert_true(password_normalise(slice_from(password), normalised));
        memcpy(before, username, sizeof before);
    }
}

/* All rows, with the type of each value. */
static void dump(sqlite3 *db, const char *question, struct strbuf *out)
{
    sqlite3_stmt *rows = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, question, -1, &rows, NULL), SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            strbuf_printf(out, "\n%d ", sqlite3_column_type(rows, i));
            const void *value = sqlite3_column_blob(rows, i);
            strbuf_add(out, value, (size_t)sqlite3_column_bytes(rows, i));
        }
    assert_int_equal(sqlite3_finalize(rows), SQLITE_OK);
}

static void copies_are_what_the_store_would_have_written(void **state)
{
    static const char *const questions[] = {
        "SELECT * FROM lease ORDER BY id",
        "SELECT * FROM lease_sender ORDER BY lease_id",
        "SELECT * FROM credential ORDER BY lease_id",
        "SELECT * FROM login ORDER BY key",
        "SELECT type, name, sql FROM sqlite_schema ORDER BY name",
    };
    enum {
        FEW = 10,
        ALL = 300,
        DUMP_MAX = 1 << 20
    };
    const int64_t now = 1764000000;
    char folder[] = "/tmp/cleansmtp-test-XXXXXX", path[64];
    struct strbuf rows[2];
    struct error err = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 2; i++) {
        sqlite3 *db = NULL;
        (void)snprintf(path, sizeof path, "%s/%zu.db", folder, i);
        assert_int_equal(seed_database(path, i == 0 ? ALL : FEW, now, &err), 0);
        if (i == 1)
            assert_int_equal(seed_copies(path, FEW, ALL, &err), 0);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        strbuf_init(&rows[i], DUMP_MAX);
        for (size_t at = 0; at < ARRAY_LEN(questions); at++)
            dump(db, questions[at], &rows[i]);
        assert_false(rows[i].full);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        assert_int_equal(unlink(path), 0);
    }
    assert_true(slice_equal(strbuf_slice(&rows[0]), strbuf_slice(&rows[1])));
    assert_int_equal(rmdir(folder), 0);
    for (size_t i = 0; i < 2; i++)
        strbuf_release(&rows[i]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usernames_and_passwords_have_our_form_and_differ),
        cmocka_unit_test(copies_are_what_the_store_would_have_written),
    };
    struct error err = {0};
    uint64_t count;

    secret_startup();
    if (argc != 3)
        return cmocka_run_group_tests(tests, NULL, NULL);
    if (!number_u64(slice_from(argv[2]), 10000000, &count) ||
        seed_state(argv[1], (unsigned)count, clock_now(&clock_system), &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 0;
}
