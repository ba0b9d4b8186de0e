/*
 * test_secret.c - guarded memory.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"

static void a_secret_is_zeroed_terminated_and_comparable(void **state UNUSED)
{
    struct secret a = secret_from("open sesame", 11);
    struct secret b = secret_from("open sesame", 11);
    struct secret c = secret_from("open sesam", 10);
    struct secret empty = secret_new(0);

    assert_int_equal(a.at[11], '\0');
    assert_true(secret_equal(&a, &b));
    assert_false(secret_equal(&a, &c));
    b.at[0] = 'O';
    assert_false(secret_equal(&a, &b));
    assert_string_equal(empty.at, "");
    secret_free(&a);
    assert_null(a.at);
    assert_int_equal(a.len, 0);
    secret_free(&a);
    secret_free(&b);
    secret_free(&c);
    secret_free(&empty);
    secret_free(NULL);
}

static void plain_memory_can_be_wiped_and_compared(void **state UNUSED)
{
    char plain[8] = "secret!";
    static const char zero[8];

    assert_true(secret_same_bytes(plain, "secret?", 6));
    assert_false(secret_same_bytes(plain, "secret?", 7));
    assert_true(secret_same_bytes(NULL, NULL, 0));
    secret_wipe(plain, sizeof plain);
    assert_memory_equal(plain, zero, sizeof plain);
    secret_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_zeroed_terminated_and_comparable),
        cmocka_unit_test(plain_memory_can_be_wiped_and_compared),
    };
    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
