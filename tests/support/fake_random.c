/*
 * fake_random.c - splitmix64 (Steele, Lea, Flood 2014): good spread, one word of state.
 */
#include "base/base.h"

#include "tests/support/fake_random.h"

static void fake_fill(void *context, void *out, size_t len)
{
    struct fake_random *fake = context;
    unsigned char *at = out;

    for (size_t i = 0; i < len; i++) {
        fake->state += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = fake->state;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        at[i] = (unsigned char)(z >> 56);
    }
}

struct random fake_random(struct fake_random *fake)
{
    return (struct random){.fill = fake_fill, .context = fake};
}
