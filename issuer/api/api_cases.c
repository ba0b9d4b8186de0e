/*
 * api_cases.c - diagnoses and cases.
 */
#include "base/base.h"

#include "base/encode.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"

/* The bounce as text, or in base64 for bytes that JSON cannot carry. */
static int read_bounce(struct call *call, const char *text, const char *base64,
                       struct slice *out, struct error *err)
{
    struct slice encoded = slice_from(base64);
    size_t len;

    if ((text == NULL) == (base64 == NULL))
        return error_set(err, ERROR_INVALID,
                         "the request needs \"bounce\" or \"bounce_base64\"");
    if (text != NULL) {
        *out = slice_from(text);
        return 0;
    }
    char *bytes = arena_alloc(call->mem, encoded.len);
    if (!base64_decode(encoded, bytes, encoded.len, &len))
        return error_set(err, ERROR_INVALID, "\"bounce_base64\" is not base64");
    *out = slice_of(bytes, len);
    return 0;
}

static int read_question(struct call *call, struct diagnosis_request *out,
                         struct error *err)
{
    const char *text = NULL;
    const char *base64 = NULL;

    int explains = 0;

    if (call_fields(call, err, "{s?s, s?s, s?s, s?s, s?b}", "bounce", &text,
                    "bounce_base64", &base64, "mailbox", &out->mailbox, "ticket",
                    &out->ticket, "explain", &explains) != 0)
        return -1;
    out->explains = explains != 0;
    return read_bounce(call, text, base64, &out->bounce, err);
}

/* Which rows decided, as cleansmtp-bounce printed it. */
static void put_explained(json_t *object, const char *explained)
{
    json_t *printed = explained != NULL
                          ? json_loads(explained, JSON_REJECT_DUPLICATES, NULL)
                          : NULL;
    json_t *rows = json_object_get(printed, "explain");

    if (json_is_array(rows))
        json_object_set(object, "explain", rows);
    json_decref(printed);
}

int api_diagnose(struct call *call, json_t **out, struct error *err)
{
    struct diagnosis_request question = {0};
    struct diagnosis diagnosis = {0};

    if (read_question(call, &question, err) != 0 ||
        diagnose(call->app, call->mem, &question, &diagnosis, err) != 0)
        return -1;
    *out = present_diagnosis(&call->speaker, &diagnosis);
    put_explained(*out, diagnosis.explained);
    return 0;
}

int api_case_open(struct call *call, json_t **out, struct error *err)
{
    struct diagnosis_request question = {0};
    struct diagnosis diagnosis = {0};

    if (read_question(call, &question, err) != 0 ||
        case_open(call->app, call->mem, &call->actor, &question, &diagnosis, err) != 0)
        return -1;
    http_header(
        call->response, "Location",
        arena_printf(call->mem, "/api/v1/cases/%lld", (long long)diagnosis.row.id));
    call->status = 201;
    *out = present_diagnosis(&call->speaker, &diagnosis);
    return 0;
}

int api_case_check(struct call *call, json_t **out, struct error *err)
{
    struct diagnosis diagnosis = {0};
    int64_t id;

    if (call_id(call, &id, err) != 0 || call_fields(call, err, "{}") != 0 ||
        case_check_again(call->app, call->mem, &call->actor, id, &diagnosis, err) != 0)
        return -1;
    *out = present_diagnosis(&call->speaker, &diagnosis);
    return 0;
}

/* The present listing of the case's address on its list; unknown when we never asked. */
static int find_listing(struct store *store, struct arena *mem,
                        struct diagnosis *diagnosis, struct error *err)
{
    const struct case_row *row = &diagnosis->row;
    struct listing_row *rows;
    size_t count;

    if (row->address == NULL || row->zone == NULL)
        return 0;
    if (store_listing_now(store, mem, row->address, &rows, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct listing *listing = &diagnosis->listing;
        if (strcmp(rows[i].zone, row->zone) != 0)
            continue;
        listing->state = rows[i].state;
        if (snprintf(listing->code, sizeof listing->code, "%s",
                     rows[i].code == NULL ? "" : rows[i].code) < 0 ||
            snprintf(listing->why, sizeof listing->why, "%s",
                     rows[i].why.line == NULL ? "" : rows[i].why.line) < 0)
            return error_set(err, ERROR_INTERNAL, "could not format a listing");
        diagnosis->listing_checked_at = rows[i].checked_at;
    }
    return 0;
}

/* Each with why its login was refused last. */
static int leases_of(struct call *call, struct store *store,
                     const struct lease_filter *filter, json_t **out, struct error *err)
{
    struct lease *leases;
    size_t count;

    if (store_lease_list(store, call->mem, filter, &leases, &count, err) != 0)
        return -1;
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        struct usage_row *rows;
        size_t rows_count;
        if (store_usage_list(store, call->mem, leases[i].id, API_LIMIT_DEFAULT, &rows,
                             &rows_count, err) != 0) {
            json_decref(array);
            return -1;
        }
        json_t *lease = present_lease(&leases[i], call->now, NULL);
        put_last_refusal(lease, &call->speaker, rows, rows_count);
        json_array_append_new(array, lease);
    }
    *out = array;
    return 0;
}

int api_case_show(struct call *call, json_t **out, struct error *err)
{
    struct diagnosis diagnosis = {0};
    struct lease_filter filter = {.max = API_LIMIT_MAX};
    struct store *store;
    json_t *leases;
    int result = -1;

    if (call_id(call, &filter.case_id, err) != 0 || call_query(call, "", err) != 0)
        return -1;
    call_take_usage(call);
    if (app_take_reader(call->app, &store, err) != 0)
        return -1;
    if (store_case_find(store, call->mem, filter.case_id, &diagnosis.row, err) != 0 ||
        find_listing(store, call->mem, &diagnosis, err) != 0 ||
        diagnosis_explain(call->app, store, call->mem, &diagnosis, err) != 0 ||
        leases_of(call, store, &filter, &leases, err) != 0)
        goto out;
    *out = present_diagnosis(&call->speaker, &diagnosis);
    json_object_set_new(*out, "leases", leases);
    result = 0;

out:
    app_give_back(call->app, store);
    return result;
}

int api_case_list(struct call *call, json_t **out, struct error *err)
{
    struct case_row *rows;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_case_list(store, call->mem, page.cursor, page.limit + 1, &rows,
                                 &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    size_t shown = count > page.limit ? page.limit : count;
    json_t *items = json_array();
    for (size_t i = 0; i < shown; i++)
        json_array_append_new(items, present_case_line(&call->speaker, &rows[i]));
    *out = page_of(items, shown < count ? rows[shown - 1].id : 0);
    return 0;
}
