/*
 * timetext.h - times and durations as people and programs read them.
 *
 * "In the zone of TZ" is in the zone that this thread speaks in (timezone.h), which is the zone of TZ
 * unless it said otherwise.
 */
#ifndef BASE_TIMETEXT_H
#define BASE_TIMETEXT_H

#include "base/arena.h"
#include "base/slice.h"

enum {
    TIMETEXT_RFC3339_MAX = 20
}; /* "2026-11-24T04:19:23Z" */

/* text holds TIMETEXT_RFC3339_MAX + 1. */
void timetext_rfc3339(int64_t when, char *text);
/* "2026-11-24T04:19:23Z" or with offset; false otherwise. */
NODISCARD bool timetext_rfc3339_parse(struct slice text, int64_t *out);
/* RFC 5322 date ("Mon, 23 Nov 2026 16:58:12 +0000 (UTC)"), weekday and comment optional. */
NODISCARD bool timetext_rfc5322_parse(struct slice text, int64_t *out);
/* In the zone of TZ: "10:02" if on the day of now, else "Tue 24 Nov, 10:02". Lives in mem. */
const char *timetext_person(struct arena *mem, int64_t when, int64_t now);
/* The zone's name at that moment: "UTC", "CET". */
const char *timetext_zone(struct arena *mem, int64_t when);
/* The last whole step of the clock on the wall at or before when: step_s 21600 gives 00:00, 06:00, 12:00,
 * 18:00 in the zone of TZ. */
int64_t timetext_floor(int64_t when, int64_t step_s);
/* In the zone of TZ: "2026-11-24". */
const char *timetext_date(struct arena *mem, int64_t when);
/* "2026-11-24" as the midnight that begins the day in the zone of TZ; false otherwise. */
NODISCARD bool timetext_date_parse(struct slice text, int64_t *out);
/* "45 s", "12 min", "3 h 2 min", "2 days"; negative counts as 0. */
const char *timetext_span(struct arena *mem, int64_t seconds);

#endif
