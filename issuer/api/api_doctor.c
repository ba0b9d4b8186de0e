/*
 * api_doctor.c - what `cleansmtp doctor` asks the daemon for: its health, what recipients find out
 * about a reserved address, and a login for the egress proof.
 */
#include "base/base.h"

#include "base/address.h"
#include "core/mailbox.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/cases/reach.h"
#include "issuer/leases/canary.h"
#include "issuer/observe/metrics.h"

enum {
    REACH_MS = 8000
};

int api_canary_make(struct call *call, json_t **out, struct error *err)
{
    const char *address = NULL;
    const char *recipient = NULL;
    struct canary made = {0};

    if (call_fields(call, err, "{s:s, s:s}", "address", &address, "recipient",
                    &recipient) != 0 ||
        canary_make(call->app, call->mem, &call->actor, address, recipient, &made,
                    err) != 0)
        return -1;
    api_write_credential(call, &made.lease, &made.password);
    secret_free(&made.password);
    call->status = 201;
    *out = NULL;
    return 0;
}

static json_t *present_reach(const struct speaker *speaker, const struct reach *reach)
{
    json_t *checks = json_array();

    for (size_t i = 0; i < REACH_CHECKS; i++)
        json_array_append_new(checks, present_check(speaker, &reach->checks[i]));
    json_t *o = json_object();
    put_text(o, "will_work", check_result_name(reach->will_work));
    put_text(o, "domain", reach->domain);
    put_text(o, "spf", reach->spf);
    put_text(o, "proposal", reach->proposal);
    json_object_set_new(o, "checks", checks);
    return o;
}

/* "?domain=customer.example": SPF is of the domain, whichever mailbox of it sends. */
static int read_sender(struct call *call, const char **out, struct error *err)
{
    const char *domain = form_text(call->mem, &call->query, "domain");
    char clean[DOMAIN_MAX + 1];

    if (domain == NULL)
        return 0;
    if (!domain_parse(slice_from(domain), clean))
        return error_set(err, ERROR_INVALID, "\"%.60s\" is not a domain", domain);
    *out = arena_printf(call->mem, "postmaster@%s", clean);
    return 0;
}

int api_pool_reach(struct call *call, json_t **out, struct error *err)
{
    const struct reach_dns dns = {.resolver = app_resolver(call->app),
                                  .clock = &clock_system,
                                  .timeout_ms = REACH_MS};
    struct reach_request request = {.now = call->now};
    struct pool_address found;
    const char *address;
    struct store *store;
    struct reach reach;

    if (call_query(call, "domain", err) != 0 ||
        call_param(call, 0, &address, err) != 0 ||
        read_sender(call, &request.sender, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_pool_find(store, call->mem, address, call->now, &found, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    if (!address_parse(slice_from(found.address), &request.address))
        return error_set(err, ERROR_INTEGRITY,
                         "the pool has \"%.60s\", which is no address", found.address);
    request.helo = found.helo;
    reach_check(&dns, call->mem, &request, &reach);
    *out = present_reach(&call->speaker, &reach);
    return 0;
}

/* Nothing to write: that the turn and the transaction are had is the answer. */
static int look(struct store *store UNUSED, void *context UNUSED,
                struct error *err UNUSED)
{
    return 0;
}

static json_t *present_watch(const struct call *call)
{
    const struct config *config = app_config(call->app);
    struct monitor_report report;
    json_t *o = json_object();

    watch_report(call->app, &report);
    put_number(o, "every_s", config->zones.check_every_s);
    put_number(o, "rounds", report.rounds);
    put_time(o, "began_at", report.began_at);
    put_time(o, "ended_at", report.ended_at);
    put_number(o, "took_ms", report.took_ms);
    put_number(o, "asked", (int64_t)report.asked);
    put_number(o, "unknown", (int64_t)report.unknown);
    put_number(o, "left_out", (int64_t)report.left_out);
    put_bool(o, "is_behind", report.is_behind);
    put_text(o, "sentence", watch_sentence(call->app, call->mem));
    return o;
}

int api_health(struct call *call, json_t **out, struct error *err)
{
    struct error why = {0};

    if (call_query(call, "", err) != 0)
        return -1;
    bool is_writable = app_write(call->app, look, NULL, &why) == 0;
    *out = json_object();
    put_text(*out, "version", CLEANSMTP_VERSION);
    put_time(*out, "time", call->now);
    put_bool(*out, "is_writable", is_writable);
    put_text(*out, "why", is_writable ? NULL : why.text);
    put_text(*out, "config", app_config(call->app)->path);
    json_object_set_new(*out, "watch", present_watch(call));
    return 0;
}

/* Which guide was compared with its program's own instructions in which month. */
int api_guides(struct call *call, json_t **out, struct error *err)
{
    static const char *const told[] = {"program", "language", "title", "with",
                                       "checked"};
    struct page page;

    if (call_query(call, "limit cursor", err) != 0 || call_page(call, &page, err) != 0)
        return -1;
    json_t *guides = template_guides(app_templates(call->app), NULL);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(guides); i++) {
        json_t *o = json_object();
        for (size_t k = 0; k < ARRAY_LEN(told); k++)
            json_object_set(o, told[k],
                            json_object_get(json_array_get(guides, i), told[k]));
        json_array_append_new(list, o);
    }
    json_decref(guides);
    *out = page_cut(list, &page);
    return 0;
}
