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

bool http_forwarded_client(struct slice header, char out[ADDRESS_TEXT_MAX + 1])
{
    struct address address;
    struct slice last = {0};
    struct slice rest = header;

    while (slice_cut(&rest, ',', &last))
        continue;
    if (!address_parse(slice_trim(last), &address))
        return false;
    address_format(&address, out);
    return true;
}

void http_see_other(struct http_response *response, const char *where)
{
    response->status = 303;
    response->content_type = NULL;
    strbuf_reset(&response->body);
    http_header(response, "Location", where);
}
