/*
 * search.h - lists that people search: the form above them, the next page, and the same rows as CSV or
 * JSON.
 *
 * The question is the query of a GET, so that a search can be kept as a link:
 *
 *     q=kunde.example & by=ana & state=in_use & from=2026-11-01 & until=2026-11-24 & before=1042
 *
 * Days are those of the zone of the configuration; `until` is the last day, all of it.
 */
#ifndef ISSUER_WEB_SEARCH_H
#define ISSUER_WEB_SEARCH_H

#include "issuer/web/page.h"

enum {
    SEARCH_A_PAGE = 50,
    SEARCH_EXPORT_MAX = 10000 /* rows of one file; older ones by another question */
};

struct search_choice {
    const char *value, *label; /* of the state field */
};
/* One list: where it is, and what its rows can be asked for. */
struct search_list {
    const char *path, *noun; /* "/cases", "cases" */
    const struct search_choice *states;
    size_t states_count;
};

/* The question of this request, with max for one page, or for a file when the path has one of the endings
 * ".csv" and ".json". ERROR_INVALID: a date or a number that is none, a state that is not one of the
 * list's. */
NODISCARD int search_read(struct page *page, const struct search_list *list,
                          struct search *out, struct error *err);
/* Into the view: q, by, from, until, states, is_narrowed, csv, json, and older when there may be more:
 * last is the number of the last row shown. */
void search_put(struct page *page, const struct search_list *list,
                const struct search *search, size_t count, int64_t last);

/* Does the request ask for a file? */
bool search_is_export(const struct page *page);
/* Answer with rows (objects of text, numbers and null; taken over), as the path's ending says. columns are
 * the members of a row in the order of the CSV; NULL-ended. */
NODISCARD int search_export(struct page *page, const struct search_list *list,
                            const char *const *columns, json_t *rows,
                            struct error *err);

#endif
