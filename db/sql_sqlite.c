/*
 * sql_sqlite.c - the seam on SQLite.
 *
 * Settings follow SQLite's own list for hostile surroundings (defensive, untrusted schema, small
 * limits). WAL with synchronous=FULL: what was committed is on disk. Only the writing handle
 * checkpoints (docs/decisions/one-writer.md).
 */
#include "base/base.h"

#include "db/sql.h"

#include <stdarg.h>

#include <sqlite3.h>

#include "base/alloc.h"

enum {
    CACHE_MAX = 96,
    PARAMETERS_MAX = 32,
    BUSY_MS = 2000
};

struct sql_rows {
    struct sql *sql;
    sqlite3_stmt *statement;
    const char *text;
    int places
        [PARAMETERS_MAX]; /* where $1, $2, … stand: SQLite numbers by appearance */
    bool is_busy;
};

struct sql {
    sqlite3 *db;
    sqlite3_file *file; /* of the database, for as long as the handle lives */
    struct sql_rows cache[CACHE_MAX];
    size_t cached;
};

static enum error_kind kind_of(int code)
{
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return ERROR_CONFLICT;
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return ERROR_INVALID; /* a CHECK, NOT NULL or reference */
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: return ERROR_UNAVAILABLE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERROR_INTEGRITY;
    default: return ERROR_INTERNAL;
    }
}

static int fail(struct sql *sql, int code, struct error *err)
{
    return error_set(err, kind_of(code), "database: %s",
                     sql->db != NULL ? sqlite3_errmsg(sql->db) : sqlite3_errstr(code));
}

static int configure(struct sql *sql, bool is_read_only, struct error *err)
{
    static const char writing[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                  "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
                                  "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;";
    /* Pages are read, not mapped: SQLite takes its whole map down at each commit of the writer, and the
     * faults of the next one cost more than the reads (docs/decisions/login-table.md); nor does a bad
     * sector end a reader of maps gently. 16 MiB hold the inner pages of the table login of ten million
     * leases beside its leaves. Each look at a page would check all its cells; the writer does that,
     * and a damaged page is an error either way. */
    static const char reading[] = "PRAGMA query_only=ON; PRAGMA cell_size_check=OFF;"
                                  "PRAGMA mmap_size=0; PRAGMA cache_size=-16384;"
                                  "PRAGMA wal_autocheckpoint=0;";

    sqlite3_busy_timeout(sql->db, BUSY_MS);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    /* A reader that closes last must not checkpoint: that is the writer's. */
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_read_only,
                            NULL);
    (void)sqlite3_limit(sql->db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(sql->db, SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024);
    return sql_script(sql, is_read_only ? reading : writing, err);
}

int sql_open(const char *path, bool may_create, bool is_read_only, struct sql **out,
             struct error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
                (is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                (may_create ? SQLITE_OPEN_CREATE : 0);
    struct sql *sql = xcalloc(1, sizeof *sql);
    int code = sqlite3_open_v2(path, &sql->db, flags, NULL);

    if (code != SQLITE_OK) {
        error_set(err, kind_of(code), "could not open the database \"%s\": %s", path,
                  sqlite3_errstr(code));
        sql_close(sql);
        return -1;
    }
    if (configure(sql, is_read_only, err) != 0) {
        sql_close(sql);
        return -1;
    }
    (void)sqlite3_file_control(sql->db, "main", SQLITE_FCNTL_FILE_POINTER, &sql->file);
    *out = sql;
    return 0;
}

void sql_close(struct sql *sql)
{
    if (sql == NULL)
        return;
    for (size_t i = 0; i < sql->cached; i++)
        sqlite3_finalize(sql->cache[i].statement);
    sqlite3_close(sql->db);
    free(sql);
}

int sql_script(struct sql *sql, const char *text, struct error *err)
{
    int code = sqlite3_exec(sql->db, text, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : fail(sql, code, err);
}

static void find_places(struct sql_rows *rows)
{
    for (int i = 0; i < PARAMETERS_MAX; i++) {
        char name[16];
        int len = snprintf(name, sizeof name, "$%d", i + 1);
        assert(len > 0 && (size_t)len < sizeof name);
        (void)len;
        rows->places[i] = sqlite3_bind_parameter_index(rows->statement, name);
    }
}

static int prepare(struct sql *sql, const char *text, struct sql_rows **out,
                   struct error *err)
{
    for (size_t i = 0; i < sql->cached; i++)
        if (sql->cache[i].text == text && !sql->cache[i].is_busy) {
            *out = &sql->cache[i];
            return 0;
        }
    assert(sql->cached < CACHE_MAX); /* texts are literals: their number is known */
    struct sql_rows *rows = &sql->cache[sql->cached];
    int code = sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT,
                                  &rows->statement, NULL);
    if (code != SQLITE_OK)
        return fail(sql, code, err);
    rows->sql = sql;
    rows->text = text;
    find_places(rows);
    sql->cached++;
    *out = rows;
    return 0;
}

static int bind_one(sqlite3_stmt *statement, int index, char type, va_list *args)
{
    if (type == 'i')
        return sqlite3_bind_int64(statement, index, va_arg(*args, int64_t));
    if (type == 't') {
        const char *text = va_arg(*args, const char *);
        return text == NULL
                   ? sqlite3_bind_null(statement, index)
                   : sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
    }
    assert(type == 'b');
    struct slice blob = va_arg(*args, struct slice);
    if (blob.at == NULL)
        return sqlite3_bind_null(statement, index);
    return sqlite3_bind_blob64(statement, index, blob.at, blob.len, SQLITE_TRANSIENT);
}

static int bind_all(struct sql_rows *rows, const char *types, va_list *args,
                    struct error *err)
{
    for (int i = 0; types[i] != '\0'; i++) {
        assert(i < PARAMETERS_MAX && rows->places[i] > 0);
        int code = bind_one(rows->statement, rows->places[i], types[i], args);
        if (code != SQLITE_OK)
            return fail(rows->sql, code, err);
    }
    return 0;
}

int sql_run(struct sql *sql, struct error *err, const char *text, const char *types,
            ...)
{
    struct sql_rows *rows = NULL;
    va_list args;

    if (prepare(sql, text, &rows, err) != 0)
        return -1;
    assert(rows != NULL);
    rows->is_busy = true;
    va_start(args, types);
    int result = bind_all(rows, types, &args, err);
    va_end(args);
    if (result == 0 && sql_next(rows, err) < 0)
        result = -1;
    sql_end(rows);
    return result;
}

int sql_ask(struct sql *sql, struct sql_rows **out, struct error *err, const char *text,
            const char *types, ...)
{
    struct sql_rows *rows = NULL;
    va_list args;

    if (prepare(sql, text, &rows, err) != 0)
        return -1;
    assert(rows != NULL);
    rows->is_busy = true;
    va_start(args, types);
    int result = bind_all(rows, types, &args, err);
    va_end(args);
    if (result != 0) {
        sql_end(rows);
        return -1;
    }
    *out = rows;
    return 0;
}

int sql_next(struct sql_rows *rows, struct error *err)
{
    int code = sqlite3_step(rows->statement);

    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : fail(rows->sql, code, err);
}

void sql_end(struct sql_rows *rows)
{
    if (rows == NULL)
        return;
    sqlite3_reset(rows->statement);
    sqlite3_clear_bindings(rows->statement);
    rows->is_busy = false;
}

int64_t sql_int(struct sql_rows *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

const char *sql_text(struct sql_rows *rows, int column, struct arena *mem)
{
    const unsigned char *text = sqlite3_column_text(rows->statement, column);

    if (text == NULL)
        return NULL;
    size_t len = (size_t)sqlite3_column_bytes(rows->statement, column);
    return arena_strndup(mem, (const char *)text, len);
}

bool sql_blob(struct sql_rows *rows, int column, void *out, size_t len)
{
    const void *blob = sqlite3_column_blob(rows->statement, column);

    if (sqlite3_column_type(rows->statement, column) == SQLITE_NULL) {
        memset(out, 0, len);
        return true;
    }
    if (blob == NULL || (size_t)sqlite3_column_bytes(rows->statement, column) != len)
        return false;
    memcpy(out, blob, len);
    return true;
}

int64_t sql_last_id(struct sql *sql)
{
    return sqlite3_last_insert_rowid(sql->db);
}

int64_t sql_changes(struct sql *sql)
{
    return sqlite3_changes64(sql->db);
}

/* The header of the WAL's index, twice, as the format has it (walformat.html, 2.1): memory that
 * readers and writers share. A commit is seen by other processes from the moment it has changed this
 * header and not before; SQLite too compares it to know whether its pages are the present ones. */
bool sql_stamp(struct sql *sql, uint32_t out[SQL_STAMP_WORDS])
{
    enum {
        REGION_BYTES = 32768
    };
    sqlite3_file *file = sql->file, *wal = NULL;
    void volatile *region = NULL;

    /* A reader has no other journal open than the WAL, and before it has, there is no index to look at. */
    if (sqlite3_file_control(sql->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) !=
            SQLITE_OK ||
        file == NULL || file->pMethods == NULL || file->pMethods->iVersion < 2 ||
        wal == NULL || wal->pMethods == NULL)
        return false;
    /* Its code speaks of the right to write, which we do not need. */
    (void)file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region);
    if (region == NULL)
        return false;
    file->pMethods->xShmBarrier(file);
    for (size_t i = 0; i < SQL_STAMP_WORDS; i++)
        out[i] = ((const uint32_t volatile *)region)[i];
    return true;
}

bool sql_in_transaction(struct sql *sql)
{
    return sqlite3_get_autocommit(sql->db) == 0;
}
