/*
 * store.c - opening, transactions, and reading rows into arrays.
 */
#include "base/base.h"

#include "db/store.h"

#include "base/alloc.h"
#include "db/store_internal.h"

#include "base/number.h"

int store_open(const char *path, enum store_mode mode, struct store **out,
               struct error *err)
{
    struct store *store = xcalloc(1, sizeof *store);

    store->is_read_only = mode == STORE_READ;
    if (sql_open(path, mode == STORE_CREATE, store->is_read_only, &store->sql, err) !=
        0)
        goto failed;
    if ((store->is_read_only ? store_check_schema(store, err)
                             : store_migrate(store, err)) != 0)
        goto failed;
    *out = store;
    return 0;

failed:
    store_close(store);
    return -1;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    sql_close(store->sql);
    free(store);
}

int store_check(struct store *store, struct error *err)
{
    struct arena mem;
    struct sql_rows *rows = NULL;
    const char *answer = NULL;
    int result = -1;

    arena_init(&mem);
    if (sql_ask(store->sql, &rows, err, "PRAGMA quick_check(1)", "") != 0)
        goto out;
    if (sql_next(rows, err) < 0)
        goto out;
    answer = sql_text(rows, 0, &mem);
    if (answer != NULL && strcmp(answer, "ok") == 0)
        result = 0;
    else
        error_set(err, ERROR_INTEGRITY, "the database is damaged: %.150s",
                  answer == NULL ? "no answer" : answer);

out:
    sql_end(rows);
    arena_release(&mem);
    return result;
}

typedef int store_act(struct store *store, void *context, struct error *err);

static int transact(struct store *store, const char *begin, store_act *act,
                    void *context, struct error *err)
{
    assert(!sql_in_transaction(store->sql));
    if (sql_run(store->sql, err, begin, "") != 0)
        return -1;
    int result = act(store, context, err);
    if (result == 0)
        result = sql_run(store->sql, err, "COMMIT", "");
    /* A failed commit may have rolled back by itself. */
    if (result != 0 && sql_in_transaction(store->sql)) {
        struct error ignored;
        (void)!sql_run(store->sql, &ignored, "ROLLBACK", "");
    }
    return result;
}

int store_transaction(struct store *store, store_act *act, void *context,
                      struct error *err)
{
    return transact(store, "BEGIN IMMEDIATE", act, context, err);
}

int store_snapshot(struct store *store, store_act *act, void *context,
                   struct error *err)
{
    return transact(store, "BEGIN", act, context, err);
}

/* A statement that has given a row and is not ended holds its view for all that follow it: the same as
 * a transaction around them, for one statement instead of three. */
int store_view_begin(struct store *store, struct login_change *out_newest,
                     struct error *err)
{
    struct sql_rows *rows;

    assert(store->view == NULL && !sql_in_transaction(store->sql));
    if (sql_ask(store->sql, &rows, err,
                "SELECT seq, mark FROM login_change ORDER BY seq DESC LIMIT 1",
                "") != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1) {
        *out_newest = (struct login_change){sql_int(rows, 0), sql_int(rows, 1)};
        store->view = rows;
        return 0;
    }
    sql_end(rows);
    return found == 0 ? store_corrupt(err, "changes of logins") : -1;
}

void store_view_end(struct store *store)
{
    sql_end(store->view);
    store->view = NULL;
}

bool store_stamp(struct store *store, struct store_stamp *out)
{
    _Static_assert(ARRAY_LEN(out->words) == SQL_STAMP_WORDS, "one stamp");
    return sql_stamp(store->sql, out->words);
}

int store_atomically(struct store *store, store_act *act, void *context,
                     struct error *err)
{
    if (sql_in_transaction(store->sql))
        return act(store, context, err);
    return store_transaction(store, act, context, err);
}

int store_consistently(struct store *store, store_act *act, void *context,
                       struct error *err)
{
    if (store->view != NULL || sql_in_transaction(store->sql))
        return act(store, context, err);
    return store_snapshot(store, act, context, err);
}

int store_collect(struct sql_rows *rows, struct arena *mem,
                  const struct collecting *how, void **out, size_t *out_count,
                  struct error *err)
{
    char *elements = NULL;
    size_t count = 0;
    size_t room = 0;
    int more;

    while ((more = sql_next(rows, err)) == 1 && (how->max == 0 || count < how->max)) {
        if (count == room) {
            /* The old array stays in the arena: at most as much again as the new one. */
            size_t wider = room == 0 ? 16 : room * 2;
            char *grown = arena_array(mem, wider, how->element_bytes);
            if (count > 0)
                memcpy(grown, elements, count * how->element_bytes);
            elements = grown;
            room = wider;
        }
        if (how->read(rows, mem, elements + count * how->element_bytes, err) != 0) {
            more = -1;
            break;
        }
        count++;
    }
    sql_end(rows);
    if (more < 0)
        return -1;
    *out = elements != NULL ? elements : arena_array(mem, 1, how->element_bytes);
    *out_count = count;
    return 0;
}

int store_one(struct sql_rows *rows, struct arena *mem,
              int (*read)(struct sql_rows *rows, struct arena *mem, void *element,
                          struct error *err),
              void *element, const char *what, struct error *err)
{
    int result = -1;
    int found = sql_next(rows, err);

    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "there is no %s", what);
    else if (found == 1)
        result = read(rows, mem, element, err);
    sql_end(rows);
    return result;
}

int store_number(struct sql_rows *rows, int64_t *out, struct error *err)
{
    int found = sql_next(rows, err);

    *out = found == 1 ? sql_int(rows, 0) : 0;
    sql_end(rows);
    return found < 0 ? -1 : 0;
}

int store_corrupt(struct error *err, const char *what)
{
    return error_set(err, ERROR_INTEGRITY,
                     "a row of %s in the database cannot be right", what);
}

const char *store_pattern(struct arena *mem, const char *part)
{
    if (part == NULL)
        return NULL;
    char *pattern = arena_alloc(mem, 2 * strlen(part) + 3);
    char *to = pattern;

    *to++ = '%';
    for (const char *at = part; *at != '\0'; at++) {
        if (strchr("%_\\", *at) != NULL)
            *to++ = '\\';
        *to++ = *at;
        if (*at >= 'A' && *at <= 'Z')
            to[-1] |= 0x20; /* ASCII, as lower() of SQLite */
    }
    *to = '%';
    return pattern;
}

int64_t store_pattern_number(const char *part)
{
    int64_t number = 0;

    if (part == NULL || !number_i64(slice_from(part), 1, INT64_MAX, &number))
        return 0;
    return number;
}
