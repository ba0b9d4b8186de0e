/*
 * test_login_read_ahead.c - what logins are judged by is read in bit by bit, and is true at every moment.
 */
#include "base/base.h"

#include "tests/unit/auth/login_desk.h"

enum {
    STEP = 512,
    MANY = 2 * STEP + 100,
    TURNS = 3
};

static int begin_many(void **state)
{
    if (begin_desk(state) != 0)
        return -1;
    close_desk();
    works(seed_copies(desk.path, LEASES, MANY, &desk.err));
    open_desk(LOGIN_CACHE_MAX);
    return 0;
}

static void read_ahead(void)
{
    begin();
    works(login_cache_read_ahead(desk.cache, desk.reader, NOW, STEP, &desk.err));
    end();
}

static unsigned read_all(void)
{
    unsigned turns = 0;

    for (; !login_cache_is_all_read(desk.cache); turns++)
        read_ahead();
    return turns;
}

/* Each that is kept is what is stored. */
static unsigned count_right(void)
{
    struct credential_row row;
    unsigned count = 0;

    begin();
    for (unsigned i = 0; i < MANY; i++)
        if (find_credential(i, &row)) {
            same_credential(i);
            count++;
        }
    end();
    assert_int_equal(count, login_cache_credentials(desk.cache));
    return count;
}

static void all_that_may_log_in_are_read_in_and_no_others(void **state)
{
    struct credential_row row;

    (void)state;
    assert_false(login_cache_is_all_read(desk.cache));
    assert_int_equal(read_all(), TURNS);
    assert_int_equal(count_right(), MANY - 3);
    assert_false(find_credential(SEED_EXPIRED, &row));
    assert_false(find_credential(SEED_REVOKED, &row));
    assert_false(find_credential(SEED_UNREVEALED, &row));
}

/* Of a lease that was read in already, and of one that was not; ids are numbers + 1. */
static void what_changes_meanwhile_is_seen(void **state)
{
    struct credential_row row;

    (void)state;
    read_ahead();
    behind_its_back("UPDATE lease SET is_suspended = 1 WHERE id IN (6, 1001);"
                    "UPDATE lease SET end_how = 1 WHERE id IN (7, 1002)");
    begin();
    assert_false(find_credential(5, &row));
    assert_false(find_credential(6, &row));
    end();
    assert_int_equal(read_all(), TURNS - 1);
    assert_int_equal(count_right(), MANY - 3 - 3);
    assert_true(find_credential(1000, &row) && row.lease.is_suspended);
    assert_false(find_credential(1001, &row));
}

static void another_history_is_read_from_its_beginning(void **state)
{
    struct credential_row row;

    (void)state;
    assert_int_equal(read_all(), TURNS);
    behind_its_back("UPDATE pool_address SET lane = 'other'");
    begin();
    assert_false(login_cache_is_all_read(desk.cache));
    assert_false(find_credential(5, &row));
    end();
    assert_int_equal(read_all(), TURNS);
    assert_int_equal(count_right(), MANY - 3);
    assert_true(find_credential(5, &row));
    assert_string_equal(row.lease.lane, "other");
}

/* Or a database of dead leases would be read from end to end at each change. */
static void leases_that_are_over_are_read_once(void **state)
{
    (void)state;
    behind_its_back("UPDATE lease SET end_how = 1; DELETE FROM login_change "
                    "WHERE seq < (SELECT max(seq) FROM login_change)");
    assert_int_equal(read_all(), TURNS);
    assert_int_equal(count_right(), 0);
    behind_its_back("UPDATE lease SET messages_used = 1 WHERE id = 6");
    begin();
    end();
    assert_true(login_cache_is_all_read(desk.cache));
}

static void a_database_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    behind_its_back("DELETE FROM login_change");
    assert_int_equal(
        login_cache_read_ahead(desk.cache, desk.reader, NOW, STEP, &desk.err), -1);
    assert_int_equal(desk.err.kind, ERROR_INTEGRITY);
    assert_false(login_cache_is_all_read(desk.cache));
}

#define WITH_MANY(test) cmocka_unit_test_setup_teardown(test, begin_many, end_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MANY(all_that_may_log_in_are_read_in_and_no_others),
        WITH_MANY(what_changes_meanwhile_is_seen),
        WITH_MANY(another_history_is_read_from_its_beginning),
        WITH_MANY(leases_that_are_over_are_read_once),
        WITH_MANY(a_database_that_cannot_be_read_is_said),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
