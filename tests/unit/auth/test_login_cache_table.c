/*
 * test_login_cache_table.c - the table of remembered logins: what is kept, how many, and what makes room.
 */
#include "base/base.h"

#include "tests/unit/auth/login_desk.h"

static void a_login_alone_is_not_enough_for_a_message(void **state)
{
    char username[USERNAME_LEN + 1];
    struct credential_row row;

    (void)state;
    begin();
    seed_username(5, username);
    works(store_credential_find(desk.reader, &desk.mem, username, &row, &desk.err));
    login_cache_put_credential(desk.cache, username, &row);
    same_credential(5);
    assert_null(find(5));
    read_in(5);
    same_as_stored(5);
    end();
}

static void nothing_is_kept_outside_of_a_view(void **state)
{
    char username[USERNAME_LEN + 1];
    const struct login_row row = {.lease = {.id = 1}};
    const struct credential_row credential = {.lease = {.id = 1}};

    (void)state;
    seed_username(5, username);
    login_cache_put(desk.cache, username, &row);
    login_cache_put_credential(desk.cache, username, &credential);
    assert_false(is_kept(5));
    begin();
    end();
    begin(); /* nothing was committed: there is no view in this turn */
    login_cache_put(desk.cache, username, &row);
    login_cache_put_credential(desk.cache, username, &credential);
    assert_false(is_kept(5));
    end();
}

static void names_of_another_form_are_not_kept(void **state)
{
    static const char *const names[] = {"", "cs-abc", "cs-abcdefghj"};
    const struct login_row row = {.lease = {.id = 1}};
    struct credential_row credential = {.lease = {.id = 1}};

    (void)state;
    begin();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        login_cache_put_credential(desk.cache, names[i], &credential);
        assert_false(login_cache_find_credential(desk.cache, names[i], &credential));
        login_cache_put(desk.cache, names[i], &row);
        assert_null(login_cache_find(desk.cache, names[i]));
    }
    end();
}

static void a_lease_with_very_many_senders_is_not_kept(void **state)
{
    (void)state;
    behind_its_back("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < 300) INSERT INTO lease_sender "
                    "SELECT 6, 'sender' || i || '@hosted.example' FROM n");
    begin();
    read_in(5);
    assert_null(find(5));
    same_credential(5);
    end();
}

static void there_are_never_more_than_the_ceiling(void **state)
{
    enum {
        MAX = 7
    };
    unsigned kept = 0;

    (void)state;
    close_desk();
    open_desk(MAX);
    begin();
    for (unsigned i = 0; i < LEASES; i++) {
        read_in(i);
        same_as_stored(i); /* the newest is always there */
    }
    for (unsigned i = 0; i < LEASES; i++)
        if (find(i) != NULL) {
            same_as_stored(i);
            kept++;
        }
    assert_int_equal(kept, MAX);
    end();
}

static void all_are_found_while_the_table_grows(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < LEASES; i++) {
        read_in(i);
        for (unsigned j = 0; j <= i; j++)
            assert_true(is_kept(j));
    }
    for (unsigned i = 0; i < LEASES; i++)
        same_as_stored(i);
    end();
}

/* A small table, so that logins push each other on and move up again. */
static void whatever_comes_and_goes_what_is_kept_is_right(void **state)
{
    uint64_t dice = 7;
    unsigned found = 0;

    (void)state;
    close_desk();
    open_desk(LEASES / 2);
    for (unsigned step = 0; step < 600; step++) {
        char text[128];
        dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407U;
        unsigned number = (unsigned)(dice >> 33) % LEASES;
        if (step % 3 == 0) {
            (void)snprintf(text, sizeof text,
                           "UPDATE lease SET messages_used = messages_used + 1 "
                           "WHERE id = %u",
                           number + 1);
            behind_its_back(text);
        }
        begin();
        if (find(number) == NULL)
            read_in(number);
        for (unsigned i = 0; i < LEASES; i++)
            if (find(i) != NULL) {
                same_as_stored(i);
                found++;
            }
        end();
        arena_release(&desk.mem);
    }
    assert_true(found > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(a_login_alone_is_not_enough_for_a_message),
        WITH_DESK(nothing_is_kept_outside_of_a_view),
        WITH_DESK(names_of_another_form_are_not_kept),
        WITH_DESK(a_lease_with_very_many_senders_is_not_kept),
        WITH_DESK(there_are_never_more_than_the_ceiling),
        WITH_DESK(all_are_found_while_the_table_grows),
        WITH_DESK(whatever_comes_and_goes_what_is_kept_is_right),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
