/*
 * say.h - sentences (core/sentence.h) in words, and times and spans in the same language.
 *
 * A page says them in its language and its reader's zone of time; the API, the command line behind
 * it, and what is logged say them in English.
 */
#ifndef ISSUER_RENDER_SAY_H
#define ISSUER_RENDER_SAY_H

#include "core/sentence.h"
#include "issuer/render/template.h"

struct speaker {
    const struct templates *templates;
    struct arena *mem; /* where what is said lives */
    const char *lang;
    int64_t now; /* times of its day are said without the day */
};

/* NULL when there is nothing to say. A line that is no sentence is said as it stands. */
const char *say(const struct speaker *speaker, struct sentence sentence);
/* "10:02" on the day of now, otherwise "Tue 24 Nov, 10:02"; in the zone of TZ. */
const char *say_when(const struct speaker *speaker, int64_t when);
/* "3 h 2 min" */
const char *say_span(const struct speaker *speaker, int64_t seconds);

/* The parts of them, for other ways to say a time. */
const char *say_number(const struct speaker *speaker, int64_t number);
const char *say_clock(const struct speaker *speaker, int64_t when);   /* "10:02" */
const char *say_day(const struct speaker *speaker, int64_t when);     /* "24 Nov" */
const char *say_weekday(const struct speaker *speaker, int64_t when); /* "Tue 24 Nov" */
bool say_same_day(int64_t a, int64_t b);

#endif
