/*
 * router.c - the table looked up, and one request run through a site.
 */
#include "base/base.h"

#include "issuer/http/router.h"

static bool is_hole(struct slice segment)
{
    return segment.len >= 2 && segment.at[0] == '{' &&
           segment.at[segment.len - 1] == '}';
}

/* Segment by segment; a hole takes one segment that is not empty. */
static bool pattern_matches(const char *pattern, struct slice path,
                            struct slice *params)
{
    struct slice wanted = slice_from(pattern);
    struct slice want;
    struct slice got;
    size_t count = 0;

    while (slice_cut(&wanted, '/', &want)) {
        if (!slice_cut(&path, '/', &got))
            return false;
        if (!is_hole(want)) {
            if (!slice_equal(want, got))
                return false;
            continue;
        }
        assert(count < HTTP_PARAMS_MAX);
        if (got.len == 0)
            return false;
        params[count++] = got;
    }
    return path.at == NULL;
}

const struct site *site_for(const struct site *site, struct slice path)
{
    return site->below != NULL && slice_starts(path, site->below) ? site->other : site;
}

const struct route *router_match(const struct site *site, enum http_method method,
                                 struct slice path, struct slice *params,
                                 bool *out_path_exists)
{
    site = site_for(site, path);
    enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
    bool path_exists = false;

    for (size_t i = 0; i < site->count; i++) {
        const struct route *route = &site->routes[i];
        struct slice found[HTTP_PARAMS_MAX] = {0};
        if (!pattern_matches(route->pattern, path, found))
            continue;
        path_exists = true;
        if (route->method != wanted)
            continue;
        memcpy(params, found, sizeof found);
        *out_path_exists = true;
        return route;
    }
    *out_path_exists = path_exists;
    return NULL;
}

/* RFC 9110 15.5.6: a 405 names what is allowed. */
static void put_allow(const struct site *site, const struct http_request *request,
                      struct http_response *response)
{
    static const struct {
        enum http_method method;
        const char *name;
    } methods[] = {
        {HTTP_GET,    "GET, HEAD"},
        {HTTP_POST,   "POST"     },
        {HTTP_DELETE, "DELETE"   },
    };
    struct slice unused[HTTP_PARAMS_MAX];
    const char *allow = "";
    bool exists;

    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (router_match(site, methods[i].method, request->path, unused, &exists) !=
            NULL)
            allow = arena_printf(request->mem, "%s%s%s", allow, allow[0] ? ", " : "",
                                 methods[i].name);
    http_header(response, "Allow", allow);
}

static void refuse(const struct site *site, struct http_request *request,
                   unsigned status, const char *sentence,
                   struct http_response *response)
{
    response->status = status;
    strbuf_reset(&response->body);
    site->refuse(site->context, request, status, sentence, response);
}

static void answer(const struct site *site, struct http_request *request,
                   struct http_response *response)
{
    bool path_exists = false;
    const struct route *route = router_match(site, request->method, request->path,
                                             request->params, &path_exists);

    if (route == NULL && path_exists) {
        put_allow(site, request, response);
        refuse(site, request, 405, "This page does not take that kind of request.",
               response);
        return;
    }
    if (route == NULL) {
        refuse(site, request, 404, "There is no such page.", response);
        return;
    }
    if (request->body.len > route->body_max) {
        refuse(site, request, 413, "That is more than this page takes.", response);
        return;
    }
    route->handle(site->context, request, response);
    if (response->body.full) {
        response->headers_count = 0;
        refuse(site, request, 500, "The answer is too long to be shown.", response);
    }
}

void site_answer(const struct site *site, struct http_request *request,
                 struct http_response *response)
{
    site = site_for(site, request->path);
    answer(site, request, response);
    if (response->status == 0)
        response->status = 500;
    site->decorate(site->context, request, response);
}
