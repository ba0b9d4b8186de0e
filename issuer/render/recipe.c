/*
 * recipe.c - what the templates of the mail servers are filled in with.
 */
#include "base/base.h"

#include "issuer/render/recipe.h"

#include "base/address.h"

static const struct recipe recipes[] = {
    {"postfix",   "Postfix",     "mta/postfix.txt",   true },
    {"exim",      "Exim",        "mta/exim.txt",      true },
    {"dovecot",   "Dovecot 2.3", "mta/dovecot.txt",   true },
    {"dovecot24", "Dovecot 2.4", "mta/dovecot24.txt", true },
    {"opensmtpd", "OpenSMTPD",   "mta/opensmtpd.txt", false},
    {"haraka",    "Haraka",      "mta/haraka.txt",    false},
    {"kumomta",   "KumoMTA",     "mta/kumomta.txt",   false},
};

const struct recipe *recipes_all(size_t *out_count)
{
    *out_count = ARRAY_LEN(recipes);
    return recipes;
}

int recipe_find(struct arena *mem, const char *server, const struct recipe **out,
                struct error *err)
{
    const char *known = "";

    for (size_t i = 0; i < ARRAY_LEN(recipes); i++) {
        if (strcmp(server, recipes[i].server) == 0) {
            *out = &recipes[i];
            return 0;
        }
        known = arena_printf(mem, "%s%s%s", known, i == 0 ? "" : ", ",
                             recipes[i].server);
    }
    return error_set(err, ERROR_NOT_FOUND,
                     "no configuration is known for \"%.40s\", only for %s", server,
                     known);
}

static void put_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}

static json_t *lanes_of(const struct recipe_facts *facts)
{
    json_t *array = json_array();

    for (size_t i = 0; i < facts->pool_count; i++) {
        const struct pool_address *row = &facts->pool[i];
        struct address address;
        if (row->state == POOL_RETIRED ||
            !address_parse(slice_from(row->address), &address))
            continue;
        json_t *o = json_object();
        put_text(o, "lane", row->lane);
        put_text(o, "address", row->address);
        put_text(o, "helo", row->helo);
        json_object_set_new(o, "is_v4", json_boolean(address_is_v4(&address)));
        json_object_set_new(o, "is_v6", json_boolean(!address_is_v4(&address)));
        json_array_append_new(array, o);
    }
    return array;
}

/* All that a template may use, the same for every server. New reference. */
static json_t *view_of(const struct recipe_facts *facts)
{
    const struct config *config = facts->config;
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
    json_object_set_new(view, "lanes", lanes_of(facts));
    return view;
}

int recipe_render(const struct templates *templates, const struct recipe *recipe,
                  const struct recipe_facts *facts, struct strbuf *out,
                  struct error *err)
{
    json_t *view = view_of(facts);
    int result = template_render(templates, recipe->template, view, out, err);

    json_decref(view);
    return result;
}
