/*
 * test_role.c - who may do what.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "core/role.h"

/* A column an act, in the order of enum act: y may. */
static const struct {
    const char *name, *may;
} matrix[] = {
  /* cases diagnose mint approve revoke reveal pool change-pool audit people webhooks */
    [ROLE_AGENT] = {"agent",      "yyy-y-y----"},
    [ROLE_LEAD] = {"lead",       "yyyyy-y-y--"},
    [ROLE_POSTMASTER] = {"postmaster", "yy-yy-yyy--"},
    [ROLE_AUDITOR] = {"auditor",    "y-----y-y--"},
    [ROLE_ADMIN] = {"admin",      "yyyyyyyyyyy"},
};
_Static_assert(ARRAY_LEN(matrix) == ROLE_COUNT, "one row a role");

static void each_role_may_what_its_row_says(void **state)
{
    (void)state;
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        assert_int_equal(strlen(matrix[role].may), ACT_COUNT);
        for (size_t act = 0; act < ACT_COUNT; act++)
            if (role_may((enum role)role, (enum act)act) !=
                (matrix[role].may[act] == 'y'))
                fail_msg("%s, act %d", matrix[role].name, (int)act);
    }
}

static void an_auditor_may_only_look(void **state)
{
    (void)state;
    for (int act = 0; act < ACT_COUNT; act++)
        assert_int_equal(role_may(ROLE_AUDITOR, (enum act)act),
                         act == ACT_VIEW_CASES || act == ACT_VIEW_POOL ||
                             act == ACT_VIEW_AUDIT);
}

static void a_postmaster_changes_the_pool_but_gives_no_lease(void **state)
{
    (void)state;
    assert_true(role_may(ROLE_POSTMASTER, ACT_CHANGE_POOL));
    assert_false(role_may(ROLE_POSTMASTER, ACT_MINT));
    assert_false(role_may(ROLE_POSTMASTER, ACT_REVEAL));
}

static void what_the_table_does_not_know_is_denied(void **state)
{
    (void)state;
    for (int act = 0; act <= ACT_COUNT; act++)
        assert_false(role_may(ROLE_COUNT, (enum act)act));
    for (int role = 0; role < ROLE_COUNT; role++) {
        assert_false(role_may((enum role)role, ACT_COUNT));
        assert_false(role_may((enum role)role, (enum act)40));
    }
}

static void roles_are_read_back_by_name(void **state)
{
    static const char *const strangers[] = {"", "Agent", "agents", "root", "admin "};
    enum role back;

    (void)state;
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        assert_string_equal(role_name((enum role)i), matrix[i].name);
        assert_true(role_parse(slice_from(matrix[i].name), &back));
        assert_int_equal(back, i);
    }
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        assert_false(role_parse(slice_from(strangers[i]), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_may_what_its_row_says),
        cmocka_unit_test(an_auditor_may_only_look),
        cmocka_unit_test(a_postmaster_changes_the_pool_but_gives_no_lease),
        cmocka_unit_test(what_the_table_does_not_know_is_denied),
        cmocka_unit_test(roles_are_read_back_by_name),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
