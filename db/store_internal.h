/*
 * store_internal.h - what the files of the store share.
 */
#ifndef DB_STORE_INTERNAL_H
#define DB_STORE_INTERNAL_H

#include "db/sql.h"
#include "db/store.h"

struct store {
    struct sql *sql;
    bool is_read_only;
    struct sql_rows
        *view; /* between store_view_begin and its end: SQLite's view lasts */
};

static inline struct slice hash_slice(const uint8_t hash[DIGEST_BYTES])
{
    return slice_of((const char *)hash, DIGEST_BYTES);
}

/* Run act in the open transaction, or in one of its own: for functions of several statements. */
NODISCARD int store_atomically(struct store *store,
                               int (*act)(struct store *store, void *context,
                                          struct error *err),
                               void *context, struct error *err);

/* The same for reading: one view of several statements. */
NODISCARD int store_consistently(struct store *store,
                                 int (*act)(struct store *store, void *context,
                                            struct error *err),
                                 void *context, struct error *err);

/* Collects rows into an array in mem: read fills element i from the present row. */
struct collecting {
    size_t element_bytes, max;
    int (*read)(struct sql_rows *rows, struct arena *mem, void *element,
                struct error *err);
};
NODISCARD int store_collect(struct sql_rows *rows, struct arena *mem,
                            const struct collecting *how, void **out, size_t *out_count,
                            struct error *err);
/* One row into element: ERROR_NOT_FOUND with "there is no WHAT" when there is none. Ends rows. */
NODISCARD int store_one(struct sql_rows *rows, struct arena *mem,
                        int (*read)(struct sql_rows *rows, struct arena *mem,
                                    void *element, struct error *err),
                        void *element, const char *what, struct error *err);

/* The number in the first column of the first row; 0 when there is none. Ends rows. */
NODISCARD int store_number(struct sql_rows *rows, int64_t *out, struct error *err);

/* A part as LIKE ... ESCAPE '\' finds it in lower-case text: "50%" becomes "%50\%%". NULL stays NULL. */
const char *store_pattern(struct arena *mem, const char *part);
/* The part as a number, for columns that are one; 0 when it is none. */
int64_t store_pattern_number(const char *part);

/* ERROR_INTEGRITY, -1. */
int store_corrupt(struct error *err, const char *what);

/* Bring the schema up to date (writing handle), or check that it is ours. */
NODISCARD int store_migrate(struct store *store, struct error *err);
NODISCARD int store_check_schema(struct store *store, struct error *err);

#endif
