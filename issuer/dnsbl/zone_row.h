/*
 * zone_row.h - a row of the catalogue, cell by cell, into a struct zone.
 *
 * zones.tsv explains the cells. A list that the configuration defines goes the same way, so both
 * obey the same rules.
 */
#ifndef ISSUER_DNSBL_ZONE_ROW_H
#define ISSUER_DNSBL_ZONE_ROW_H

#include "base/arena.h"
#include "base/error.h"
#include "core/listing.h"

enum zone_column {
    ZONE_COLUMN_NAME,
    ZONE_COLUMN_TITLE,
    ZONE_COLUMN_KIND,
    ZONE_COLUMN_ASKER,
    ZONE_COLUMN_STATE,
    ZONE_COLUMN_GRANT,
    ZONE_COLUMN_CODES,
    ZONE_COLUMN_OTHER,
    ZONE_COLUMN_TEST,
    ZONE_COLUMN_TEXT,
    ZONE_COLUMN_CLEARS,
    ZONE_COLUMN_EXPIRY,
    ZONE_COLUMN_LOOKUP,
    ZONE_COLUMN_DELISTING,
    ZONE_COLUMN_ALIASES,
    ZONE_COLUMN_STANDS_FOR,
    ZONE_COLUMN_SOURCE,
    ZONE_COLUMN_FATE,
    ZONE_COLUMN_COUNT
};

struct zone_row {
    struct slice cell[ZONE_COLUMN_COUNT]; /* "-" or empty: nothing */
};

/* ERROR_INVALID names the column and what is wrong with it. Strings are copied into mem. */
NODISCARD int zone_row_read(struct arena *mem, const struct zone_row *row,
                            struct zone *out, struct error *err);
/* One label of a host name, as keys are. */
NODISCARD bool zone_row_is_key(struct slice key);

#endif
