/*
 * test_throttle.c - counters that forget, and delays that grow.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/throttle.h"

static void delays_double_after_ten_failures_up_to_the_ceiling(void **state)
{
    static const int64_t want_ms[] = {500, 500, 500, 500,  500,  500,  500,
                                      500, 500, 500, 1000, 2000, 4000, 4000};
    struct throttle *throttle = throttle_new(&random_system, THROTTLE_WINDOW_MS);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want_ms); i++)
        assert_int_equal(throttle_failure_delay_ms(throttle, SLICE("192.0.2.1"), 500,
                                                   (int64_t)i * 100),
                         want_ms[i]);
    /* Somebody else is not slowed, and a minute later it is forgotten. */
    assert_int_equal(throttle_failure_delay_ms(throttle, SLICE("192.0.2.2"), 500, 2000),
                     500);
    assert_int_equal(
        throttle_failure_delay_ms(throttle, SLICE("192.0.2.1"), 500, 61000), 500);
    throttle_free(throttle);
}

static void two_spellings_of_one_client_are_one(void **state)
{
    struct throttle *throttle = throttle_new(&random_system, THROTTLE_WINDOW_MS);
    int64_t delay_ms = 0;

    (void)state;
    for (int i = 0; i < 12; i++)
        delay_ms = throttle_failure_delay_ms(
            throttle, i % 2 == 0 ? SLICE("192.0.2.1") : SLICE("::ffff:192.0.2.1"), 500,
            0);
    assert_int_equal(delay_ms, 2000);
    for (int i = 0; i < 11; i++)
        delay_ms = throttle_failure_delay_ms(throttle,
                                             i % 2 == 0 ? SLICE("2001:db8:1:2::1")
                                                        : SLICE("2001:db8:1:2:ff::9"),
                                             500, 0);
    assert_int_equal(delay_ms, 1000);
    throttle_free(throttle);
}

static void no_base_delay_still_slows_a_guesser(void **state)
{
    struct throttle *throttle = throttle_new(&random_system, THROTTLE_WINDOW_MS);
    int64_t delay_ms = 0;

    (void)state;
    for (int i = 0; i < 10; i++)
        delay_ms = throttle_failure_delay_ms(throttle, SLICE("192.0.2.1"), 0, 0);
    assert_int_equal(delay_ms, 0);
    for (int i = 0; i < 20; i++)
        delay_ms = throttle_failure_delay_ms(throttle, SLICE("192.0.2.1"), 0, 0);
    assert_int_equal(delay_ms, THROTTLE_DELAY_MAX_MS);
    assert_int_equal(throttle_failure_delay_ms(throttle, SLICE("192.0.2.1"), 5000, 0),
                     5000);
    throttle_free(throttle);
}

static void an_unknown_client_is_never_slowed(void **state)
{
    struct throttle *throttle = throttle_new(&random_system, THROTTLE_WINDOW_MS);

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(throttle_failure_delay_ms(throttle, SLICE(""), 500, 0), 500);
    throttle_free(throttle);
}

static void a_flood_of_names_displaces_and_does_not_grow(void **state)
{
    struct throttle *throttle = throttle_new(&random_system, THROTTLE_WINDOW_MS);
    char name[32];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int len = snprintf(name, sizeof name, "name %d", i);
        assert_int_equal(
            throttle_count(throttle, slice_of(name, (size_t)len), 1000 + i / 1000), 1);
    }
    /* The newest name is still there. */
    assert_int_equal(throttle_count(throttle, slice_from(name), 2000), 2);
    throttle_free(throttle);
}

static void looking_counts_nothing_and_knows_the_window(void **state)
{
    struct throttle *throttle = throttle_new(&random_system, 5000);

    (void)state;
    assert_int_equal(throttle_look(throttle, SLICE("a"), 0), 0);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(throttle_count(throttle, SLICE("a"), i), i);
        assert_int_equal(throttle_look(throttle, SLICE("a"), i), i);
        assert_int_equal(throttle_look(throttle, SLICE("b"), i), 0);
    }
    assert_int_equal(throttle_look(throttle, SLICE("a"), 5000), 3);
    assert_int_equal(throttle_look(throttle, SLICE("a"), 5001), 0);
    assert_int_equal(throttle_count(throttle, SLICE("a"), 5001), 1);
    assert_int_equal(throttle_count(throttle, SLICE(""), 0), 0);
    assert_int_equal(throttle_look(throttle, SLICE(""), 0), 0);
    throttle_free(throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_after_ten_failures_up_to_the_ceiling),
        cmocka_unit_test(two_spellings_of_one_client_are_one),
        cmocka_unit_test(no_base_delay_still_slows_a_guesser),
        cmocka_unit_test(an_unknown_client_is_never_slowed),
        cmocka_unit_test(a_flood_of_names_displaces_and_does_not_grow),
        cmocka_unit_test(looking_counts_nothing_and_knows_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
