/*
 * bench_bounce.c - bounces a second and core: our reading against GMime alone, which parses the
 * same mails and turns every part into text; and the whole jailed process against a static program
 * that only reads its input.
 */
#include "base/base.h"

#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmime/gmime.h>

#include "base/file.h"
#include "base/secret.h"
#include "issuer/bounce/bounce.h"
#include "tests/support/authd_process.h"

#define MAILS "tests/golden/bounces/*.eml"

enum {
    ROUNDS = 5,
    REPEATS = 10, /* of all mails, a round, in process */
    RUNS = 200    /* processes a round */
};

struct mails {
    glob_t paths;
    struct slice *bytes;
    size_t count;
};

static double now_s(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int mails_load(struct arena *mem, struct mails *out, struct error *err)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    if (glob(MAILS, 0, NULL, &out->paths) != 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no \"%s\" here", MAILS);
    out->count = out->paths.gl_pathc;
    out->bytes = arena_array(mem, out->count, sizeof *out->bytes);
    for (size_t i = 0; i < out->count; i++)
        if (file_read(mem, out->paths.gl_pathv[i], BOUNCE_MAX, &out->bytes[i], err) !=
            0)
            return -1;
    return 0;
}

/* ---- in process ---- */

/* The number of mails that are bounces, so that nothing can be left out unseen; -1: *err. */
static int read_ours(const struct bounce_reader *reader, const struct mails *mails,
                     struct error *err)
{
    const struct bounce_options options = {0};
    int bounces = 0;

    for (size_t i = 0; i < mails->count; i++) {
        struct arena mem;
        arena_init(&mem);
        struct bounce_evidence *evidence = ARENA_NEW(&mem, struct bounce_evidence);
        int result = bounce_read(reader, &mem, mails->bytes[i], &options, evidence,
                                 err);
        bounces += evidence->is_bounce;
        arena_release(&mem);
        if (result != 0)
            return -1;
    }
    return bounces;
}

/* Bytes of one part as text: its charset undone where it is text, its transfer encoding in any
 * case. */
static size_t text_of(GMimeObject *part)
{
    size_t len = 0;

    if (G_TYPE_CHECK_INSTANCE_TYPE(part, GMIME_TYPE_TEXT_PART)) {
        char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
        len = text != NULL ? strlen(text) : 0;
        g_free(text);
    } else if (G_TYPE_CHECK_INSTANCE_TYPE(part, GMIME_TYPE_PART)) {
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(part));
        GMimeStream *stream = g_mime_stream_mem_new();
        ssize_t written = content != NULL
                              ? g_mime_data_wrapper_write_to_stream(content, stream)
                              : 0;
        len = written > 0 ? (size_t)written : 0;
        g_object_unref(stream);
    }
    return len;
}

/* Every part of every mail, also of the mail that came back. */
static size_t read_gmime(const struct mails *mails)
{
    size_t len = 0;

    for (size_t i = 0; i < mails->count; i++) {
        GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mails->bytes[i].at,
                                                                mails->bytes[i].len);
        GMimeParser *parser = g_mime_parser_new_with_stream(stream);
        GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
        g_object_unref(stream);
        g_object_unref(parser);
        if (message == NULL)
            return 0;
        GMimePartIter *parts = g_mime_part_iter_new(GMIME_OBJECT(message));
        do
            len += text_of(g_mime_part_iter_get_current(parts));
        while (g_mime_part_iter_next(parts));
        g_mime_part_iter_free(parts);
        g_object_unref(message);
    }
    return len;
}

/* Processor time: the machine may have other work. */
static int compare_readers(const struct mails *mails, struct error *err)
{
    double ours[ROUNDS], floor[ROUNDS], ratio[ROUNDS];
    const double count = (double)(REPEATS * mails->count);
    struct bounce_reader *reader = NULL;
    int result = -1;

    if (bounce_reader_new(NULL, &reader, err) != 0)
        return -1;
    const int bounces = read_ours(reader, mails, err);
    const size_t len = read_gmime(mails);
    if (bounces < 0)
        goto out;
    if (bounces == 0 || len == 0) {
        (void)error_set(err, ERROR_INTERNAL, "nothing was read");
        goto out;
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        const double start = now_s(CLOCK_PROCESS_CPUTIME_ID);
        for (int j = 0; j < REPEATS; j++)
            if (read_gmime(mails) != len)
                goto differs;
        const double middle = now_s(CLOCK_PROCESS_CPUTIME_ID);
        for (int j = 0; j < REPEATS; j++)
            if (read_ours(reader, mails, err) != bounces)
                goto differs;
        ours[i] = count / (now_s(CLOCK_PROCESS_CPUTIME_ID) - middle);
        floor[i] = count / (middle - start);
        ratio[i] = ours[i] / floor[i];
    }
    (void)printf(
        "bounce, in process: %.2f of the rate of GMime alone (medians of %d rounds of "
        "%.0f mails, %zu kinds: %.0f and %.0f a second and core)\n",
        median(ratio, ROUNDS), ROUNDS, count, mails->count, median(ours, ROUNDS),
        median(floor, ROUNDS));
    result = 0;
    goto out;
differs:
    (void)error_set(err, ERROR_INTERNAL, "two readings of the same mails differ");
out:
    bounce_reader_free(reader);
    return result;
}

/* ---- the whole process ---- */

/* One mail on standard input; the exit status. */
static int run_on(char *const *argv, const char *path)
{
    posix_spawn_file_actions_t actions;
    int status = -1;
    pid_t pid;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, path, O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                           O_WRONLY, 0);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) == 0)
        (void)waitpid(pid, &status, 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    return status;
}

/* Microseconds a mail, or a negative number. */
static double measure(char *const *argv, const struct mails *mails)
{
    const double start = now_s(CLOCK_MONOTONIC);

    for (size_t i = 0; i < RUNS; i++)
        if (run_on(argv, mails->paths.gl_pathv[i % mails->count]) != 0)
            return -1;
    return (now_s(CLOCK_MONOTONIC) - start) / RUNS * 1e6;
}

static int compare_programs(const char *build, const struct mails *mails,
                            struct error *err)
{
    char program[256], floor[] = "/tmp/cs-bench-floor-XXXXXX";
    double program_us[ROUNDS], floor_us[ROUNDS], ratio[ROUNDS];
    int result = -1;

    int fd = mkstemp(floor);
    if (fd < 0)
        return error_set(err, ERROR_UNAVAILABLE, "could not make a file");
    (void)close(fd);
    (void)snprintf(program, sizeof program, "%s/cleansmtp-bounce", build);
    const char *const compile[] = {
        "cc", "-static", "-O2", "-o", floor, "tests/bench/floor_stdin.c", NULL};
    char *const program_argv[] = {program, NULL};
    char *const floor_argv[] = {floor, NULL};
    if (process_run(compile, err) != 0)
        goto out;
    for (size_t i = 0; i < ROUNDS; i++) {
        floor_us[i] = measure(floor_argv, mails);
        program_us[i] = measure(program_argv, mails);
        if (floor_us[i] < 0 || program_us[i] < 0) {
            (void)error_set(err, ERROR_INTERNAL, "a program failed");
            goto out;
        }
        ratio[i] = program_us[i] / floor_us[i];
    }
    (void)printf("bounce, whole process: %.2f times a static program that only reads "
                 "(medians of %d rounds of %d mails: %.0f us and %.0f us)\n",
                 median(ratio, ROUNDS), ROUNDS, RUNS, median(program_us, ROUNDS),
                 median(floor_us, ROUNDS));
    result = 0;
out:
    (void)unlink(floor);
    return result;
}

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build/release";
    struct mails mails = {0};
    struct error err = {0};
    struct arena mem;

    secret_startup();
    arena_init(&mem);
    int result = mails_load(&mem, &mails, &err);
    if (result == 0)
        result = compare_readers(&mails, &err);
    if (result == 0)
        result = compare_programs(build, &mails, &err);
    if (result != 0)
        (void)fprintf(stderr, "bench_bounce: %s\n", err.text);
    globfree(&mails.paths);
    arena_release(&mem);
    return result == 0 ? 0 : 1;
}
