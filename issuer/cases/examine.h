/*
 * examine.h - one diagnosis being made: everything that is looked at, and what was found.
 *
 * It reads and asks, and writes nothing; diagnose.c keeps what it found.
 */
#ifndef ISSUER_CASES_EXAMINE_H
#define ISSUER_CASES_EXAMINE_H

#include "issuer/app.h"
#include "issuer/dnsbl/check.h"

struct examination {
    /* In. */
    struct app *app;
    struct arena *mem;
    int64_t now;
    const struct evidence *evidence;
    const char *mailbox, *bounce_sha; /* the customer, or NULL */
    int64_t case_id;                  /* 0: there is none yet */
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
    bool is_private;       /* the list is known by name only: nobody can ask it */
    int64_t earlier_lease; /* that this bounce led to, or 0 */
    /* What was asked: first the address itself, then the active addresses of the pool. */
    struct dnsbl_check *asked;
    size_t asked_count;
    /* Out. */
    struct check *checks;
    size_t checks_count;
    enum diagnosis_verdict verdict;
    doubts doubts;
};

NODISCARD int examine(struct examination *x, struct error *err);

#endif
