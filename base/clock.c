/*
 * clock.c - the machine's clocks.
 */
#include "base/base.h"

#include "base/clock.h"

static int64_t system_now(void *context UNUSED)
{
    struct timespec at;

    if (clock_gettime(CLOCK_REALTIME, &at) != 0)
        abort();
    return (int64_t)at.tv_sec;
}

static int64_t system_monotonic_ms(void *context UNUSED)
{
    struct timespec at;

    if (clock_gettime(CLOCK_MONOTONIC, &at) != 0)
        abort();
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

const struct clock clock_system = {.now = system_now,
                                   .monotonic_ms = system_monotonic_ms};

int64_t clock_now(const struct clock *clock)
{
    return clock->now(clock->context);
}

int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_ms(clock->context);
}

int64_t clock_monotonic_ns(void)
{
    struct timespec at;

    if (clock_gettime(CLOCK_MONOTONIC, &at) != 0)
        abort();
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}
