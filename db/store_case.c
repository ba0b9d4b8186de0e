/*
 * store_case.c - cases and what was checked for them.
 */
#include "base/base.h"

#include "db/store_internal.h"

/* In the order of read_case; the bounce itself is not in lists. */
#define COLUMNS                                                                          \
 "id, created_at, created_by, ticket, mailbox, bounce_sha, verdict, diagnosed_at, "      \
 "address, zone, is_bounce, is_grantable, class, blocked_ip, list, lookup_url, sender, " \
 "recipient, reporting_mta, remote_mta, smtp_code, enhanced_code, message_id, "          \
 "queue_id, client, excerpt, bounced_at, flags, doubts"

static int read_case(struct sql_rows *rows, struct arena *mem, void *element,
                     struct error *err)
{
    struct case_row *row = element;
    const char *verdict = sql_text(rows, 6, mem);
    const char *class_name = sql_text(rows, 12, mem);

    *row = (struct case_row){
        .id = sql_int(rows, 0),
        .created_at = sql_int(rows, 1),
        .created_by = sql_text(rows, 2, mem),
        .ticket = sql_text(rows, 3, mem),
        .mailbox = sql_text(rows, 4, mem),
        .bounce_sha = sql_text(rows, 5, mem),
        .diagnosed_at = sql_int(rows, 7),
        .address = sql_text(rows, 8, mem),
        .zone = sql_text(rows, 9, mem),
        .evidence =
            {
                       .is_bounce = sql_int(rows, 10) != 0,
                       .is_grantable = sql_int(rows, 11) != 0,
                       .blocked_ip = sql_text(rows, 13, mem),
                       .list = sql_text(rows, 14, mem),
                       .lookup_url = sql_text(rows, 15, mem),
                       .sender = sql_text(rows, 16, mem),
                       .recipient = sql_text(rows, 17, mem),
                       .reporting_mta = sql_text(rows, 18, mem),
                       .remote_mta = sql_text(rows, 19, mem),
                       .smtp_code = (unsigned)sql_int(rows, 20),
                       .enhanced_code = sql_text(rows, 21, mem),
                       .message_id = sql_text(rows, 22, mem),
                       .queue_id = sql_text(rows, 23, mem),
                       .client = sql_text(rows, 24, mem),
                       .excerpt = sql_text(rows, 25, mem),
                       .bounced_at = sql_int(rows, 26),
                       .flags = sql_text(rows, 27, mem),
                       },
    };
    if (!diagnosis_verdict_parse(slice_from(verdict), &row->verdict) ||
        !evidence_class_parse(slice_from(class_name), &row->evidence.class) ||
        !doubts_parse(slice_from(sql_text(rows, 28, mem)), &row->doubts))
        return store_corrupt(err, "cases");
    return 0;
}

static int read_check(struct sql_rows *rows, struct arena *mem, void *element,
                      struct error *err)
{
    struct check *check = element;
    const char *result = sql_text(rows, 3, mem);

    check->question.line = sql_text(rows, 0, mem);
    check->answer.line = sql_text(rows, 1, mem);
    check->source.line = sql_text(rows, 2, mem);
    check->checked_at = sql_int(rows, 4);
    return check_result_parse(slice_from(result), &check->result)
               ? 0
               : store_corrupt(err, "checks");
}

static int add_checks(struct store *store, const struct case_row *row, int64_t id,
                      struct error *err)
{
    for (size_t i = 0; i < row->checks_count; i++) {
        const struct check *check = &row->checks[i];
        if (sql_run(store->sql, err,
                    "INSERT INTO diagnosis_check (case_id, position, question, answer, "
                    "source, result, checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    "iitttti", id, (int64_t)i, check->question.line, check->answer.line,
                    check->source.line, check_result_name(check->result),
                    check->checked_at) != 0)
            return -1;
    }
    return 0;
}

struct adding {
    const struct case_row *row;
    int64_t id;
};

static int add_case(struct store *store, void *context, struct error *err)
{
    struct adding *adding = context;
    const struct case_row *row = adding->row;
    const struct evidence *e = &row->evidence;
    char text[DOUBTS_TEXT_MAX + 1];

    doubts_format(row->doubts, text);
    if (sql_run(
            store->sql, err,
            "INSERT INTO support_case (created_at, created_by, ticket, mailbox, bounce, "
            "bounce_sha, verdict, diagnosed_at, address, zone, is_bounce, is_grantable, "
            "class, blocked_ip, list, lookup_url, sender, recipient, reporting_mta, "
            "remote_mta, smtp_code, enhanced_code, message_id, queue_id, client, "
            "excerpt, bounced_at, flags, doubts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
            "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, "
            "$25, $26, $27, $28, $29)",
            "ittttttittiittttttttitttttitt", row->created_at, row->created_by,
            row->ticket, row->mailbox, row->bounce, row->bounce_sha,
            diagnosis_row(row->verdict)->name, row->diagnosed_at, row->address,
            row->zone, (int64_t)e->is_bounce, (int64_t)e->is_grantable,
            evidence_class_name(e->class), e->blocked_ip, e->list, e->lookup_url,
            e->sender, e->recipient, e->reporting_mta, e->remote_mta,
            (int64_t)e->smtp_code, e->enhanced_code, e->message_id, e->queue_id,
            e->client, e->excerpt, e->bounced_at, e->flags, text) != 0)
        return -1;
    adding->id = sql_last_id(store->sql);
    return add_checks(store, row, adding->id, err);
}

int store_case_add(struct store *store, const struct case_row *row, int64_t *out_id,
                   struct error *err)
{
    struct adding adding = {.row = row};

    if (store_atomically(store, add_case, &adding, err) != 0)
        return -1;
    *out_id = adding.id;
    return 0;
}

static int set_diagnosis(struct store *store, void *context, struct error *err)
{
    const struct case_row *row = ((struct adding *)context)->row;
    char text[DOUBTS_TEXT_MAX + 1];

    doubts_format(row->doubts, text);
    if (sql_run(
            store->sql, err,
            "UPDATE support_case SET verdict = $2, diagnosed_at = $3, address = $4, "
            "zone = $5, doubts = $6, mailbox = coalesce(mailbox, $7) WHERE id = $1",
            "ititttt", row->id, diagnosis_row(row->verdict)->name, row->diagnosed_at,
            row->address, row->zone, text, row->mailbox) != 0)
        return -1;
    if (sql_changes(store->sql) != 1)
        return error_set(err, ERROR_NOT_FOUND, "there is no such case");
    if (sql_run(store->sql, err, "DELETE FROM diagnosis_check WHERE case_id = $1", "i",
                row->id) != 0)
        return -1;
    return add_checks(store, row, row->id, err);
}

int store_case_set_diagnosis(struct store *store, const struct case_row *row,
                             struct error *err)
{
    struct adding adding = {.row = row};

    return store_atomically(store, set_diagnosis, &adding, err);
}

struct finding {
    struct arena *mem;
    int64_t id;
    struct case_row *out;
};

static int find_case(struct store *store, void *context, struct error *err)
{
    static const struct collecting checks = {sizeof(struct check), 0, read_check};
    const struct finding *f = context;
    struct case_row row;
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM support_case WHERE id = $1", "i",
                f->id) != 0 ||
        store_one(rows, f->mem, read_case, &row, "such case", err) != 0)
        return -1;
    if (sql_ask(store->sql, &rows, err, "SELECT bounce FROM support_case WHERE id = $1",
                "i", f->id) != 0)
        return -1;
    int more = sql_next(rows, err);
    if (more == 1)
        row.bounce = sql_text(rows, 0, f->mem);
    sql_end(rows);
    if (more < 0)
        return -1;
    if (sql_ask(
            store->sql, &rows, err,
            "SELECT question, answer, source, result, checked_at FROM diagnosis_check "
            "WHERE case_id = $1 ORDER BY position",
            "i", f->id) != 0 ||
        store_collect(rows, f->mem, &checks, &found, &row.checks_count, err) != 0)
        return -1;
    row.checks = found;
    *f->out = row;
    return 0;
}

int store_case_find(struct store *store, struct arena *mem, int64_t id,
                    struct case_row *out, struct error *err)
{
    struct finding finding = {mem, id, out};

    return store_consistently(store, find_case, &finding, err);
}

/* The inner question is answered by the index support_case_search alone: a row of the table has
 * its bounce in it, and reading past ten thousand of those takes tens of milliseconds. */
int store_case_search(struct store *store, struct arena *mem,
                      const struct search *search, struct case_row **out,
                      size_t *out_count, struct error *err)
{
    static const struct collecting cases = {sizeof(struct case_row), 0, read_case};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM support_case WHERE id IN ("
                "SELECT id FROM support_case WHERE ($1 = 0 OR id < $1) "
                "AND ($2 IS NULL OR id = $3 OR lower(mailbox) LIKE $2 ESCAPE '\\' "
                "OR lower(ticket) LIKE $2 ESCAPE '\\' OR address LIKE $2 ESCAPE '\\' "
                "OR lower(recipient) LIKE $2 ESCAPE '\\') "
                "AND ($4 IS NULL OR lower(created_by) LIKE $4 ESCAPE '\\') "
                "AND ($5 IS NULL OR verdict = $5) AND created_at >= $6 "
                "AND ($7 = 0 OR created_at < $7) ORDER BY id DESC LIMIT $8) "
                "ORDER BY id DESC",
                "itittiii", search->before, store_pattern(mem, search->text),
                store_pattern_number(search->text), store_pattern(mem, search->person),
                search->state, search->since, search->until,
                (int64_t)search->max) != 0 ||
        store_collect(rows, mem, &cases, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_case_list(struct store *store, struct arena *mem, int64_t before, size_t max,
                    struct case_row **out, size_t *out_count, struct error *err)
{
    static const struct collecting cases = {sizeof(struct case_row), 0, read_case};
    struct sql_rows *rows;
    void *found;

    if (sql_ask(store->sql, &rows, err,
                "SELECT " COLUMNS " FROM support_case WHERE $1 = 0 OR id < $1 "
                "ORDER BY id DESC LIMIT $2",
                "ii", before, (int64_t)max) != 0 ||
        store_collect(rows, mem, &cases, &found, out_count, err) != 0)
        return -1;
    *out = found;
    return 0;
}

int store_case_same_bounce(struct store *store, const char *bounce_sha, int64_t *out_id,
                           struct error *err)
{
    struct sql_rows *rows;

    if (sql_ask(store->sql, &rows, err,
                "SELECT id FROM support_case WHERE bounce_sha = $1 ORDER BY id LIMIT 1",
                "t", bounce_sha) != 0)
        return -1;
    return store_number(rows, out_id, err);
}
