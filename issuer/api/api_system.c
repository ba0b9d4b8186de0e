/*
 * api_system.c - what the daemon runs with, and the mail server's part of it.
 */
#include "base/base.h"

#include "base/address.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"

int api_config(struct call *call, json_t **out, struct error *err)
{
    const struct config *config = app_config(call->app);
    struct strbuf text;

    if (call_query(call, "", err) != 0)
        return -1;
    strbuf_init(&text, FILE_MAX);
    config_show(config, &text);
    *out = json_object();
    put_text(*out, "path", config->path);
    put_text(*out, "text", text.at);
    strbuf_release(&text);
    return 0;
}

/* A lane for every address that sends or may send again, so that resting and waking an address
 * needs no change at the mail server. */
static json_t *lanes_of(const struct pool_address *rows, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        struct address address;
        if (rows[i].state == POOL_RETIRED ||
            !address_parse(slice_from(rows[i].address), &address))
            continue;
        json_t *o = json_object();
        put_text(o, "lane", rows[i].lane);
        put_text(o, "address", rows[i].address);
        put_text(o, "helo", rows[i].helo);
        put_bool(o, "is_v4", address_is_v4(&address));
        put_bool(o, "is_v6", !address_is_v4(&address));
        json_array_append_new(array, o);
    }
    return array;
}

int api_mta_postfix(struct call *call, json_t **out, struct error *err)
{
    const struct config *config = app_config(call->app);
    struct pool_address *rows;
    struct store *store;
    size_t count;

    if (call_query(call, "", err) != 0 || app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_pool_list(store, call->mem, call->now, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *view = json_object();
    json_t *sockets = json_object();
    put_text(sockets, "auth", config->auth.dovecot);
    put_text(sockets, "verify", config->auth.verify);
    put_text(sockets, "policy", config->auth.policy);
    put_text(view, "version", CLEANSMTP_VERSION);
    put_text(view, "realm", config->submission.realm);
    put_text(view, "host", config->submission.host);
    json_object_set_new(view, "sockets", sockets);
    json_object_set_new(view, "lanes", lanes_of(rows, count));
    failed = template_render(call->api->templates, "mta/postfix.txt", view,
                             &call->response->body, err);
    json_decref(view);
    if (failed != 0)
        return -1;
    call->response->content_type = "text/plain; charset=utf-8";
    *out = NULL;
    return 0;
}
