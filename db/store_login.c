/*
 * store_login.c - what a login needs, in one row; its earlier passwords, which logins changed, and
 * who may send as whom.
 *
 * Asked at every AUTH of a login that authd does not remember, of up to tens of millions of leases:
 * the table login holds it, kept by triggers (docs/decisions/login-table.md).
 */
#include "base/base.h"

#include "db/store_internal.h"

/* As read_credential and visit_row read them. The logins lead, however many addresses there are. */
#define CREDENTIAL_COLUMNS                                                    \
 "n.end_how, n.is_pending, n.is_suspended, n.revealed_at, n.first_login_at, " \
 "n.expires_at, n.lease_id, p.address, p.lane, n.pepper_id, n.verifier, "     \
 "n.pool_address_id, n.username FROM login n "                                \
 "CROSS JOIN pool_address p ON p.id = n.pool_address_id "

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
        .pool_address_id = sql_int(rows, 11),
    };
    row->verifier.pepper_id = (unsigned)sql_int(rows, 9);
    if (end < 0 || end >= LEASE_END_COUNT ||
        !sql_blob(rows, 10, row->verifier.bytes, DIGEST_BYTES))
        return store_corrupt(err, "credentials");
    row->lease.end = (enum lease_end)end;
    return 0;
}

/* The number that login_now makes of a username, db/migrations/sqlite/0016_login.sql. */
static int64_t login_key(const char *username)
{
    enum {
        FIRST = 3,
        LETTERS = 8
    };
    struct slice letters = slice_skip(slice_from(username), FIRST);
    int64_t key = 0;

    for (size_t i = 0; i < LETTERS; i++)
        key = key << 7 | (i < letters.len ? letters.at[i] & 0x7f : 0);
    return key;
}

int store_credential_find(struct store *store, struct arena *mem, const char *username,
                          struct credential_row *out, struct error *err)
{
    struct credential_row row;
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " CREDENTIAL_COLUMNS "WHERE n.key = $1 AND n.username = $2",
                "it", login_key(username), username) != 0 ||
        store_one(rows, mem, read_credential, &row, "such login", err) != 0)
        return -1;
    *out = row;
    return 0;
}

static int visit_row(struct sql_rows *rows, const struct credential_visitor *visitor,
                     struct error *err)
{
    struct credential_row row;
    struct arena mem;

    arena_init(&mem);
    const char *username = sql_text(rows, 12, &mem);
    int result = username != NULL ? read_credential(rows, &mem, &row, err)
                                  : store_corrupt(err, "logins");
    if (result == 0)
        visitor->visit(visitor->context, username, &row);
    arena_release(&mem);
    return result;
}

int store_credential_visit(struct store *store, const char *after, size_t max,
                           const struct credential_visitor *visitor, struct error *err)
{
    struct sql_rows *rows;
    int found;

    /* No key is negative. */
    if (sql_ask(store->sql, &rows, err,
                "SELECT " CREDENTIAL_COLUMNS "WHERE n.key > $1 ORDER BY n.key LIMIT $2",
                "ii", after == NULL ? (int64_t)-1 : login_key(after),
                (int64_t)max) != 0)
        return -1;
    while ((found = sql_next(rows, err)) == 1)
        if (visit_row(rows, visitor, err) != 0) {
            found = -1;
            break;
        }
    sql_end(rows);
    return found;
}

int store_lease_newest(struct store *store, int64_t *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, "SELECT max(id) FROM lease", "") != 0)
        return -1;
    return store_number(rows, out, err);
}

int store_login_earlier(struct store *store, int64_t lease_id,
                        struct earlier_verifier out[STORE_EARLIER_MAX],
                        size_t *out_count, struct error *err)
{
    struct sql_rows *rows;
    int found;

    *out_count = 0;
    if (sql_ask(
            store->sql, &rows, err,
            "SELECT reveal, pepper_id, verifier, replaced_at FROM credential_replaced "
            "WHERE lease_id = $1 ORDER BY reveal DESC LIMIT $2",
            "ii", lease_id, (int64_t)STORE_EARLIER_MAX) != 0)
        return -1;
    while ((found = sql_next(rows, err)) == 1) {
        struct earlier_verifier *row = &out[*out_count];
        row->reveal = (unsigned)sql_int(rows, 0);
        row->verifier.pepper_id = (unsigned)sql_int(rows, 1);
        row->replaced_at = sql_int(rows, 3);
        if (!sql_blob(rows, 2, row->verifier.bytes, DIGEST_BYTES)) {
            sql_end(rows);
            return store_corrupt(err, "replaced credentials");
        }
        (*out_count)++;
    }
    sql_end(rows);
    return found;
}

struct changed {
    struct login_change change;
    const char *username; /* "": any */
};

static int read_changed(struct sql_rows *rows, struct arena *mem, void *element,
                        struct error *err)
{
    struct changed *changed = element;

    changed->change = (struct login_change){sql_int(rows, 0), sql_int(rows, 1)};
    changed->username = sql_text(rows, 2, mem);
    return changed->username != NULL ? 0 : store_corrupt(err, "changes of logins");
}

/* Are these all changes behind `since`, which is the first of them? */
static bool is_continued(const struct changed *rows, size_t count,
                         const struct login_change *since)
{
    return count > 0 && rows[0].change.seq == since->seq &&
           rows[0].change.mark == since->mark;
}

int store_login_changed(struct store *store, struct arena *mem,
                        const struct login_change *since, const char *const **out,
                        struct error *err)
{
    static const struct collecting changes = {sizeof(struct changed), 0, read_changed};
    const struct changed *found;
    struct sql_rows *rows;
    void *collected;
    size_t count;

    *out = NULL;
    if (sql_ask(store->sql, &rows, err,
                "SELECT seq, mark, username FROM login_change WHERE seq >= $1 "
                "ORDER BY seq",
                "i", since->seq) != 0 ||
        store_collect(rows, mem, &changes, &collected, &count, err) != 0)
        return -1;
    found = collected;
    if (!is_continued(found, count, since))
        return 0;
    const char **names = arena_array(mem, count, sizeof *names);
    for (size_t i = 1; i < count; i++) {
        if (found[i].username[0] == '\0')
            return 0;
        names[i - 1] = found[i].username;
    }
    *out = names;
    return 0;
}

static int read_sender(struct sql_rows *rows, struct arena *mem, void *element,
                       struct error *err)
{
    struct sender_row *row = element;

    row->username = sql_text(rows, 0, mem);
    row->lane = sql_text(rows, 1, mem);
    row->is_suspended = sql_int(rows, 3) != 0;
    if (row->username == NULL || row->lane == NULL ||
        !pool_state_parse(slice_from(sql_text(rows, 2, mem)), &row->pool_state))
        return store_corrupt(err, "leases");
    return 0;
}

int store_sender_find(struct store *store, struct arena *mem,
                      const struct sender_question *question, struct sender_row **out,
                      size_t *out_count, struct error *err)
{
    static const struct collecting senders = {sizeof(struct sender_row), 0,
                                              read_sender};
    struct sql_rows *rows;
    void *found;

    /* The index of patterns leads; a lease without patterns is not made (leases/terms.c). */
    if (sql_ask(
            store->sql, &rows, err,
            "SELECT l.username, p.lane, p.state, l.is_suspended FROM lease_sender s "
            "JOIN lease l ON l.id = s.lease_id "
            "JOIN pool_address p ON p.id = l.pool_address_id "
            "WHERE s.pattern IN ($1, $2) AND l.end_how = 0 AND l.is_pending = 0 "
            "AND l.revealed_at > 0 AND l.expires_at > $3 "
            "ORDER BY s.pattern = $2, l.id DESC LIMIT $4",
            "ttii", question->mailbox, question->domain, question->now,
            (int64_t)question->max) != 0 ||
        store_collect(rows, mem, &senders, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}
