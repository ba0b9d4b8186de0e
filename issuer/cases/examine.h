/*
 * examine.h - one diagnosis being made: everything that is looked at, and what was found.
 *
 * It reads and asks, and writes nothing; diagnose.c keeps what it found.
 */
#ifndef ISSUER_CASES_EXAMINE_H
#define ISSUER_CASES_EXAMINE_H

#include "issuer/cases/story.h"
#include "issuer/dnsbl/check.h"

struct examination {
    struct story_question question; /* in */
    struct app *app;                /* its parts, in short */
    struct arena *mem;
    int64_t now;
    const struct evidence *evidence;
    /* What was found on the way. */
    struct address address;
    bool has_address;
    struct shared_range *shared;
    size_t shared_count;
    const struct shared_range *range; /* the one that holds the address, or NULL */
    struct pool_address *pool;
    size_t pool_count;
    const struct pool_address *reserved; /* the address is this one, or NULL */
    const struct zone *zone;
    bool is_zone_used;
    bool is_private; /* the list is known by name only: nobody can ask it */
    struct story story;
    /* What was asked: first the address itself, then the active addresses of the pool. */
    struct dnsbl_check *asked;
    size_t asked_count;
    struct dnsbl_check
        *others; /* behind them: the address on every other list in use */
    size_t others_count;
    /* Out. */
    struct check *checks;
    size_t checks_count;
    enum diagnosis_verdict verdict;
    doubts doubts;
};

/* *out is all new. Strings of the question must live as long as it. */
NODISCARD int examine(const struct story_question *question, struct examination *out,
                      struct error *err);

#endif
