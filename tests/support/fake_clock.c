/*
 * fake_clock.c - time as a variable.
 */
#include "base/base.h"

#include "tests/support/fake_clock.h"

static int64_t fake_now(void *context)
{
    return ((struct fake_clock *)context)->now;
}

static int64_t fake_monotonic_ms(void *context)
{
    return ((struct fake_clock *)context)->monotonic_ms;
}

struct clock fake_clock(struct fake_clock *fake)
{
    return (struct clock){
        .now = fake_now, .monotonic_ms = fake_monotonic_ms, .context = fake};
}
