/*
 * test_random.c - uniform choice, steered by a test.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

/* Hands out the values of a list, then ends the test. */
struct script {
    uint32_t values[4];
    size_t next;
};

static void scripted_fill(void *context, void *out, size_t len)
{
    struct script *script = context;

    assert_int_equal(len, sizeof script->values[0]);
    assert_true(script->next < ARRAY_LEN(script->values));
    memcpy(out, &script->values[script->next++], len);
}

static void values_that_would_bias_are_drawn_again(void **state UNUSED)
{
    /* 2^32 mod 10 is 6: the values 0 to 5 are one too many of their kind. */
    struct script script = {
        .values = {0, 5, 6, 4294967295u}
    };
    const struct random random = {scripted_fill, &script};

    assert_int_equal(random_below(&random, 10), 6);
    assert_int_equal(script.next, 3);
    assert_int_equal(random_below(&random, 10), 5);
}

static void a_power_of_two_never_draws_again(void **state UNUSED)
{
    struct script script = {
        .values = {0, 31, 32, 1}
    };
    const struct random random = {scripted_fill, &script};

    assert_int_equal(random_below(&random, 32), 0);
    assert_int_equal(random_below(&random, 32), 31);
    assert_int_equal(random_below(&random, 32), 0);
    assert_int_equal(random_below(&random, 1), 0);
}

static void text_uses_all_of_its_alphabet_and_nothing_else(void **state UNUSED)
{
    char text[1001];

    random_text(&random_system, "abc", text, 1000);
    assert_int_equal(strlen(text), 1000);
    assert_int_equal(strspn(text, "abc"), 1000);
    assert_non_null(strchr(text, 'a'));
    assert_non_null(strchr(text, 'b'));
    assert_non_null(strchr(text, 'c'));
}

static void two_draws_of_the_machine_differ(void **state UNUSED)
{
    unsigned char one[32] = {0};
    unsigned char two[32] = {0};

    random_fill(&random_system, one, sizeof one);
    random_fill(&random_system, two, sizeof two);
    assert_memory_not_equal(one, two, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_would_bias_are_drawn_again),
        cmocka_unit_test(a_power_of_two_never_draws_again),
        cmocka_unit_test(text_uses_all_of_its_alphabet_and_nothing_else),
        cmocka_unit_test(two_draws_of_the_machine_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
