/*
 * store_login.c - what a login needs, in one statement.
 *
 * Asked at every AUTH, tens of thousands of times a second, of up to tens of millions of leases:
 * the index lease_login holds the facts of the lease, so that its row, which is long, is not
 * touched. SQLite keeps an index in step with its table; there is nothing to go stale.
 */
#include "base/base.h"

#include "db/store_internal.h"

static int read_credential(struct sql_rows *rows, struct arena *mem, void *element,
                           struct error *err)
{
    struct credential_row *row = element;
    int64_t end = sql_int(rows, 0);

    row->lease = (struct lease){
        .is_pending = sql_int(rows, 1) != 0,
        .is_suspended = sql_int(rows, 2) != 0,
        .revealed_at = sql_int(rows, 3),
        .first_login_at = sql_int(rows, 4),
        .expires_at = sql_int(rows, 5),
        .id = sql_int(rows, 6),
        .reserved_address = sql_text(rows, 7, mem),
        .lane = sql_text(rows, 8, mem),
    };
    row->verifier.pepper_id = (unsigned)sql_int(rows, 9);
    if (end < 0 || end >= LEASE_END_COUNT ||
        !sql_blob(rows, 10, row->verifier.bytes, DIGEST_BYTES))
        return store_corrupt(err, "credentials");
    row->lease.end = (enum lease_end)end;
    return 0;
}

int store_credential_find(struct store *store, struct arena *mem, const char *username,
                          struct credential_row *out, struct error *err)
{
    struct credential_row row;
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT l.end_how, l.is_pending, l.is_suspended, l.revealed_at, "
                "l.first_login_at, l.expires_at, l.id, p.address, p.lane, c.pepper_id, "
                "c.verifier FROM lease l INDEXED BY lease_login "
                "JOIN pool_address p ON p.id = l.pool_address_id "
                "LEFT JOIN credential c ON c.lease_id = l.id WHERE l.username = $1",
                "t", username) != 0 ||
        store_one(rows, mem, read_credential, &row, "such login", err) != 0)
        return -1;
    *out = row;
    return 0;
}
