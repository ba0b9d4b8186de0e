/*
 * random.c - getrandom(2), and uniform choice without bias.
 */
#include "base/base.h"

#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

static void system_fill(void *context UNUSED, void *out, size_t len)
{
    unsigned char *at = out;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        at += got;
        len -= (size_t)got;
    }
}

const struct random random_system = {.fill = system_fill};

void random_fill(const struct random *random, void *out, size_t len)
{
    random->fill(random->context, out, len);
}

uint32_t random_below(const struct random *random, uint32_t bound)
{
    assert(bound > 0);
    /* 2^32 mod bound values at the bottom would make the small results likelier: draw again. */
    uint32_t unfair = (UINT32_MAX - bound + 1) % bound;
    uint32_t value;
    do {
        random_fill(random, &value, sizeof value);
    } while (value < unfair);
    return value % bound;
}

void random_text(const struct random *random, const char *alphabet, char *text,
                 size_t len)
{
    uint32_t letters = (uint32_t)strlen(alphabet);

    for (size_t i = 0; i < len; i++)
        text[i] = alphabet[random_below(random, letters)];
    text[len] = '\0';
}
