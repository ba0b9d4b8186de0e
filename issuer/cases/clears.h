/*
 * clears.h - when the listing of a case will clear: core/clearing.h with what the store knows.
 */
#ifndef ISSUER_CASES_CLEARS_H
#define ISSUER_CASES_CLEARS_H

#include "core/clearing.h"
#include "db/store.h"

/* A listing of ours that our last look found listed. */
struct clears_question {
    const struct zone *zone;
    const char *address, *code;
    int64_t checked_at, now;
};

struct clears {
    int64_t since; /* listed, as far as we saw */
    struct clearing estimate;
    struct sentence sentence; /* nothing: nothing is listed, and the rest is zero */
    int64_t within_s;         /* clearing_within_s */
};

/* Texts live in mem. */
NODISCARD int clears_read(struct store *store, struct arena *mem,
                          const struct clears_question *question, struct clears *out,
                          struct error *err);

#endif
