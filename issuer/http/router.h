/*
 * router.h - a table of routes: method, pattern, handler.
 */
#ifndef ISSUER_HTTP_ROUTER_H
#define ISSUER_HTTP_ROUTER_H

#include "issuer/http/http.h"

struct route {
    enum http_method
        method; /* GET also answers HEAD; a handler never changes anything on either */
    const char *pattern; /* "/cases/{n}": {…} is one segment, kept in params in order */
    void (*handle)(void *context, struct http_request *request,
                   struct http_response *response);
    size_t body_max; /* larger is 413 before the handler runs */
};

struct site {
    const struct route *routes;
    size_t count;
    void *context;
    bool is_proxied; /* the client is the last address of X-Forwarded-For */
    /* Headers every answer of the site carries (security headers), and the answer for what has no
     * route (404), a wrong method (405), a refused request (400, 413, 431, 503). */
    void (*decorate)(void *context, const struct http_request *request,
                     struct http_response *response);
    void (*refuse)(void *context, struct http_request *request, unsigned status,
                   const char *sentence, struct http_response *response);
    /* Everything below this path ("/api/") belongs to another site, with its own headers and
     * refusals; NULL: nothing does. */
    const char *below;
    const struct site *other;
};

/* The site that answers for a path: this one, or the one below. */
const struct site *site_for(const struct site *site, struct slice path);

/* The route for a path, or NULL; *out_path_exists tells 405 from 404. params are filled. */
const struct route *router_match(const struct site *site, enum http_method method,
                                 struct slice path, struct slice *params,
                                 bool *out_path_exists);
/* Run one request through a site: match, handle, decorate. For the server and for tests. */
void site_answer(const struct site *site, struct http_request *request,
                 struct http_response *response);

#endif
