/*
 * base.h - what every file of cleansmtp includes first.
 *
 * Attributes that state a contract, two macros, and the list of functions that
 * do not compile here (banned.h).
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result says whether it worked: ignoring it is a bug. */
#define NODISCARD __attribute__((warn_unused_result))
/* Argument fmt is a printf format, the arguments start at first. */
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#include "base/banned.h"

#endif
