/*
 * arena.c - a list of blocks, each larger than the last up to a limit.
 */
#include "base/base.h"

#include "base/arena.h"

#include <stdalign.h>

#include "base/alloc.h"

enum {
    BLOCK_FIRST = 4096,
    BLOCK_MAX = 256 * 1024
};

struct arena_block {
    struct arena_block *older;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *mem)
{
    *mem = (struct arena){0};
}

void arena_release(struct arena *mem)
{
    while (mem->blocks != NULL) {
        struct arena_block *block = mem->blocks;
        mem->blocks = block->older;
        free(block);
    }
    mem->total_bytes = 0;
}

static struct arena_block *block_for(struct arena *mem, size_t bytes)
{
    struct arena_block *block = mem->blocks;

    if (block != NULL && block->size - block->used >= bytes)
        return block;
    size_t size = block == NULL ? BLOCK_FIRST : block->size * 2;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (size < bytes)
        size = bytes;
    block = xmalloc(sizeof *block + size);
    block->older = mem->blocks;
    block->size = size;
    block->used = 0;
    mem->blocks = block;
    return block;
}

void *arena_alloc(struct arena *mem, size_t bytes)
{
    const size_t align = alignof(max_align_t);

    if (bytes > SIZE_MAX / 2)
        abort();
    bytes = (bytes + align - 1) / align * align;
    struct arena_block *block = block_for(mem, bytes);
    void *at = block->bytes + block->used;
    block->used += bytes;
    mem->total_bytes += bytes;
    return memset(at, 0, bytes);
}

void *arena_array(struct arena *mem, size_t count, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total))
        abort();
    return arena_alloc(mem, total);
}

char *arena_strdup(struct arena *mem, const char *text)
{
    return text == NULL ? NULL : arena_strndup(mem, text, strlen(text));
}

char *arena_strndup(struct arena *mem, const char *text, size_t len)
{
    char *copy = arena_alloc(mem, len + 1);

    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *arena_slice(struct arena *mem, struct slice text)
{
    return arena_strndup(mem, text.at, text.len);
}

char *arena_vprintf(struct arena *mem, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0)
        abort();
    char *text = arena_alloc(mem, (size_t)len + 1);
    if (vsnprintf(text, (size_t)len + 1, format, args) != len)
        abort();
    return text;
}

char *arena_printf(struct arena *mem, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = arena_vprintf(mem, format, args);
    va_end(args);
    return text;
}
