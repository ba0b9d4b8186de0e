/*
 * request_guard.h - the head of a request, judged before anything reads it.
 *
 * The guard refuses what Debian's libmicrohttpd 0.9.75 lets through (measured): two
 * Content-Lengths, Content-Length with chunked, an unknown transfer coding, two Hosts, control
 * characters, %00 in the path. Pure: bytes in, a status out. The caller closes such a connection
 * after the answer, so that what follows in it is never read as a request.
 */
#ifndef ISSUER_HTTP_REQUEST_GUARD_H
#define ISSUER_HTTP_REQUEST_GUARD_H

#include "base/slice.h"
#include "issuer/http/http.h"

/* What was seen of the headers; zeroed before the first. */
struct request_seen {
    unsigned headers, lengths, codings, hosts;
    bool is_chunked, is_broken;
};

void request_see_header(struct request_seen *seen, struct slice name,
                        struct slice text);

/* The raw target, with its query: printable, from '/' on, of 2000 bytes at most. */
bool request_uri_is_good(struct slice uri);

/* 0, or the status to refuse with, when every header was seen. *out_method is set unless it is 501
 * or 505. */
unsigned request_refusal(const struct request_seen *seen, const char *method,
                         const char *version, bool uri_is_good,
                         enum http_method *out_method);

#endif
