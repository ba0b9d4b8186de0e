/*
 * test_command.c - the table of commands: what is found, what is refused, what help says.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cli/command.h"

static void commands_are_found_by_their_words(void **state UNUSED)
{
    static const struct {
        const char *words[3];
        size_t count;
        const char *want; /* NULL: refused */
        size_t used;
    } cases[] = {
        {{"init"},                  1, "init",         1},
        {{"lease", "revoke", "17"}, 3, "lease revoke", 2},
        {{"diagnose", "list"},      2, "diagnose",     1},
        {{"lease"},                 1, NULL,           0},
        {{"lease", "revok"},        2, NULL,           0},
        {{"revoke", "lease"},       2, NULL,           0},
        {{""},                      1, NULL,           0},
        {{NULL},                    0, NULL,           0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct command *found = NULL;
        struct error err = {0};
        size_t used = 0;
        int got = command_find(cases[i].words, cases[i].count, &found, &used, &err);
        if (cases[i].want == NULL) {
            assert_int_equal(got, -1);
            assert_int_equal(err.kind, ERROR_INVALID);
            continue;
        }
        assert_int_equal(got, 0);
        assert_string_equal(found->words, cases[i].want);
        assert_int_equal(used, cases[i].used);
    }
}

static void no_command_hides_another_and_all_have_help(void **state UNUSED)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &command_table[i];
        assert_non_null(command->run);
        assert_true(strlen(command->help) > 0);
        assert_true(command->least <= command->most);
        for (size_t j = 0; j < command_count; j++)
            if (i != j)
                assert_string_not_equal(command->words, command_table[j].words);
    }
}

static void every_option_of_a_command_stands_in_its_help(void **state UNUSED)
{
    for (size_t i = 0; i < command_count; i++)
        for (int option = 0; option < CLI_OPTION_COUNT; option++) {
            char name[40];
            assert_true(snprintf(name, sizeof name, "--%s",
                                 option_name((enum cli_option)option)) > 0);
            bool is_allowed = (command_table[i].options & UINT64_C(1) << option) != 0;
            bool is_told = strstr(command_table[i].arguments, name) != NULL;
            if (is_allowed != is_told)
                fail_msg("%s %s: allowed %d, told %d", command_table[i].words, name,
                         is_allowed, is_told);
        }
}

static void options_of_another_command_are_refused(void **state UNUSED)
{
    const char *const words[] = {"lease", "show"};
    const struct command *command = NULL;
    struct error err = {0};
    struct cli cli = {.arguments = {"1"}, .arguments_count = 1};
    size_t used = 0;

    assert_int_equal(command_find(words, 2, &command, &used, &err), 0);
    assert_int_equal(command_check(command, &cli, &err), 0);
    cli.options[CLI_REASON].count = 1;
    assert_int_equal(command_check(command, &cli, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    cli.options[CLI_REASON].count = 0;
    cli.arguments_count = 2;
    assert_int_equal(command_check(command, &cli, &err), -1);
    cli.arguments_count = 0;
    assert_int_equal(command_check(command, &cli, &err), -1);
}

static void exit_statuses_are_those_of_the_contract(void **state UNUSED)
{
    static const struct {
        enum error_kind kind;
        int want;
    } cases[] = {
        {ERROR_NONE,        0},
        {ERROR_INTERNAL,    1},
        {ERROR_INVALID,     2},
        {ERROR_NOT_FOUND,   3},
        {ERROR_REFUSED,     4},
        {ERROR_CONFLICT,    4},
        {ERROR_EXHAUSTED,   6},
        {ERROR_DENIED,      7},
        {ERROR_UNAVAILABLE, 8},
        {ERROR_INTEGRITY,   9},
    };

    _Static_assert(ARRAY_LEN(cases) == ERROR_KIND_COUNT, "every kind");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(cli_exit_status(cases[i].kind), cases[i].want);
}

static void wrong_lines_end_with_2(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *line[8];
        int argc;
    } cases[] = {
        {"no command",                {"cleansmtp"},                                  1},
        {"unknown command",           {"cleansmtp", "frobnicate"},                    2},
        {"unknown option",            {"cleansmtp", "lease", "list", "--colour"},     4},
        {"option without value",      {"cleansmtp", "case", "list", "--limit"},       4},
        {"option of another command", {"cleansmtp", "case", "list", "--lane", "x"},   5},
        {"too many arguments",        {"cleansmtp", "lease", "show", "1", "2"},       5},
        {"far too many",              {"cleansmtp", "a", "b", "c", "d", "e"},         6},
        {"missing argument",          {"cleansmtp", "lease", "show"},                 3},
        {"pool add without lane",     {"cleansmtp", "pool", "add", "192.0.2.1"},      4},
        {"limit is no number",        {"cleansmtp", "case", "list", "--limit", "-1"}, 5},
        {"mint of nothing",           {"cleansmtp", "mint"},                          2},
        {"init with -c",              {"cleansmtp", "init", "-c", "/nonexistent"},    4},
        {"init for a bad name",       {"cleansmtp", "init", "--admin", "a b"},        4},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *argv[9] = {0};
        for (int j = 0; j < cases[i].argc; j++)
            argv[j] = strdup(cases[i].line[j]);
        int got = cli_run(cases[i].argc, argv);
        if (got != 2)
            fail_msg("%s: %d", cases[i].name, got);
        for (int j = 0; j < 8; j++)
            free(argv[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_found_by_their_words),
        cmocka_unit_test(no_command_hides_another_and_all_have_help),
        cmocka_unit_test(every_option_of_a_command_stands_in_its_help),
        cmocka_unit_test(options_of_another_command_are_refused),
        cmocka_unit_test(exit_statuses_are_those_of_the_contract),
        cmocka_unit_test(wrong_lines_end_with_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
