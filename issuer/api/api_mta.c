/*
 * api_mta.c - the mail server's part of the configuration, as text for the pool that there is.
 */
#include "base/base.h"

#include "issuer/api/api_resources.h"
#include "issuer/render/recipe.h"

int api_mta(struct call *call, json_t **out, struct error *err)
{
    struct recipe_facts facts = {.config = app_config(call->app)};
    const struct recipe *recipe;
    struct pool_address *pool;
    const char *server;
    struct store *store;

    if (call_query(call, "", err) != 0 || call_param(call, 0, &server, err) != 0 ||
        recipe_find(call->mem, server, &recipe, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_pool_list(store, call->mem, call->now, &pool, &facts.pool_count,
                                 err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    facts.pool = pool;
    if (recipe_render(app_templates(call->app), recipe, &facts, &call->response->body,
                      err) != 0)
        return -1;
    call->response->content_type = "text/plain; charset=utf-8";
    *out = NULL;
    return 0;
}
