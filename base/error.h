/*
 * error.h - why something did not work, and what the caller can do about it.
 *
 * A function that can fail returns 0, or -1 with *err filled; on success *err is
 * untouched and outputs are written, on failure outputs are untouched. The error lives
 * on the caller's stack and allocates nothing. Return or log, never both: only mains,
 * connection loops and the job runner log.
 *
 * Texts: lower case, no full stop, the object named and quoted, the cause included;
 * "could not" may work later, "cannot" never will.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/base.h"

enum error_kind {
    ERROR_NONE,
    ERROR_INVALID,     /* the request is wrong; do not retry */
    ERROR_DENIED,      /* known, but not allowed */
    ERROR_REFUSED,     /* policy says no to this case, whoever asks */
    ERROR_NOT_FOUND,   /* there is no such thing, or not for you */
    ERROR_CONFLICT,    /* someone else was first; retry may work at once */
    ERROR_EXHAUSTED,   /* pool empty, quota used up */
    ERROR_UNAVAILABLE, /* database, DNS, relay: try later */
    ERROR_INTEGRITY,   /* what was stored is not what is there */
    ERROR_INTERNAL,    /* our bug or a broken environment */
    ERROR_KIND_COUNT
};

struct error {
    enum error_kind kind;
    char text[256];
};

/* Fill *err and return -1, so that `return error_set(err, …)` reads as one act. err may be
 * NULL where the caller does not want to know. Long texts are cut. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
    PRINTF(3, 4);

/* An errno in words, constant and for any thread. */
const char *error_words(int errno_value);

/* error_set with ": " and error_words(errno_value) behind it. */
int error_set_errno(struct error *err, enum error_kind kind, int errno_value,
                    const char *format, ...) PRINTF(4, 5);

/* Put "prefix: " in front of a text that is already there, keeping its kind; returns -1. */
int error_prefix(struct error *err, const char *format, ...) PRINTF(2, 3);

/* The kind as one word for logs and JSON: "invalid", "not_found", … */
const char *error_kind_name(enum error_kind kind);

#endif
