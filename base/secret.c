/*
 * secret.c - guarded memory from libsodium.
 */
#include "base/base.h"

#include "base/secret.h"

#include <sodium.h>

void secret_startup(void)
{
    if (sodium_init() < 0)
        abort();
}

struct secret secret_new(size_t len)
{
    struct secret secret = {.at = sodium_malloc(len + 1), .len = len};

    if (secret.at == NULL)
        abort();
    sodium_memzero(secret.at, len + 1);
    return secret;
}

struct secret secret_from(const void *bytes, size_t len)
{
    struct secret secret = secret_new(len);

    if (len > 0)
        memcpy(secret.at, bytes, len);
    return secret;
}

void secret_free(struct secret *secret)
{
    if (secret == NULL || secret->at == NULL)
        return;
    sodium_free(secret->at); /* wipes */
    *secret = (struct secret){0};
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && secret_same_bytes(a->at, b->at, a->len);
}

void secret_wipe(void *at, size_t len)
{
    if (at != NULL && len > 0)
        explicit_bzero(at, len);
}

bool secret_same_bytes(const void *a, const void *b, size_t len)
{
    return len == 0 || sodium_memcmp(a, b, len) == 0;
}
