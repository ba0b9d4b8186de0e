/*
 * alloc.c - the heap, where running out ends the process.
 */
#include "base/base.h"

#include "base/alloc.h"

static void *or_abort(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

void *xmalloc(size_t bytes)
{
    return or_abort(malloc(bytes > 0 ? bytes : 1));
}

void *xcalloc(size_t count, size_t bytes)
{
    return or_abort(calloc(count > 0 ? count : 1, bytes > 0 ? bytes : 1));
}

void *xreallocarray(void *old, size_t count, size_t bytes)
{
    return or_abort(reallocarray(old, count > 0 ? count : 1, bytes > 0 ? bytes : 1));
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t len)
{
    char *copy = xmalloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
