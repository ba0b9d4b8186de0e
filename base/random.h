/*
 * random.h - randomness as an argument, so that the core stays pure and tests can steer it.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/base.h"

struct random {
    void (*fill)(void *context, void *out, size_t len);
    void *context;
};

/* getrandom(2); aborts when the kernel has none. */
extern const struct random random_system;

void random_fill(const struct random *random, void *out, size_t len);
/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint32_t random_below(const struct random *random, uint32_t bound);
/* len characters of alphabet and a NUL into text. */
void random_text(const struct random *random, const char *alphabet, char *text,
                 size_t len);

#endif
