/*
 * strbuf.h - text being written, with a ceiling it is born with.
 *
 * Appending beyond the ceiling keeps what is there, drops the rest and sets `full`; check
 * `full` once, at the end. The text is always NUL-terminated. Memory is the strbuf's own
 * heap block; strbuf_release frees it, strbuf_detach hands it over. For secrets see
 * secret.h; a strbuf that had to carry one is ended by strbuf_wipe.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdarg.h>

#include "base/base.h"
#include "base/slice.h"

struct strbuf {
    char *at;   /* never NULL after strbuf_init; NUL-terminated */
    size_t len; /* without the NUL */
    size_t size;
    size_t max; /* len never exceeds it */
    bool full;  /* something was dropped */
};

void strbuf_init(struct strbuf *out, size_t max_bytes);
void strbuf_release(struct strbuf *out); /* also of a zeroed strbuf */
void strbuf_wipe(struct strbuf *out);    /* overwrite, then release */
void strbuf_reset(struct strbuf *out);   /* empty, memory kept, full cleared */
void strbuf_truncate(struct strbuf *out, size_t len); /* len at most the present one */
char *strbuf_detach(struct strbuf *out,
                    size_t *out_len); /* caller frees; len may be NULL */

void strbuf_add(struct strbuf *out, const void *bytes, size_t len);
void strbuf_add_slice(struct strbuf *out, struct slice text);
void strbuf_puts(struct strbuf *out, const char *text);
void strbuf_putc(struct strbuf *out, char byte);
void strbuf_add_u64(struct strbuf *out, uint64_t number); /* decimal, without printf */
void strbuf_printf(struct strbuf *out, const char *format, ...) PRINTF(2, 3);
void strbuf_vprintf(struct strbuf *out, const char *format, va_list args) PRINTF(2, 0);
struct slice strbuf_slice(const struct strbuf *out);

#endif
