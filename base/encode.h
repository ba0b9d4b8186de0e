/*
 * encode.h - bytes as text: base64 (RFC 4648 4, strict: padding required, no blanks) and hex.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/slice.h"
#include "base/strbuf.h"

void base64_append(struct strbuf *out, const void *bytes, size_t len);
/* At most size bytes into out; false on anything that is not strict base64 or does not fit. */
NODISCARD bool base64_decode(struct slice text, void *out, size_t size,
                             size_t *out_len);
/* Lower case. text must hold 2 * len + 1. */
void hex_encode(const void *bytes, size_t len, char *text);
/* Exactly len bytes out of 2 * len digits. */
NODISCARD bool hex_decode(struct slice text, void *out, size_t len);

#endif
