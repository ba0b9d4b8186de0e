/*
 * approvals.c - the queue of the second person: everything that the answer needs, and the answer.
 *
 * One's own requests are shown without buttons; approval_decide refuses them again.
 */
#include "base/base.h"

#include "core/diagnosis.h"
#include "issuer/web/case.h"
#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

enum {
    SHOWN_MAX = 50
};

/* "192.0.2.14 on SpamCop", or NULL */
static const char *claim(const struct page *page, const struct case_row *row)
{
    const char *address = row->address != NULL ? row->address
                                               : row->evidence.blocked_ip;
    const char *zone = row->zone != NULL ? row->zone : row->evidence.list;

    if (address == NULL || zone == NULL)
        return address;
    return speak_with(page, "console.approvals.claim", "address", address, "list",
                      line_zone(page, zone), NULL);
}

static int add_request(struct page *page, struct store *store, json_t *list,
                       const struct approval *approval, struct error *err)
{
    struct case_row row = {0};
    struct lease lease;

    if (store_case_find(store, page->mem, approval->case_id, &row, err) != 0 ||
        store_lease_find(store, page->mem, approval->lease_id, &lease, err) != 0)
        return -1;
    json_t *line = approval_request(page, approval, &lease);
    json_array_append_new(list, line);
    view_number(line, "id", approval->id);
    view_number(line, "n", approval->case_id);
    view_text(line, "ticket", lease.ticket);
    view_take(line, "mark", line_verdict_mark(page, row.verdict));
    view_text(line, "claim", claim(page, &row));
    view_text(line, "excerpt", row.evidence.excerpt);
    return 0;
}

static int load(struct page *page, struct store *store, struct error *err)
{
    struct approval *rows = NULL;
    json_t *list = json_array();
    size_t count = 0;

    view_take(page->view, "requests", list);
    if (store_approval_open(store, page->mem, page->now, &rows, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
        if (add_request(page, store, list, &rows[i], err) != 0)
            return -1;
    view_flag(page->view, "has_requests", count > 0);
    view_text(page->view, "waiting",
              speak_count(page, "console.approvals.waiting", "count", (int64_t)count));
    return 0;
}

int page_approvals(struct page *page, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = load(page, store, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    return page_show(
        page,
        &(struct page_name){.template = "html/approvals.html",
                            .title = speak(page, "console.approvals.title"),
                            .section = "approvals",
                            .status = 200},
        err);
}
