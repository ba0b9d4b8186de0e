/*
 * successor.h - the program that shall take our place (SIGUSR2): tried first, then executed.
 *
 * Tried: the same command with -t in a child. A new binary that does not run here, or a
 * configuration that it cannot read, ends there, and the old process goes on as if nothing had
 * been asked.
 */
#ifndef AUTH_SUCCESSOR_H
#define AUTH_SUCCESSOR_H

#include <sys/types.h>

#include "base/error.h"

enum successor_state {
    SUCCESSOR_NONE,  /* nobody is being tried */
    SUCCESSOR_TRIED, /* still running */
    SUCCESSOR_GOOD,
    SUCCESSOR_BAD
};

struct successor {
    char *const *argv; /* of main; argv[0] is looked up as it was at our own start */
    pid_t pid;         /* of the trial; 0: none */
    int64_t deadline_ms;
};

/* Start the trial; it gets SUCCESSOR_TRIAL_MS. */
NODISCARD int successor_try(struct successor *successor, int64_t now_ms,
                            struct error *err);
/* What became of it, without waiting; GOOD and BAD are told once. */
enum successor_state successor_state(struct successor *successor, int64_t now_ms);
/* End a trial that runs. */
void successor_forget(struct successor *successor);

/* Become it. Returns only when that failed. */
int successor_become(const struct successor *successor, struct error *err);

#endif
