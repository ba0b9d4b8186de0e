/*
 * speak.h - times, spans and counts in the page's language.
 */
#ifndef ISSUER_WEB_SPEAK_H
#define ISSUER_WEB_SPEAK_H

#include "issuer/web/page.h"

/* A text of the catalogue without placeholders. */
const char *speak(const struct page *page, const char *key);
/* key.one or key.other, with {name} filled in by count. */
const char *speak_count(const struct page *page, const char *key, const char *name,
                        int64_t count);
/* "10:02" on the day of now, otherwise as speak_time_long; in the zone of TZ. */
const char *speak_time(const struct page *page, int64_t when);
/* "Tuesday 24 November, 10:02" */
const char *speak_time_long(const struct page *page, int64_t when);
/* "3 h 2 min" */
const char *speak_span(const struct page *page, int64_t seconds);
/* "Berlin time, CET" for Europe/Berlin; "UTC" */
const char *speak_zone(const struct page *page, int64_t when);
/* "November 2026" of "2026-11"; as it came when it is no month. */
const char *speak_month(const struct page *page, const char *month);
/* {iso, text}, text in the long form; null for 0. */
void speak_put_time(const struct page *page, json_t *object, const char *key,
                    int64_t when);

#endif
