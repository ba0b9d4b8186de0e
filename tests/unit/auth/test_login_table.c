/*
 * test_login_table.c - the table of credentials: what is put is found, what is removed is not, and
 * there are never more than the ceiling.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/login_table.h"

enum {
    KEYS = 20000, /* several blocks */
    STEPS = 200000
};

/* A row that follows from key and version in all its parts. */
static struct credential_row make(uint64_t key, unsigned version)
{
    static const char *const lanes[] = {"clean01", "clean02", "clean03"};
    static const char *const addresses[] = {"192.0.2.1", "192.0.2.2", "2001:db8::3"};
    unsigned lane = (unsigned)((key + version) % 3);
    struct credential_row row = {
        .lease = {.id = (int64_t)key * 7 + version,
                  .pool_address_id = lane + 10,
                  .reserved_address = addresses[lane],
                  .lane = lanes[lane],
                  .end = (enum lease_end)(version % LEASE_END_COUNT),
                  .is_pending = version % 2 == 0,
                  .is_suspended = version % 5 == 0,
                  .revealed_at = 1795000000 + version,
                  .first_login_at = -(int64_t)version,
                  .expires_at = INT64_MAX - (int64_t)key},
        .verifier = {.pepper_id = 1 + version % 65535},
    };

    memset(row.verifier.bytes, (int)(key + version) % 256, DIGEST_BYTES);
    return row;
}

static void has(const struct login_table *table, uint64_t key, unsigned version)
{
    const struct credential_row want = make(key, version);
    struct credential_row row;

    assert_true(login_table_find(table, key, &row));
    assert_int_equal(row.lease.id, want.lease.id);
    assert_int_equal(row.lease.pool_address_id, want.lease.pool_address_id);
    assert_string_equal(row.lease.reserved_address, want.lease.reserved_address);
    assert_string_equal(row.lease.lane, want.lease.lane);
    assert_int_equal(row.lease.end, want.lease.end);
    assert_int_equal(row.lease.is_pending, want.lease.is_pending);
    assert_int_equal(row.lease.is_suspended, want.lease.is_suspended);
    assert_int_equal(row.lease.revealed_at, want.lease.revealed_at);
    assert_int_equal(row.lease.first_login_at, want.lease.first_login_at);
    assert_int_equal(row.lease.expires_at, want.lease.expires_at);
    assert_int_equal(row.verifier.pepper_id, want.verifier.pepper_id);
    assert_memory_equal(row.verifier.bytes, want.verifier.bytes, DIGEST_BYTES);
}

static void put(struct login_table *table, uint64_t key, unsigned version)
{
    const struct credential_row row = make(key, version);

    login_table_put(table, key, &row);
}

static uint64_t roll(uint64_t *dice)
{
    *dice = *dice * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return *dice >> 33;
}

/* Beside an array that knows everything. */
static void whatever_comes_and_goes_what_is_kept_is_right(void **state)
{
    static unsigned versions[KEYS]; /* 0: not there */
    struct login_table *table = login_table_new(KEYS);
    struct credential_row row;
    uint64_t dice = 7;
    size_t count = 0;

    (void)state;
    for (unsigned step = 1; step <= STEPS; step++) {
        uint64_t key = roll(&dice) % KEYS;
        bool was_there = versions[key] != 0;
        if (roll(&dice) % 3 > 0) {
            put(table, key, step);
            versions[key] = step;
            count += was_there ? 0 : 1;
        } else {
            login_table_remove(table, key);
            versions[key] = 0;
            count -= was_there ? 1 : 0;
        }
        assert_int_equal(login_table_count(table), count);
        key = roll(&dice) % KEYS;
        if (versions[key] != 0)
            has(table, key, versions[key]);
        else
            assert_false(login_table_find(table, key, &row));
    }
    for (uint64_t key = 0; key < KEYS; key++)
        if (versions[key] != 0)
            has(table, key, versions[key]);
        else
            assert_false(login_table_find(table, key, &row));
    login_table_empty(table);
    assert_int_equal(login_table_count(table), 0);
    assert_false(login_table_find(table, 1, &row));
    put(table, 1, 3);
    has(table, 1, 3);
    login_table_free(table);
}

/* The newest is always there, and what is there is right. */
static void a_full_table_gives_a_place_away(void **state)
{
    enum {
        MAX = 500,
        ALL = 10 * MAX
    };
    struct login_table *table = login_table_new(MAX);
    struct credential_row row;
    unsigned found = 0;

    (void)state;
    login_table_expect(table, ALL);
    for (unsigned key = 0; key < ALL; key++) {
        put(table, key, key + 1);
        has(table, key, key + 1);
        if (key % 7 == 0)
            login_table_remove(table, key);
    }
    for (unsigned key = 0; key < ALL; key++)
        if (login_table_find(table, key, &row)) {
            has(table, key, key + 1);
            found++;
        }
    assert_int_equal(found, login_table_count(table));
    assert_in_range(found, MAX - 1, MAX);
    login_table_free(table);
}

/* Addresses change under the same id in another history: the table was emptied then. */
static void an_emptied_table_has_forgotten_the_lanes_too(void **state)
{
    struct login_table *table = login_table_new(10);
    struct credential_row row = make(1, 1);

    (void)state;
    login_table_put(table, 1, &row);
    login_table_remove(table, 1);
    login_table_empty(table);
    row.lease.lane = "another";
    login_table_put(table, 1, &row);
    assert_true(login_table_find(table, 1, &row));
    assert_string_equal(row.lease.lane, "another");
    login_table_free(table);
}

/* A row has 16 bits for it, and pepper_parse allows no more. */
static void a_key_that_no_row_can_name_is_not_kept(void **state)
{
    struct login_table *table = login_table_new(10);
    struct credential_row row = make(1, 1);

    (void)state;
    row.verifier.pepper_id = 65536;
    login_table_put(table, 1, &row);
    assert_false(login_table_find(table, 1, &row));
    login_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_comes_and_goes_what_is_kept_is_right),
        cmocka_unit_test(a_full_table_gives_a_place_away),
        cmocka_unit_test(an_emptied_table_has_forgotten_the_lanes_too),
        cmocka_unit_test(a_key_that_no_row_can_name_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
