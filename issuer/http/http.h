/*
 * http.h - a request and its answer, without a library in sight.
 */
#ifndef ISSUER_HTTP_HTTP_H
#define ISSUER_HTTP_HTTP_H

#include <sys/types.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_DELETE,
    HTTP_METHOD_COUNT
};

enum {
    HTTP_PARAMS_MAX = 4,
    HTTP_HEADERS_MAX = 16
};

struct http_field {
    struct slice name, value;
};

struct http_request {
    enum http_method method;
    struct slice path;                    /* as it came, without query */
    struct slice query;                   /* behind '?', still encoded */
    struct slice body;                    /* whole, below the route's ceiling */
    struct slice params[HTTP_PARAMS_MAX]; /* what {…} in the pattern matched */
    struct slice content_type, cookie, authorization, origin, fetch_site, if_none_match,
        accept_language,
        idempotency_key; /* the headers we read; at == NULL when absent */
    const char *client;  /* address of the peer; "unix" on a unix socket */
    bool has_peer;       /* unix socket: who connected */
    uid_t peer_uid;
    struct arena *mem; /* the request's own */
};

/* Zeroed but for body (strbuf with PAGE_MAX) when a handler gets it. */
struct http_response {
    unsigned status;          /* 0 becomes 500 */
    const char *content_type; /* static or in the request's arena */
    struct strbuf body;
    bool is_secret; /* the body is wiped after it was sent */
    struct {
        const char *name, *value;
    } headers[HTTP_HEADERS_MAX];
    size_t headers_count;
};

/* The last address of X-Forwarded-For: the one that the proxy next to us saw. What stands before
 * it was said by strangers. false, and out untouched, when it is no address. */
NODISCARD bool http_forwarded_client(struct slice header,
                                     char out[ADDRESS_TEXT_MAX + 1]);

void http_header(struct http_response *response, const char *name, const char *value);
/* 303, body empty. */
void http_see_other(struct http_response *response, const char *where);

/* Form fields (application/x-www-form-urlencoded, and multipart/form-data for one file): decoded,
 * in order, in mem. ERROR_INVALID: broken encoding, NUL, a name twice, more than
 * FORM_FIELDS_MAX. */
struct form {
    struct http_field fields[64];
    size_t count;
};
NODISCARD int form_parse(struct arena *mem, struct slice content_type,
                         struct slice body, struct form *out, struct error *err);
/* The value, NUL-terminated in mem, or NULL. */
const char *form_text(struct arena *mem, const struct form *form, const char *name);
struct slice form_slice(const struct form *form,
                        const char *name); /* at NULL: absent */
/* Overwrite a field that was a password, once it was read: arenas do not wipe. */
void form_wipe(const struct form *form, const char *name);

/* A cookie of the Cookie header (RFC 6265 5.4), or the empty slice. */
struct slice cookie_find(struct slice header, const char *name);

/* HTTP status of an error kind, and its title; one table for pages and API. */
unsigned problem_status(enum error_kind kind);
const char *problem_title(enum error_kind kind);

#endif
