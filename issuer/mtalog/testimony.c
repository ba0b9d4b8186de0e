/*
 * testimony.c - ask the store, judge in the core.
 */
#include "base/base.h"

#include "issuer/mtalog/testimony.h"

int testimony_of_bounce(struct store *store, struct arena *mem,
                        const struct evidence *evidence, int64_t now,
                        struct witness *out, struct error *err)
{
    struct witness_facts facts = {.evidence = evidence};
    struct delivery *rows;
    int64_t from;
    int64_t until;

    witness_span(evidence, now, &from, &until);
    /* Coverage first: what is taken in between the two questions can only add a row. */
    if (store_log_covers(store, from, until, &facts.is_covered, err) != 0 ||
        store_delivery_candidates(store, mem, evidence, now, &rows, &facts.count,
                                  err) != 0)
        return -1;
    facts.rows = rows;
    witness_judge(&facts, out);
    return 0;
}

int testimony_of_customer(struct store *store, const char *who, int64_t now,
                          struct standing_report *out, struct error *err)
{
    struct standing_counts counts;

    if (store_delivery_counts(store, who, now, &counts, err) != 0)
        return -1;
    standing_judge(&counts, out);
    return 0;
}
