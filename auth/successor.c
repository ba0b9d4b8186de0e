/*
 * successor.c - the trial of a new binary, and exec.
 */
#include "base/base.h"

#include "auth/successor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

enum {
    SUCCESSOR_TRIAL_MS = 10000
};

static char **argv_of_trial(char *const *argv)
{
    static char option[] = "-t";
    size_t count = 0;

    while (argv[count] != NULL)
        count++;
    char **trial = xcalloc(count + 2, sizeof *trial);
    for (size_t i = 0; i < count; i++)
        trial[i] = argv[i];
    trial[count] = option;
    return trial;
}

/* Its word "good" is for a person at a terminal; its complaint goes to our log. */
static int spawn_trial(char *const *argv, pid_t *out)
{
    char **trial = argv_of_trial(argv);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;

    (void)sigemptyset(&none);
    if (posix_spawn_file_actions_init(&files) != 0 ||
        posix_spawnattr_init(&attributes) != 0)
        abort(); /* out of memory, as in alloc.h */
    int result = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
                                                  O_WRONLY, 0);
    if (result == 0)
        result = posix_spawnattr_setsigmask(&attributes, &none);
    if (result == 0)
        result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (result == 0)
        result = posix_spawnp(out, argv[0], &files, &attributes, trial, environ);
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    free(trial);
    return result;
}

int successor_try(struct successor *successor, int64_t now_ms, struct error *err)
{
    int why = spawn_trial(successor->argv, &successor->pid);

    if (why == 0) {
        successor->deadline_ms = now_ms + SUCCESSOR_TRIAL_MS;
        return 0;
    }
    successor->pid = 0;
    return error_set_errno(err, ERROR_UNAVAILABLE, why, "could not run \"%s\"",
                           successor->argv[0]);
}

enum successor_state successor_state(struct successor *successor, int64_t now_ms)
{
    int status;

    if (successor->pid == 0)
        return SUCCESSOR_NONE;
    if (waitpid(successor->pid, &status, WNOHANG) == successor->pid) {
        successor->pid = 0;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? SUCCESSOR_GOOD
                                                             : SUCCESSOR_BAD;
    }
    if (now_ms < successor->deadline_ms)
        return SUCCESSOR_TRIED;
    successor_forget(successor);
    return SUCCESSOR_BAD;
}

void successor_forget(struct successor *successor)
{
    if (successor->pid == 0)
        return;
    (void)kill(successor->pid, SIGKILL);
    while (waitpid(successor->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    successor->pid = 0;
}

int successor_become(const struct successor *successor, struct error *err)
{
    (void)execvp(successor->argv[0], successor->argv);
    return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not run \"%s\"",
                           successor->argv[0]);
}
