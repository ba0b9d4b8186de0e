/*
 * authd_process.c - the real cleansmtp-authd over a seeded state folder.
 */
#include "base/base.h"

#include "tests/support/authd_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/socket.h"
#include "tests/support/seed.h"

int process_start(const char *const *argv, pid_t *out, struct error *err)
{
    posix_spawn_file_actions_t actions;
    /* posix_spawn takes pointers to non-const and does not write. */
    union {
        const char *const *in;
        char *const *out;
    } arguments = {argv};

    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
                                         0) != 0)
        return error_set(err, ERROR_INTERNAL, "cannot prepare \"%s\"", argv[0]);
    int why = posix_spawnp(out, argv[0], &actions, NULL, arguments.out, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (why != 0)
        return error_set_errno(err, ERROR_INTERNAL, why, "could not start \"%s\"",
                               argv[0]);
    return 0;
}

void process_stop(pid_t pid)
{
    if (pid > 0 && kill(pid, SIGTERM) == 0)
        (void)waitpid(pid, NULL, 0);
}

int process_run(const char *const *argv, struct error *err)
{
    int status;
    pid_t pid = 0;

    if (process_start(argv, &pid, err) != 0)
        return -1;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return error_set(err, ERROR_INTERNAL, "\"%s\" failed", argv[0]);
    return 0;
}

int process_wait_socket(const char *path, struct error *err)
{
    const struct timespec step = {.tv_nsec = 20000000};
    int fd;

    for (int i = 0; i < 1500; i++) {
        if (socket_connect_unix(path, 1000, &fd, err) == 0) {
            (void)close(fd);
            return 0;
        }
        (void)nanosleep(&step, NULL);
    }
    return -1;
}

int process_wait_file(const char *path, unsigned max_s, struct error *err)
{
    const struct timespec step = {.tv_nsec = 20000000};

    for (unsigned i = 0; i < 50 * max_s; i++) {
        if (access(path, F_OK) == 0)
            return 0;
        (void)nanosleep(&step, NULL);
    }
    return error_set(err, ERROR_UNAVAILABLE, "\"%s\" did not come in %u s", path,
                     max_s);
}

/* What is measured is the work, not the wait before a refusal. */
static int answer_at_once(const char *config, struct error *err)
{
    FILE *file = fopen(config, "ae");

    if (file == NULL || fputs("auth { failure_delay = \"0ms\" }\n", file) < 0 ||
        fclose(file) != 0)
        return error_set(err, ERROR_UNAVAILABLE, "could not write \"%s\"", config);
    return 0;
}

int authd_process_start(const char *build, unsigned count, struct authd_process *out,
                        struct error *err)
{
    char program[256], config[128], socket[128];

    *out = (struct authd_process){.folder = "/tmp/cs-bench-XXXXXX"};
    if (mkdtemp(out->folder) == NULL)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not make a folder");
    (void)snprintf(program, sizeof program, "%s/cleansmtp-authd", build);
    (void)snprintf(config, sizeof config, "%s/cleansmtp.conf", out->folder);
    (void)snprintf(socket, sizeof socket, "%s/run/verify", out->folder);
    const char *const argv[] = {program, "-c", config, NULL};
    if (seed_state(out->folder, count, clock_now(&clock_system), err) != 0 ||
        answer_at_once(config, err) != 0 || process_start(argv, &out->pid, err) != 0 ||
        process_wait_socket(socket, err) != 0) {
        authd_process_stop(out);
        return -1;
    }
    return 0;
}

void authd_process_stop(struct authd_process *process)
{
    const char *const argv[] = {"rm", "-rf", process->folder, NULL};
    struct error ignored;

    process_stop(process->pid);
    if (process_run(argv, &ignored) != 0)
        (void)fprintf(stderr, "could not remove %s\n", process->folder);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}
