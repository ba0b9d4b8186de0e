/*
 * test_store.c - opening, schema, transactions, shared addresses, pool, listings and cases.
 */
#include "base/base.h"

#include "tests/unit/db/store_desk.h"

static size_t count_shared(struct desk *desk, struct store *store)
{
    struct shared_range *ranges;
    size_t count;

    works(desk, store_shared_list(store, &desk->mem, &ranges, &count, &desk->err));
    return count;
}

static void a_store_may_be_opened_and_migrated_again_and_keeps_what_it_has(void **state)
{
    static const enum store_mode modes[] = {STORE_CREATE, STORE_WRITE, STORE_READ};
    struct desk *desk = *state;

    works(desk,
          store_shared_add(desk->store, "192.0.2.0/28", "office", NOW, &desk->err));
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        struct store *again;
        works(desk, store_open(desk->path, modes[i], &again, &desk->err));
        assert_int_equal(count_shared(desk, again), 1);
        works(desk, store_check(again, &desk->err));
        store_close(again);
    }
}

static void only_create_makes_a_database_that_is_not_there(void **state)
{
    static const struct {
        enum store_mode mode;
        bool works;
    } rows[] = {
        {STORE_WRITE,  false},
        {STORE_READ,   false},
        {STORE_CREATE, true }
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct store *store;
        int result = store_open(desk->path, rows[i].mode, &store, &desk->err);
        if (rows[i].works) {
            works(desk, result);
            store_close(store);
        } else {
            refuses(desk, ERROR_UNAVAILABLE, result);
        }
    }
}

static void a_reader_works_beside_the_writer_and_after_it_closed(void **state)
{
    struct desk *desk = *state;
    struct store *reader;

    works(desk, store_open(desk->path, STORE_READ, &reader, &desk->err));
    works(desk,
          store_shared_add(desk->store, "192.0.2.0/28", "office", NOW, &desk->err));
    assert_int_equal(count_shared(desk, reader), 1);
    refuses(desk, ERROR_UNAVAILABLE,
            store_shared_add(reader, "198.51.100.0/28", "", NOW, &desk->err));
    store_close(desk->store);
    desk->store = NULL;
    assert_int_equal(count_shared(desk, reader), 1);
    store_close(reader);
    works(desk, store_open(desk->path, STORE_READ, &reader, &desk->err));
    assert_int_equal(count_shared(desk, reader), 1);
    store_close(reader);
}

static void a_schema_that_is_not_ours_is_refused(void **state)
{
    static const struct {
        const char *script;
        enum store_mode mode;
        enum error_kind kind;
    } rows[] = {
        {"DELETE FROM schema_migration",                                  STORE_READ,  ERROR_UNAVAILABLE},
        {"INSERT INTO schema_migration VALUES (9999, 'later.sql', 'ab')", STORE_READ,
         ERROR_UNAVAILABLE                                                                              },
        {"INSERT INTO schema_migration VALUES (9999, 'later.sql', 'ab')", STORE_WRITE,
         ERROR_UNAVAILABLE                                                                              },
        {"UPDATE schema_migration SET digest = 'ab' WHERE number = 1",    STORE_READ,
         ERROR_INTEGRITY                                                                                },
        {"UPDATE schema_migration SET digest = 'ab' WHERE number = 1",    STORE_WRITE,
         ERROR_INTEGRITY                                                                                },
        {"DROP TABLE schema_migration",                                   STORE_READ,  ERROR_UNAVAILABLE},
    };
    struct desk *desk = *state;

    behind_its_back(desk, "CREATE TABLE kept AS SELECT * FROM schema_migration");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct store *store;
        behind_its_back(desk, rows[i].script);
        refuses(desk, rows[i].kind,
                store_open(desk->path, rows[i].mode, &store, &desk->err));
        behind_its_back(desk,
                        "DROP TABLE IF EXISTS schema_migration;"
                        "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY,"
                        " name TEXT NOT NULL, digest TEXT NOT NULL) STRICT;"
                        "INSERT INTO schema_migration SELECT * FROM kept");
        works(desk, store_open(desk->path, STORE_READ, &store, &desk->err));
        store_close(store);
    }
}

static void a_database_without_tables_waits_for_its_writer(void **state)
{
    struct desk *desk = *state;
    struct store *store;

    behind_its_back(desk, "");
    refuses(desk, ERROR_UNAVAILABLE,
            store_open(desk->path, STORE_READ, &store, &desk->err));
    works(desk, store_open(desk->path, STORE_WRITE, &store, &desk->err));
    store_close(store);
    works(desk, store_open(desk->path, STORE_READ, &store, &desk->err));
    store_close(store);
}

static int change_and_fail(struct store *store, void *context, struct error *err)
{
    (void)context;
    if (store_shared_add(store, "192.0.2.0/28", "office", NOW, err) != 0 ||
        store_audit(store, NOW, "agent:ana", "shared.add", "shared:1", "", err) != 0)
        return -1;
    return error_set(err, ERROR_REFUSED, "changed our mind");
}

static int change_twice(struct store *store, void *context, struct error *err)
{
    (void)context;
    if (store_shared_add(store, "192.0.2.0/28", "office", NOW, err) != 0)
        return -1;
    return store_audit(store, NOW, "agent:ana", "shared.add", "shared:1", "", err);
}

static void a_failed_transaction_leaves_nothing_not_even_audit(void **state)
{
    struct desk *desk = *state;
    int64_t records = -1;

    refuses(desk, ERROR_REFUSED,
            store_transaction(desk->store, change_and_fail, NULL, &desk->err));
    assert_int_equal(count_shared(desk, desk->store), 0);
    works(desk, store_audit_verify(desk->store, &records, &desk->err));
    assert_int_equal(records, 0);
    works(desk, store_transaction(desk->store, change_twice, NULL, &desk->err));
    assert_int_equal(count_shared(desk, desk->store), 1);
    works(desk, store_audit_verify(desk->store, &records, &desk->err));
    assert_int_equal(records, 1);
}

static void a_shared_address_is_there_once_and_goes_once(void **state)
{
    struct desk *desk = *state;

    works(desk,
          store_shared_add(desk->store, "192.0.2.0/28", "office", NOW, &desk->err));
    refuses(desk, ERROR_CONFLICT,
            store_shared_add(desk->store, "192.0.2.0/28", "again", NOW, &desk->err));
    works(desk, store_shared_remove(desk->store, "192.0.2.0/28", &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_shared_remove(desk->store, "192.0.2.0/28", &desk->err));
    assert_int_equal(count_shared(desk, desk->store), 0);
}

static void an_address_or_a_lane_is_in_the_pool_once(void **state)
{
    static const struct {
        const char *address, *lane;
    } taken[] = {
        {"198.51.100.21", "clean02"},
        {"198.51.100.22", "clean01"},
        {"198.51.100.22", "Clean01"},
        {"198.51.100.21", "clean01"},
    };
    struct desk *desk = *state;
    struct pool_address found;

    put_address(desk, "198.51.100.21", "clean01");
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        const struct pool_address row = {.address = taken[i].address,
                                         .lane = taken[i].lane,
                                         .helo = "out.mail.example",
                                         .capacity = 1,
                                         .state = POOL_ACTIVE};
        refuses(desk, ERROR_CONFLICT,
                store_pool_add(desk->store, &row, NOW, &desk->err));
    }
    refuses(desk, ERROR_NOT_FOUND,
            store_pool_find(desk->store, &desk->mem, "198.51.100.99", NOW, &found,
                            &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_pool_set_state(desk->store, 99, POOL_RESTING, &desk->err));
}

static void a_pool_address_keeps_each_state(void **state)
{
    struct desk *desk = *state;
    int64_t id = put_address(desk, "198.51.100.21", "clean01");

    for (int i = 0; i < POOL_STATE_COUNT; i++) {
        struct pool_address found;
        works(desk,
              store_pool_set_state(desk->store, id, (enum pool_state)i, &desk->err));
        works(desk, store_pool_find(desk->store, &desk->mem, "198.51.100.21", NOW,
                                    &found, &desk->err));
        assert_int_equal(found.state, i);
        assert_int_equal(found.capacity, 4);
        assert_int_equal(found.created_at, NOW);
        assert_false(found.is_clear);
    }
}

static void only_live_leases_move_to_another_address(void **state)
{
    struct desk *desk = *state;
    struct pool_address *pool;
    unsigned moved;
    size_t count;

    int64_t from = put_address(desk, "198.51.100.21", "clean01");
    int64_t to = put_address(desk, "198.51.100.22", "clean02");
    put_case(desk, "aa");
    int64_t live = put_lease(desk, "cs_live");
    int64_t ended = put_lease(desk, "cs_ended");
    struct lease_new over = lease_row(desk, "cs_over");
    int64_t over_id;
    over.lease.expires_at = NOW + 60;
    works(desk, store_lease_add(desk->store, &over, &over_id, &desk->err));
    works(desk, store_lease_end(desk->store, ended, LEASE_END_REVOKED, "agent:ana", "",
                                NOW, &desk->err));
    works(desk,
          store_pool_move_leases(desk->store, from, to, NOW + 60, &moved, &desk->err));
    assert_int_equal(moved, 1);
    assert_int_equal(get_lease(desk, live).pool_address_id, to);
    assert_string_equal(get_lease(desk, live).lane, "clean02");
    assert_int_equal(get_lease(desk, ended).pool_address_id, from);
    assert_int_equal(get_lease(desk, over_id).pool_address_id, from);
    works(desk, store_pool_list(desk->store, &desk->mem, NOW + 60, &pool, &count,
                                &desk->err));
    assert_int_equal(count, 2);
    assert_int_equal(pool[0].live_leases, 0);
    assert_int_equal(pool[1].live_leases, 1);
}

static void a_listing_opens_a_new_row_only_when_its_state_changes(void **state)
{
    static const struct {
        enum listing_state state;
        int64_t checked_at;
        size_t rows;
        int64_t since; /* of the present row */
        enum listing_turn turn;
        int64_t was_since;
    } steps[] = {
        {LISTING_CLEAR,   NOW,       1, NOW,       LISTING_GOES_ON, 0        },
        {LISTING_CLEAR,   NOW + 60,  1, NOW,       LISTING_GOES_ON, 0        },
        {LISTING_LISTED,  NOW + 120, 2, NOW + 120, LISTING_STARTED, 0        },
        {LISTING_LISTED,  NOW + 180, 2, NOW + 120, LISTING_GOES_ON, 0        },
        {LISTING_UNKNOWN, NOW + 240, 3, NOW + 240, LISTING_GOES_ON, 0        },
        {LISTING_LISTED,  NOW + 300, 4, NOW + 300, LISTING_GOES_ON, 0        },
        {LISTING_UNKNOWN, NOW + 360, 5, NOW + 360, LISTING_GOES_ON, 0        },
        {LISTING_CLEAR,   NOW + 420, 6, NOW + 420, LISTING_ENDED,   NOW + 120},
        {LISTING_UNKNOWN, NOW + 480, 7, NOW + 480, LISTING_GOES_ON, 0        },
        {LISTING_CLEAR,   NOW + 540, 8, NOW + 540, LISTING_GOES_ON, 0        },
        {LISTING_LISTED,  NOW + 600, 9, NOW + 600, LISTING_STARTED, 0        },
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const struct listing_row row = {.address = "192.0.2.14",
                                        .zone = "bl.list.example",
                                        .state = steps[i].state,
                                        .code = "127.0.0.2",
                                        .why = {"why"},
                                        .checked_at = steps[i].checked_at};
        struct listing_change change = {0};
        struct listing_row *found;
        size_t count;
        works(desk, store_listing_put(desk->store, &row, &change, &desk->err));
        assert_int_equal(change.turn, steps[i].turn);
        assert_int_equal(change.since, steps[i].was_since);
        works(desk, store_listing_history(desk->store, &desk->mem, "192.0.2.14", 10,
                                          &found, &count, &desk->err));
        assert_int_equal(count, steps[i].rows);
        works(desk, store_listing_now(desk->store, &desk->mem, NULL, &found, &count,
                                      &desk->err));
        assert_int_equal(count, 1);
        assert_int_equal(found[0].state, steps[i].state);
        assert_int_equal(found[0].since, steps[i].since);
        assert_int_equal(found[0].checked_at, steps[i].checked_at);
        works(desk, store_listing_now(desk->store, &desk->mem, "192.0.2.15", &found,
                                      &count, &desk->err));
        assert_int_equal(count, 0);
    }
}

/* One letter a look, a minute apart from NOON: l listed, c clear, u unknown. */
static void put_looks(struct desk *desk, const char *address, const char *zone,
                      const char *looks)
{
    for (size_t i = 0; looks[i] != '\0'; i++) {
        const struct listing_row row = {.address = address,
                                        .zone = zone,
                                        .state = looks[i] == 'l'   ? LISTING_LISTED
                                                 : looks[i] == 'c' ? LISTING_CLEAR
                                                                   : LISTING_UNKNOWN,
                                        .code = "",
                                        .why = {""},
                                        .checked_at = NOW + (int64_t)i * 60};
        struct listing_change change;
        works(desk, store_listing_put(desk->store, &row, &change, &desk->err));
    }
}

static void past_stretches_end_with_clear_and_are_of_our_addresses(void **state)
{
    static const struct {
        const char *address;
        int64_t since, last_listed_at, until_at; /* minutes from NOW */
    } want[] = {
        {"192.0.2.14",  10, 12, 13},
        {"203.0.113.9", 0,  4,  5 },
        {"192.0.2.14",  1,  2,  3 },
    };
    static const char zone[] = "bl.list.example";
    struct desk *desk = *state;
    struct listing_stretch *found = NULL;
    size_t count = 9;

    works(desk, store_shared_add(desk->store, "192.0.2.0/24", "", NOW, &desk->err));
    put_address(desk, "203.0.113.9", "clean1");
    works(desk, store_listing_past(desk->store, &desk->mem, zone, 10, &found, &count,
                                   &desk->err));
    assert_int_equal(count, 0);
    put_looks(desk, "192.0.2.14", zone, "cllcuucuuclulcc");
    put_looks(desk, "192.0.2.15", zone, "clluul");  /* lasts */
    put_looks(desk, "192.0.2.16", zone, "cucuu");   /* never listed */
    put_looks(desk, "203.0.113.9", zone, "lululc"); /* reserved */
    put_looks(desk, "198.51.100.7", zone, "lc");    /* somebody else's */
    put_looks(desk, "192.0.2.14", "bl.other.example", "clc");
    works(desk, store_listing_past(desk->store, &desk->mem, zone, 10, &found, &count,
                                   &desk->err));
    assert_int_equal(count, ARRAY_LEN(want));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(found[i].address, want[i].address);
        assert_int_equal(found[i].since, NOW + want[i].since * 60);
        assert_int_equal(found[i].last_listed_at, NOW + want[i].last_listed_at * 60);
        assert_int_equal(found[i].until_at, NOW + want[i].until_at * 60);
    }
    works(desk, store_listing_past(desk->store, &desk->mem, zone, 2, &found, &count,
                                   &desk->err));
    assert_int_equal(count, 2);
    assert_int_equal(found[0].until_at, NOW + 13 * 60);
    works(desk, store_listing_past(desk->store, &desk->mem, zone, 0, &found, &count,
                                   &desk->err));
    assert_int_equal(count, 0);
}

static void the_present_stretch_begins_after_the_last_clear(void **state)
{
    static const struct {
        const char *looks;
        int64_t since, last_listed_at; /* minutes from NOW; -1: none */
    } cases[] = {
        {"",       -1, -1},
        {"u",      -1, -1},
        {"c",      -1, -1},
        {"l",      0,  0 },
        {"lll",    0,  2 },
        {"lcl",    2,  2 },
        {"lclulu", 2,  4 },
        {"lclc",   -1, -1},
        {"lclcu",  -1, -1},
        {"uulu",   2,  2 },
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *zone = arena_printf(&desk->mem, "bl%zu.list.example", i);
        struct listing_stretch stretch;
        put_looks(desk, "192.0.2.14", zone, cases[i].looks);
        put_looks(desk, "192.0.2.15", zone, "ll"); /* another's */
        works(desk, store_listing_stretch(desk->store, "192.0.2.14", zone, &stretch,
                                          &desk->err));
        bool is_listed = cases[i].since >= 0;
        if (stretch.since != (is_listed ? NOW + cases[i].since * 60 : 0) ||
            stretch.last_listed_at !=
                (is_listed ? NOW + cases[i].last_listed_at * 60 : 0) ||
            stretch.until_at != 0)
            fail_msg("\"%s\": %lld to %lld", cases[i].looks, (long long)stretch.since,
                     (long long)stretch.last_listed_at);
    }
}

/* The history of a list grows for years, and every page of a case asks for it. */
static void past_stretches_are_found_by_an_index(void **state)
{
    struct desk *desk = *state;
    struct sql *sql;
    struct sql_rows *rows;
    bool is_found = false;

    works(desk, sql_open(desk->path, false, true, &sql, &desk->err));
    works(desk, sql_ask(sql, &rows, &desk->err,
                        "EXPLAIN QUERY PLAN SELECT COUNT(*) OVER (PARTITION BY address "
                        "ORDER BY id) FROM listing WHERE zone = $1 AND state <> "
                        "'unknown'",
                        "t", "bl.list.example"));
    while (sql_next(rows, &desk->err) == 1) {
        const char *detail = sql_text(rows, 3, &desk->mem);
        is_found = is_found || strstr(detail, "USING INDEX listing_zone") != NULL;
        assert_null(strstr(detail, "TEMP B-TREE"));
    }
    sql_end(rows);
    sql_close(sql);
    assert_true(is_found);
}

static void a_case_comes_back_as_it_was_written(void **state)
{
    static const struct check checks[] = {
        {{"Is it ours?"},  {"yes"},                {"shared addresses"}, CHECK_YES,     NOW    },
        {{"{q}"},          {"{a|code=127.0.0.2}"}, {"bl.list.example"},  CHECK_UNKNOWN, NOW + 1},
        {{"Is it alive?"}, {"no"},                 {"catalogue"},        CHECK_NO,      NOW + 2},
    };
    const struct case_row row = {
        .created_at = NOW,
        .diagnosed_at = NOW + 3,
        .created_by = "agent:ana",
        .bounce = "554 blocked",
        .bounce_sha = "aa",
        .evidence = {.is_bounce = true,
                     .is_grantable = true,
                     .class = CLASS_DNSBL,
                     .blocked_ip = "192.0.2.14",
                     .smtp_code = 554,
                     .enhanced_code = "5.7.1",
                     .bounced_at = NOW - 60},
        .verdict = DIAGNOSIS_CANNOT_TELL,
        .address = "192.0.2.14",
        .zone = "bl.list.example",
        .checks = checks,
        .checks_count = ARRAY_LEN(checks),
    };
    struct desk *desk = *state;
    struct case_row found;
    int64_t id;

    works(desk, store_case_add(desk->store, &row, &id, &desk->err));
    works(desk, store_case_find(desk->store, &desk->mem, id, &found, &desk->err));
    assert_int_equal(found.id, id);
    assert_int_equal(found.diagnosed_at, NOW + 3);
    assert_string_equal(found.bounce, "554 blocked");
    assert_null(found.mailbox);
    assert_null(found.ticket);
    assert_int_equal(found.verdict, DIAGNOSIS_CANNOT_TELL);
    assert_true(found.evidence.is_bounce && found.evidence.is_grantable);
    assert_int_equal(found.evidence.class, CLASS_DNSBL);
    assert_int_equal(found.evidence.smtp_code, 554);
    assert_string_equal(found.evidence.enhanced_code, "5.7.1");
    assert_int_equal(found.evidence.bounced_at, NOW - 60);
    assert_null(found.evidence.sender);
    assert_int_equal(found.checks_count, ARRAY_LEN(checks));
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        assert_string_equal(found.checks[i].question.line, checks[i].question.line);
        assert_string_equal(found.checks[i].answer.line, checks[i].answer.line);
        assert_string_equal(found.checks[i].source.line, checks[i].source.line);
        assert_int_equal(found.checks[i].result, checks[i].result);
        assert_int_equal(found.checks[i].checked_at, checks[i].checked_at);
    }
}

static void a_new_diagnosis_replaces_the_checks_of_its_case(void **state)
{
    static const struct check check = {
        {"Is it listed?"}, {"yes"}, {"bl.list.example"}, CHECK_YES, NOW + 9};
    struct desk *desk = *state;
    struct case_row row = {.diagnosed_at = NOW + 9,
                           .verdict = DIAGNOSIS_CLEAR_NOW,
                           .address = "192.0.2.14",
                           .zone = "bl.list.example",
                           .checks = &check,
                           .checks_count = 1};
    struct case_row found;

    row.id = put_case(desk, "aa");
    for (int twice = 0; twice < 2; twice++)
        works(desk, store_case_set_diagnosis(desk->store, &row, &desk->err));
    works(desk, store_case_find(desk->store, &desk->mem, row.id, &found, &desk->err));
    assert_int_equal(found.verdict, DIAGNOSIS_CLEAR_NOW);
    assert_int_equal(found.diagnosed_at, NOW + 9);
    assert_int_equal(found.checks_count, 1);
    assert_string_equal(found.bounce, "bounce");
    row.id = 99;
    refuses(desk, ERROR_NOT_FOUND,
            store_case_set_diagnosis(desk->store, &row, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_case_find(desk->store, &desk->mem, 99, &found, &desk->err));
}

static void cases_are_listed_newest_first_and_the_same_bounce_is_known(void **state)
{
    static const struct {
        int64_t before;
        size_t max, count;
        int64_t first;
    } rows[] = {
        {0, 10, 3, 3},
        {0, 2,  2, 3},
        {3, 10, 2, 2},
        {1, 10, 0, 0}
    };
    struct desk *desk = *state;
    int64_t id;

    put_case(desk, "aa");
    put_case(desk, "bb");
    put_case(desk, "aa");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct case_row *found;
        size_t count;
        works(desk, store_case_list(desk->store, &desk->mem, rows[i].before,
                                    rows[i].max, &found, &count, &desk->err));
        assert_int_equal(count, rows[i].count);
        if (count > 0)
            assert_int_equal(found[0].id, rows[i].first);
    }
    works(desk, store_case_same_bounce(desk->store, "aa", &id, &desk->err));
    assert_int_equal(id, 1);
    works(desk, store_case_same_bounce(desk->store, "cc", &id, &desk->err));
    assert_int_equal(id, 0);
}

#define WITH_STORE(test) \
 cmocka_unit_test_setup_teardown(test, make_store, remove_folder)
#define WITH_FOLDER(test) \
 cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_store_may_be_opened_and_migrated_again_and_keeps_what_it_has),
        WITH_FOLDER(only_create_makes_a_database_that_is_not_there),
        WITH_STORE(a_reader_works_beside_the_writer_and_after_it_closed),
        WITH_STORE(a_schema_that_is_not_ours_is_refused),
        WITH_FOLDER(a_database_without_tables_waits_for_its_writer),
        WITH_STORE(a_failed_transaction_leaves_nothing_not_even_audit),
        WITH_STORE(a_shared_address_is_there_once_and_goes_once),
        WITH_STORE(an_address_or_a_lane_is_in_the_pool_once),
        WITH_STORE(a_pool_address_keeps_each_state),
        WITH_STORE(only_live_leases_move_to_another_address),
        WITH_STORE(a_listing_opens_a_new_row_only_when_its_state_changes),
        WITH_STORE(past_stretches_end_with_clear_and_are_of_our_addresses),
        WITH_STORE(the_present_stretch_begins_after_the_last_clear),
        WITH_STORE(past_stretches_are_found_by_an_index),
        WITH_STORE(a_case_comes_back_as_it_was_written),
        WITH_STORE(a_new_diagnosis_replaces_the_checks_of_its_case),
        WITH_STORE(cases_are_listed_newest_first_and_the_same_bounce_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
