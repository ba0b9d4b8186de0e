/*
 * api_approvals.c - requests for a second person: list, approve, deny.
 */
#include "base/base.h"

#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/leases/approve.h"

int api_approval_list(struct call *call, json_t **out, struct error *err)
{
    struct approval *rows;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_approval_open(store, call->mem, call->now, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, present_approval(&call->speaker, &rows[i]));
    *out = page_cut(all, &page);
    return 0;
}

static int decide(struct call *call, bool is_approved, json_t **out, struct error *err)
{
    struct decision decision = {.is_approved = is_approved};
    struct lease lease;

    if (call_id(call, &decision.id, err) != 0 ||
        call_fields(call, err, "{s?s}", "reason", &decision.reason) != 0 ||
        approval_decide(call->app, call->mem, &call->actor, &decision, &lease, err) !=
            0)
        return -1;
    *out = present_lease(&lease, call->now, NULL);
    return 0;
}

int api_approval_approve(struct call *call, json_t **out, struct error *err)
{
    return decide(call, true, out, err);
}

int api_approval_deny(struct call *call, json_t **out, struct error *err)
{
    return decide(call, false, out, err);
}
