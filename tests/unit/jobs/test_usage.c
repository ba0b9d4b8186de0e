/*
 * test_usage.c - authd's journal is taken in, each record once.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/file.h"
#include "core/usage.h"
#include "issuer/jobs/jobs.h"
#include "issuer/leases/mint.h"
#include "issuer/leases/reveal.h"
#include "tests/support/issuer/app_fixture.h"

struct lab {
    struct app_fixture f;
    struct lease lease;
    struct strbuf journal; /* of the segment being written */
    int64_t seq;
};

static void lab_start(struct lab *lab)
{
    struct error err = {0};
    struct minted minted;

    *lab = (struct lab){0};
    app_fixture_start(&lab->f, NULL);
    app_fixture_fill(&lab->f);
    const struct mint_request request = {.case_id = app_fixture_case(&lab->f)};
    assert_int_equal(
        lease_mint(lab->f.app, &lab->f.mem, &fixture_agent, &request, &minted, &err),
        0);
    lab->lease = minted.lease;
    strbuf_init(&lab->journal, (size_t)1024 * 1024);
    const char *folder = arena_printf(&lab->f.mem, "%s/journal", lab->f.folder);
    assert_int_equal(file_mkdirs(folder, 0700, &err), 0);
}

static void lab_stop(struct lab *lab)
{
    strbuf_release(&lab->journal);
    app_fixture_stop(&lab->f);
}

static void add_line(struct lab *lab, enum usage_kind kind)
{
    struct usage_line line = {.seq = ++lab->seq, .at = lab->f.clock.now, .kind = kind};

    memcpy(line.username, lab->lease.username, USERNAME_LEN + 1);
    assert_true(usage_format(&line, &lab->journal));
}

/* The segment that began with record first, as it is now. */
static void write_segment(struct lab *lab, int64_t first)
{
    struct error err = {0};
    char name[USAGE_SEGMENT_NAME_LEN + 1];

    usage_segment_name(first, name);
    const char *path = arena_printf(&lab->f.mem, "%s/journal/%s", lab->f.folder, name);
    assert_int_equal(file_write(path, strbuf_slice(&lab->journal), 0600, &err), 0);
}

static void must_take(struct lab *lab)
{
    struct error err = {0};

    if (job_usage(lab->f.app, &err) != 0)
        fail_msg("%s", err.text);
}

static struct lease lease_now(struct lab *lab)
{
    struct error err = {0};
    struct store *store = NULL;
    struct lease lease;

    assert_int_equal(app_take_reader(lab->f.app, &store, &err), 0);
    assert_int_equal(store_lease_find(store, &lab->f.mem, lab->lease.id, &lease, &err),
                     0);
    app_give_back(lab->f.app, store);
    return lease;
}

static void no_journal_is_no_fault(void **state UNUSED)
{
    struct app_fixture f;
    struct error err = {0};

    app_fixture_start(&f, NULL);
    assert_int_equal(job_usage(f.app, &err), 0);
    app_fixture_stop(&f);
}

static void records_are_counted_once(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab);
    add_line(&lab, USAGE_LOGIN);
    add_line(&lab, USAGE_MESSAGE);
    write_segment(&lab, 1);
    must_take(&lab);
    must_take(&lab);
    assert_int_equal(lease_now(&lab).messages_used, 1);
    assert_int_equal(lease_now(&lab).first_login_at, lab.f.clock.now);
    add_line(&lab, USAGE_MESSAGE);
    add_line(&lab, USAGE_REFUSED_MESSAGE);
    write_segment(&lab, 1);
    must_take(&lab);
    assert_int_equal(lease_now(&lab).messages_used, 2);
    assert_int_equal(lease_now(&lab).refusals, 1);
    lab_stop(&lab);
}

static void a_line_that_is_not_finished_waits(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab);
    add_line(&lab, USAGE_MESSAGE);
    size_t whole = lab.journal.len;
    add_line(&lab, USAGE_MESSAGE);
    struct strbuf all = lab.journal;
    lab.journal.len = whole + 10;
    write_segment(&lab, 1);
    must_take(&lab);
    assert_int_equal(lease_now(&lab).messages_used, 1);
    lab.journal.len = all.len;
    write_segment(&lab, 1);
    must_take(&lab);
    assert_int_equal(lease_now(&lab).messages_used, 2);
    lab_stop(&lab);
}

static void segments_follow_each_other_and_old_ones_may_go(void **state UNUSED)
{
    struct lab lab;

    lab_start(&lab);
    for (int i = 0; i < 600; i++) /* more than one batch */
        add_line(&lab, USAGE_MESSAGE);
    write_segment(&lab, 1);
    strbuf_reset(&lab.journal);
    add_line(&lab, USAGE_MESSAGE);
    write_segment(&lab, 601);
    must_take(&lab);
    assert_int_equal(lease_now(&lab).messages_used, 601);
    assert_int_equal(
        unlink(arena_printf(&lab.f.mem, "%s/journal/usage-0000000000000001.log",
                            lab.f.folder)),
        0);
    add_line(&lab, USAGE_MESSAGE);
    write_segment(&lab, 601);
    must_take(&lab);
    assert_int_equal(lease_now(&lab).messages_used, 602);
    lab_stop(&lab);
}

static void what_stands_before_a_damaged_line_is_counted(void **state UNUSED)
{
    struct lab lab;
    struct error err = {0};

    lab_start(&lab);
    add_line(&lab, USAGE_MESSAGE);
    strbuf_puts(&lab.journal, "not a record\n");
    add_line(&lab, USAGE_MESSAGE);
    write_segment(&lab, 1);
    assert_int_equal(job_usage(lab.f.app, &err), -1);
    assert_int_equal(err.kind, ERROR_INTEGRITY);
    assert_int_equal(lease_now(&lab).messages_used, 1);
    lab_stop(&lab);
}

static void the_jobs_thread_takes_the_journal_in(void **state UNUSED)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    struct lab lab;
    struct error err = {0};
    struct jobs *jobs = NULL;

    lab_start(&lab);
    add_line(&lab, USAGE_MESSAGE);
    write_segment(&lab, 1);
    assert_int_equal(jobs_start(lab.f.app, &jobs, &err), 0);
    for (int i = 0; i < 200 && lease_now(&lab).messages_used == 0; i++)
        nanosleep(&pause, NULL);
    assert_int_equal(lease_now(&lab).messages_used, 1);
    jobs_stop(jobs);
    jobs_stop(NULL);
    lab_stop(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_journal_is_no_fault),
        cmocka_unit_test(records_are_counted_once),
        cmocka_unit_test(a_line_that_is_not_finished_waits),
        cmocka_unit_test(segments_follow_each_other_and_old_ones_may_go),
        cmocka_unit_test(what_stands_before_a_damaged_line_is_counted),
        cmocka_unit_test(the_jobs_thread_takes_the_journal_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
