/*
 * lists.c - all cases and all leases, searched, page by page or as a file.
 */
#include "base/base.h"

#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/search.h"
#include "issuer/web/speak.h"

/* ---- cases ---- */

/* clang-format off */
#define VERDICT(n) {n, "console.verdict." n}

static const struct search_choice case_states[] = {
    VERDICT("listed_now"),
    VERDICT("clear_now"),
    VERDICT("not_ours"),
    VERDICT("reserved"),
    VERDICT("not_address"),
    VERDICT("recipient"),
    VERDICT("private_list"),
    VERDICT("private_proven"),
    VERDICT("wide_list"),
    VERDICT("customer_cause"),
    VERDICT("no_bounce"),
    VERDICT("cannot_tell"),
};
/* clang-format on */
_Static_assert(ARRAY_LEN(case_states) == DIAGNOSIS_VERDICT_COUNT, "a choice a verdict");

static const struct search_list case_list = {.path = "/cases",
                                             .noun = "cases",
                                             .states = case_states,
                                             .states_count = ARRAY_LEN(case_states)};

static int export_cases(struct page *page, const struct case_row *rows, size_t count,
                        struct error *err)
{
    static const char *const columns[] = {
        "case",    "opened_at", "opened_by", "mailbox",   "ticket",
        "verdict", "address",   "list",      "recipient", NULL};
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *row = json_object();
        view_number(row, "case", rows[i].id);
        view_moment(row, "opened_at", rows[i].created_at);
        view_text(row, "opened_by", rows[i].created_by);
        view_text(row, "mailbox", rows[i].mailbox);
        view_text(row, "ticket", rows[i].ticket);
        view_text(row, "verdict", diagnosis_row(rows[i].verdict)->name);
        view_text(row, "address", rows[i].address);
        view_text(row, "list", rows[i].zone);
        view_text(row, "recipient", rows[i].evidence.recipient);
        json_array_append_new(list, row);
    }
    return search_export(page, &case_list, columns, list, err);
}

int page_cases(struct page *page, struct error *err)
{
    struct case_row *rows = NULL;
    struct store *store = NULL;
    struct search search;
    json_t *cases = NULL;
    size_t count = 0;

    if (search_read(page, &case_list, &search, err) != 0 ||
        app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_case_search(store, page->mem, &search, &rows, &count, err);
    if (result == 0 && !search_is_export(page))
        result = line_cases(page, store, rows, count, &cases, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    if (search_is_export(page))
        return export_cases(page, rows, count, err);
    view_flag(page->view, "has_cases", count > 0);
    view_take(page->view, "cases", cases);
    search_put(page, &case_list, &search, count, count > 0 ? rows[count - 1].id : 0);
    return page_show(page,
                     &(struct page_name){.template = "html/cases.html",
                                         .title = speak(page, "console.cases.title"),
                                         .section = "cases",
                                         .status = 200},
                     err);
}

/* ---- leases ---- */

static const struct search_choice lease_states[] = {
    {"pending_approval", "console.lease.state.pending_approval"},
    {"offered",          "console.lease.state.offered"         },
    {"revealed",         "console.lease.state.revealed"        },
    {"in_use",           "console.lease.state.in_use"          },
    {"suspended",        "console.lease.state.suspended"       },
    {"expired",          "console.lease.state.expired"         },
    {"revoked",          "console.lease.state.revoked"         },
    {"ended",            "console.lease.state.ended"           },
};
_Static_assert(ARRAY_LEN(lease_states) == LEASE_STATE_COUNT, "a choice a state");

static const struct search_list lease_list = {.path = "/leases",
                                              .noun = "leases",
                                              .states = lease_states,
                                              .states_count = ARRAY_LEN(lease_states)};

static int export_leases(struct page *page, const struct lease *leases, size_t count,
                         struct error *err)
{
    static const char *const columns[] = {
        "lease",    "case",       "mailbox",    "username",       "state",
        "address",  "created_at", "created_by", "first_login_at", "expires_at",
        "ended_at", "messages",   "refusals",   "ticket",         NULL};
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct lease *lease = &leases[i];
        json_t *row = json_object();
        view_number(row, "lease", lease->id);
        view_number(row, "case", lease->case_id);
        view_text(row, "mailbox", lease->mailbox);
        view_text(row, "username", lease->username);
        view_text(row, "state", lease_state_name(lease_state_at(lease, page->now)));
        view_text(row, "address", lease->reserved_address);
        view_moment(row, "created_at", lease->created_at);
        view_text(row, "created_by", lease->created_by);
        view_moment(row, "first_login_at", lease->first_login_at);
        view_moment(row, "expires_at", lease->expires_at);
        view_moment(row, "ended_at", lease->ended_at);
        view_number(row, "messages", lease->messages_used);
        view_number(row, "refusals", lease->refusals);
        view_text(row, "ticket", lease->ticket);
        json_array_append_new(list, row);
    }
    return search_export(page, &lease_list, columns, list, err);
}

static json_t *lease_lines(struct page *page, const struct lease *leases, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct lease *lease = &leases[i];
        json_t *line = json_object();
        view_number(line, "n", lease->id);
        view_number(line, "case", lease->case_id);
        view_text(line, "mailbox", lease->mailbox);
        view_take(line, "mark", line_lease_mark(page, lease));
        view_text(line, "address", lease->reserved_address);
        view_text(line, "pool_path",
                  line_pool_path(page->mem, lease->reserved_address));
        view_text(line, "by", line_person(page, lease->created_by));
        speak_put_when(page, line, "created", lease->created_at);
        speak_put_when(page, line, "until",
                       lease->ended_at != 0 ? lease->ended_at : lease->expires_at);
        view_text(line, "messages",
                  speak_with(page, "console.leases.messages", "used",
                             speak_number(page, lease->messages_used), "most",
                             speak_number(page, lease->messages_max), NULL));
        json_array_append_new(list, line);
    }
    return list;
}

int page_leases(struct page *page, struct error *err)
{
    struct lease *leases = NULL;
    struct store *store = NULL;
    struct search search;
    size_t count = 0;

    if (search_read(page, &lease_list, &search, err) != 0 ||
        app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_lease_search(store, page->mem, &search, &leases, &count, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    if (search_is_export(page))
        return export_leases(page, leases, count, err);
    view_flag(page->view, "has_leases", count > 0);
    view_take(page->view, "leases", lease_lines(page, leases, count));
    search_put(page, &lease_list, &search, count, count > 0 ? leases[count - 1].id : 0);
    return page_show(page,
                     &(struct page_name){.template = "html/leases.html",
                                         .title = speak(page, "console.leases.title"),
                                         .section = "leases",
                                         .status = 200},
                     err);
}
