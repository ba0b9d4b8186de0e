/*
 * test_journal.c - what was acknowledged stays, whatever happens to the process.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static char folder[64];
static char journal_folder[80];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-journal-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(journal_folder, sizeof journal_folder, "%s/journal", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
}

/* What a journal showed when it was opened. */
struct seen {
    unsigned count;
    int64_t last_seq;
    struct usage_line last;
};

static void see(void *context, const struct usage_line *line)
{
    struct seen *seen = context;

    seen->count++;
    seen->last_seq = line->seq;
    seen->last = *line;
}

static struct journal *open_journal(struct seen *seen)
{
    const struct journal_visitor visitor = {see, seen};
    struct journal *journal;
    struct error err = {0};

    *seen = (struct seen){0};
    if (journal_open(journal_folder, &visitor, &journal, &err) != 0)
        fail_msg("%s", err.text);
    return journal;
}

static void append(struct journal *journal, const char *instance)
{
    struct usage_line line = {.at = 1795000000,
                              .kind = USAGE_MESSAGE,
                              .username = "cs-abcdefgh",
                              .client = "192.0.2.50"};
    struct error err = {0};

    usage_copy(line.instance, sizeof line.instance, slice_from(instance));
    if (journal_append(journal, &line, &err) != 0 ||
        journal_flush(journal, false, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(line.seq, journal_last_seq(journal));
}

static unsigned count_segments(void)
{
    DIR *dir = opendir(journal_folder);
    struct dirent *entry;
    unsigned count = 0;
    int64_t seq;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) // NOLINT(concurrency-mt-unsafe)
        count += usage_segment_parse(slice_from(entry->d_name), &seq);
    (void)closedir(dir);
    return count;
}

static void numbers_go_on_after_a_restart(void **state)
{
    struct seen seen;
    struct journal *journal = open_journal(&seen);

    (void)state;
    assert_int_equal(seen.count, 0);
    append(journal, "one");
    append(journal, "two");
    journal_close(journal);
    journal = open_journal(&seen);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.last.instance, "two");
    append(journal, "three");
    assert_int_equal(journal_last_seq(journal), 3);
    journal_close(journal);
}

static void two_processes_cannot_have_it(void **state)
{
    struct seen seen;
    struct journal *journal = open_journal(&seen), *second;
    const struct journal_visitor visitor = {see, &seen};
    struct error err = {0};

    (void)state;
    assert_int_equal(journal_open(journal_folder, &visitor, &second, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    journal_close(journal);
}

/* A child writes and reports each acknowledged number; it is killed in the middle. */
static void a_killed_process_keeps_what_it_acknowledged(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        int pipes[2];
        struct seen seen;
        int64_t acknowledged = 0, seq;
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct journal *journal = open_journal(&seen);
            for (;;) {
                struct usage_line line = {.at = 1, .kind = USAGE_MESSAGE};
                struct error err;
                if (journal_append(journal, &line, &err) != 0 ||
                    journal_flush(journal, true, &err) != 0 ||
                    write(pipes[1], &line.seq, sizeof line.seq) != sizeof line.seq)
                    _exit(1);
            }
        }
        (void)close(pipes[1]);
        for (int i = 0; i < 5 + round; i++)
            assert_int_equal(read(pipes[0], &acknowledged, sizeof acknowledged),
                             sizeof acknowledged);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(pipes[0], &seq, sizeof seq) == sizeof seq)
            acknowledged = seq;
        (void)close(pipes[0]);
        struct journal *journal = open_journal(&seen);
        assert_true(seen.last_seq >= acknowledged);
        assert_int_equal(seen.count, seen.last_seq); /* none twice, none missing */
        journal_close(journal);
    }
}

/* Cut the file behind any byte: whole lines stay, the torn one goes, and writing goes on. */
static void a_torn_line_is_cut_off_wherever_it_ends(void **state)
{
    struct seen seen;
    struct journal *journal = open_journal(&seen);
    char path[160], name[USAGE_SEGMENT_NAME_LEN + 1];
    struct stat about;

    (void)state;
    append(journal, "one");
    append(journal, "two");
    journal_close(journal);
    usage_segment_name(1, name);
    (void)snprintf(path, sizeof path, "%s/%s", journal_folder, name);
    assert_int_equal(stat(path, &about), 0);
    off_t line = about.st_size / 2;
    for (off_t end = about.st_size - 1; end > line; end--) {
        assert_int_equal(truncate(path, end), 0);
        journal = open_journal(&seen);
        assert_int_equal(seen.count, 1);
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_size, line);
        append(journal, "two");
        journal_close(journal);
    }
}

static void damage_in_the_middle_is_not_passed_over(void **state)
{
    struct seen seen;
    struct journal *journal = open_journal(&seen);
    const struct journal_visitor visitor = {see, &seen};
    char path[160], name[USAGE_SEGMENT_NAME_LEN + 1];
    struct error err = {0};

    (void)state;
    append(journal, "one");
    append(journal, "two");
    journal_close(journal);
    usage_segment_name(1, name);
    (void)snprintf(path, sizeof path, "%s/%s", journal_folder, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "X", 1, 3), 1);
    (void)close(fd);
    assert_int_equal(journal_open(journal_folder, &visitor, &journal, &err), -1);
    assert_int_equal(err.kind, ERROR_INTEGRITY);
}

static void segments_rotate_and_go_when_taken_in(void **state)
{
    struct seen seen;
    struct journal *journal = open_journal(&seen);
    struct error err = {0};

    (void)state;
    while (count_segments() < 3)
        for (int i = 0; i < 10000; i++)
            append(journal, "a name that is as long as those of Postfix are");
    int64_t last = journal_last_seq(journal);
    assert_int_equal(journal_set_taken(journal, 1, &err), 0);
    assert_int_equal(count_segments(), 3);
    assert_int_equal(journal_set_taken(journal, last, &err), 0);
    assert_int_equal(count_segments(), 1);
    append(journal, "next");
    assert_int_equal(journal_last_seq(journal), last + 1);
    journal_close(journal);
    journal = open_journal(&seen);
    assert_int_equal(seen.last_seq, last + 1);
    journal_close(journal);
}

/* The journal was lost and the database was not: numbers go on behind what was taken in. */
static void a_lost_journal_goes_on_behind_the_database(void **state)
{
    struct seen seen;
    struct journal *journal = open_journal(&seen);
    struct error err = {0};

    (void)state;
    assert_int_equal(journal_set_taken(journal, 500, &err), 0);
    append(journal, "next");
    assert_int_equal(journal_last_seq(journal), 501);
    journal_close(journal);
    journal = open_journal(&seen);
    assert_int_equal(seen.last_seq, 501);
    assert_int_equal(journal_last_seq(journal), 501);
    journal_close(journal);
}

/* A file size limit stands for a full disk. */
static void a_full_disk_leaves_no_half_line(void **state)
{
    struct seen seen;
    struct journal *journal = open_journal(&seen);

    (void)state;
    append(journal, "one");
    journal_close(journal);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct usage_line line = {.at = 1, .kind = USAGE_MESSAGE};
        const struct rlimit small = {150, 150};
        struct error err;
        (void)signal(SIGXFSZ, SIG_IGN);
        journal = open_journal(&seen);
        if (setrlimit(RLIMIT_FSIZE, &small) != 0)
            _exit(2);
        int failures = 0;
        for (int i = 0; i < 5; i++)
            failures += journal_append(journal, &line, &err) != 0 ||
                        journal_flush(journal, true, &err) != 0;
        _exit(failures >= 2 ? 0 : 3);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    journal = open_journal(&seen);
    assert_true(seen.count >= 1 && seen.count <= 4);
    assert_int_equal(seen.count, seen.last_seq);
    append(journal, "next");
    journal_close(journal);
    journal = open_journal(&seen);
    assert_string_equal(seen.last.instance, "next");
    journal_close(journal);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        FRESH(numbers_go_on_after_a_restart),
        FRESH(two_processes_cannot_have_it),
        FRESH(a_killed_process_keeps_what_it_acknowledged),
        FRESH(a_torn_line_is_cut_off_wherever_it_ends),
        FRESH(damage_in_the_middle_is_not_passed_over),
        FRESH(segments_rotate_and_go_when_taken_in),
        FRESH(a_lost_journal_goes_on_behind_the_database),
        FRESH(a_full_disk_leaves_no_half_line),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
