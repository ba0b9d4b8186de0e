/*
 * api_mta.c - the mail server's part of the configuration, as text for the pool that there is.
 *
 * A server is a row here, a template below templates/mta/, and a word in cleansmtp(1).
 */
#include "base/base.h"

#include "base/address.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"

static const struct {
    const char *server;
    const char *template;
} recipes[] = {
    {"postfix",   "mta/postfix.txt"  },
    {"exim",      "mta/exim.txt"     },
    {"dovecot",   "mta/dovecot.txt"  },
    {"dovecot24", "mta/dovecot24.txt"},
    {"opensmtpd", "mta/opensmtpd.txt"},
    {"haraka",    "mta/haraka.txt"   },
    {"kumomta",   "mta/kumomta.txt"  },
};

/* The server's template, or NULL with the names there are. */
static const char *template_of(struct call *call, const char *server, struct error *err)
{
    const char *known = "";

    for (size_t i = 0; i < ARRAY_LEN(recipes); i++) {
        if (strcmp(server, recipes[i].server) == 0)
            return recipes[i].template;
        known = arena_printf(call->mem, "%s%s%s", known, i == 0 ? "" : ", ",
                             recipes[i].server);
    }
    (void)error_set(err, ERROR_NOT_FOUND,
                    "no configuration is known for \"%.40s\", only for %s", server,
                    known);
    return NULL;
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

/* All that a template may use, the same for every server. New reference. */
static json_t *view_of(const struct config *config, json_t *lanes)
{
    json_t *sockets = json_object();
    json_t *view = json_object();

    put_text(sockets, "auth", config->auth.dovecot);
    put_text(sockets, "verify", config->auth.verify);
    put_text(sockets, "policy", config->auth.policy);
    put_text(sockets, "socketmap", config->auth.socketmap);
    put_text(sockets, "saslauthd", config->auth.saslauthd);
    put_text(view, "version", CLEANSMTP_VERSION);
    put_text(view, "realm", config->submission.realm);
    put_text(view, "host", config->submission.host);
    put_text(view, "group", config->auth.group);
    put_text(view, "libexec", CLEANSMTP_LIBEXECDIR);
    put_text(view, "share", CLEANSMTP_SHAREDIR);
    json_object_set_new(view, "sockets", sockets);
    json_object_set_new(view, "lanes", lanes);
    return view;
}

int api_mta(struct call *call, json_t **out, struct error *err)
{
    const char *server;
    struct pool_address *rows;
    struct store *store;
    size_t count;

    if (call_query(call, "", err) != 0 || call_param(call, 0, &server, err) != 0)
        return -1;
    const char *name = template_of(call, server, err);
    if (name == NULL || app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_pool_list(store, call->mem, call->now, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *view = view_of(app_config(call->app), lanes_of(rows, count));
    failed = template_render(call->api->templates, name, view, &call->response->body,
                             err);
    json_decref(view);
    if (failed != 0)
        return -1;
    call->response->content_type = "text/plain; charset=utf-8";
    *out = NULL;
    return 0;
}
