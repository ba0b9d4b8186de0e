/*
 * test_log.c - one event, one line.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "base/strbuf.h"

/* What act writes to standard error. */
static void capture(void (*act)(void), struct strbuf *out)
{
    int ends[2];
    int saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    assert_true(saved >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
    close(ends[1]);
    act();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    strbuf_init(out, 10000);
    assert_int_equal(file_read_fd(out, ends[0], 10000, NULL), 0);
    close(ends[0]);
}

static void log_pairs(void)
{
    log_event(LOG_LEVEL_INFO, "lease.minted", "lease", "17", "left_out", (char *)NULL,
              "mailbox", "a b\n@c.example", NULL);
    log_event(LOG_LEVEL_DEBUG, "not.shown", NULL);
    log_event(LOG_LEVEL_ERROR, "bare", NULL);
}

static void values_are_escaped_and_null_is_left_out(void **state UNUSED)
{
    struct strbuf got;

    capture(log_pairs, &got);
    assert_string_equal(
        got.at, "<6>event=lease.minted lease=17 mailbox=a\\x20b\\x0a@c.example\n"
                "<3>event=bare\n");
    strbuf_release(&got);
}

static void log_long(void)
{
    char value[4000];

    /* Around the ceiling of a line: the newline must survive every length. */
    for (size_t len = 2000; len < 2100; len++) {
        memset(value, 'x', len);
        value[len] = '\0';
        log_event(LOG_LEVEL_INFO, "e", "k", value, NULL);
    }
}

static void every_line_ends_however_long(void **state UNUSED)
{
    struct strbuf got;
    struct slice rest = {0};
    struct slice line = {0};
    int ends[2];
    int saved = dup(STDERR_FILENO);
    size_t lines = 0;
    size_t bytes = 0;

    /* More than a pipe holds: a file instead. */
    ends[0] = memfd_create("log", MFD_CLOEXEC);
    assert_true(saved >= 0 && ends[0] >= 0 && dup2(ends[0], STDERR_FILENO) >= 0);
    log_long();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    assert_int_equal(lseek(ends[0], 0, SEEK_SET), 0);
    strbuf_init(&got, 1000000);
    assert_int_equal(file_read_fd(&got, ends[0], 1000000, NULL), 0);
    close(ends[0]);
    rest = strbuf_slice(&got);
    assert_int_equal(rest.at[rest.len - 1], '\n');
    while (slice_line(&rest, &line)) {
        assert_true(slice_starts(line, "<6>event=e k=xx"));
        lines++;
        bytes += line.len;
    }
    assert_int_equal(lines, 100);
    assert_true(bytes < lines * 2048);
    strbuf_release(&got);
}

static void the_level_decides(void **state UNUSED)
{
    struct strbuf got;

    log_set_level(LOG_LEVEL_ERROR);
    capture(log_pairs, &got);
    log_set_level(LOG_LEVEL_INFO);
    assert_string_equal(got.at, "<3>event=bare\n");
    strbuf_release(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_escaped_and_null_is_left_out),
        cmocka_unit_test(every_line_ends_however_long),
        cmocka_unit_test(the_level_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
