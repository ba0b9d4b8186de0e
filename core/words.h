/*
 * words.h - free text of people: reason, ticket, label.
 */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "base/error.h"
#include "base/slice.h"

/* Well-formed UTF-8 without control characters, at most max_bytes. */
NODISCARD bool words_are_plain(struct slice text, size_t max_bytes);
/* ERROR_INVALID naming `what` unless text is NULL or plain. */
NODISCARD int words_check(const char *what, const char *text, size_t max_bytes,
                          struct error *err);

#endif
