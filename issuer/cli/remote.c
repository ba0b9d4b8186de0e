/*
 * remote.c - the daemon's API as the commands see it: JSON in, JSON or an error out.
 */
#include "base/base.h"

#include "base/escape.h"
#include "base/limits.h"
#include "issuer/cli/cli.h"
#include "issuer/cli/client.h"

enum {
    PAGE_ITEMS = 500 /* what the daemon gives at most */
};

int cli_config(struct cli *cli, const struct config **out, struct error *err)
{
    if (cli->config == NULL &&
        config_load(config_path(cli->config_option), &cli->config, err) != 0)
        return -1;
    *out = cli->config;
    return 0;
}

/* The error that a problem document names; without one, what the status says. */
static int read_problem(long status, struct slice body, struct error *err)
{
    json_t *problem = json_loadb(body.at, body.len, 0, NULL);
    const char *kind = json_string_value(json_object_get(problem, "kind"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    enum error_kind found = status == 503 ? ERROR_UNAVAILABLE : ERROR_INTERNAL;

    for (int i = ERROR_NONE + 1; kind != NULL && i < ERROR_KIND_COUNT; i++)
        if (strcmp(kind, error_kind_name((enum error_kind)i)) == 0)
            found = (enum error_kind)i;
    if (detail != NULL)
        error_set(err, found, "%s", detail);
    else
        error_set(err, found, "cleansmtpd answered with status %ld", status);
    json_decref(problem);
    return -1;
}

static int call(struct cli *cli, struct client_request *request, json_t *body,
                struct strbuf *answer, struct error *err)
{
    const struct config *config;
    char *text = NULL;
    long status = 0;
    int result = -1;

    if (cli_config(cli, &config, err) != 0)
        goto out;
    request->socket = arena_printf(&cli->mem, "%s/api", config->runtime_dir);
    if (body != NULL) {
        text = json_dumps(body, JSON_COMPACT);
        request->body = slice_from(text);
    }
    if (client_call(request, &status, answer, err) != 0)
        goto out;
    if (status < 200 || status > 299)
        result = read_problem(status, strbuf_slice(answer), err);
    else
        result = 0;

out:
    free(text);
    json_decref(body);
    return result;
}

static int call_json(struct cli *cli, struct client_request *request, json_t *body,
                     json_t **out, struct error *err)
{
    struct strbuf answer;
    json_error_t why;
    json_t *json = NULL;
    int result = -1;

    strbuf_init(&answer, CLIENT_ANSWER_MAX);
    if (call(cli, request, body, &answer, err) != 0)
        goto out;
    if (answer.len > 0) {
        json = json_loadb(answer.at, answer.len, 0, &why);
        if (json == NULL) {
            error_set(err, ERROR_INTERNAL, "the answer of cleansmtpd is not JSON: %s",
                      why.text);
            goto out;
        }
    }
    *out = json;
    result = 0;

out:
    strbuf_wipe(&answer); /* it may hold a link or a password */
    return result;
}

int cli_get(struct cli *cli, const char *path, json_t **out, struct error *err)
{
    struct client_request request = {.method = "GET", .path = path};

    return call_json(cli, &request, NULL, out, err);
}

int cli_post(struct cli *cli, const char *path, json_t *body, json_t **out,
             struct error *err)
{
    return cli_post_once(cli, path, body, NULL, out, err);
}

int cli_post_once(struct cli *cli, const char *path, json_t *body, const char *key,
                  json_t **out, struct error *err)
{
    struct client_request request = {
        .method = "POST", .path = path, .idempotency_key = key};

    return call_json(cli, &request, body != NULL ? body : json_object(), out, err);
}

int cli_delete(struct cli *cli, const char *path, struct error *err)
{
    struct client_request request = {.method = "DELETE", .path = path};
    json_t *out = NULL;

    if (call_json(cli, &request, NULL, &out, err) != 0)
        return -1;
    json_decref(out);
    return 0;
}

int cli_get_text(struct cli *cli, const char *path, struct error *err)
{
    struct client_request request = {.method = "GET", .path = path};
    struct strbuf answer;

    strbuf_init(&answer, CLIENT_ANSWER_MAX);
    int result = call(cli, &request, NULL, &answer, err);
    if (result == 0)
        strbuf_add_slice(&cli->out, strbuf_slice(&answer));
    strbuf_release(&answer);
    return result;
}

int cli_list(struct cli *cli, const char *path, size_t max, json_t **out,
             struct error *err)
{
    json_t *all = json_array();
    const char *next = "0";

    while (next != NULL) {
        size_t left = max == 0 ? PAGE_ITEMS : max - json_array_size(all);
        json_t *page;
        if (left == 0)
            break;
        if (cli_get(cli,
                    arena_printf(&cli->mem, "%s%slimit=%zu&cursor=%s", path,
                                 strchr(path, '?') == NULL ? "?" : "&",
                                 left < PAGE_ITEMS ? left : PAGE_ITEMS, next),
                    &page, err) != 0) {
            json_decref(all);
            return -1;
        }
        json_array_extend(all, json_object_get(page, "items"));
        next = arena_strdup(&cli->mem,
                            json_string_value(json_object_get(page, "next")));
        json_decref(page);
    }
    *out = all;
    return 0;
}

const char *cli_path(struct cli *cli, const char *noun, const char *part,
                     const char *verb)
{
    struct strbuf encoded;
    const char *path;

    strbuf_init(&encoded, (size_t)3 * MAILBOX_MAX);
    escape_append(&encoded, ESCAPE_URL, slice_from(part));
    path = arena_printf(&cli->mem, "/api/v1/%s/%s%s%s", noun, encoded.at,
                        verb != NULL ? "/" : "", verb != NULL ? verb : "");
    strbuf_release(&encoded);
    return path;
}
