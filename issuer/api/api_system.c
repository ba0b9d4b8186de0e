/*
 * api_system.c - what the daemon runs with.
 */
#include "base/base.h"

#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/observe/metrics.h"

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

int api_metrics(struct call *call, json_t **out, struct error *err)
{
    struct strbuf text;

    if (call_query(call, "", err) != 0)
        return -1;
    strbuf_init(&text, FILE_MAX);
    int result = metrics_write(call->app, call->mem, &text, err);
    if (result == 0) {
        *out = json_object();
        put_text(*out, "text", text.at);
    }
    strbuf_release(&text);
    return result;
}
