/*
 * seed_copies.c - millions of leases, past the store: what it wrote for one lease, copied in SQL
 * with what differs put in.
 *
 * Ten million take minutes this way, and half an hour through the store, whose triggers and indexes see
 * every row. Here they are taken off and put back. Nothing of this database survives a crash, so nothing is synced.
 */
#include "base/base.h"

#include "tests/support/seed.h"

#include <sqlite3.h>

#include "base/alloc.h"

enum {
    COPIED = SEED_GOOD, /* the lease that all others are copies of: its id is 1 */
    TEXT_MAX = 8192,
    AGAIN_MAX = 64
};

/* What differs from lease to lease, in terms of its number n (from 0); all else is as in the copied one. */
static const struct {
    const char *table, *column, *value;
} differing[] = {
    {"lease",        "id",        "n + 1"            },
    {"lease",        "mailbox",   "seed_mailbox(n)"  },
    {"lease",        "username",  "seed_username(n)" },
    {"lease",        "link_id",   "seed_link_id(n)"  },
    {"lease",        "link_hash", "seed_link_hash(n)"},
    {"lease_sender", "lease_id",  "n + 1"            },
    {"lease_sender", "pattern",   "seed_mailbox(n)"  },
    {"credential",   "lease_id",  "n + 1"            },
    {"credential",   "verifier",  "seed_verifier(n)" },
};

static const char *const tables[] = {"lease", "lease_sender", "credential"};

struct copying {
    sqlite3 *db;
    unsigned first, end;
    char *again[AGAIN_MAX]; /* triggers and indexes, to be made again */
    size_t again_count;
};

static int run(sqlite3 *db, const char *text, struct error *err)
{
    return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : error_set(err, ERROR_INTERNAL, "%s: %s", text, sqlite3_errmsg(db));
}

/* ---- what differs, as functions of SQL ------------------------------------------------------- */

static unsigned number_of(sqlite3_value **arguments)
{
    return (unsigned)sqlite3_value_int64(arguments[0]);
}

static void answer_text(sqlite3_context *context, const char *text)
{
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void sql_username(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    char text[USERNAME_LEN + 1];

    (void)count;
    seed_username(number_of(arguments), text);
    answer_text(context, text);
}

static void sql_mailbox(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    char text[SEED_MAILBOX_SIZE];

    (void)count;
    seed_mailbox(number_of(arguments), text);
    answer_text(context, text);
}

static void sql_link_id(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    char text[LINK_ID_LEN + 1];

    (void)count;
    seed_link_id(number_of(arguments), text);
    answer_text(context, text);
}

static void sql_link_hash(sqlite3_context *context, int count,
                          sqlite3_value **arguments)
{
    uint8_t hash[DIGEST_BYTES];

    (void)count;
    seed_link_hash(number_of(arguments), hash);
    sqlite3_result_blob(context, hash, sizeof hash, SQLITE_TRANSIENT);
}

static void sql_verifier(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct verifier verifier;

    (void)count;
    if (seed_verifier(sqlite3_user_data(context), number_of(arguments), &verifier))
        sqlite3_result_blob(context, verifier.bytes, sizeof verifier.bytes,
                            SQLITE_TRANSIENT);
    else
        sqlite3_result_error(context, "cannot make a verifier", -1);
}

static int add_functions(sqlite3 *db, struct pepper *pepper, struct error *err)
{
    static const struct {
        const char *name;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"seed_username",  sql_username },
        {"seed_mailbox",   sql_mailbox  },
        {"seed_link_id",   sql_link_id  },
        {"seed_link_hash", sql_link_hash},
        {"seed_verifier",  sql_verifier },
    };

    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (sqlite3_create_function(db, functions[i].name, 1, SQLITE_UTF8, pepper,
                                    functions[i].call, NULL, NULL) != SQLITE_OK)
            return error_set(err, ERROR_INTERNAL, "cannot add %s", functions[i].name);
    return 0;
}

/* ---- triggers and indexes ---------------------------------------------------------------------- */

static int take_off(struct copying *copying, const char *table, struct error *err)
{
    sqlite3_stmt *found = NULL;
    char drop[256];
    int result = 0;
    size_t first = copying->again_count;
    char *drops[AGAIN_MAX];

    if (sqlite3_prepare_v2(copying->db,
                           "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = "
                           "?1 AND type IN ('index', 'trigger') AND sql IS NOT NULL",
                           -1, &found, NULL) != SQLITE_OK)
        return error_set(err, ERROR_INTERNAL, "%s", sqlite3_errmsg(copying->db));
    (void)sqlite3_bind_text(found, 1, table, -1, SQLITE_STATIC);
    while (sqlite3_step(found) == SQLITE_ROW) {
        assert(copying->again_count < AGAIN_MAX);
        (void)snprintf(drop, sizeof drop, "DROP %s %s",
                       (const char *)sqlite3_column_text(found, 0),
                       (const char *)sqlite3_column_text(found, 1));
        drops[copying->again_count] = xstrdup(drop);
        copying->again[copying->again_count++] = xstrdup(
            (const char *)sqlite3_column_text(found, 2));
    }
    (void)sqlite3_finalize(found);
    for (size_t i = first; i < copying->again_count; i++) {
        if (result == 0)
            result = run(copying->db, drops[i], err);
        free(drops[i]);
    }
    return result;
}

static int put_back(struct copying *copying, struct error *err)
{
    for (size_t i = 0; i < copying->again_count; i++)
        if (run(copying->db, copying->again[i], err) != 0)
            return -1;
    return 0;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static const char *value_of(const char *table, const char *column)
{
    for (size_t i = 0; i < ARRAY_LEN(differing); i++)
        if (strcmp(differing[i].table, table) == 0 &&
            strcmp(differing[i].column, column) == 0)
            return differing[i].value;
    return column;
}

static int copy_table(const struct copying *copying, const char *table,
                      struct error *err)
{
    sqlite3_stmt *columns = NULL;
    struct strbuf text;
    const char *comma = "";

    if (sqlite3_prepare_v2(copying->db, "SELECT name FROM pragma_table_info(?1)", -1,
                           &columns, NULL) != SQLITE_OK)
        return error_set(err, ERROR_INTERNAL, "%s", sqlite3_errmsg(copying->db));
    (void)sqlite3_bind_text(columns, 1, table, -1, SQLITE_STATIC);
    strbuf_init(&text, TEXT_MAX);
    strbuf_printf(&text,
                  "INSERT INTO %s WITH RECURSIVE number (n) AS (SELECT %u UNION ALL "
                  "SELECT n + 1 FROM number WHERE n + 1 < %u) SELECT ",
                  table, copying->first, copying->end);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        strbuf_printf(&text, "%s%s", comma,
                      value_of(table, (const char *)sqlite3_column_text(columns, 0)));
        comma = ", ";
    }
    (void)sqlite3_finalize(columns);
    strbuf_printf(&text, " FROM number CROSS JOIN %s WHERE %s = %d", table,
                  strcmp(table, "lease") == 0 ? "id" : "lease_id", COPIED + 1);
    int result = run(copying->db, text.at, err);
    strbuf_release(&text);
    return result;
}

static int copy_all(struct copying *copying, struct error *err)
{
    char login[160];

    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        if (take_off(copying, tables[i], err) != 0)
            return -1;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        if (copy_table(copying, tables[i], err) != 0)
            return -1;
    /* What the triggers would have done (0016_login.sql). */
    (void)snprintf(login, sizeof login,
                   "INSERT INTO login SELECT * FROM login_now WHERE lease_id > %u "
                   "ORDER BY username",
                   copying->first);
    return run(copying->db, login, err) != 0 ? -1 : put_back(copying, err);
}

int seed_copies(const char *path, unsigned first, unsigned end, struct error *err)
{
    static const char quick[] = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                                "PRAGMA locking_mode=EXCLUSIVE;"
                                "PRAGMA cache_size=-2000000; PRAGMA temp_store=MEMORY;"
                                "BEGIN";
    struct copying copying = {.first = first, .end = end};
    struct pepper pepper = {0};
    int result = -1;

    assert(first > COPIED && first < end);
    if (seed_pepper(&pepper, err) != 0)
        return -1;
    if (sqlite3_open_v2(path, &copying.db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        (void)error_set(err, ERROR_UNAVAILABLE, "could not open \"%s\"", path);
        goto out;
    }
    if (add_functions(copying.db, &pepper, err) == 0 &&
        run(copying.db, quick, err) == 0 && copy_all(&copying, err) == 0 &&
        run(copying.db, "COMMIT", err) == 0 &&
        run(copying.db, "PRAGMA journal_mode=WAL", err) == 0)
        result = 0;
out:
    for (size_t i = 0; i < copying.again_count; i++)
        free(copying.again[i]);
    (void)sqlite3_close(copying.db);
    pepper_release(&pepper);
    return result;
}
