/*
 * test_intake.c - a log that grows, is renamed, cut, copied and taken away: no line twice, none lost,
 * and what is lost is said.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/timetext.h"
#include "issuer/mtalog/intake.h"

enum {
    START = 1795600000
};
#define LOGIN "anna@hosted.example"

struct lab {
    char folder[32];
    struct arena mem;
    struct store *store;
    struct intake *intake;
    struct intake_report report;
    const char *log;
    int64_t now;
    int recipients; /* attempts written so far */
    bool fails;     /* commit does */
};

static void start_lab(struct lab *lab)
{
    struct error err = {0};

    *lab = (struct lab){.folder = "/tmp/test-intake.XXXXXX", .now = START};
    arena_init(&lab->mem);
    assert_non_null(mkdtemp(lab->folder));
    lab->log = arena_printf(&lab->mem, "%s/mail.log", lab->folder);
    assert_int_equal(store_open(arena_printf(&lab->mem, "%s/a.db", lab->folder),
                                STORE_CREATE, &lab->store, &err),
                     0);
    lab->intake = intake_new();
}

static int remove_one(const char *path, const struct stat *info UNUSED, int type UNUSED,
                      struct FTW *where UNUSED)
{
    return remove(path);
}

static void stop_lab(struct lab *lab)
{
    intake_free(lab->intake);
    store_close(lab->store);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    assert_int_equal(nftw(lab->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    arena_release(&lab->mem);
}

static void restart(struct lab *lab)
{
    intake_free(lab->intake);
    lab->intake = intake_new();
}

static const char *beside(struct lab *lab, const char *name)
{
    return arena_printf(&lab->mem, "%s/%s", lab->folder, name);
}

static void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static const char *line(struct lab *lab, const char *process, const char *text)
{
    char when[TIMETEXT_RFC3339_MAX + 1];

    timetext_rfc3339(lab->now, when);
    return arena_printf(&lab->mem, "%s mail postfix/%s[1]: 3C1B12A0F3: %s\n", when,
                        process, text);
}

static void put_message(struct lab *lab)
{
    append(lab->log, line(lab, "smtpd", "client=x[192.0.2.1], sasl_username=" LOGIN));
}

static const char *attempt(struct lab *lab)
{
    return line(lab, "smtp",
                arena_printf(&lab->mem,
                             "to=<r%d@remote.example>, relay=mx[203.0.113.25]:25, "
                             "dsn=2.0.0, status=sent (250 ok)",
                             ++lab->recipients));
}

static void put_attempts(struct lab *lab, int count)
{
    for (int i = 0; i < count; i++)
        append(lab->log, attempt(lab));
}

static int commit(void *context, const struct log_batch *batch, struct error *err)
{
    struct lab *lab = context;

    if (lab->fails)
        return error_set(err, ERROR_UNAVAILABLE, "the disk is full");
    return store_log_apply(lab->store, batch, err);
}

static int try_round(struct lab *lab, struct error *err)
{
    struct intake_terms terms = {.path = lab->log,
                                 .read = mtalog_read_postfix,
                                 .now = lab->now,
                                 .commit = commit,
                                 .context = lab};

    assert_int_equal(store_log_position(lab->store, &terms.position, err), 0);
    return intake_round(lab->intake, &terms, &lab->report, err);
}

static void rounds(struct lab *lab, int count)
{
    struct error err = {0};

    for (int i = 0; i < count; i++)
        if (try_round(lab, &err) != 0)
            fail_msg("%s", err.text);
}

/* Exactly what was written, each once: attempts are counted, and each recipient is looked for. */
static void assert_taken(struct lab *lab, int want)
{
    struct standing_counts counts;
    struct error err = {0};

    assert_int_equal(store_delivery_counts(lab->store, LOGIN, lab->now, &counts, &err),
                     0);
    assert_int_equal(counts.attempts_7d, want);
    for (int i = 1; i <= lab->recipients && want == lab->recipients; i++) {
        struct evidence evidence = {.queue_id = "3C1B12A0F3"};
        struct delivery *rows;
        size_t count;
        evidence.recipient = arena_printf(&lab->mem, "r%d@remote.example", i);
        assert_int_equal(store_delivery_candidates(lab->store, &lab->mem, &evidence,
                                                   lab->now, &rows, &count, &err),
                         0);
        if (count != 1)
            fail_msg("r%d: %zu times", i, count);
    }
}

static bool covers(struct lab *lab, int64_t from, int64_t until)
{
    struct error err = {0};
    bool is_covered = false;

    assert_int_equal(store_log_covers(lab->store, from, until, &is_covered, &err), 0);
    return is_covered;
}

/* The gaps, newest first: "lost 10-20, started_late ..-0" with times since START. */
static void assert_gaps(struct lab *lab, const char *want)
{
    struct log_gap_row *rows;
    struct error err = {0};
    const char *got = "";
    size_t count;

    assert_int_equal(store_log_gaps(lab->store, &lab->mem, 10, &rows, &count, &err), 0);
    for (size_t i = 0; i < count; i++) {
        const char *from = rows[i].from == 0
                               ? ".."
                               : arena_printf(&lab->mem, "%lld",
                                              (long long)(rows[i].from - START));
        const char *until = rows[i].until == 0
                                ? ".."
                                : arena_printf(&lab->mem, "%lld",
                                               (long long)(rows[i].until - START));
        got = arena_printf(&lab->mem, "%s%s%s %s-%s", got, i == 0 ? "" : ", ",
                           log_gap_name(rows[i].why), from, until);
    }
    assert_string_equal(got, want);
}

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
        cmocka_unit_test(a_killed_process_loses_and_repeats_nothing),
        cmocka_unit_test(a_large_log_is_read_in_batches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
