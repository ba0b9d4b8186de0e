/*
 * test_successor.c - the trial of a new program: good, bad, slow and absent.
 */
#include "base/base.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/successor.h"

enum {
    LOOKS = 500,
    LOOK_US = 10000
};

/* Look until the trial is over; the time that the successor is told stands still. */
static enum successor_state wait_for(struct successor *successor, int64_t now_ms)
{
    enum successor_state state = SUCCESSOR_TRIED;

    for (int i = 0; i < LOOKS && state == SUCCESSOR_TRIED; i++) {
        (void)usleep(LOOK_US);
        state = successor_state(successor, now_ms);
    }
    return state;
}

/* A successor that is a shell script; -t comes as its $0. */
struct script {
    char shell[8], option[3], text[64];
    char *argv[4];
    struct successor successor;
};

static void write_script(struct script *script, const char *text)
{
    *script = (struct script){.shell = "/bin/sh", .option = "-c"};
    assert_true(strlen(text) < sizeof script->text);
    memcpy(script->text, text, strlen(text));
    script->argv[0] = script->shell;
    script->argv[1] = script->option;
    script->argv[2] = script->text;
    script->successor.argv = script->argv;
}

static void a_program_that_accepts_the_configuration_is_good(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum successor_state wanted;
    } cases[] = {
        {"test \"$0\" = -t", SUCCESSOR_GOOD},
        {"exit 1",           SUCCESSOR_BAD },
        {"kill -9 $$",       SUCCESSOR_BAD },
    };
    struct script script;
    struct error err = {0};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_script(&script, cases[i].text);
        assert_int_equal(successor_state(&script.successor, 0), SUCCESSOR_NONE);
        assert_int_equal(successor_try(&script.successor, 0, &err), 0);
        assert_int_equal(wait_for(&script.successor, 0), cases[i].wanted);
        assert_int_equal(successor_state(&script.successor, 0), SUCCESSOR_NONE);
    }
}

static void a_program_that_is_not_there_is_told_at_once(void **state UNUSED)
{
    struct script script;
    struct error err = {0};

    write_script(&script, "");
    memcpy(script.shell, "/bin/no", sizeof script.shell);
    assert_int_equal(successor_try(&script.successor, 0, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(successor_state(&script.successor, 0), SUCCESSOR_NONE);
    assert_int_equal(successor_become(&script.successor, &err), -1);
}

static void a_program_that_hangs_is_ended_and_bad(void **state UNUSED)
{
    struct script script;
    struct error err = {0};

    write_script(&script, "exec sleep 60");
    assert_int_equal(successor_try(&script.successor, 1000, &err), 0);
    pid_t pid = script.successor.pid;
    assert_int_equal(successor_state(&script.successor, 10999), SUCCESSOR_TRIED);
    assert_int_equal(successor_state(&script.successor, 11000), SUCCESSOR_BAD);
    assert_int_equal(kill(pid, 0), -1); /* gone, and reaped */
    successor_forget(&script.successor);

    assert_int_equal(successor_try(&script.successor, 0, &err), 0);
    pid = script.successor.pid;
    successor_forget(&script.successor);
    assert_int_equal(kill(pid, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_accepts_the_configuration_is_good),
        cmocka_unit_test(a_program_that_is_not_there_is_told_at_once),
        cmocka_unit_test(a_program_that_hangs_is_ended_and_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
