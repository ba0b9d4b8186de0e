/*
 * clearing_lists.h - lists that clear in every way there is, and listings there that are over.
 *
 * For tests of when a listing clears, and of how that is said. Short names, since they stand in rows.
 */
#ifndef TESTS_SUPPORT_CLEARING_LISTS_H
#define TESTS_SUPPORT_CLEARING_LISTS_H

#include "core/clearing.h"
#include "core/listing.h"

#define MINUTE INT64_C(60)
#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)
/* Tue 24 Nov 2026, 12:00:00 UTC */
#define NOON INT64_C(1795521600)

extern const struct zone spamcop; /* by itself, after 24 hours and up to 4 */
extern const struct zone exact;   /* by itself, after 30 days; has no title */
extern const struct zone by_hand;
extern const struct zone silent; /* does not say */
extern const struct zone mixed;  /* by itself, but by hand for 127.0.0.2 */

enum {
    PAST_ROWS = 14
};

/* A listing that was seen, and those before it. */
struct seen_listing {
    const struct zone *zone;
    const char *code;
    int64_t since, checked_at; /* from NOON */
    /* Hours that each took, newest first, up to a 0; "clear" was seen ten minutes after the last "listed". */
    int past_h[PAST_ROWS];
};
struct seen_facts {
    struct clearing_stretch past[PAST_ROWS];
    struct clearing_facts facts; /* points into past */
};
/* At NOON. */
void estimate_seen(const struct seen_listing *seen, struct seen_facts *facts,
                   struct clearing *out);

#endif
