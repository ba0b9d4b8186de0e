/*
 * speak.h - languages, and times, spans and counts in the page's.
 */
#ifndef ISSUER_WEB_SPEAK_H
#define ISSUER_WEB_SPEAK_H

#include "core/sentence.h"
#include "issuer/web/page.h"

/* The configured language with this code, or NULL; code may be NULL. */
const char *speak_offered(const struct page *page, const char *code);
/* [{code, name, is_here}]: the configured languages, each by its own name. The caller owns it. */
json_t *speak_languages(const struct page *page, const char *here);
/* What core or a part below the pages has to say. */
const char *speak_sentence(const struct page *page, struct sentence sentence);
/* A text of the catalogue without placeholders. */
const char *speak(const struct page *page, const char *key);
/* A text with what follows filled in: name, value, …, NULL; all of them strings. */
const char *speak_with(const struct page *page, const char *key, ...)
    __attribute__((sentinel));
/* The same of key.one or key.other, whichever goes with count. */
const char *speak_plural(const struct page *page, const char *key, int64_t count, ...)
    __attribute__((sentinel));
const char *speak_number(const struct page *page, int64_t number);
/* key.one or key.other, with {name} filled in by count. */
const char *speak_count(const struct page *page, const char *key, const char *name,
                        int64_t count);
/* "a, b": text with one more of a list; text may be "". */
const char *speak_join(const struct page *page, const char *text, const char *next);
/* "10:02" on the day of now, otherwise as speak_time_long; in the zone of TZ. */
const char *speak_time(const struct page *page, int64_t when);
/* "Tuesday 24 November, 10:02" */
const char *speak_time_long(const struct page *page, int64_t when);
/* "10:02" on the day of now, otherwise "Tue 24 Nov, 10:02": for lists and pictures. */
const char *speak_when(const struct page *page, int64_t when);
/* "Tue 24 Nov, 10:02 to 13:00"; the day once where both are of one */
const char *speak_range(const struct page *page, int64_t from, int64_t until);
/* "24 Nov" */
const char *speak_day(const struct page *page, int64_t when);
/* For the marks of an axis: "06:00", at midnight "Tue 24 Nov". */
const char *speak_mark(const struct page *page, int64_t when);
/* "just now", "12 min ago" */
const char *speak_ago(const struct page *page, int64_t when);
/* "3 h 2 min", "3 h" */
const char *speak_span(const struct page *page, int64_t seconds);
/* "Berlin time, CET" for Europe/Berlin; "UTC" */
const char *speak_zone(const struct page *page, int64_t when);
/* "Europe/Berlin": the reader's zone, else the host's. */
const char *speak_zone_name(const struct page *page);
/* "November 2026" of "2026-11"; as it came when it is no month. */
const char *speak_month(const struct page *page, const char *month);
/* {iso, text}: for a machine, and for a person as speak_when; null for 0. */
void speak_put_when(const struct page *page, json_t *object, const char *key,
                    int64_t when);
/* The same in the long form. */
void speak_put_time(const struct page *page, json_t *object, const char *key,
                    int64_t when);

#endif
