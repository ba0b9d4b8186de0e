/*
 * sql.h - the seam to a database engine: one statement at a time, parameters $1, $2, …
 *
 * Statement texts are string literals and serve as keys of the cache of prepared statements; a
 * value never becomes part of a text. `types` has one letter a parameter: i (int64_t), t (const
 * char *, NULL is NULL), b (struct slice, at NULL is NULL).
 */
#ifndef DB_SQL_H
#define DB_SQL_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

struct sql;
struct sql_rows;

NODISCARD int sql_open(const char *path, bool may_create, bool is_read_only,
                       struct sql **out, struct error *err);
void sql_close(struct sql *sql);

/* Several statements without parameters, from our own migrations. */
NODISCARD int sql_script(struct sql *sql, const char *text, struct error *err);
/* A statement that gives no rows. */
NODISCARD int sql_run(struct sql *sql, struct error *err, const char *text,
                      const char *types, ...);
/* A statement that gives rows: sql_next is 1 on a row, 0 at the end, -1 on error; sql_end always. */
NODISCARD int sql_ask(struct sql *sql, struct sql_rows **out, struct error *err,
                      const char *text, const char *types, ...);
NODISCARD int sql_next(struct sql_rows *rows, struct error *err);
void sql_end(struct sql_rows *rows); /* NULL is fine */

/* Columns of the present row, from 0. Text lives in mem, NULL where the value is NULL. */
int64_t sql_int(struct sql_rows *rows, int column);
const char *sql_text(struct sql_rows *rows, int column, struct arena *mem);
/* Exactly len bytes, or ERROR_INTEGRITY by the caller when false; NULL gives zeros and true. */
NODISCARD bool sql_blob(struct sql_rows *rows, int column, void *out, size_t len);

int64_t sql_last_id(struct sql *sql);
int64_t sql_changes(struct sql *sql);
/* What each commit of any process changes, without a lock or a call of the kernel. For handles that
 * only read. false: there is none now. */
enum {
    SQL_STAMP_WORDS = 24
};
NODISCARD bool sql_stamp(struct sql *sql, uint32_t out[SQL_STAMP_WORDS]);
/* Is a transaction open on this handle? */
bool sql_in_transaction(struct sql *sql);

#endif
