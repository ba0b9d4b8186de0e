/*
 * test_output.c - tables and facts: aligned, and safe for a terminal.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cli/output.h"

static int start(void **state)
{
    struct cli *cli = calloc(1, sizeof *cli);

    arena_init(&cli->mem);
    strbuf_init(&cli->out, 100000);
    *state = cli;
    return 0;
}

static int end(void **state)
{
    struct cli *cli = *state;

    strbuf_release(&cli->out);
    arena_release(&cli->mem);
    free(cli);
    return 0;
}

static const struct column columns[] = {
    {"NAME",  "name"},
    {"COUNT", "n"   },
};

static void a_table_is_aligned_by_characters(void **state)
{
    struct cli *cli = *state;
    json_t *items = json_pack("[{s:s, s:i}, {s:s, s:n}]", "name", "M\xc3\xbcller", "n",
                              7, "name", "Bo", "n");

    print_table(cli, items, columns, ARRAY_LEN(columns));
    assert_string_equal(cli->out.at, "NAME    COUNT\n"
                                     "M\xc3\xbcller  7\n"
                                     "Bo      -\n");
    json_decref(items);
}

static void foreign_text_cannot_steer_the_terminal_or_break_the_table(void **state)
{
    struct cli *cli = *state;
    json_t *items = json_pack("[{s:s, s:[s,s]}]", "name", "a\x1b[31m\nb\tc", "n", "x",
                              "y");

    print_table(cli, items, columns, ARRAY_LEN(columns));
    assert_null(strchr(cli->out.at, '\x1b'));
    assert_null(strchr(cli->out.at, '\t'));
    assert_non_null(strstr(cli->out.at, "x, y"));
    assert_ptr_equal(strrchr(cli->out.at, '\n'), cli->out.at + cli->out.len - 1);
    strbuf_reset(&cli->out);
    print_facts(cli, json_array_get(items, 0), columns, ARRAY_LEN(columns));
    assert_null(strchr(cli->out.at, '\x1b'));
    strbuf_reset(&cli->out);
    print_json(cli, items);
    assert_null(strchr(cli->out.at, '\x1b'));
    json_decref(items);
}

static void a_fact_may_stand_in_a_member_of_a_member(void **state)
{
    static const struct column facts[] = {
        {"clears", "clears.sentence"},
        {"basis",  "clears.basis"   },
        {"none",   "clears.no.such" },
        {"other",  "other.sentence" },
    };
    struct cli *cli = *state;
    json_t *o = json_pack("{s:{s:s, s:s}, s:n}", "clears", "sentence", "within a day",
                          "basis", "rule", "other");

    print_facts(cli, o, facts, ARRAY_LEN(facts));
    assert_string_equal(cli->out.at, "clears  within a day\n"
                                     "basis   rule\n"
                                     "none    -\n"
                                     "other   -\n");
    json_decref(o);
}

static void absent_members_are_a_hyphen_and_truth_is_a_word(void **state)
{
    struct cli *cli = *state;

    assert_string_equal(text_of(cli, NULL), "-");
    assert_string_equal(text_of(cli, json_true()), "yes");
    assert_string_equal(text_of(cli, json_false()), "no");
    assert_string_equal(text_of(cli, json_null()), "-");
    assert_string_equal(member(NULL, "x"), "");
}

static void a_part_of_a_path_is_encoded(void **state)
{
    struct cli *cli = *state;

    assert_string_equal(cli_path(cli, "shared", "192.0.2.0/24", NULL),
                        "/api/v1/shared/192.0.2.0%2F24");
    assert_string_equal(cli_path(cli, "pool", "2001:db8::1", "rest"),
                        "/api/v1/pool/2001%3Adb8%3A%3A1/rest");
    assert_string_equal(cli_path(cli, "leases", "../users", NULL),
                        "/api/v1/leases/..%2Fusers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_is_aligned_by_characters, start, end),
        cmocka_unit_test_setup_teardown(
            foreign_text_cannot_steer_the_terminal_or_break_the_table, start, end),
        cmocka_unit_test_setup_teardown(a_fact_may_stand_in_a_member_of_a_member, start,
                                        end),
        cmocka_unit_test_setup_teardown(absent_members_are_a_hyphen_and_truth_is_a_word,
                                        start, end),
        cmocka_unit_test_setup_teardown(a_part_of_a_path_is_encoded, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
