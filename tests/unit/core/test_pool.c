/*
 * test_pool.c - reserved addresses: their states, and the choice for a new lease.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/secret.h"
#include "core/pool.h"

static const struct {
    const char *name;
    struct pool_address pool[3];
    int64_t want; /* 0: none */
} choices[] = {
    {"one that fits",
     {{.id = 4, .capacity = 1, .state = POOL_ACTIVE, .is_clear = true}},
     4                                                                                                              },
    {"full",                                  {{.id = 4, .capacity = 1, .live_leases = 1, .is_clear = true}},      0},
    {"over capacity",
     {{.id = 4, .capacity = 1, .live_leases = 2, .is_clear = true}},
     0                                                                                                              },
    {"no capacity",                           {{.id = 4, .is_clear = true}},                                       0},
    {"not clear",                             {{.id = 4, .capacity = 9}},                                          0},
    {"draining",
     {{.id = 4, .capacity = 9, .state = POOL_DRAINING, .is_clear = true}},
     0                                                                                                              },
    {"resting",                               {{.id = 4, .capacity = 9, .state = POOL_RESTING, .is_clear = true}}, 0},
    {"retired",                               {{.id = 4, .capacity = 9, .state = POOL_RETIRED, .is_clear = true}}, 0},
    {"smallest share, not fewest leases",
     {{.id = 1, .capacity = 4, .live_leases = 2, .is_clear = true},
      {.id = 2, .capacity = 10, .live_leases = 3, .is_clear = true}},
     2                                                                                                              },
    {"same share: fewest leases",
     {{.id = 1, .capacity = 8, .live_leases = 4, .is_clear = true},
      {.id = 2, .capacity = 4, .live_leases = 2, .is_clear = true}},
     2                                                                                                              },
    {"same everything: lowest id",
     {{.id = 9, .capacity = 4, .live_leases = 2, .is_clear = true},
      {.id = 3, .capacity = 4, .live_leases = 2, .is_clear = true},
      {.id = 5, .capacity = 4, .live_leases = 2, .is_clear = true}},
     3                                                                                                              },
    {"the best one is listed",
     {{.id = 1, .capacity = 9},
      {.id = 2, .capacity = 2, .live_leases = 1, .is_clear = true}},
     2                                                                                                              },
    {"counts beyond 32 bits when multiplied",
     {{.id = 1, .capacity = 4000000000, .live_leases = 3999999999, .is_clear = true},
      {.id = 2, .capacity = 4000000000, .live_leases = 3999999998, .is_clear = true}},
     2                                                                                                              },
};

static void the_least_used_fitting_address_is_chosen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        const struct pool_address *got = pool_choose(choices[i].pool,
                                                     ARRAY_LEN(choices[i].pool));
        if ((got == NULL ? 0 : got->id) != choices[i].want)
            fail_msg("%s: %d", choices[i].name, got == NULL ? 0 : (int)got->id);
    }
    assert_null(pool_choose(NULL, 0));
}

static void states_are_read_back_by_name(void **state)
{
    enum pool_state back;

    (void)state;
    for (int i = 0; i < POOL_STATE_COUNT; i++) {
        const char *name = pool_state_name((enum pool_state)i);
        assert_true(pool_state_parse(slice_from(name), &back));
        assert_int_equal(back, i);
        assert_int_equal(pool_state_may_send((enum pool_state)i),
                         i == POOL_ACTIVE || i == POOL_DRAINING);
    }
    assert_false(pool_state_parse(slice_from("Active"), &back));
    assert_false(pool_state_parse(slice_from(""), &back));
    assert_false(pool_state_may_send(POOL_STATE_COUNT));
}

static void a_lane_is_a_service_name(void **state)
{
    static const struct {
        const char *lane;
        bool is_good;
    } cases[] = {
        {"a",                                 true },
        {"clean-1",                           true },
        {"Lane_2",                            true },
        {"abcdefghijklmnopqrstuvwxyz012345",  true },
        {"abcdefghijklmnopqrstuvwxyz0123456", false},
        {"",                                  false},
        {"1clean",                            false},
        {"-a",                                false},
        {"_a",                                false},
        {"a b",                               false},
        {"a:b",                               false},
        {"a\n",                               false},
        {"l\xc3\xa4ne",                       false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (lane_is_valid(slice_from(cases[i].lane)) != cases[i].is_good)
            fail_msg("\"%s\"", cases[i].lane);
    assert_false(lane_is_valid(slice_of("a\0b", 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_used_fitting_address_is_chosen),
        cmocka_unit_test(states_are_read_back_by_name),
        cmocka_unit_test(a_lane_is_a_service_name),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
