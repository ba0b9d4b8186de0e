/*
 * migrate.c - numbered steps, each in its own transaction, each remembered with its digest.
 *
 * A step whose text changed after it was applied is an edited history (ERROR_INTEGRITY); a
 * database with more steps than this program has belongs to a newer one and is left alone.
 */
#include "base/base.h"

#include "base/embed.h"
#include "base/encode.h"
#include "core/digest.h"
#include "db/store_internal.h"

static const char create_table[] =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    "number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL) STRICT";

static void step_digest(size_t step, char text[2 * DIGEST_BYTES + 1])
{
    uint8_t digest[DIGEST_BYTES];

    digest_bytes(
        slice_of(migrations_table[step].begin,
                 (size_t)(migrations_table[step].end - migrations_table[step].begin)),
        digest);
    hex_encode(digest, sizeof digest, text);
}

/* How many steps the database has; each must be one of ours, unchanged. */
static int applied_steps(struct store *store, size_t *out, struct error *err)
{
    struct arena mem;
    struct sql_rows *rows = NULL;
    size_t count = 0;
    int more = -1;

    arena_init(&mem);
    if (sql_ask(store->sql, &rows, err,
                "SELECT digest FROM schema_migration ORDER BY number", "") != 0)
        goto out;
    while ((more = sql_next(rows, err)) == 1) {
        char ours[2 * DIGEST_BYTES + 1];
        const char *theirs = sql_text(rows, 0, &mem);
        if (count == migrations_count) {
            more = error_set(err, ERROR_UNAVAILABLE,
                             "the database belongs to a newer version of cleansmtp");
            break;
        }
        step_digest(count, ours);
        if (theirs == NULL || strcmp(ours, theirs) != 0) {
            more = error_set(
                err, ERROR_INTEGRITY,
                "schema step %zu in the database is not the one of this program",
                count + 1);
            break;
        }
        count++;
    }
    if (more == 0)
        *out = count;

out:
    sql_end(rows);
    arena_release(&mem);
    return more;
}

static int apply_step(struct store *store, void *context, struct error *err)
{
    size_t step = *(const size_t *)context;
    char digest[2 * DIGEST_BYTES + 1];

    step_digest(step, digest);
    if (sql_script(store->sql, migrations_table[step].begin, err) != 0)
        return -1;
    return sql_run(
        store->sql, err,
        "INSERT INTO schema_migration (number, name, digest) VALUES ($1, $2, $3)",
        "itt", (int64_t)step + 1, migrations_table[step].name, digest);
}

int store_migrate(struct store *store, struct error *err)
{
    size_t step;

    if (sql_script(store->sql, create_table, err) != 0 ||
        applied_steps(store, &step, err) != 0)
        return -1;
    for (; step < migrations_count; step++)
        if (store_transaction(store, apply_step, &step, err) != 0)
            return error_prefix(err, "schema step \"%s\"", migrations_table[step].name);
    return 0;
}

int store_check_schema(struct store *store, struct error *err)
{
    struct error cause;
    size_t steps;

    if (applied_steps(store, &steps, &cause) != 0)
        /* No such table: a database that cleansmtpd has not made yet. */
        return error_set(err,
                         cause.kind == ERROR_INTERNAL ? ERROR_UNAVAILABLE : cause.kind,
                         "%s", cause.text);
    if (steps != migrations_count)
        return error_set(err, ERROR_UNAVAILABLE,
                         "the database is of an older version: start cleansmtpd first");
    return 0;
}
