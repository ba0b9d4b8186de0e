/*
 * test_intake.c - a log that grows, is renamed, cut, copied and taken away: no line twice, none lost,
 * and what is lost is said.
 */
#include "base/base.h"

#include "tests/unit/mtalog/intake_lab.h"

static void lines_are_taken_once(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 3);
    rounds(&lab, 2);
    assert_taken(&lab, 3);
    assert_gaps(&lab, "started_late ..-0");
    put_attempts(&lab, 2);
    rounds(&lab, 1);
    restart(&lab);
    rounds(&lab, 2);
    put_attempts(&lab, 1);
    restart(&lab);
    rounds(&lab, 1);
    assert_taken(&lab, 6);
    assert_gaps(&lab, "started_late ..-0");
    assert_true(covers(&lab, START, START));
    assert_false(covers(&lab, START - 1, START));
    stop_lab(&lab);
}

static void an_unfinished_line_waits(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    const char *text = attempt(&lab);
    append(lab.log, arena_strndup(&lab.mem, text, 90));
    rounds(&lab, 3);
    assert_taken(&lab, 0);
    restart(&lab);
    append(lab.log, text + 90);
    rounds(&lab, 1);
    assert_taken(&lab, 1);
    stop_lab(&lab);
}

static void a_commit_that_fails_repeats_and_loses_nothing(void **state UNUSED)
{
    struct lab lab;
    struct error err = {0};

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 1);
    rounds(&lab, 1);
    put_attempts(&lab, 4);
    lab.fails = true;
    assert_int_equal(try_round(&lab, &err), -1);
    assert_int_equal(try_round(&lab, &err), -1);
    lab.fails = false;
    rounds(&lab, 2);
    assert_taken(&lab, 5);
    assert_gaps(&lab, "started_late ..-0");
    stop_lab(&lab);
}

static void a_renamed_log_is_read_to_its_end(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 2);
    rounds(&lab, 1);
    assert_int_equal(rename(lab.log, beside(&lab, "mail.log.1")), 0);
    append(beside(&lab, "mail.log.1"), attempt(&lab));
    rounds(&lab, 2); /* nothing follows yet */
    put_attempts(&lab, 2);
    rounds(&lab, 1);
    append(beside(&lab, "mail.log.1"), attempt(&lab)); /* not told to reopen yet */
    rounds(&lab, 6);
    assert_taken(&lab, 6);
    put_attempts(&lab, 1);
    rounds(&lab, 1);
    assert_taken(&lab, 7);
    assert_gaps(&lab, "started_late ..-0");
    stop_lab(&lab);
}

/* Rotation is days apart: the times of the files tell their order. */
static void rename_aged(struct lab *lab, const char *name, int days)
{
    const char *path = beside(lab, name);
    struct stat info;

    assert_int_equal(rename(lab->log, path), 0);
    assert_int_equal(stat(path, &info), 0);
    const struct timespec times[2] = {
        {.tv_sec = info.st_mtim.tv_sec - (time_t)days * 86400},
        {.tv_sec = info.st_mtim.tv_sec - (time_t)days * 86400}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void a_log_renamed_while_we_were_down_is_found(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 2);
    rounds(&lab, 1);
    put_attempts(&lab, 2);
    restart(&lab);
    /* Twice, and an innocent copy lies beside it. */
    rename_aged(&lab, "mail.log-20261124", 2);
    put_attempts(&lab, 2);
    rename_aged(&lab, "mail.log-20261125", 1);
    put_attempts(&lab, 2);
    append(beside(&lab, "mail.log.bak"), attempt(&lab));
    lab.recipients--;
    lab.now += 3600;
    rounds(&lab, 12);
    assert_taken(&lab, 8);
    assert_gaps(&lab, "started_late ..-0");
    assert_true(covers(&lab, START, START + 3600));
    stop_lab(&lab);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[8192];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t got;

    assert_true(in >= 0 && out >= 0);
    while ((got = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)got), got);
    close(in);
    close(out);
}

static void copytruncate_loses_nothing_that_was_copied(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 3);
    rounds(&lab, 1);
    put_attempts(&lab, 2); /* not read before the copy */
    copy_file(lab.log, beside(&lab, "mail.log.1"));
    assert_int_equal(truncate(lab.log, 0), 0);
    put_attempts(&lab, 9); /* longer than what we had read */
    rounds(&lab, 8);
    assert_taken(&lab, 14);
    assert_gaps(&lab, "started_late ..-0");
    stop_lab(&lab);
}

static void what_truncation_lost_is_a_gap(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 3);
    rounds(&lab, 1);
    assert_int_equal(truncate(lab.log, 0), 0);
    lab.now = START + 100;
    put_attempts(&lab, 5);
    lab.now = START + 200;
    rounds(&lab, 2);
    assert_taken(&lab, 8);
    assert_gaps(&lab, "lost 0-100, started_late ..-0");
    assert_false(covers(&lab, START, START + 150));
    assert_false(covers(&lab, START + 99, START + 150));
    assert_true(covers(&lab, START + 100, START + 200));
    stop_lab(&lab);
}

/* As an editor does it: a first line is new, the newest (which could not be told apart from others of
 * its second) is gone. */
static void write_anew(struct lab *lab)
{
    char bytes[8192];
    int fd = open(lab->log, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, bytes, sizeof bytes);

    assert_true(got > 0);
    close(fd);
    const char *last = memrchr(bytes, '\n', (size_t)got - 1);
    assert_non_null(last);
    append(beside(lab, "new"), "a first line that was not there\n");
    append(beside(lab, "new"),
           arena_strndup(&lab->mem, bytes, (size_t)(last - bytes) + 1));
    assert_int_equal(rename(beside(lab, "new"), lab->log), 0);
}

static void a_rewritten_log_is_not_taken_twice(void **state UNUSED)
{
    static const char *const gaps[] = {"started_late ..-0",
                                       "lost 10-20, started_late ..-0"};

    for (int is_down = 0; is_down <= 1; is_down++) {
        struct lab lab;
        start_lab(&lab);
        put_message(&lab);
        put_attempts(&lab, 3);
        lab.now = START + 10;
        put_attempts(&lab, 1);
        rounds(&lab, 1);
        write_anew(&lab);
        if (is_down == 1)
            restart(&lab);
        lab.now = START + 20;
        put_attempts(&lab, 1);
        rounds(&lab, 5);
        assert_taken(&lab, 5);
        assert_gaps(&lab, gaps[is_down]);
        stop_lab(&lab);
    }
}

static void a_missing_log_is_said_once_an_hour(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    rounds(&lab, 1);
    assert_int_equal(lab.report.found, FOLLOW_MISSING);
    assert_int_equal(intake_says(lab.intake, &lab.report, lab.now), INTAKE_SAYS_AMISS);
    assert_int_equal(intake_says(lab.intake, &lab.report, lab.now + 3599),
                     INTAKE_SAYS_NOTHING);
    assert_int_equal(intake_says(lab.intake, &lab.report, lab.now + 3600),
                     INTAKE_SAYS_AMISS);
    assert_false(covers(&lab, START - 10, START));
    put_message(&lab);
    put_attempts(&lab, 1);
    rounds(&lab, 1);
    assert_int_equal(intake_says(lab.intake, &lab.report, lab.now), INTAKE_SAYS_OVER);
    assert_int_equal(intake_says(lab.intake, &lab.report, lab.now),
                     INTAKE_SAYS_NOTHING);
    stop_lab(&lab);
}

static void a_log_that_goes_and_comes_leaves_a_gap(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 1);
    rounds(&lab, 1);
    assert_int_equal(unlink(lab.log), 0);
    lab.now = START + 61;
    rounds(&lab, 2);
    assert_gaps(&lab, "missing 0-.., started_late ..-0");
    lab.now = START + 300;
    put_attempts(&lab, 1);
    rounds(&lab, 5);
    assert_taken(&lab, 2);
    assert_gaps(&lab, "missing 0-300, started_late ..-0");
    assert_true(covers(&lab, START + 300, START + 300));
    /* The same, seen by a process that began while the file was away. */
    assert_int_equal(unlink(lab.log), 0);
    restart(&lab);
    lab.now = START + 400;
    rounds(&lab, 2);
    assert_gaps(&lab, "missing 300-.., missing 0-300, started_late ..-0");
    put_attempts(&lab, 1);
    rounds(&lab, 2);
    assert_gaps(&lab, "missing 300-400, missing 0-300, started_late ..-0");
    assert_taken(&lab, 3);
    stop_lab(&lab);
}

/* A file that comes back whole (rights mended, disk mounted again) leaves none. */
static void a_log_that_comes_back_whole_leaves_no_gap(void **state UNUSED)
{
    struct lab lab;

    start_lab(&lab);
    put_message(&lab);
    put_attempts(&lab, 1);
    rounds(&lab, 1);
    assert_int_equal(rename(lab.log, beside(&lab, "away")), 0);
    assert_int_equal(mkdir(lab.log, 0700),
                     0); /* root may read any file, but no folder */
    restart(&lab);
    lab.now = START + 100;
    rounds(&lab, 2);
    assert_int_equal(lab.report.found, FOLLOW_UNREADABLE);
    assert_gaps(&lab, "unreadable 0-.., started_late ..-0");
    assert_int_equal(rmdir(lab.log), 0);
    assert_int_equal(rename(beside(&lab, "away"), lab.log), 0);
    put_attempts(&lab, 1);
    rounds(&lab, 1);
    assert_taken(&lab, 2);
    assert_gaps(&lab, "started_late ..-0");
    assert_true(covers(&lab, START, START + 100));
    stop_lab(&lab);
}

static void a_line_without_end_is_cut_and_counted(void **state UNUSED)
{
    struct lab lab;
    struct log_position position;
    struct error err = {0};

    start_lab(&lab);
    char *long_text = arena_alloc(&lab.mem, 200001);
    memset(long_text, 'x', 200000);
    put_message(&lab);
    append(lab.log, line(&lab, "cleanup", long_text));
    put_attempts(&lab, 1);
    append(lab.log, long_text); /* and one that goes on */
    rounds(&lab, 3);
    restart(&lab);
    append(lab.log, "\n");
    put_attempts(&lab, 1);
    rounds(&lab, 1);
    assert_taken(&lab, 2);
    assert_int_equal(store_log_position(lab.store, &position, &err), 0);
    assert_int_equal(position.cut_lines, 2);
    assert_int_equal(position.lines, 5);
    stop_lab(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_taken_once),
        cmocka_unit_test(an_unfinished_line_waits),
        cmocka_unit_test(a_commit_that_fails_repeats_and_loses_nothing),
        cmocka_unit_test(a_renamed_log_is_read_to_its_end),
        cmocka_unit_test(a_log_renamed_while_we_were_down_is_found),
        cmocka_unit_test(copytruncate_loses_nothing_that_was_copied),
        cmocka_unit_test(what_truncation_lost_is_a_gap),
        cmocka_unit_test(a_rewritten_log_is_not_taken_twice),
        cmocka_unit_test(a_missing_log_is_said_once_an_hour),
        cmocka_unit_test(a_log_that_goes_and_comes_leaves_a_gap),
        cmocka_unit_test(a_log_that_comes_back_whole_leaves_no_gap),
        cmocka_unit_test(a_line_without_end_is_cut_and_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
