/*
 * test_intake_large.c - a log of many lines: killed while it is read, and within bounds of memory.
 */
#include "base/base.h"

#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/mtalog/intake_lab.h"

/* A process that is killed at any moment, again and again, while the log is read. */
static void a_killed_process_loses_and_repeats_nothing(void **state UNUSED)
{
    enum {
        LINES = 6000,
        KILLS = 12
    };
    struct lab lab;
    struct error err = {0};

    start_lab(&lab);
    put_message(&lab);
    struct strbuf all;
    strbuf_init(&all, (size_t)4 * 1024 * 1024);
    for (int i = 0; i < LINES; i++)
        strbuf_puts(&all, attempt(&lab));
    append(lab.log, all.at);
    strbuf_release(&all);
    store_close(lab.store);
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            if (store_open(beside(&lab, "a.db"), STORE_WRITE, &lab.store, &err) != 0)
                _exit(1);
            restart(&lab);
            while (try_round(&lab, &err) == 0)
                ;
            _exit(1);
        }
        const struct timespec pause = {.tv_nsec = 4000000L * (i + 2)};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status)); /* else it failed by itself */
    }
    assert_int_equal(store_open(beside(&lab, "a.db"), STORE_WRITE, &lab.store, &err),
                     0);
    restart(&lab);
    rounds(&lab, 2);
    assert_taken(&lab, LINES);
    stop_lab(&lab);
}

/* Rounds and batches are bounded, and so is memory. */
static void a_large_log_is_read_in_batches(void **state UNUSED)
{
    enum {
        LINES = 100000,
        ROUNDS = LINES / (INTAKE_BATCH_LINES * INTAKE_BATCHES)
    };
    struct lab lab;
    struct strbuf all;
    struct error err = {0};
    struct arena scratch;
    size_t after_first = 0;

    start_lab(&lab);
    put_message(&lab);
    strbuf_init(&all, (size_t)32 * 1024 * 1024);
    for (int i = 0; i < LINES; i++) {
        struct lab writer = lab;
        arena_init(&scratch);
        writer.mem = scratch;
        strbuf_puts(&all, attempt(&writer));
        lab.recipients = writer.recipients;
        arena_release(&writer.mem);
    }
    append(lab.log, all.at);
    strbuf_release(&all);
    for (int i = 0; i < ROUNDS; i++) {
        if (try_round(&lab, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(lab.report.lines, INTAKE_BATCH_LINES * INTAKE_BATCHES);
        assert_true(lab.report.is_behind);
        if (i == 0)
            after_first = mallinfo2().uordblks;
    }
    /* SQLite's page cache (2 MB by default) is all that may still fill. */
    assert_true(mallinfo2().uordblks < after_first + (size_t)4 * 1024 * 1024);
    rounds(&lab, 1);
    assert_false(lab.report.is_behind);
    struct standing_counts counts;
    assert_int_equal(store_delivery_counts(lab.store, LOGIN, lab.now, &counts, &err),
                     0);
    assert_int_equal(counts.attempts_7d, LINES);
    stop_lab(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_process_loses_and_repeats_nothing),
        cmocka_unit_test(a_large_log_is_read_in_batches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
