/*
 * store_lease.c - leases, their limits, links and credentials.
 */
#include "base/base.h"

#include "db/store_internal.h"
#include "db/store_lease.h"

/* In the order of store_lease_read. */
#define LEASE_COLUMNS                                                                 \
 "SELECT l.id, l.case_id, l.pool_address_id, l.mailbox, l.username, l.link_id, "      \
 "p.address, p.lane, l.reason, l.ticket, l.created_by, l.ended_by, l.ended_reason, "  \
 "l.delivery = 'route', l.end_how, l.is_pending, l.is_suspended, l.messages_max, "    \
 "l.messages_per_hour, l.messages_used, l.refusals, l.reveals, l.reveal_tries_left, " \
 "l.created_at, l.reveal_until, l.revealed_at, l.expires_at, l.ended_at, "            \
 "l.first_login_at, l.last_login_at, l.last_message_at, l.link_hash, "                \
 "l.recipients_max, l.recipients_per_message, l.message_size_max, "                   \
 "l.recipients_used, l.language, l.proof, l.pin_hash IS NOT NULL"
#define FROM " FROM lease l JOIN pool_address p ON p.id = l.pool_address_id "
#define FROM_LEASE LEASE_COLUMNS FROM

enum {
    LEASE_COLUMN_COUNT = 39
};

int store_lease_read(struct sql_rows *rows, struct arena *mem, struct lease *out,
                     struct error *err)
{
    int64_t end = sql_int(rows, 14);
    const char *proof = sql_text(rows, 37, mem);

    *out = (struct lease){
        .id = sql_int(rows, 0),
        .case_id = sql_int(rows, 1),
        .pool_address_id = sql_int(rows, 2),
        .mailbox = sql_text(rows, 3, mem),
        .username = sql_text(rows, 4, mem),
        .link_id = sql_text(rows, 5, mem),
        .reserved_address = sql_text(rows, 6, mem),
        .lane = sql_text(rows, 7, mem),
        .reason = sql_text(rows, 8, mem),
        .ticket = sql_text(rows, 9, mem),
        .created_by = sql_text(rows, 10, mem),
        .ended_by = sql_text(rows, 11, mem),
        .ended_reason = sql_text(rows, 12, mem),
        .delivery = sql_int(rows, 13) != 0 ? DELIVERY_ROUTE : DELIVERY_LOGIN,
        .is_pending = sql_int(rows, 15) != 0,
        .is_suspended = sql_int(rows, 16) != 0,
        .messages_max = (unsigned)sql_int(rows, 17),
        .messages_per_hour = (unsigned)sql_int(rows, 18),
        .messages_used = (unsigned)sql_int(rows, 19),
        .refusals = (unsigned)sql_int(rows, 20),
        .reveals = (unsigned)sql_int(rows, 21),
        .reveal_tries_left = (unsigned)sql_int(rows, 22),
        .created_at = sql_int(rows, 23),
        .reveal_until = sql_int(rows, 24),
        .revealed_at = sql_int(rows, 25),
        .expires_at = sql_int(rows, 26),
        .ended_at = sql_int(rows, 27),
        .first_login_at = sql_int(rows, 28),
        .last_login_at = sql_int(rows, 29),
        .last_message_at = sql_int(rows, 30),
        .recipients_max = (unsigned)sql_int(rows, 32),
        .recipients_per_message = (unsigned)sql_int(rows, 33),
        .message_size_max = (uint64_t)sql_int(rows, 34),
        .recipients_used = (unsigned)sql_int(rows, 35),
        .language = sql_text(rows, 36, mem),
        .has_pin = sql_int(rows, 38) != 0,
    };
    if (end < 0 || end >= LEASE_END_COUNT ||
        !lease_proof_from(slice_from(proof), &out->proof))
        return store_corrupt(err, "leases");
    out->end = (enum lease_end)end;
    return 0;
}

static int read_text(struct sql_rows *rows, struct arena *mem, void *element,
                     struct error *err)
{
    const char *text = sql_text(rows, 0, mem);

    if (text == NULL)
        return store_corrupt(err, "a lease's limits");
    memcpy(element, &text, sizeof text);
    return 0;
}

/* A NULL-ended array of the texts a query gives. */
static int read_texts(struct sql_rows *rows, struct arena *mem, const char *const **out,
                      struct error *err)
{
    static const struct collecting texts = {sizeof(char *), 0, read_text};
    void *found;
    size_t count;

    if (store_collect(rows, mem, &texts, &found, &count, err) != 0)
        return -1;
    const char **ended = arena_array(mem, count + 1, sizeof *ended);
    memcpy(ended, found, count * sizeof *ended);
    *out = ended;
    return 0;
}

int store_lease_limits(struct store *store, struct arena *mem, struct lease *lease,
                       struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT pattern FROM lease_sender WHERE lease_id = $1 ORDER BY pattern",
                "i", lease->id) != 0 ||
        read_texts(rows, mem, &lease->senders, err) != 0)
        return -1;
    if (sql_ask(store->sql, &rows, err,
                "SELECT domain FROM lease_recipient_domain WHERE lease_id = $1 "
                "ORDER BY domain",
                "i", lease->id) != 0)
        return -1;
    return read_texts(rows, mem, &lease->recipient_domains, err);
}

static int read_lease(struct sql_rows *rows, struct arena *mem, void *element,
                      struct error *err)
{
    return store_lease_read(rows, mem, element, err);
}

static int insert_lease(struct store *store, const struct lease_new *row,
                        struct error *err)
{
    const struct lease *l = &row->lease;

    return sql_run(
        store->sql, err,
        "INSERT INTO lease (case_id, pool_address_id, mailbox, username, delivery, "
        "messages_max, messages_per_hour, link_id, link_hash, reveal_tries_left, "
        "reveal_until, created_at, created_by, reason, ticket, expires_at, is_pending, "
        "recipients_max, recipients_per_message, message_size_max, language, proof, "
        "pin_hash) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
        "$17, $18, $19, $20, $21, $22, $23)",
        "iitttiitbiiitttiiiiittt", l->case_id, l->pool_address_id, l->mailbox,
        l->username, lease_delivery_name(l->delivery), (int64_t)l->messages_max,
        (int64_t)l->messages_per_hour, l->link_id, hash_slice(row->secrets.link_hash),
        (int64_t)REVEAL_TRIES_MAX, l->reveal_until, l->created_at, l->created_by,
        l->reason, l->ticket, l->expires_at, (int64_t)l->is_pending,
        (int64_t)l->recipients_max, (int64_t)l->recipients_per_message,
        (int64_t)l->message_size_max, l->language != NULL ? l->language : "",
        lease_proof_name(l->proof), row->secrets.pin_hash);
}

struct adding {
    const struct lease_new *row;
    int64_t id;
};

static int add_lease(struct store *store, void *context, struct error *err)
{
    struct adding *adding = context;
    const struct lease_new *row = adding->row;

    if (insert_lease(store, row, err) != 0)
        return -1;
    adding->id = sql_last_id(store->sql);
    for (size_t i = 0; row->lease.senders[i] != NULL; i++)
        if (sql_run(
                store->sql, err,
                "INSERT OR IGNORE INTO lease_sender (lease_id, pattern) VALUES ($1, $2)",
                "it", adding->id, row->lease.senders[i]) != 0)
            return -1;
    for (size_t i = 0; row->lease.recipient_domains[i] != NULL; i++)
        if (sql_run(store->sql, err,
                    "INSERT OR IGNORE INTO lease_recipient_domain (lease_id, domain) "
                    "VALUES ($1, $2)",
                    "it", adding->id, row->lease.recipient_domains[i]) != 0)
            return -1;
    if (row->idempotency_key == NULL)
        return 0;
    return sql_run(store->sql, err,
                   "INSERT INTO idempotency (key, request_hash, lease_id) "
                   "VALUES ($1, $2, $3)",
                   "tbi", row->idempotency_key, hash_slice(row->request_hash),
                   adding->id);
}

int store_lease_add(struct store *store, const struct lease_new *row, int64_t *out_id,
                    struct error *err)
{
    struct adding adding = {.row = row};

    if (store_atomically(store, add_lease, &adding, err) != 0)
        return -1;
    *out_id = adding.id;
    return 0;
}

int store_lease_by_idempotency(struct store *store, const char *key,
                               const uint8_t request_hash[DIGEST_BYTES],
                               int64_t *out_id, struct error *err)
{
    uint8_t known[DIGEST_BYTES];
    struct sql_rows *rows;
    int result = -1;

    if (sql_ask(store->sql, &rows, err,
                "SELECT lease_id, request_hash FROM idempotency WHERE key = $1", "t",
                key) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "this idempotency key is new");
    else if (found == 1 && !sql_blob(rows, 1, known, sizeof known))
        store_corrupt(err, "idempotency keys");
    else if (found == 1 && memcmp(known, request_hash, sizeof known) != 0)
        error_set(err, ERROR_CONFLICT,
                  "this idempotency key was used for another request");
    else if (found == 1) {
        *out_id = sql_int(rows, 0);
        result = 0;
    }
    sql_end(rows);
    return result;
}

/* One lease with its limits out of a query. */
static int find_one(struct store *store, struct sql_rows *rows, struct arena *mem,
                    struct lease *out, struct error *err)
{
    struct lease lease;

    if (store_one(rows, mem, read_lease, &lease, "such lease", err) != 0 ||
        store_lease_limits(store, mem, &lease, err) != 0)
        return -1;
    *out = lease;
    return 0;
}

int store_lease_find(struct store *store, struct arena *mem, int64_t id,
                     struct lease *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, FROM_LEASE "WHERE l.id = $1", "i", id) != 0)
        return -1;
    return find_one(store, rows, mem, out, err);
}

struct with_secrets {
    struct lease lease;
    struct lease_secrets secrets;
};

static int read_with_secrets(struct sql_rows *rows, struct arena *mem, void *element,
                             struct error *err)
{
    struct with_secrets *both = element;

    if (!sql_blob(rows, 31, both->secrets.link_hash, DIGEST_BYTES))
        return store_corrupt(err, "leases");
    both->secrets.pin_hash = sql_text(rows, LEASE_COLUMN_COUNT, mem);
    return store_lease_read(rows, mem, &both->lease, err);
}

int store_lease_by_link(struct store *store, struct arena *mem, const char *link_id,
                        struct lease *out, struct lease_secrets *out_secrets,
                        struct error *err)
{
    struct with_secrets both;
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                LEASE_COLUMNS ", l.pin_hash" FROM "WHERE l.link_id = $1", "t",
                link_id) != 0 ||
        store_one(rows, mem, read_with_secrets, &both, "such link", err) != 0 ||
        store_lease_limits(store, mem, &both.lease, err) != 0)
        return -1;
    *out = both.lease;
    *out_secrets = both.secrets;
    return 0;
}

int store_lease_live_for(struct store *store, struct arena *mem, const char *mailbox,
                         int64_t now, struct lease *out, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                FROM_LEASE
                "WHERE l.mailbox = $1 AND l.end_how = 0 AND l.expires_at > $2 "
                "ORDER BY l.id DESC LIMIT 1",
                "ti", mailbox, now) != 0)
        return -1;
    return find_one(store, rows, mem, out, err);
}

/* All of them, with senders and domains. */
static int collect_leases(struct store *store, struct sql_rows *rows, struct arena *mem,
                          struct lease **out, size_t *out_count, struct error *err)
{
    static const struct collecting leases = {sizeof(struct lease), 0, read_lease};
    void *found;

    if (store_collect(rows, mem, &leases, &found, out_count, err) != 0)
        return -1;
    *out = found;
    for (size_t i = 0; i < *out_count; i++)
        if (store_lease_limits(store, mem, &(*out)[i], err) != 0)
            return -1;
    return 0;
}

/* lease_state_at (core/lease.h) as SQL: a test holds one to the other. */
#define STATE                                                                      \
 "CASE WHEN l.end_how = 1 THEN 'revoked' WHEN l.end_how <> 0 THEN 'ended' "        \
 "WHEN l.expires_at <= $8 THEN 'expired' "                                         \
 "WHEN l.is_pending = 1 THEN 'pending_approval' "                                  \
 "WHEN l.is_suspended = 1 THEN 'suspended' WHEN l.revealed_at = 0 THEN 'offered' " \
 "WHEN l.first_login_at = 0 THEN 'revealed' ELSE 'in_use' END"

int store_lease_search(struct store *store, struct arena *mem,
                       const struct search *search, struct lease **out,
                       size_t *out_count, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                FROM_LEASE
                "WHERE ($1 = 0 OR l.id < $1) "
                "AND ($2 IS NULL OR l.case_id = $3 "
                "OR lower(l.mailbox) LIKE $2 ESCAPE '\\' "
                "OR lower(l.ticket) LIKE $2 ESCAPE '\\' "
                "OR l.username LIKE $2 ESCAPE '\\' "
                "OR p.address LIKE $2 ESCAPE '\\') "
                "AND ($4 IS NULL OR lower(l.created_by) LIKE $4 ESCAPE '\\') "
                "AND ($5 IS NULL OR " STATE " = $5) AND l.created_at >= $6 "
                "AND ($7 = 0 OR l.created_at < $7) "
                "ORDER BY l.id DESC LIMIT $9",
                "itittiiii", search->before, store_pattern(mem, search->text),
                store_pattern_number(search->text), store_pattern(mem, search->person),
                search->state, search->since, search->until, search->now,
                (int64_t)search->max) != 0)
        return -1;
    return collect_leases(store, rows, mem, out, out_count, err);
}

int store_lease_ending(struct store *store, struct arena *mem, int64_t now,
                       int64_t until, size_t max, struct lease **out, size_t *out_count,
                       struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                FROM_LEASE
                "WHERE l.end_how = 0 AND l.expires_at > $1 AND l.expires_at <= $2 "
                "AND l.first_login_at <> 0 AND l.is_suspended = 0 "
                "ORDER BY l.expires_at, l.id LIMIT $3",
                "iii", now, until, (int64_t)max) != 0)
        return -1;
    return collect_leases(store, rows, mem, out, out_count, err);
}

/* Each narrowing by the index that is made for it; "$2 = 0 OR" would look at every lease. */
static const char *lease_list_query(const struct lease_filter *filter)
{
#define OLDER "AND ($1 = 0 OR l.id < $1) ORDER BY l.id DESC LIMIT $4"
    if (filter->case_id != 0)
        return FROM_LEASE
            "WHERE l.case_id = $2 AND ($3 = 0 OR l.pool_address_id = $3) " OLDER;
    if (filter->pool_address_id != 0)
        return FROM_LEASE
            "WHERE l.pool_address_id = $3 AND ($2 = 0 OR l.case_id = $2) " OLDER;
    return FROM_LEASE "WHERE $2 = 0 AND $3 = 0 " OLDER;
#undef OLDER
}

int store_lease_list(struct store *store, struct arena *mem,
                     const struct lease_filter *filter, struct lease **out,
                     size_t *out_count, struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err, lease_list_query(filter), "iiii",
                filter->before, filter->case_id, filter->pool_address_id,
                (int64_t)filter->max) != 0)
        return -1;
    return collect_leases(store, rows, mem, out, out_count, err);
}

static int need_one_change(struct store *store, struct error *err)
{
    return sql_changes(store->sql) == 1
               ? 0
               : error_set(err, ERROR_NOT_FOUND, "there is no such lease");
}

int store_lease_set_link(struct store *store, int64_t id, const char *link_id,
                         const struct lease_secrets *secrets, int64_t reveal_until,
                         struct error *err)
{
    if (sql_run(store->sql, err,
                "UPDATE lease SET link_id = $2, link_hash = $3, reveal_until = $4, "
                "reveal_tries_left = $5, pin_hash = $6 WHERE id = $1",
                "itbiit", id, link_id, hash_slice(secrets->link_hash), reveal_until,
                (int64_t)REVEAL_TRIES_MAX, secrets->pin_hash) != 0)
        return -1;
    return need_one_change(store, err);
}

struct revealing {
    int64_t id, now;
    const struct verifier *verifier;
};

/* The verifier that this reveal replaces; only the newest of them stay. */
static int keep_replaced(struct store *store, const struct revealing *r,
                         struct error *err)
{
    if (sql_run(store->sql, err,
                "INSERT INTO credential_replaced "
                "(lease_id, reveal, pepper_id, verifier, replaced_at) "
                "SELECT c.lease_id, l.reveals - 1, c.pepper_id, c.verifier, $2 "
                "FROM credential c JOIN lease l ON l.id = c.lease_id "
                "WHERE c.lease_id = $1",
                "ii", r->id, r->now) != 0)
        return -1;
    return sql_run(store->sql, err,
                   "DELETE FROM credential_replaced WHERE lease_id = $1 AND reveal < "
                   "(SELECT reveals - $2 FROM lease WHERE id = $1)",
                   "ii", r->id, (int64_t)STORE_EARLIER_MAX);
}

static int reveal_lease(struct store *store, void *context, struct error *err)
{
    const struct revealing *r = context;

    if (sql_run(
            store->sql, err,
            "UPDATE lease SET reveals = reveals + 1, revealed_at = $2, pin_hash = NULL "
            "WHERE id = $1",
            "ii", r->id, r->now) != 0 ||
        need_one_change(store, err) != 0 || keep_replaced(store, r, err) != 0)
        return -1;
    return sql_run(
        store->sql, err,
        "INSERT INTO credential (lease_id, pepper_id, verifier) VALUES ($1, $2, $3) "
        "ON CONFLICT (lease_id) DO UPDATE SET pepper_id = $2, verifier = $3",
        "iib", r->id, (int64_t)r->verifier->pepper_id, hash_slice(r->verifier->bytes));
}

int store_lease_reveal(struct store *store, int64_t id, const struct verifier *verifier,
                       int64_t now, struct error *err)
{
    struct revealing revealing = {.id = id, .now = now, .verifier = verifier};

    return store_atomically(store, reveal_lease, &revealing, err);
}

int store_lease_end(struct store *store, int64_t id, enum lease_end end, const char *by,
                    const char *reason, int64_t now, struct error *err)
{
    struct sql_rows *rows;

    if (sql_run(store->sql, err,
                "UPDATE lease SET end_how = $2, ended_by = $3, ended_reason = $4, "
                "ended_at = $5, pin_hash = NULL WHERE id = $1 AND end_how = 0",
                "iitti", id, (int64_t)end, by, reason, now) != 0)
        return -1;
    if (sql_changes(store->sql) == 1)
        return 0;
    if (sql_ask(store->sql, &rows, err, "SELECT 1 FROM lease WHERE id = $1", "i", id) !=
        0)
        return -1;
    int found = sql_next(rows, err);
    sql_end(rows);
    if (found < 0)
        return -1;
    return found == 1 ? error_set(err, ERROR_CONFLICT, "this lease ended already")
                      : error_set(err, ERROR_NOT_FOUND, "there is no such lease");
}

int store_lease_approve(struct store *store, int64_t id, int64_t pool_address_id,
                        int64_t expires_at, struct error *err)
{
    if (sql_run(
            store->sql, err,
            "UPDATE lease SET is_pending = 0, pool_address_id = $2, expires_at = $3, "
            "reveal_until = 0 WHERE id = $1 AND is_pending = 1 AND end_how = 0",
            "iii", id, pool_address_id, expires_at) != 0)
        return -1;
    if (sql_changes(store->sql) != 1)
        return error_set(err, ERROR_CONFLICT, "this lease waits for nobody");
    return 0;
}

int store_lease_extend(struct store *store, int64_t id, int64_t expires_at,
                       struct error *err)
{
    if (sql_run(store->sql, err, "UPDATE lease SET expires_at = $2 WHERE id = $1", "ii",
                id, expires_at) != 0)
        return -1;
    return need_one_change(store, err);
}

/* Queue ids come back after some time, so a lease counts by them only when it is younger than the
 * attempt. Ids stand in < > in a bounce, and bare in the log. Each way finds its few cases by an
 * index, and CROSS JOIN asks for the leases after them (sqlite.org/optoverview.html). */
int store_lease_of_rejection(struct store *store, const struct rejection_key *key,
                             int64_t except, int64_t *out_id, struct error *err)
{
    static const struct delivery nothing = {.queue_id = NULL};
    const struct delivery *logged = key->logged != NULL ? key->logged : &nothing;
    const char *at = key->mailbox != NULL ? strrchr(key->mailbox, '@') : NULL;
    struct sql_rows *rows;

    if (sql_ask(
            store->sql, &rows, err,
            "SELECT coalesce(max(l.id), 0) FROM ("
            "SELECT id, 0 AS since, '' AS domain FROM support_case "
            "WHERE bounce_sha = $2 "
            "UNION ALL SELECT id, 0, '' FROM support_case "
            "WHERE trim(message_id, '<>') IN (trim($3, '<>'), $4) "
            "UNION ALL SELECT id, $5, '' FROM support_case "
            "WHERE queue_id IN ($6, $7) "
            "UNION ALL SELECT id, $5, $9 FROM support_case WHERE recipient = $8 "
            "AND $9 IS NOT NULL) c "
            "CROSS JOIN lease l ON l.case_id = c.id AND l.created_at >= c.since "
            "AND (c.domain = '' OR substr(l.mailbox, -length(c.domain)) = c.domain) "
            "WHERE c.id <> $1",
            "itttitttt", except, key->bounce_sha, key->message_id, logged->message_id,
            logged->at, logged->queue_id, logged->notice_id, logged->recipient,
            at) != 0)
        return -1;
    int found = sql_next(rows, err);
    if (found == 1)
        *out_id = sql_int(rows, 0);
    sql_end(rows);
    return found == 1 ? 0 : -1;
}

struct finding_login {
    struct arena *mem;
    const char *username;
    struct login_row *out;
};

static int read_login(struct sql_rows *rows, struct arena *mem, void *element,
                      struct error *err)
{
    struct login_row *row = element;
    const char *state = sql_text(rows, LEASE_COLUMN_COUNT, mem);

    row->journal_seq = sql_int(rows, LEASE_COLUMN_COUNT + 1);
    if (!pool_state_parse(slice_from(state), &row->pool_state))
        return store_corrupt(err, "pool addresses");
    return store_lease_read(rows, mem, &row->lease, err);
}

static int find_login(struct store *store, void *context, struct error *err)
{
    struct finding_login *f = context;
    struct login_row row = {0};
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                LEASE_COLUMNS
                ", p.state, j.seq FROM lease l "
                "JOIN pool_address p ON p.id = l.pool_address_id "
                "JOIN journal_position j ON j.id = 1 WHERE l.username = $1",
                "t", f->username) != 0 ||
        store_one(rows, f->mem, read_login, &row, "such login", err) != 0 ||
        store_lease_limits(store, f->mem, &row.lease, err) != 0)
        return -1;
    *f->out = row;
    return 0;
}

int store_login_find(struct store *store, struct arena *mem, const char *username,
                     struct login_row *out, struct error *err)
{
    struct finding_login finding = {mem, username, out};

    return store_consistently(store, find_login, &finding, err);
}
