/*
 * arena.h - memory that lives as long as one unit of work.
 *
 * Each HTTP request, policy request, bounce or job run owns one arena; whatever lives as
 * long as that unit goes there and is freed at once. A function that takes `struct arena
 * *mem` returns strings that live in mem: that is the whole ownership contract. Secrets
 * never go into an arena (secret.h).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>

#include "base/base.h"
#include "base/slice.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t total_bytes;         /* handed out so far, for tests and metrics */
};

void arena_init(struct arena *mem);
/* Free everything; the arena is empty and usable again. */
void arena_release(struct arena *mem);

/* Zeroed memory, aligned for any type; never NULL; bytes may be 0. */
void *arena_alloc(struct arena *mem, size_t bytes);
/* Zeroed array; an overflowing product aborts. */
void *arena_array(struct arena *mem, size_t count, size_t bytes);
#define ARENA_NEW(mem, type) ((type *)arena_alloc((mem), sizeof(type)))

char *arena_strdup(struct arena *mem, const char *text); /* NULL in, NULL out */
char *arena_strndup(struct arena *mem, const char *text, size_t len);
/* NUL-terminated copy; bytes after an embedded NUL are copied but invisible to C strings. */
char *arena_slice(struct arena *mem, struct slice text);
char *arena_printf(struct arena *mem, const char *format, ...) PRINTF(2, 3);
char *arena_vprintf(struct arena *mem, const char *format, va_list args) PRINTF(2, 0);

#endif
