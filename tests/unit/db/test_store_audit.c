/*
 * test_store_audit.c - the audit log: a chain that shows what was done to it.
 */
#include "base/base.h"

#include "tests/unit/db/store_desk.h"

#define DROP "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"

static int make_log(void **state)
{
    static const char *const objects[] = {"case:1", "lease:1", "case:1", "lease:2"};

    make_store(state);
    struct desk *desk = *state;
    for (size_t i = 0; i < ARRAY_LEN(objects); i++)
        works(desk, store_audit(desk->store, NOW + (int64_t)i, "agent:ana", "act",
                                objects[i], "key=value", &desk->err));
    return 0;
}

static void an_untouched_log_verifies(void **state)
{
    struct desk *desk = *state;
    int64_t records;

    works(desk, store_audit_verify(desk->store, &records, &desk->err));
    assert_int_equal(records, 4);
}

static void the_triggers_refuse_a_change_by_accident(void **state)
{
    static const char *const scripts[] = {"UPDATE audit SET detail = 'x'",
                                          "DELETE FROM audit"};
    struct desk *desk = *state;
    struct sql *sql;

    works(desk, sql_open(desk->path, false, false, &sql, &desk->err));
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
        assert_int_equal(sql_script(sql, scripts[i], &desk->err), -1);
    sql_close(sql);
    an_untouched_log_verifies(state);
}

static void expect_broken(void **state, const char *script, const char *named)
{
    struct desk *desk = *state;
    int64_t records = -7;

    behind_its_back(desk, script);
    refuses(desk, ERROR_INTEGRITY,
            store_audit_verify(desk->store, &records, &desk->err));
    assert_int_equal(records, -7);
    assert_non_null(strstr(desk->err.text, named));
}

static void a_changed_detail_is_named(void **state)
{
    expect_broken(state, DROP "UPDATE audit SET detail = 'x' WHERE seq = 2",
                  "record 2 ");
}

static void a_changed_actor_is_named(void **state)
{
    expect_broken(state, DROP "UPDATE audit SET actor = 'agent:bob' WHERE seq = 4",
                  "record 4 ");
}

static void a_changed_time_is_named(void **state)
{
    expect_broken(state, DROP "UPDATE audit SET at = at + 1 WHERE seq = 1",
                  "record 1 ");
}

static void a_removed_record_is_named(void **state)
{
    expect_broken(state, DROP "DELETE FROM audit WHERE seq = 3", "record 3 ");
}

static void a_removed_beginning_is_named(void **state)
{
    expect_broken(state, DROP "DELETE FROM audit WHERE seq = 1", "record 1 ");
}

static void swapped_records_are_named(void **state)
{
    expect_broken(state,
                  DROP "UPDATE audit SET seq = 99 WHERE seq = 2;"
                       "UPDATE audit SET seq = 2 WHERE seq = 3;"
                       "UPDATE audit SET seq = 3 WHERE seq = 99",
                  "record 2 ");
}

static void an_inserted_record_is_named(void **state)
{
    expect_broken(
        state,
        "INSERT INTO audit SELECT 5, at, actor, action, object, detail, hash, "
        "prev_hash FROM audit WHERE seq = 4",
        "record 5 ");
}

static void the_list_goes_on_after_a_record(void **state)
{
    static const struct {
        int64_t after;
        size_t max, count;
        int64_t first;
    } rows[] = {
        {0, 10, 4, 1},
        {0, 2,  2, 1},
        {2, 10, 2, 3},
        {4, 10, 0, 0}
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct audit_record *found;
        size_t count;
        works(desk, store_audit_list(desk->store, &desk->mem, rows[i].after,
                                     rows[i].max, &found, &count, &desk->err));
        assert_int_equal(count, rows[i].count);
        if (count > 0)
            assert_int_equal(found[0].seq, rows[i].first);
    }
}

static void the_tail_is_newest_first_and_may_be_of_one_object(void **state)
{
    static const struct {
        const char *object;
        size_t max, count;
        int64_t first;
    } rows[] = {
        {NULL,     10, 4, 4},
        {NULL,     1,  1, 4},
        {"case:1", 10, 2, 3},
        {"case:9", 10, 0, 0}
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct audit_record *found;
        size_t count;
        works(desk, store_audit_tail(desk->store, &desk->mem, rows[i].object,
                                     rows[i].max, &found, &count, &desk->err));
        assert_int_equal(count, rows[i].count);
        if (count > 0)
            assert_int_equal(found[0].seq, rows[i].first);
    }
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, make_log, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(an_untouched_log_verifies),
        WITH_LOG(the_triggers_refuse_a_change_by_accident),
        WITH_LOG(a_changed_detail_is_named),
        WITH_LOG(a_changed_actor_is_named),
        WITH_LOG(a_changed_time_is_named),
        WITH_LOG(a_removed_record_is_named),
        WITH_LOG(a_removed_beginning_is_named),
        WITH_LOG(swapped_records_are_named),
        WITH_LOG(an_inserted_record_is_named),
        WITH_LOG(the_list_goes_on_after_a_record),
        WITH_LOG(the_tail_is_newest_first_and_may_be_of_one_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
