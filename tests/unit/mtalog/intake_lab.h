/*
 * intake_lab.h - a store, an intake, and a log that a test writes, renames, cuts and takes away.
 */
#ifndef TESTS_UNIT_MTALOG_INTAKE_LAB_H
#define TESTS_UNIT_MTALOG_INTAKE_LAB_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
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

static inline void start_lab(struct lab *lab)
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

static inline int remove_one(const char *path, const struct stat *info UNUSED,
                             int type UNUSED, struct FTW *where UNUSED)
{
    return remove(path);
}

static inline void stop_lab(struct lab *lab)
{
    intake_free(lab->intake);
    store_close(lab->store);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    assert_int_equal(nftw(lab->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    arena_release(&lab->mem);
}

static inline void restart(struct lab *lab)
{
    intake_free(lab->intake);
    lab->intake = intake_new();
}

static inline const char *beside(struct lab *lab, const char *name)
{
    return arena_printf(&lab->mem, "%s/%s", lab->folder, name);
}

static inline void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static inline const char *line(struct lab *lab, const char *process, const char *text)
{
    char when[TIMETEXT_RFC3339_MAX + 1];

    timetext_rfc3339(lab->now, when);
    return arena_printf(&lab->mem, "%s mail postfix/%s[1]: 3C1B12A0F3: %s\n", when,
                        process, text);
}

static inline void put_message(struct lab *lab)
{
    append(lab->log, line(lab, "smtpd", "client=x[192.0.2.1], sasl_username=" LOGIN));
}

static inline const char *attempt(struct lab *lab)
{
    return line(lab, "smtp",
                arena_printf(&lab->mem,
                             "to=<r%d@remote.example>, relay=mx[203.0.113.25]:25, "
                             "dsn=2.0.0, status=sent (250 ok)",
                             ++lab->recipients));
}

static inline void put_attempts(struct lab *lab, int count)
{
    for (int i = 0; i < count; i++)
        append(lab->log, attempt(lab));
}

static inline int commit(void *context, const struct log_batch *batch,
                         struct error *err)
{
    struct lab *lab = context;

    if (lab->fails)
        return error_set(err, ERROR_UNAVAILABLE, "the disk is full");
    return store_log_apply(lab->store, batch, err);
}

static inline int try_round(struct lab *lab, struct error *err)
{
    struct intake_terms terms = {.path = lab->log,
                                 .read = mtalog_read_postfix,
                                 .now = lab->now,
                                 .commit = commit,
                                 .context = lab};

    assert_int_equal(store_log_position(lab->store, &terms.position, err), 0);
    return intake_round(lab->intake, &terms, &lab->report, err);
}

static inline void rounds(struct lab *lab, int count)
{
    struct error err = {0};

    for (int i = 0; i < count; i++)
        if (try_round(lab, &err) != 0)
            fail_msg("%s", err.text);
}

/* Exactly what was written, each once: attempts are counted, and each recipient is looked for. */
static inline void assert_taken(struct lab *lab, int want)
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

static inline bool covers(struct lab *lab, int64_t from, int64_t until)
{
    struct error err = {0};
    bool is_covered = false;

    assert_int_equal(store_log_covers(lab->store, from, until, &is_covered, &err), 0);
    return is_covered;
}

/* The gaps, newest first: "lost 10-20, started_late ..-0" with times since START. */
static inline void assert_gaps(struct lab *lab, const char *want)
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

#endif
