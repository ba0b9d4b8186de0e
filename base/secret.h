/*
 * secret.h - a password or key in memory: guarded, locked, wiped; never in an arena, a strbuf,
 * a log line or JSON.
 *
 * Nothing formats a struct secret: whoever must show it reads ->at on purpose. Memory comes
 * from sodium_malloc (guard pages, mlock, canary); where locking is refused by the limits of
 * the machine it is still guarded and wiped.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/base.h"

struct secret {
    char *at; /* size bytes and a NUL behind them; NULL when empty */
    size_t len;
};

/* Prepare libsodium once per process, before anything else of it. Aborts when it cannot. */
void secret_startup(void);

struct secret secret_new(size_t len); /* zeroed */
struct secret secret_from(const void *bytes, size_t len);
void secret_free(struct secret *secret); /* wipes; NULL and empty are fine */
/* Same length and bytes, in constant time for equal lengths. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Wipe plain memory that had to carry a secret for a moment. */
void secret_wipe(void *at, size_t len);
/* Constant-time comparison of len bytes. */
bool secret_same_bytes(const void *a, const void *b, size_t len);

#endif
