/*
 * strbuf.c - text being written, with a ceiling.
 */
#include "base/base.h"

#include "base/strbuf.h"

#include "base/alloc.h"

enum {
    STRBUF_FIRST = 64
};

void strbuf_init(struct strbuf *out, size_t max_bytes)
{
    *out = (struct strbuf){.max = max_bytes, .size = STRBUF_FIRST};
    out->at = xmalloc(out->size);
    out->at[0] = '\0';
}

void strbuf_release(struct strbuf *out)
{
    free(out->at);
    *out = (struct strbuf){0};
}

void strbuf_wipe(struct strbuf *out)
{
    if (out->at != NULL)
        explicit_bzero(out->at, out->size);
    strbuf_release(out);
}

void strbuf_reset(struct strbuf *out)
{
    out->len = 0;
    out->full = false;
    out->at[0] = '\0';
}

void strbuf_truncate(struct strbuf *out, size_t len)
{
    assert(len <= out->len);
    out->len = len;
    out->full = false;
    out->at[len] = '\0';
}

char *strbuf_detach(struct strbuf *out, size_t *out_len)
{
    char *text = out->at;

    if (out_len != NULL)
        *out_len = out->len;
    *out = (struct strbuf){0};
    return text;
}

/* Room for len more bytes and the NUL; a moved block leaves its bytes behind wiped, because what
 * was written may be a page that shows a password. */
static void reserve(struct strbuf *out, size_t len)
{
    size_t need = out->len + len + 1;

    if (need <= out->size)
        return;
    size_t size = out->size;
    while (size < need)
        size *= 2;
    char *grown = xmalloc(size);
    memcpy(grown, out->at, out->len + 1);
    explicit_bzero(out->at, out->size);
    free(out->at);
    out->at = grown;
    out->size = size;
}

void strbuf_add(struct strbuf *out, const void *bytes, size_t len)
{
    if (len > out->max - out->len) {
        len = out->max - out->len;
        out->full = true;
    }
    if (len == 0)
        return;
    reserve(out, len);
    memcpy(out->at + out->len, bytes, len);
    out->len += len;
    out->at[out->len] = '\0';
}

void strbuf_add_slice(struct strbuf *out, struct slice text)
{
    strbuf_add(out, text.at, text.len);
}

void strbuf_puts(struct strbuf *out, const char *text)
{
    strbuf_add(out, text, strlen(text));
}

void strbuf_putc(struct strbuf *out, char byte)
{
    if (out->len < out->max && out->len + 1 < out->size) {
        out->at[out->len++] = byte;
        out->at[out->len] = '\0';
    } else {
        strbuf_add(out, &byte, 1);
    }
}

void strbuf_add_u64(struct strbuf *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    strbuf_add(out, digits + at, sizeof digits - at);
}

void strbuf_vprintf(struct strbuf *out, const char *format, va_list args)
{
    char small[512];
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    if (len >= 0 && (size_t)len < sizeof small) {
        strbuf_add(out, small, (size_t)len);
    } else if (len >= 0) {
        char *large = xmalloc((size_t)len + 1);
        if (vsnprintf(large, (size_t)len + 1, format, again) == len)
            strbuf_add(out, large, (size_t)len);
        free(large);
    }
    va_end(again);
}

void strbuf_printf(struct strbuf *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    strbuf_vprintf(out, format, args);
    va_end(args);
}

struct slice strbuf_slice(const struct strbuf *out)
{
    return (struct slice){out->at, out->len};
}
