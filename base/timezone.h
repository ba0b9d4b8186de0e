/*
 * timezone.h - times in a reader's zone, for several threads at once.
 *
 * glibc knows one zone a process. So the zones that people may choose are read at start, by glibc,
 * while there is one thread, into tables of which offset counts when; afterwards TZ is never touched
 * again. Which of them a thread speaks in is the thread's own, as a locale is with uselocale(3):
 * everything in timetext.h follows it. Why not otherwise: docs/decisions/times-of-the-reader.md.
 */
#ifndef BASE_TIMEZONE_H
#define BASE_TIMEZONE_H

#include <time.h>

#include "base/error.h"

enum {
    TIMEZONES_MAX = 32,
    TIMEZONE_NAME_MAX = 63,
    TIMEZONE_YEARS =
        20 /* before and after the load; beyond, the nearest offset counts */
};

struct timezone;
/* Replace the table. Changes TZ while it works and puts it back: one thread only. now: unix seconds.
 * ERROR_INVALID for a name that the system's database does not have. */
NODISCARD int timezones_load(const char *const *names, size_t count, int64_t now,
                             struct error *err);
size_t timezone_count(void);
const struct timezone *timezone_at(size_t index); /* in the order of the names */
const char *timezone_name(const struct timezone *zone);
/* NULL when it was not loaded. */
const struct timezone *timezone_find(const char *name);

/* From now on this thread speaks in that zone; NULL: in the process's (TZ), as every thread begins. */
void timezone_use(const struct timezone *zone);
const struct timezone *timezone_used(void);

/* As localtime_r and mktime, in this thread's zone. Of a time of the clock that was skipped, the
 * first moment behind it; of one that came twice, the first. */
void timezone_local(int64_t when, struct tm *out);
NODISCARD bool timezone_instant(struct tm *parts, int64_t *out);

#endif
