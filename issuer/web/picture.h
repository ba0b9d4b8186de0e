/*
 * picture.h - facts on a time axis as geometry for inline SVG: what a template prints, no markup.
 *
 * Positions along an axis are per cent, so that a picture follows the width of its place and its
 * text keeps its size. The sentence above a picture and the table behind it are the page's.
 */
#ifndef ISSUER_WEB_PICTURE_H
#define ISSUER_WEB_PICTURE_H

#include <jansson.h>

#include "base/arena.h"
#include "core/listing.h"

enum {
    PICTURE_DAYS_MAX = 90
};

/* One state of an address on a list, from its first look to the first that said otherwise;
 * until_at 0: it lasts. */
struct picture_stretch {
    enum listing_state state;
    int64_t since, until_at;
};

/* Days of 24 hours, the last one ends now. A day is listed when a part of it was, its bar as high as
 * the hours; unknown when it was asked about and neither listed nor clear was said; clear; or
 * nothing is drawn, because nobody had asked yet. */
struct picture_strip {
    const char *listed, *unknown,
        *clear;     /* SVG path data, day n from x = n; "" for none */
    unsigned times; /* listings that reach into these days */
    int64_t listed_s;
    unsigned unknown_days, asked_days;
};
/* days is at most PICTURE_DAYS_MAX. Stretches may come in any order, with holes. Paths live in mem. */
void picture_strip(struct arena *mem, const struct picture_stretch *stretches,
                   size_t count, unsigned days, int64_t now, struct picture_strip *out);

/* A span of time that has a place for every moment in it. */
struct picture_axis {
    int64_t from, until; /* until > from */
};
/* "38.89%": where the moment is; before the start 0%, behind the end 100%. */
const char *picture_at(struct arena *mem, const struct picture_axis *axis,
                       int64_t when);
/* "12.50%": how wide the span is, what lies outside of the axis left out. */
const char *picture_width(struct arena *mem, const struct picture_axis *axis,
                          int64_t from, int64_t until);
/* The axis that shows all from `first` to `last` in whole steps of hours or days, and its marks: a
 * list of {x, at, class, is_roomy}, whole in the zone of TZ; at is the moment. class is "mid", "last" or ""; roomy ones
 * may be left out where there is little room. At least an hour is shown. */
json_t *picture_marks(struct arena *mem, int64_t first, int64_t last,
                      struct picture_axis *out);

#endif
