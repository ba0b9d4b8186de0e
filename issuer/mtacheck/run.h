/*
 * run.h - run a mail server's own program and take what it prints: clean environment, bounded time
 * and output.
 */
#ifndef ISSUER_MTACHECK_RUN_H
#define ISSUER_MTACHECK_RUN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

enum {
    RUN_DEADLINE_MS = 10 * 1000,
    RUN_OUTPUT_MAX = 4 * 1024 * 1024,
    RUN_COMPLAINT_MAX = 4096
};

struct run {
    int status;          /* exit status */
    struct slice output; /* standard output, in mem */
    const char
        *complaint; /* what it wrote to standard error, on one line; "" for nothing */
};
/* argv[0] is looked for in PATH. -1 when it cannot be started (ERROR_NOT_FOUND: there is no such
 * program), is killed, takes too long or prints too much. */
NODISCARD int run_program(struct arena *mem, const char *const *argv, struct run *out,
                          struct error *err);
/* The same, and a status other than 0 is ERROR_UNAVAILABLE with the program's own complaint. */
NODISCARD int run_program_well(struct arena *mem, const char *const *argv,
                               struct slice *output, struct error *err);

#endif
