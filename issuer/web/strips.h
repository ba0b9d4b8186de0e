/*
 * strips.h - how often an address was listed, as strips of days with words beside them.
 */
#ifndef ISSUER_WEB_STRIPS_H
#define ISSUER_WEB_STRIPS_H

#include "issuer/web/page.h"
#include "issuer/web/picture.h"

/* What the lists said, as store_listing_since gives it. */
struct strip_facts {
    const struct listing_row *rows;
    size_t count;
    unsigned days; /* rows reach back so far */
};

/* Of one address, on one zone or, with NULL, on all of them together. */
void strip_of(struct page *page, const struct strip_facts *facts, const char *address,
              const char *zone, struct picture_strip *out);
/* {name, title, note, listed, unknown, clear}; name is what the strip is of. */
json_t *strip_view(struct page *page, const struct strip_facts *facts, const char *name,
                   const struct picture_strip *strip);
/* "2 times, 28 h", "not seen listed", "3 days unknown", "not asked yet" */
const char *strip_note(const struct page *page, const struct picture_strip *strip);
/* Dates under a strip: a list of {x, text, class, is_roomy}. */
json_t *strip_dates(struct page *page, unsigned days);

#endif
