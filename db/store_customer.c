/*
 * store_customer.c - the customer's side of a lease: wrong tries, the browser that saw the details, and
 * what the customer told us.
 */
#include "base/base.h"

#include "db/store_internal.h"

int store_lease_set_browser(struct store *store, int64_t id,
                            const uint8_t hash[DIGEST_BYTES], struct error *err)
{
    return sql_run(store->sql, err, "UPDATE lease SET browser_hash = $2 WHERE id = $1",
                   "ib", id, hash_slice(hash));
}

int store_lease_browser(struct store *store, int64_t id, uint8_t out_hash[DIGEST_BYTES],
                        bool *out_is_known, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, "SELECT browser_hash FROM lease WHERE id = $1",
                "i", id) != 0)
        return -1;
    int found = sql_next(rows, err);
    *out_is_known = found == 1 && sql_blob(rows, 0, out_hash, DIGEST_BYTES);
    sql_end(rows);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "there is no such lease");
    return found == 1 ? 0 : -1;
}

int store_lease_count_try(struct store *store, int64_t id, unsigned *out_left,
                          struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "UPDATE lease SET reveal_tries_left = max(reveal_tries_left - 1, 0) "
                "WHERE id = $1 RETURNING reveal_tries_left",
                "i", id) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1)
        *out_left = (unsigned)sql_int(rows, 0);
    sql_end(rows);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "there is no such lease");
    return found == 1 ? 0 : -1;
}

int store_word_add(struct store *store, int64_t lease_id, enum lease_word word,
                   int64_t now, struct error *err)
{
    return sql_run(store->sql, err,
                   "INSERT INTO lease_word (lease_id, at, word) VALUES ($1, $2, $3)",
                   "iit", lease_id, now, lease_word_name(word));
}

static int read_word(struct sql_rows *rows, struct arena *mem, void *element,
                     struct error *err)
{
    struct lease_said *said = element;
    const char *word = sql_text(rows, 0, mem);

    said->at = sql_int(rows, 1);
    return word != NULL && lease_word_from(slice_from(word), &said->word)
               ? 0
               : store_corrupt(err, "what customers said");
}

int store_word_list(struct store *store, struct arena *mem, int64_t lease_id,
                    size_t max, struct lease_said **out, size_t *out_count,
                    struct error *err)
{
    static const struct collecting words = {sizeof(struct lease_said), 0, read_word};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT word, at FROM lease_word WHERE lease_id = $1 "
                "ORDER BY id DESC LIMIT $2",
                "ii", lease_id, (int64_t)max) != 0 ||
        store_collect(rows, mem, &words, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}
