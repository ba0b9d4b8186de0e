/*
 * test_guard.c - how fast somebody may guess.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/identity/guard.h"

#define ANA SLICE("ana")
#define NOBODY SLICE("")

static void five_failures_are_free_then_the_wait_grows(void **state UNUSED)
{
    static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    struct guard *guard = guard_new(&random_system);
    int64_t now = 1000;

    for (int i = 0; i < GUARD_FREE_TRIES; i++)
        assert_int_equal(guard_enter(guard, ANA, NOBODY, now), 0);
    for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
        assert_int_equal(guard_enter(guard, ANA, NOBODY, now), waits[i]);
        assert_int_equal(guard_enter(guard, ANA, NOBODY, now + waits[i] - 1), 1);
        now += waits[i];
        assert_int_equal(guard_enter(guard, ANA, NOBODY, now), 0);
    }
    guard_free(guard);
}

static void other_names_are_not_slowed(void **state UNUSED)
{
    struct guard *guard = guard_new(&random_system);

    for (int i = 0; i < 10; i++)
        (void)guard_enter(guard, ANA, NOBODY, 1000);
    assert_int_equal(guard_enter(guard, SLICE("ben"), NOBODY, 1000), 0);
    guard_free(guard);
}

static void a_client_that_tries_many_names_is_slowed(void **state UNUSED)
{
    struct guard *guard = guard_new(&random_system);
    struct slice client = SLICE("198.51.100.7");
    char name[] = "a";

    for (int i = 0; i < GUARD_FREE_TRIES; i++, name[0]++)
        assert_int_equal(guard_enter(guard, slice_from(name), client, 1000), 0);
    assert_int_equal(guard_enter(guard, SLICE("z"), client, 1000), 1);
    assert_int_equal(guard_enter(guard, SLICE("z"), SLICE("198.51.100.8"), 1000), 0);
    guard_free(guard);
}

static void a_right_password_forgives_the_name(void **state UNUSED)
{
    struct guard *guard = guard_new(&random_system);

    for (int i = 0; i < GUARD_FREE_TRIES; i++)
        assert_int_equal(guard_enter(guard, ANA, NOBODY, 1000), 0);
    guard_forgive(guard, ANA, NOBODY);
    assert_int_equal(guard_enter(guard, ANA, NOBODY, 1000), 0);
    guard_free(guard);
}

static void an_hour_without_failures_starts_afresh(void **state UNUSED)
{
    struct guard *guard = guard_new(&random_system);

    for (int i = 0; i < GUARD_FREE_TRIES; i++)
        assert_int_equal(guard_enter(guard, ANA, NOBODY, 1000), 0);
    int64_t later = 1000 + GUARD_FORGET_S + 1;
    for (int i = 0; i < GUARD_FREE_TRIES; i++)
        assert_int_equal(guard_enter(guard, ANA, NOBODY, later), 0);
    assert_int_equal(guard_enter(guard, ANA, NOBODY, later), 1);
    guard_free(guard);
}

static void a_clock_set_back_locks_nobody_out_for_long(void **state UNUSED)
{
    struct guard *guard = guard_new(&random_system);

    for (int i = 0; i < GUARD_FREE_TRIES; i++)
        assert_int_equal(guard_enter(guard, ANA, NOBODY, 1000000), 0);
    assert_true(guard_enter(guard, ANA, NOBODY, 1000) <= GUARD_WAIT_MAX_S);
    guard_free(guard);
}

static void many_strangers_do_not_make_it_grow(void **state UNUSED)
{
    struct guard *guard = guard_new(&random_system);
    char name[24];

    for (int i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof name, "name%d", i);
        assert_int_equal(guard_enter(guard, slice_from(name), NOBODY, 1000 + i), 0);
    }
    guard_free(guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_failures_are_free_then_the_wait_grows),
        cmocka_unit_test(other_names_are_not_slowed),
        cmocka_unit_test(a_client_that_tries_many_names_is_slowed),
        cmocka_unit_test(a_right_password_forgives_the_name),
        cmocka_unit_test(an_hour_without_failures_starts_afresh),
        cmocka_unit_test(a_clock_set_back_locks_nobody_out_for_long),
        cmocka_unit_test(many_strangers_do_not_make_it_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
