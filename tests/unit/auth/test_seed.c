/*
 * test_seed.c - the seeded state folder itself; with two arguments (FOLDER COUNT) it makes one,
 * which the integration tests start the real programs on.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/number.h"
#include "tests/support/seed.h"

static void usernames_and_passwords_have_our_form_and_differ(void **state)
{
    char username[USERNAME_LEN + 1], parsed[USERNAME_LEN + 1], before[USERNAME_LEN + 1];
    char password[PASSWORD_SHOWN_LEN + 1], normalised[PASSWORD_LEN + 1];

    (void)state;
    before[0] = '\0';
    for (unsigned i = 0; i < 1000; i++) {
        seed_username(i, username);
        seed_password(i, password);
        assert_true(username_parse(slice_from(username), SLICE(SEED_REALM), parsed));
        assert_string_equal(username, parsed);
        assert_string_not_equal(username, before);
        assert_true(password_normalise(slice_from(password), normalised));
        memcpy(before, username, sizeof before);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usernames_and_passwords_have_our_form_and_differ),
    };
    struct error err = {0};
    uint64_t count;

    secret_startup();
    if (argc != 3)
        return cmocka_run_group_tests(tests, NULL, NULL);
    if (!number_u64(slice_from(argv[2]), 10000000, &count) ||
        seed_state(argv[1], (unsigned)count, clock_now(&clock_system), &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return 0;
}
