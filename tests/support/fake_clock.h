/*
 * fake_clock.h - a clock that stands still until the test moves it.
 */
#ifndef TESTS_SUPPORT_FAKE_CLOCK_H
#define TESTS_SUPPORT_FAKE_CLOCK_H

#include "base/clock.h"

/* 2026-11-24T09:00:00Z */
#define FAKE_CLOCK_START INT64_C(1795510800)

struct fake_clock {
    int64_t now, monotonic_ms;
};
/* clock points at fake, which must outlive it. */
struct clock fake_clock(struct fake_clock *fake);

#endif
