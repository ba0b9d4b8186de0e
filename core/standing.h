/*
 * standing.h - is the customer perhaps the cause? Counts out of our own log, judged.
 *
 * A lease lends a clean address. Lent to a mailbox that sends spam, the address is listed next; so
 * before it is lent, our log is asked what this login or sender does of late. Thresholds:
 *
 * cause    refused as spam more than 5 times in 7 days, or in more than 10 % of the attempts
 *          (and at least twice: one refusal among three letters is no rate). Ordinary
 *          customers meet a content filter now and then; five a week is a campaign or a stolen
 *          password. Refusals for the address we sent from do not count (standing_is_spam_refusal).
 * unknown  the last 24 hours, or all but a few of the last 28 days, are not in our log.
 * unusual  more than 3 times the usual in 24 hours, and more than 20 messages: three letters on
 *          a quiet mailbox are no flood. "Usual" is the median of the days, so that one earlier
 *          newsletter does not raise it.
 *
 * cause comes before unknown: what was seen was seen, also in a log with gaps.
 */
#ifndef CORE_STANDING_H
#define CORE_STANDING_H

#include "base/slice.h"
#include "core/sentence.h"

enum {
    STANDING_DAYS = 28,    /* four weeks: each weekday weighs the same */
    STANDING_DAYS_MIN = 7, /* fewer covered days say nothing of what is usual */
    STANDING_UNUSUAL_FACTOR = 3,
    STANDING_UNUSUAL_MIN = 20,
    STANDING_REFUSED_MAX = 5,
    STANDING_REFUSED_PERCENT = 10,
    STANDING_REFUSED_MIN = 2
};

enum standing {
    STANDING_OK,
    STANDING_UNUSUAL,
    STANDING_CAUSE,
    STANDING_UNKNOWN,
    STANDING_COUNT
};
const char *standing_name(
    enum standing standing); /* "ok", "unusual", "cause", "unknown" */
/* Is the customer the cause? "very likely" */
struct sentence standing_words(enum standing standing);

/* Days are spans of 24 hours back from now: messages[0] is the last 24 hours, then the
 * STANDING_DAYS before them. */
struct standing_counts {
    unsigned messages[STANDING_DAYS + 1];
    bool is_covered[STANDING_DAYS + 1];            /* the whole day is in our log */
    unsigned attempts_7d, refused_24h, refused_7d; /* refused: as spam */
};

struct standing_report {
    enum standing standing;
    unsigned messages_24h;
    unsigned usual; /* a day; 0 with has_usual false: cannot be said */
    bool has_usual;
    unsigned refused_24h, refused_7d, attempts_7d;
    /* How much of it our log saw: the last 24 hours, the last 7 days, days of the STANDING_DAYS. */
    bool has_day, has_week;
    unsigned covered_days;
};

void standing_judge(const struct standing_counts *counts, struct standing_report *out);

/* Does a refusal speak of what was sent, and not of the address it came from? */
bool standing_is_spam_refusal(struct slice reply);

#endif
