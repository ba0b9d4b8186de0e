/*
 * clears.c - the facts from the store, the estimate, and its words.
 */
#include "base/base.h"

#include "issuer/cases/clears.h"

enum {
    /* Some of them say nothing about their length (core/clearing.h), and do not count. */
    PAST_ASKED = 5 * CLEARING_PAST_MAX
};

static int read_past(struct store *store, struct arena *mem, const char *zone,
                     struct clearing_facts *facts, struct error *err)
{
    struct listing_stretch *rows = NULL;
    size_t count = 0;

    if (store_listing_past(store, mem, zone, PAST_ASKED, &rows, &count, err) != 0)
        return -1;
    struct clearing_stretch *past = arena_array(mem, count + 1, sizeof *past);
    for (size_t i = 0; i < count; i++)
        past[i] = (struct clearing_stretch){.since = rows[i].since,
                                            .last_listed_at = rows[i].last_listed_at,
                                            .until = rows[i].until_at};
    facts->past = past;
    facts->past_count = count;
    return 0;
}

int clears_read(struct store *store, struct arena *mem,
                const struct clears_question *question, struct clears *out,
                struct error *err)
{
    struct clearing_facts facts = {.zone = question->zone,
                                   .code = question->code,
                                   .since = question->checked_at,
                                   .checked_at = question->checked_at};
    struct listing_stretch present;
    struct clears made = {0};

    if (store_listing_stretch(store, question->address, question->zone->name, &present,
                              err) != 0 ||
        read_past(store, mem, question->zone->name, &facts, err) != 0)
        return -1;
    /* A diagnosis is made before its answer is kept: the first "listed" is this one then. */
    if (present.since != 0 && present.since < facts.since)
        facts.since = present.since;
    clearing_estimate(&facts, question->now, &made.estimate);
    made.since = facts.since;
    made.sentence = clearing_sentence(mem, &facts, &made.estimate);
    made.within_s = clearing_within_s(&made.estimate, question->now);
    *out = made;
    return 0;
}
