/*
 * store_quota.c - how many leases somebody had, or gave, of late.
 */
#include "base/base.h"

#include "db/store_internal.h"

#include "base/limits.h"
#include "core/actor.h"

/* Of a statement that counts. */
static int read_count(struct sql_rows *rows, unsigned *out, struct error *err)
{
    int64_t count = 0;

    if (store_number(rows, &count, err) != 0)
        return -1;
    *out = (unsigned)count;
    return 0;
}

int store_lease_count_since(struct store *store, const char *mailbox, int64_t since,
                            unsigned *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT count(*) FROM lease WHERE mailbox = $1 AND created_at >= $2 "
                "AND is_pending = 0",
                "ti", mailbox, since) != 0)
        return -1;
    return read_count(rows, out, err);
}

int store_lease_count_by(struct store *store, const char *actor, int64_t since,
                         unsigned *out, struct error *err)
{
    struct slice person = actor_person(actor);
    char text[sizeof "agent: " + AGENT_NAME_MAX];
    struct sql_rows *rows;

    /* "agent:ana" and whatever begins with "agent:ana ". */
    if (person.len + 2 > sizeof text)
        return error_set(err, ERROR_INTERNAL, "the name of an actor is too long");
    memcpy(text, person.at, person.len);
    memcpy(text + person.len, " ", 2);
    if (sql_ask(store->sql, &rows, err,
                "SELECT count(*) FROM lease WHERE created_at >= $2 "
                "AND substr(created_by || ' ', 1, length($1)) = $1",
                "ti", text, since) != 0)
        return -1;
    return read_count(rows, out, err);
}
