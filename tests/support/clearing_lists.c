/*
 * clearing_lists.c - the lists, and how their past is made.
 */
#include "base/base.h"

#include "tests/support/clearing_lists.h"

const struct zone spamcop = {
    .name = "bl.spamcop.example",
    .title = "SpamCop",
    .clears = {ZONE_EXPIRES_ITSELF, 24 * HOUR, 4 * HOUR},
};
const struct zone exact = {
    .name = "bl.exact.example",
    .clears = {ZONE_EXPIRES_ITSELF, 30 * DAY, 0},
};
const struct zone by_hand = {
    .name = "bl.hand.example",
    .title = "Hand",
    .clears = {ZONE_EXPIRES_BY_HAND, 0, 0},
};
const struct zone silent = {.name = "bl.silent.example", .title = "Silent"};
/* One that clears by itself in general, and for one code by hand. */
static const struct zone_code mixed_codes[] = {
    {.octets = {127, 0, 0, 2},
     .last = 2,
     .is_listing = true,
     .expiry = {ZONE_EXPIRES_BY_HAND, 0, 0}},
};
const struct zone mixed = {
    .name = "bl.mixed.example",
    .title = "Mixed",
    .codes = mixed_codes,
    .codes_count = 1,
    .clears = {ZONE_EXPIRES_ITSELF, 72 * HOUR, 0},
};

static size_t make_past(const int *took_h, struct clearing_stretch out[PAST_ROWS])
{
    size_t count = 0;
    int64_t until = NOON - 30 * DAY;

    for (; took_h[count] != 0; count++) {
        if (count >= PAST_ROWS)
            abort();
        out[count] = (struct clearing_stretch){.since = until - took_h[count] * HOUR,
                                               .last_listed_at = until - 10 * MINUTE,
                                               .until = until};
        until -= 100 * DAY;
    }
    return count;
}

void estimate_seen(const struct seen_listing *seen, struct seen_facts *facts,
                   struct clearing *out)
{
    facts->facts = (struct clearing_facts){.zone = seen->zone,
                                           .code = seen->code,
                                           .since = NOON + seen->since,
                                           .checked_at = NOON + seen->checked_at,
                                           .past = facts->past};
    facts->facts.past_count = make_past(seen->past_h, facts->past);
    clearing_estimate(&facts->facts, NOON, out);
}
