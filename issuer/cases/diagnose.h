/*
 * diagnose.h - from a pasted bounce to a verdict, and to a case.
 */
#ifndef ISSUER_CASES_DIAGNOSE_H
#define ISSUER_CASES_DIAGNOSE_H

#include "issuer/app.h"
#include "issuer/cases/clears.h"

struct diagnosis_request {
    struct slice bounce;
    const char *mailbox; /* the customer, or NULL: then the bounce's sender counts */
    const char *ticket;  /* or NULL */
    bool explains;       /* say which rows decided */
};

struct diagnosis {
    struct case_row row; /* id 0 and created_by NULL when no case was opened */
    struct listing
        listing; /* of row.address on row.zone; LISTING_UNKNOWN when not asked */
    int64_t same_bounce_case;   /* an earlier case with the same bytes, or 0 */
    const char *meaning;        /* of listing.code on that list, or NULL */
    const char *lookup_url;     /* the list's own page about row.address, or NULL */
    int64_t listing_checked_at; /* 0: not asked */
    struct clears clears;       /* without a sentence unless listed */
    const char *explained; /* JSON of cleansmtp-bounce with "explain" in it, or NULL */
};

/* Fill in meaning, lookup_url and clears from row, listing and listing_checked_at. They live in
 * mem and app. */
NODISCARD int diagnosis_explain(const struct app *app, struct store *store,
                                struct arena *mem, struct diagnosis *out,
                                struct error *err);

/* Look, ask, judge; writes nothing. Empty or unreadable input is a verdict, not an error. */
NODISCARD int diagnose(struct app *app, struct arena *mem,
                       const struct diagnosis_request *request, struct diagnosis *out,
                       struct error *err);
/* The same, kept as a case, with audit record and listing. Needs ACT_DIAGNOSE. */
NODISCARD int case_open(struct app *app, struct arena *mem, const struct actor *actor,
                        const struct diagnosis_request *request, struct diagnosis *out,
                        struct error *err);
/* Ask again for an existing case and keep the new diagnosis. */
NODISCARD int case_check_again(struct app *app, struct arena *mem,
                               const struct actor *actor, int64_t case_id,
                               struct diagnosis *out, struct error *err);
/* One address on every zone of the configuration, kept as listings. out lives in mem. */
NODISCARD int listing_check(struct app *app, struct arena *mem, const char *address,
                            struct listing_row **out, size_t *out_count,
                            struct error *err);

#endif
