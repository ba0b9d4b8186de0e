/*
 * clearing.h - when will this listing clear? An estimate with its uncertainty, never a promise.
 *
 * Two witnesses: what the list says of itself (core/zone.h), and how long earlier listings of our
 * addresses there lasted. Neither knows when the last report about the address came: a list
 * counts from that, and we see only since when it answers "listed". So a listing that outlasts
 * the list's own time was reported again, and the count starts anew from our last look.
 */
#ifndef CORE_CLEARING_H
#define CORE_CLEARING_H

#include "base/arena.h"
#include "core/sentence.h"
#include "core/zone.h"

/* An earlier listing of one of our addresses on that list, as far as we looked: its end lies
 * between the last "listed" and the first "clear". */
struct clearing_stretch {
    int64_t since, last_listed_at, until;
};

struct clearing_facts {
    const struct zone *zone;             /* NULL: a list we do not know */
    const char *code;                    /* of the listing, or NULL */
    int64_t since, checked_at;           /* listed, as far as we saw */
    const struct clearing_stretch *past; /* newest first */
    size_t past_count;
};

enum clearing_basis {
    CLEARING_UNKNOWN,   /* neither witness says anything */
    CLEARING_BY_HAND,   /* not by itself, and no history says more */
    CLEARING_FROM_RULE, /* the list's own words; history may stand beside */
    CLEARING_FROM_HISTORY,
    CLEARING_BASIS_COUNT
};
const char *clearing_basis_name(enum clearing_basis basis);

enum {
    CLEARING_PAST_MAX = 10, /* newest stretches that count: what a list does changes */
    CLEARING_PAST_MIN = 3,  /* fewer say nothing about the next */
    /* When nobody looked for longer than this before "clear", how long it took is not known. */
    CLEARING_BLIND_MAX_S = 6 * 3600
};

struct clearing {
    enum clearing_basis basis;
    /* 0 where basis is UNKNOWN or BY_HAND; else not_before <= probably_by <= latest, and never
     * before now. */
    int64_t not_before, probably_by, latest;
    bool is_overdue; /* our last look found it listed longer than we would have said */
    bool is_due;     /* the time is over, and we have not looked since: ask again */
    size_t past_count; /* stretches counted, 0 when fewer than CLEARING_PAST_MIN */
    int64_t past_min_s, past_max_s;
};

void clearing_estimate(const struct clearing_facts *facts, int64_t now,
                       struct clearing *out);

/* "SpamCop clears 24 h after the last report, plus up to 4 h: probably by Wed 25 Nov, 09:00, or
 * 13:00; our last 5 listings there took 9 h to 26 h". No full stop. Lives in mem. */
struct sentence clearing_sentence(struct arena *mem, const struct clearing_facts *facts,
                                  const struct clearing *clearing);
/* For a sentence "usually clears by itself within": seconds from now, at least 1. 0 when the list
 * does not say so itself, or did not keep to it. */
int64_t clearing_within_s(const struct clearing *clearing, int64_t now);

#endif
