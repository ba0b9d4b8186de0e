/*
 * api_call.c - the frame around every resource of the API.
 */
#include "base/base.h"

#include "issuer/api/api_call.h"

#include <pwd.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/number.h"
#include "core/actor.h"
#include "issuer/identity/api_token.h"

static const char *const type_json = "application/json";
static const char *const type_problem = "application/problem+json";

static void answer_json(struct http_response *response, unsigned status,
                        const char *type, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    response->status = status;
    response->content_type = type;
    strbuf_reset(&response->body);
    strbuf_puts(&response->body, text == NULL ? "{}" : text);
    strbuf_putc(&response->body, '\n');
    free(text);
}

static void answer_problem(struct http_response *response, unsigned status,
                           const char *title, const struct error *err)
{
    json_t *detail = json_string(err->text);
    json_t *problem;

    /* Texts are ours, but a quoted object may be cut inside a character. */
    if (detail == NULL)
        detail = json_string("the request cannot be answered");
    problem = json_pack("{s:s, s:s, s:i, s:o, s:s}", "type", "about:blank", "title",
                        title, "status", (int)status, "detail", detail, "kind",
                        error_kind_name(err->kind));
    answer_json(response, status, type_problem, problem);
    json_decref(problem);
}

/* Kinds for statuses that the router or the server found. */
static enum error_kind kind_of_status(unsigned status)
{
    static const struct {
        unsigned status;
        enum error_kind kind;
    } rows[] = {
        {401, ERROR_DENIED     },
        {403, ERROR_DENIED     },
        {404, ERROR_NOT_FOUND  },
        {429, ERROR_EXHAUSTED  },
        {500, ERROR_INTERNAL   },
        {503, ERROR_UNAVAILABLE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].kind;
    return ERROR_INVALID;
}

void api_refuse(void *context UNUSED, struct http_request *request UNUSED,
                unsigned status, const char *sentence, struct http_response *response)
{
    struct error err = {0};

    error_set(&err, kind_of_status(status), "%s", sentence);
    answer_problem(response, status, problem_title(err.kind), &err);
}

void api_decorate(void *context UNUSED, const struct http_request *request UNUSED,
                  struct http_response *response)
{
    http_header(response, "Cache-Control", "no-store");
    http_header(response, "X-Content-Type-Options", "nosniff");
}

/* Root and the owner of the state folder, as the kernel names them. */
static int let_peer_in(struct call *call, struct error *err)
{
    const struct http_request *request = call->request;
    struct passwd entry;
    struct passwd *found = NULL;
    struct stat folder;
    char buffer[4096];

    if (!request->has_peer)
        return error_set(err, ERROR_DENIED, "this socket does not say who connects");
    if (request->peer_uid != 0 &&
        (stat(app_config(call->app)->state_dir, &folder) != 0 ||
         folder.st_uid != request->peer_uid))
        return error_set(err, ERROR_DENIED,
                         "only root and the owner of the state folder may use the API");
    if (getpwuid_r(request->peer_uid, &entry, buffer, sizeof buffer, &found) == 0 &&
        found != NULL)
        call->actor.name = arena_printf(call->mem, "local:%s", found->pw_name);
    else
        call->actor.name = arena_printf(call->mem, "local:%lu",
                                        (unsigned long)request->peer_uid);
    call->actor.role = ROLE_ADMIN;
    call->actor.is_local = true;
    return 0;
}

/* RFC 6750 3: a request that named nobody gets 401, one that may not gets 403. */
static int let_token_in(struct call *call, struct error *err)
{
    struct api_token token;

    if (token_enter(call->app, call->mem, call->request->authorization,
                    call->request->client, &token, &call->actor, err) == 0) {
        call->token_id = token.id;
        return 0;
    }
    if (err->kind == ERROR_DENIED) {
        call->refusal = 401;
        http_header(call->response, "WWW-Authenticate",
                    call->request->authorization.at == NULL
                        ? "Bearer realm=\"cleansmtp\""
                        : "Bearer realm=\"cleansmtp\", error=\"invalid_token\"");
    }
    return -1;
}

static int let_in(struct call *call, enum act act, struct error *err)
{
    if ((call->api->wants_token ? let_token_in(call, err) : let_peer_in(call, err)) !=
        0)
        return -1;
    if (app_allow(&call->actor, act, err) == 0)
        return 0;
    if (call->token_id == 0)
        return -1;
    return token_note_denied(
        call->app, call->mem, &call->actor, call->token_id,
        arena_printf(call->mem, "client=%s why=%s", call->request->client, err->text),
        err);
}

/* "on_behalf_of": the helpdesk's own name for whoever pressed the button there. Only a token may say
 * so; without one it is a field that nobody knows. */
static int take_behalf(struct call *call, struct error *err)
{
    const json_t *given = json_object_get(call->body, "on_behalf_of");
    const char *name = json_string_value(given);

    if (given == NULL || call->token_id == 0)
        return 0;
    if (name == NULL || !actor_for_is_valid(slice_from(name)))
        return error_set(err, ERROR_INVALID,
                         "\"on_behalf_of\" is 1 to %d visible ASCII characters",
                         (int)ACTOR_FOR_MAX);
    call->actor.name = arena_printf(call->mem, "%s for:%s", call->actor.name, name);
    json_object_del(call->body, "on_behalf_of");
    return 0;
}

static int read_request(struct call *call, struct error *err)
{
    const struct http_request *request = call->request;

    if (request->query.len > 0 &&
        form_parse(call->mem, SLICE("application/x-www-form-urlencoded"),
                   request->query, &call->query, err) != 0)
        return error_prefix(err, "query");
    if (request->method != HTTP_POST)
        return 0;
    if (api_parse(request->body, &call->body, err) != 0)
        return -1;
    return take_behalf(call, err);
}

void api_run(const struct api *api, const struct resource *resource,
             struct http_request *request, struct http_response *response)
{
    struct call call = {.api = api,
                        .app = api->app,
                        .request = request,
                        .response = response,
                        .mem = request->mem,
                        .now = app_now(api->app),
                        .status = 200};
    struct error err = {0};
    json_t *out = NULL;

    call.speaker = (struct speaker){.templates = app_templates(api->app),
                                    .mem = request->mem,
                                    .lang = "en",
                                    .now = call.now};
    if (let_in(&call, resource->act, &err) != 0 || read_request(&call, &err) != 0 ||
        resource->run(&call, &out, &err) != 0) {
        if (err.kind == ERROR_INTERNAL || err.kind == ERROR_INTEGRITY)
            log_event(LOG_LEVEL_ERROR, "api.failed", "why", err.text, NULL);
        answer_problem(response,
                       call.refusal != 0 ? call.refusal : problem_status(err.kind),
                       problem_title(err.kind), &err);
        goto out;
    }
    if (out != NULL)
        answer_json(response, call.status, type_json, out);
    else
        response->status = response->body.len > 0 ? call.status : 204;
    if (response->body.full) {
        error_set(&err, ERROR_INTERNAL, "the answer is too long: ask for fewer items");
        answer_problem(response, 500, problem_title(err.kind), &err);
    }

out:
    json_decref(out);
    json_decref(call.body);
}

int api_parse(struct slice bytes, json_t **out, struct error *err)
{
    json_error_t why;
    const char *name;
    json_t *value;
    json_t *object;
    void *next;

    if (slice_trim(bytes).len == 0) {
        *out = json_object();
        return 0;
    }
    object = json_loadb(bytes.at, bytes.len, JSON_REJECT_DUPLICATES, &why);
    if (object == NULL)
        return error_set(err, ERROR_INVALID,
                         "the request is not JSON: %.120s (line %d, column %d)",
                         why.text, why.line, why.column);
    if (!json_is_object(object)) {
        json_decref(object);
        return error_set(err, ERROR_INVALID, "the request is not a JSON object");
    }
    json_object_foreach_safe(object, next, name, value)
    {
        if (json_is_null(value))
            json_object_del(object, name);
    }
    *out = object;
    return 0;
}

/* The names stand behind the letters of the format, each with one pointer behind it. */
static int tell_fields(struct api_told *told, struct error *err, const char *format,
                       va_list args)
{
    size_t count = 0;

    told->format = format;
    for (const char *at = strchr(format, 's'); at != NULL; at = strchr(at + 1, 's')) {
        assert(count + 1 < ARRAY_LEN(told->names));
        told->names[count++] = va_arg(args, const char *);
        (void)va_arg(args, void *);
        at += strcspn(at + 1, "soIib") + 1; /* its type */
    }
    return error_set(err, ERROR_REFUSED, "what is read was told");
}

int call_fields(struct call *call, struct error *err, const char *format, ...)
{
    json_error_t why;
    va_list args;

    va_start(args, format);
    if (call->api->told != NULL) {
        int told = tell_fields(call->api->told, err, format, args);
        va_end(args);
        return told;
    }
    int failed = json_vunpack_ex(call->body, &why, JSON_STRICT, format, args);
    va_end(args);
    if (failed != 0)
        return error_set(err, ERROR_INVALID, "the request does not fit: %.150s",
                         why.text);
    return 0;
}

int call_words(struct call *call, const char *name, const json_t *array,
               const char *const **out, struct error *err)
{
    size_t count = json_array_size(array);
    const char **words;

    if (array != NULL && !json_is_array(array))
        return error_set(err, ERROR_INVALID, "\"%s\" is not an array", name);
    if (count > FORM_FIELDS_MAX)
        return error_set(err, ERROR_INVALID, "\"%s\" has more than %d entries", name,
                         (int)FORM_FIELDS_MAX);
    words = arena_array(call->mem, count + 1, sizeof *words);
    for (size_t i = 0; i < count; i++) {
        words[i] = json_string_value(json_array_get(array, i));
        if (words[i] == NULL)
            return error_set(err, ERROR_INVALID, "\"%s\" is not an array of strings",
                             name);
    }
    *out = words;
    return 0;
}

int call_id(struct call *call, int64_t *out, struct error *err)
{
    if (!number_i64(call->request->params[0], 1, INT64_MAX, out))
        return error_set(err, ERROR_NOT_FOUND, "there is no such number");
    return 0;
}

int call_param(struct call *call, size_t index, const char **out, struct error *err)
{
    struct strbuf text;
    int result = 0;

    strbuf_init(&text, MAILBOX_MAX);
    if (!unescape_url(&text, call->request->params[index], false) || text.full)
        result = error_set(err, ERROR_INVALID, "the address of the request is broken");
    else
        *out = arena_strndup(call->mem, text.at, text.len);
    strbuf_release(&text);
    return result;
}

/* Is name one of the blank-separated names? */
static bool is_among(struct slice name, const char *names)
{
    struct slice rest = slice_from(names);
    struct slice word;

    while (slice_cut(&rest, ' ', &word))
        if (slice_equal(word, name))
            return true;
    return false;
}

int call_query(struct call *call, const char *names, struct error *err)
{
    if (call->api->told != NULL) {
        call->api->told->query = names;
        return error_set(err, ERROR_REFUSED, "what is read was told");
    }
    for (size_t i = 0; i < call->query.count; i++) {
        struct slice name = call->query.fields[i].name;
        if (!is_among(name, names))
            return error_set(err, ERROR_INVALID,
                             "the query field \"%.*s\" is unknown here: %s",
                             (int)(name.len > 40 ? 40 : name.len), name.at, names);
    }
    return 0;
}

int call_query_number(struct call *call, const char *name, int64_t fallback,
                      int64_t max, int64_t *out, struct error *err)
{
    struct slice text = form_slice(&call->query, name);

    if (text.at == NULL) {
        *out = fallback;
        return 0;
    }
    if (!number_i64(text, 0, max, out))
        return error_set(err, ERROR_INVALID, "\"%s\" must be a number up to %lld", name,
                         (long long)max);
    return 0;
}

int call_page(struct call *call, struct page *out, struct error *err)
{
    int64_t limit;
    int64_t cursor;

    if (call_query_number(call, "limit", API_LIMIT_DEFAULT, API_LIMIT_MAX, &limit,
                          err) != 0 ||
        call_query_number(call, "cursor", 0, INT64_MAX, &cursor, err) != 0)
        return -1;
    if (limit == 0)
        return error_set(err, ERROR_INVALID, "\"limit\" must be from 1 to %d",
                         (int)API_LIMIT_MAX);
    *out = (struct page){.limit = (size_t)limit, .cursor = cursor};
    return 0;
}

json_t *page_of(json_t *items, int64_t next)
{
    char text[24];

    if (next == 0)
        return json_pack("{s:o, s:n}", "items", items, "next");
    if (snprintf(text, sizeof text, "%lld", (long long)next) < 0)
        text[0] = '\0';
    return json_pack("{s:o, s:s}", "items", items, "next", text);
}

json_t *page_cut(json_t *array, const struct page *page)
{
    size_t total = json_array_size(array);
    size_t from = (uint64_t)page->cursor < total ? (size_t)page->cursor : total;
    size_t to = total - from > page->limit ? from + page->limit : total;
    json_t *items = json_array();

    for (size_t i = from; i < to; i++)
        json_array_append(items, json_array_get(array, i));
    json_decref(array);
    return page_of(items, to < total ? (int64_t)to : 0);
}

void call_take_usage(struct call *call)
{
    struct error err = {0};

    if (call->api->take_usage != NULL && call->api->take_usage(call->app, &err) != 0)
        log_event(LOG_LEVEL_WARNING, "usage.behind", "why", err.text, NULL);
}
