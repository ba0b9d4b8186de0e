/*
 * lines.h - cases, leases and addresses as lines of lists, for the pages that list them.
 */
#ifndef ISSUER_WEB_LINES_H
#define ISSUER_WEB_LINES_H

#include "issuer/web/page.h"

enum {
    BOUNCE_SHOWN_MAX = 512 * 1024 /* escaped it still fits into a page */
};

/* The mark of a verdict or of a lease (view_mark), and the keys of their words. */
json_t *line_verdict_mark(const struct page *page, enum diagnosis_verdict verdict);
json_t *line_lease_mark(const struct page *page, const struct lease *lease);

/* A list of cases: n, mailbox, ticket, opened, by, mark of its newest lease or of its verdict. */
NODISCARD int line_cases(struct page *page, struct store *store,
                         const struct case_row *rows, size_t count, json_t **out,
                         struct error *err);

/* One question, its answer and its source: question, answer, source, shape, class, when. */
json_t *line_check(const struct page *page, const struct check *check);

/* How an address of the pool stands (view_mark); worst may be NULL. What is stale is unknown, never
 * clean. */
json_t *line_pool_mark(const struct page *page, const struct pool_address *address,
                       const struct listing_row *worst);
/* How old an answer may be that speaks of now: a quarter of an hour, or one and a half rounds where those
 * are longer (zones.check_every). */
int64_t line_fresh_s(const struct page *page);
/* Nobody asked lately: the answer says nothing about now. */
bool line_is_stale(const struct page *page, const struct listing_row *worst);
/* "/pool/2001%3Adb8%3A%3A9" */
const char *line_pool_path(struct arena *mem, const char *address);

/* The worst that our newest answers say about one address; NULL when it was never asked. */
const struct listing_row *line_worst(const struct listing_row *rows, size_t count,
                                     const char *address);

/* "SpamCop" for a zone of the catalogue, its name otherwise. */
const char *line_zone(const struct page *page, const char *zone);
/* "agent:ana" as "ana", "agent:ana token:3 for:ben" as "ana (token 3, for ben)", "local:root" as
 * "root (command line)", "system" as "cleansmtp itself". */
const char *line_person(const struct page *page, const char *actor);

#endif
