/*
 * log.h - one event, one line, on standard error: "<6>event=lease.minted lease=17 pool=2".
 *
 * The level prefix is what journald reads (sd-daemon(3)). Values are escaped (ESCAPE_LOG).
 * Event names stand in docs/operations.md. There is no way to pass a secret.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
};

/* Lines above the level are dropped; the start value is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
/* Pairs of const char * key and value, ended by NULL; a NULL value is left out with its key. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

/* Lines wait for log_flush, but for errors and a full buffer (64 KiB): for a program of one thread
 * that has many lines to write at once and answers before it writes them. */
void log_collect(bool is_wanted);
void log_flush(void);

#endif
