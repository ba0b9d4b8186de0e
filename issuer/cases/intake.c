/*
 * intake.c - run cleansmtp-bounce once: its input through a socket, its output through a pipe.
 *
 * Input goes through a socket pair and not a pipe, because MSG_NOSIGNAL exists for sockets only:
 * a child that ends early must not cost the daemon a SIGPIPE, whatever its main has set up.
 */
#include "base/base.h"

#include "issuer/cases/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/cases/evidence.h"

enum {
    DEADLINE_MS = 5000, /* the child gives itself 2 s of processor time */
    SHARED_MAX = 256,   /* what cleansmtp-bounce takes (issuer/bounce/bounce.h) */
    POLL_REAP_MS = 2,
    BAD_TABLE = 78 /* docs/protocols/bounce.md */
};

struct child {
    pid_t pid;
    int to, from; /* -1 when closed */
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* program [--explain] [--rules DIR] [--shared NETWORK]… NULL */
static int arguments(struct app *app, struct arena *mem, bool explains, char ***out,
                     struct error *err)
{
    const char *rules = app_config(app)->bounce_rules;
    struct store *store = NULL;
    struct shared_range *shared = NULL;
    size_t count = 0;
    size_t argc = 0;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_shared_list(store, mem, &shared, &count, err);
    app_give_back(app, store);
    if (result != 0)
        return -1;
    /* A hint for the choice among candidates; whether an address is ours is decided here later,
     * with all ranges. */
    if (count > SHARED_MAX)
        count = SHARED_MAX;
    char **argv = arena_array(mem, 2 * count + 5, sizeof *argv);
    argv[argc++] = arena_strdup(mem, app_config(app)->bounce_program);
    if (explains)
        argv[argc++] = arena_strdup(mem, "--explain");
    if (rules[0] != '\0') {
        argv[argc++] = arena_strdup(mem, "--rules");
        argv[argc++] = arena_strdup(mem, rules);
    }
    for (size_t i = 0; i < count; i++) {
        argv[argc++] = arena_strdup(mem, "--shared");
        argv[argc++] = arena_strdup(mem, shared[i].network);
    }
    *out = argv;
    return 0;
}

/* What the child is born with: three descriptors, no signal blocked or ignored. */
static int spawn(char **argv, int child_in, int child_out, pid_t *out_pid)
{
    static char path[] = "PATH=/usr/bin:/bin";
    static char locale[] = "LC_ALL=C.UTF-8";
    char *environment[] = {path, locale, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    sigemptyset(&none);
    sigfillset(&all);
    int failed =
        posix_spawn_file_actions_adddup2(&actions, child_in, STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, child_out, STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
                                         0) != 0 ||
        posix_spawnattr_setsigmask(&attributes, &none) != 0 ||
        posix_spawnattr_setsigdefault(&attributes, &all) != 0 ||
        posix_spawnattr_setflags(&attributes,
                                 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) != 0;
    int status = failed ? ENOMEM
                        : posix_spawn(out_pid, argv[0], &actions, &attributes, argv,
                                      environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static int child_start(char **argv, struct child *out, struct error *err)
{
    int in[2] = {-1, -1};
    int output[2] = {-1, -1};
    pid_t pid = -1;
    int status;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, in) != 0 ||
        pipe2(output, O_CLOEXEC) != 0) {
        status = errno;
        close_end(&in[0]);
        close_end(&in[1]);
        return error_set_errno(err, ERROR_UNAVAILABLE, status,
                               "could not make a pipe to \"%s\"", argv[0]);
    }
    /* The child's end must block: it reads until the end. */
    status = fcntl(in[1], F_SETFL, 0) != 0 || fcntl(output[0], F_SETFL, O_NONBLOCK) != 0
                 ? errno
                 : spawn(argv, in[1], output[1], &pid);
    close_end(&in[1]);
    close_end(&output[1]);
    if (status != 0) {
        close_end(&in[0]);
        close_end(&output[0]);
        return error_set_errno(err, ERROR_INTERNAL, status, "could not start \"%s\"",
                               argv[0]);
    }
    *out = (struct child){.pid = pid, .to = in[0], .from = output[0]};
    return 0;
}

/* Send what fits; the end is closed when all is sent or nobody reads any more. */
static void feed(struct child *child, struct slice *rest)
{
    ssize_t sent = send(child->to, rest->at, rest->len, MSG_NOSIGNAL);

    if (sent >= 0)
        *rest = slice_skip(*rest, (size_t)sent);
    else if (errno == EAGAIN || errno == EINTR)
        return;
    if (sent < 0 || rest->len == 0)
        close_end(&child->to);
}

/* Take what is there; the end is closed at its end, or beyond the ceiling. */
static void drain(struct child *child, struct strbuf *output)
{
    char bytes[16384];
    ssize_t got = read(child->from, bytes, sizeof bytes);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        strbuf_add(output, bytes, (size_t)got);
    if (got <= 0 || output->full)
        close_end(&child->from);
}

/* Until its output ends, or the deadline. */
static void converse(struct child *child, struct slice bounce, struct strbuf *output,
                     int64_t deadline_ms)
{
    if (bounce.len == 0)
        close_end(&child->to);
    while (child->from >= 0) {
        struct pollfd polls[] = {
            {.fd = child->from, .events = POLLIN },
            {.fd = child->to,   .events = POLLOUT}
        };
        int64_t left_ms = deadline_ms - clock_monotonic_ms(&clock_system);
        if (left_ms <= 0)
            return;
        if (poll(polls, ARRAY_LEN(polls), (int)left_ms) <= 0)
            continue;
        if (polls[1].revents != 0)
            feed(child, &bounce);
        if (polls[0].revents != 0)
            drain(child, output);
    }
}

/* Its exit status, or -1 when it had to be killed, or was. */
static int child_end(struct child *child, int64_t deadline_ms)
{
    static const struct timespec pause = {.tv_nsec = POLL_REAP_MS * 1000000L};
    bool is_killed = false;
    int status = 0;

    close_end(&child->to);
    close_end(&child->from);
    for (;;) {
        pid_t ended = waitpid(child->pid, &status, WNOHANG);
        if (ended == child->pid)
            break;
        if (ended < 0 && errno != EINTR)
            return -1;
        if (!is_killed && clock_monotonic_ms(&clock_system) >= deadline_ms) {
            kill(child->pid, SIGKILL);
            is_killed = true;
        }
        nanosleep(&pause, NULL);
    }
    return !is_killed && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* It could not start, or could not write (docs/protocols/bounce.md). 127 is a shell's, or exec's,
 * way to say that there is no such program. */
static bool is_our_fault(int status)
{
    return status == 1 || status == 2 || status == 127;
}

/* out_explain: NULL where nobody wants it. */
static int read_bounce(struct app *app, struct arena *mem, struct slice bounce,
                       struct evidence *out, const char **out_explain,
                       struct error *err)
{
    struct child child = {.pid = -1, .to = -1, .from = -1};
    struct strbuf output;
    char **argv = NULL;

    if (bounce.len > BOUNCE_MAX)
        return error_set(err, ERROR_INVALID, "the bounce is larger than %d MiB",
                         (int)(BOUNCE_MAX / (1024 * 1024)));
    if (arguments(app, mem, out_explain != NULL, &argv, err) != 0 ||
        child_start(argv, &child, err) != 0)
        return -1;
    int64_t deadline_ms = clock_monotonic_ms(&clock_system) + DEADLINE_MS;
    strbuf_init(&output, EVIDENCE_MAX);
    converse(&child, bounce, &output, deadline_ms);
    int status = child_end(&child, deadline_ms);
    int result = 0;
    if (status == BAD_TABLE)
        result = error_set(err, ERROR_UNAVAILABLE,
                           "a row in the folder \"%.100s\" (bounce_rules) is wrong",
                           app_config(app)->bounce_rules);
    else if (is_our_fault(status))
        result = error_set(err, ERROR_INTERNAL, "\"%s\" ended with status %d", argv[0],
                           status);
    else if (status != 0 || output.full ||
             !evidence_decode(mem, strbuf_slice(&output), out))
        evidence_unreadable(out);
    else if (out_explain != NULL)
        *out_explain = arena_slice(mem, strbuf_slice(&output));
    strbuf_release(&output);
    return result;
}

int intake_read(struct app *app, struct arena *mem, struct slice bounce,
                struct evidence *out, struct error *err)
{
    return read_bounce(app, mem, bounce, out, NULL, err);
}

int intake_explain(struct app *app, struct arena *mem, struct slice bounce,
                   struct evidence *out, const char **out_explain, struct error *err)
{
    *out_explain = NULL;
    return read_bounce(app, mem, bounce, out, out_explain, err);
}
