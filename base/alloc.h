/*
 * alloc.h - the heap, where running out ends the process.
 *
 * Sizes come from us, never from a peer (limits.h), so a failed allocation is a broken
 * machine: the supervisor restarts us, and what was acknowledged is on disk.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include "base/base.h"

/* All return memory that the caller frees with free(); never NULL. xcalloc checks the product. */
void *xmalloc(size_t bytes);
void *xcalloc(size_t count, size_t bytes);
void *xreallocarray(void *old, size_t count, size_t bytes);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

#endif
