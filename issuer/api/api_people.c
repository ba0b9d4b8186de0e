/*
 * api_people.c - the people who sign in, and the record of what was done.
 */
#include "base/base.h"

#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/identity/agent.h"

int api_user_list(struct call *call, json_t **out, struct error *err)
{
    struct agent *rows;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_agent_list(store, call->mem, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, present_agent(&rows[i]));
    *out = page_cut(all, &page);
    return 0;
}

/* The agent as kept now; link: the one-use set-up link, NULL leaves it out. */
static int show_agent(struct call *call, const char *name, const char *link,
                      json_t **out, struct error *err)
{
    struct store *store;
    struct agent agent;

    if (app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_agent_find(store, call->mem, name, &agent, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    *out = present_agent(&agent);
    if (link != NULL) {
        call->response->is_secret = true;
        put_text(*out, "link", link);
    }
    return 0;
}

static int read_role(const char *word, enum role *out, struct error *err)
{
    if (role_parse(slice_from(word), out))
        return 0;
    return error_set(err, ERROR_INVALID,
                     "\"%.40s\" is not a role: agent, lead, postmaster, auditor or "
                     "admin",
                     word);
}

int api_user_add(struct call *call, json_t **out, struct error *err)
{
    const char *name = NULL;
    const char *word = NULL;
    const char *link = NULL;
    enum role role;

    if (call_fields(call, err, "{s:s, s:s}", "name", &name, "role", &word) != 0 ||
        read_role(word, &role, err) != 0 ||
        agent_add(call->app, call->mem, &call->actor, name, role, &link, err) != 0)
        return -1;
    call->status = 201;
    return show_agent(call, name, link, out, err);
}

int api_user_role(struct call *call, json_t **out, struct error *err)
{
    const char *name = NULL;
    const char *word = NULL;
    enum role role;

    if (call_param(call, 0, &name, err) != 0 ||
        call_fields(call, err, "{s:s}", "role", &word) != 0 ||
        read_role(word, &role, err) != 0 ||
        agent_set_role(call->app, call->mem, &call->actor, name, role, err) != 0)
        return -1;
    return show_agent(call, name, NULL, out, err);
}

int api_user_disable(struct call *call, json_t **out, struct error *err)
{
    const char *name;

    if (call_param(call, 0, &name, err) != 0 || call_fields(call, err, "{}") != 0 ||
        agent_disable(call->app, call->mem, &call->actor, name, err) != 0)
        return -1;
    return show_agent(call, name, NULL, out, err);
}

int api_user_reset(struct call *call, json_t **out, struct error *err)
{
    const char *link = NULL;
    const char *name;

    if (call_param(call, 0, &name, err) != 0 || call_fields(call, err, "{}") != 0 ||
        agent_reset(call->app, call->mem, &call->actor, name, &link, err) != 0)
        return -1;
    return show_agent(call, name, link, out, err);
}

static json_t *audit_of(const struct audit_record *records, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, present_audit(&records[i]));
    return array;
}

/* Oldest first behind "after" (or "cursor"); with "tail" the newest, newest first. */
int api_audit_list(struct call *call, json_t **out, struct error *err)
{
    struct audit_record *records;
    struct store *store;
    struct page page;
    int64_t after;
    int64_t tail;
    size_t count;
    int failed;

    if (call_query(call, "limit cursor after tail", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        call_query_number(call, "after", page.cursor, INT64_MAX, &after, err) != 0 ||
        call_query_number(call, "tail", 0, API_LIMIT_MAX, &tail, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    if (tail > 0)
        failed = store_audit_tail(store, call->mem, NULL, (size_t)tail, &records,
                                  &count, err);
    else
        failed = store_audit_list(store, call->mem, after, page.limit + 1, &records,
                                  &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    bool has_more = tail == 0 && count > page.limit;
    if (has_more)
        count = page.limit;
    *out = page_of(audit_of(records, count), has_more ? records[count - 1].seq : 0);
    return 0;
}

int api_audit_verify(struct call *call, json_t **out, struct error *err)
{
    struct store *store;
    int64_t records = 0;

    if (call_query(call, "", err) != 0 || app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_audit_verify(store, &records, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    *out = json_pack("{s:I, s:b}", "records", (json_int_t)records, "intact", 1);
    return 0;
}
