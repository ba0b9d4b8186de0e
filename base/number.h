/*
 * number.h - numbers, durations and sizes out of text: the whole text, in range, or nothing.
 *
 * No sign surprises, no octal, no leading blank, no trailing rest, no locale.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/error.h"
#include "base/slice.h"

enum {
    NUMBER_SIZE_MAX = 21 /* digits of a 64-bit number, and a letter */
};

/* Decimal digits only. */
NODISCARD bool number_u64(struct slice text, uint64_t max, uint64_t *out);
NODISCARD bool number_i64(struct slice text, int64_t min, int64_t max, int64_t *out);
/* "15m", "24h", "7d", "90s", "1h30m"; a bare number is refused. Seconds, > 0, at most 400 days. */
NODISCARD int number_duration_s(struct slice text, int64_t *out_s, struct error *err);
/* "25M", "512K", "1G" (powers of 1024), or bytes: "26214400". Bytes, > 0, at most 1 TiB. */
NODISCARD int number_size(struct slice text, uint64_t *out_bytes, struct error *err);
/* The shortest such text, "25M"; it is read as the same number again. text holds NUMBER_SIZE_MAX + 1. */
void number_size_format(uint64_t bytes, char *text);

#endif
