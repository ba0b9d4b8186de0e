/*
 * clock.h - the only place that knows what time it is.
 *
 * `now` is unix seconds, UTC, sampled once per request or job and passed on as a number, into
 * SQL too. Timeouts use the monotonic clock. Tests hand in a clock of their own.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

struct clock {
    int64_t (*now)(void *context);          /* unix seconds */
    int64_t (*monotonic_ms)(void *context); /* since some start */
    void *context;
};

/* The machine's clocks. */
extern const struct clock clock_system;

int64_t clock_now(const struct clock *clock);
int64_t clock_monotonic_ms(const struct clock *clock);
/* Of the machine, for moments that no test can set. */
int64_t clock_monotonic_ns(void);

#endif
