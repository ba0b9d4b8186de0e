/*
 * fake_random.h - randomness that is the same in every run, and never the same twice in one.
 */
#ifndef TESTS_SUPPORT_FAKE_RANDOM_H
#define TESTS_SUPPORT_FAKE_RANDOM_H

#include "base/random.h"

struct fake_random {
    uint64_t state; /* any start value */
};
/* The result points at fake, which must outlive it. Not for several threads. */
struct random fake_random(struct fake_random *fake);

#endif
