/*
 * request_guard.c - what a request may look like.
 */
#include "base/base.h"

#include "issuer/http/request_guard.h"

enum {
    URI_MAX = 2000,
    HEADERS_MAX = 64
};

static bool is_clean(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

void request_see_header(struct request_seen *seen, struct slice name, struct slice text)
{
    seen->headers++;
    if (!slice_is_printable(name) || slice_find_byte(name, ' ') >= 0 ||
        !is_clean(text.at, text.len))
        seen->is_broken = true;
    if (slice_is_nocase(name, "content-length"))
        seen->lengths++;
    if (slice_is_nocase(name, "host"))
        seen->hosts++;
    if (slice_is_nocase(name, "transfer-encoding")) {
        seen->codings++;
        seen->is_chunked = slice_is_nocase(text, "chunked");
    }
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool request_uri_is_good(struct slice uri)
{
    if (uri.len == 0 || uri.len > URI_MAX || uri.at[0] != '/')
        return false;
    for (size_t i = 0; i < uri.len; i++) {
        if (uri.at[i] <= 0x20 || uri.at[i] >= 0x7f)
            return false;
        if (uri.at[i] != '%')
            continue;
        if (uri.len - i < 3 || !is_hex(uri.at[i + 1]) || !is_hex(uri.at[i + 2]) ||
            (uri.at[i + 1] == '0' && uri.at[i + 2] == '0'))
            return false;
    }
    return true;
}

static bool read_method(const char *method, enum http_method *out)
{
    static const char *const names[HTTP_METHOD_COUNT] = {
        [HTTP_GET] = "GET",
        [HTTP_HEAD] = "HEAD",
        [HTTP_POST] = "POST",
        [HTTP_DELETE] = "DELETE",
    };

    for (int i = 0; i < HTTP_METHOD_COUNT; i++)
        if (strcmp(method, names[i]) == 0) {
            *out = (enum http_method)i;
            return true;
        }
    return false;
}

unsigned request_refusal(const struct request_seen *seen, const char *method,
                         const char *version, bool uri_is_good,
                         enum http_method *out_method)
{
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return 505;
    if (!read_method(method, out_method))
        return 501;
    if (seen->headers > HEADERS_MAX)
        return 431;
    if (seen->is_broken || seen->lengths > 1 || seen->codings > 1 || seen->hosts > 1 ||
        (seen->lengths > 0 && seen->codings > 0) ||
        (seen->codings > 0 && !seen->is_chunked) || !uri_is_good)
        return 400;
    return 0;
}
