/*
 * run.c - one child, two pipes, a deadline.
 */
#include "base/base.h"

#include "issuer/mtacheck/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"

enum {
    POLL_REAP_MS = 2
};

struct stream {
    int fd; /* our end; -1 when closed */
    struct strbuf text;
};
struct child {
    pid_t pid;
    struct stream out, complaints;
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Its input is empty; of our environment it gets the path by which it was found. */
static int spawn(const char *const *argv, int out_fd, int complaints_fd, pid_t *out_pid)
{
    static char locale[] = "LC_ALL=C";
    /* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *path = getenv("PATH");
    char path_line[4096] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *environment[] = {path_line, locale, NULL};
    posix_spawn_file_actions_t actions;
    char **words;

    if (path != NULL)
        (void)snprintf(path_line, sizeof path_line, "PATH=%s", path);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    memcpy(&words, &argv, sizeof words); /* posix_spawn writes to none of them */
    int failed =
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY,
                                         0) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, complaints_fd, STDERR_FILENO) != 0;
    int status = failed ? ENOMEM
                        : posix_spawnp(out_pid, argv[0], &actions, NULL, words,
                                       environment);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static int child_start(const char *const *argv, struct child *child, struct error *err)
{
    int out[2] = {-1, -1};
    int complaints[2] = {-1, -1};
    int status = 0;

    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(complaints, O_CLOEXEC) != 0)
        status = errno;
    else
        status = spawn(argv, out[1], complaints[1], &child->pid);
    close_end(&out[1]);
    close_end(&complaints[1]);
    if (status != 0) {
        close_end(&out[0]);
        close_end(&complaints[0]);
        return error_set_errno(err,
                               status == ENOENT ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE,
                               status, "could not run \"%s\"", argv[0]);
    }
    child->out.fd = out[0];
    child->complaints.fd = complaints[0];
    return 0;
}

static void drain(struct stream *stream)
{
    char bytes[16384];
    ssize_t got = read(stream->fd, bytes, sizeof bytes);

    if (got < 0 && errno == EINTR)
        return;
    if (got > 0)
        strbuf_add(&stream->text, bytes, (size_t)got);
    else
        close_end(&stream->fd);
}

/* Until both ends are closed, or the deadline, or too much. */
static void listen_to(struct child *child, int64_t deadline_ms)
{
    while ((child->out.fd >= 0 || child->complaints.fd >= 0) && !child->out.text.full) {
        struct pollfd polls[] = {
            {.fd = child->out.fd,        .events = POLLIN},
            {.fd = child->complaints.fd, .events = POLLIN}
        };
        int64_t left_ms = deadline_ms - clock_monotonic_ms(&clock_system);
        if (left_ms <= 0)
            return;
        if (poll(polls, ARRAY_LEN(polls), (int)left_ms) <= 0)
            continue;
        if (polls[0].revents != 0)
            drain(&child->out);
        if (polls[1].revents != 0)
            drain(&child->complaints);
    }
}

/* Its exit status, or -1 when it was killed, by us or by others. */
static int child_end(struct child *child, int64_t deadline_ms)
{
    static const struct timespec pause = {.tv_nsec = POLL_REAP_MS * 1000000L};
    bool is_killed = false;
    int status = 0;

    for (;;) {
        pid_t ended = waitpid(child->pid, &status, WNOHANG);
        if (ended == child->pid)
            break;
        if (ended < 0 && errno != EINTR)
            return -1;
        if (!is_killed && (child->out.text.full ||
                           clock_monotonic_ms(&clock_system) >= deadline_ms)) {
            kill(child->pid, SIGKILL);
            is_killed = true;
        }
        nanosleep(&pause, NULL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What it complained of, on one line. */
static const char *one_line(struct arena *mem, const struct strbuf *text)
{
    char *line = arena_slice(mem, slice_trim(strbuf_slice(text)));

    for (char *at = line; *at != '\0'; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    return line;
}

int run_program(struct arena *mem, const char *const *argv, struct run *out,
                struct error *err)
{
    struct child child = {.pid = -1, .out = {.fd = -1}, .complaints = {.fd = -1}};
    int64_t deadline_ms = clock_monotonic_ms(&clock_system) + RUN_DEADLINE_MS;
    int status;
    int result = -1;

    strbuf_init(&child.out.text, RUN_OUTPUT_MAX);
    strbuf_init(&child.complaints.text, RUN_COMPLAINT_MAX);
    if (child_start(argv, &child, err) != 0)
        goto out;
    listen_to(&child, deadline_ms);
    close_end(&child.out.fd);
    close_end(&child.complaints.fd);
    status = child_end(&child, deadline_ms);
    if (child.out.text.full) {
        error_set(err, ERROR_UNAVAILABLE, "\"%s\" printed more than %d bytes", argv[0],
                  (int)RUN_OUTPUT_MAX);
        goto out;
    }
    if (status < 0) {
        error_set(err, ERROR_UNAVAILABLE,
                  "\"%s\" did not end within %d s, or was killed", argv[0],
                  (int)RUN_DEADLINE_MS / 1000);
        goto out;
    }
    *out = (struct run){
        .status = status,
        .output = slice_from(arena_slice(mem, strbuf_slice(&child.out.text))),
        .complaint = one_line(mem, &child.complaints.text)};
    result = 0;

out:
    strbuf_release(&child.out.text);
    strbuf_release(&child.complaints.text);
    return result;
}

int run_program_well(struct arena *mem, const char *const *argv, struct slice *output,
                     struct error *err)
{
    struct run run;

    if (run_program(mem, argv, &run, err) != 0)
        return -1;
    if (run.status != 0)
        return error_set(err, ERROR_UNAVAILABLE, "\"%s\" ended with status %d: %.160s",
                         argv[0], run.status, run.complaint);
    *output = run.output;
    return 0;
}
