/*
 * http.c - putting an answer together.
 */
#include "base/base.h"

#include "issuer/http/http.h"

void http_header(struct http_response *response, const char *name, const char *value)
{
    assert(response->headers_count < HTTP_HEADERS_MAX);
    response->headers[response->headers_count].name = name;
    response->headers[response->headers_count].value = value;
    response->headers_count++;
}

void http_see_other(struct http_response *response, const char *where)
{
    response->status = 303;
    response->content_type = NULL;
    strbuf_reset(&response->body);
    http_header(response, "Location", where);
}
