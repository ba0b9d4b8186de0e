/*
 * authd_process.h - the real cleansmtp-authd over a seeded state folder, for benchmarks.
 */
#ifndef TESTS_SUPPORT_AUTHD_PROCESS_H
#define TESTS_SUPPORT_AUTHD_PROCESS_H

#include <sys/types.h>

#include "base/error.h"

struct authd_process {
    char folder[64]; /* made below /tmp, removed at the end */
    pid_t pid;
};

/* Seed `count` leases, start build/cleansmtp-authd without a delay of refusals, wait until it
 * answers. */
NODISCARD int authd_process_start(const char *build, unsigned count,
                                  struct authd_process *out, struct error *err);
void authd_process_stop(struct authd_process *process);

/* Start a program with standard error to /dev/null; argv is NULL-ended. */
NODISCARD int process_start(const char *const *argv, pid_t *out, struct error *err);
void process_stop(pid_t pid);
/* Run a program and wait; ERROR_INTERNAL unless it ends with 0. */
NODISCARD int process_run(const char *const *argv, struct error *err);
/* Until somebody answers on the socket, 30 s at most. */
NODISCARD int process_wait_socket(const char *path, struct error *err);

/* Until there is such a file. */
NODISCARD int process_wait_file(const char *path, unsigned max_s, struct error *err);

/* The middle of `count` values, which are sorted in place. */
double median(double *values, size_t count);

#endif
