/*
 * api_call.h - one request of the API: who asks, what was sent, and the answer or the problem.
 *
 * A resource function gets a call that passed the gate, and gives back JSON, or an error that
 * becomes application/problem+json (RFC 9457). It never writes a status of failure itself.
 */
#ifndef ISSUER_API_API_CALL_H
#define ISSUER_API_API_CALL_H

#include <jansson.h>

#include "issuer/api/api.h"
#include "issuer/render/say.h"

enum {
    API_LIMIT_DEFAULT = 50,
    API_LIMIT_MAX = 500
};

struct call {
    const struct api *api;
    struct app *app;
    struct http_request *request;
    struct http_response *response;
    struct arena *mem;
    struct actor actor;
    int64_t token_id; /* 0: by the unix socket */
    int64_t now;
    struct speaker speaker; /* English, as of now */
    struct form query;
    json_t *body;     /* of a POST; freed with the call, so its strings live as long */
    unsigned status;  /* of success */
    unsigned refusal; /* of failure, where it is not that of the error's kind; else 0 */
};

/* One resource: 0 with *out a new reference, or NULL when the body was written or is empty. */
struct resource {
    enum act act;
    int (*run)(struct call *call, json_t **out, struct error *err);
};

void api_run(const struct api *api, const struct resource *resource,
             struct http_request *request, struct http_response *response);
/* The problem document for what never reached a resource. */
void api_refuse(void *context, struct http_request *request, unsigned status,
                const char *sentence, struct http_response *response);
void api_decorate(void *context, const struct http_request *request,
                  struct http_response *response);

/* The JSON object in bytes, new reference: no name twice, nothing behind it; members that are
 * null count as absent; no bytes at all are {}. For a body, and for the fuzzer. */
NODISCARD int api_parse(struct slice bytes, json_t **out, struct error *err);

/* json_unpack's format; a member that it does not name is ERROR_INVALID. Strings are borrowed
 * from the call. */
NODISCARD int call_fields(struct call *call, struct error *err, const char *format,
                          ...);
/* An array of strings as a NULL-ended list in mem; NULL array: empty list. */
NODISCARD int call_words(struct call *call, const char *name, const json_t *array,
                         const char *const **out, struct error *err);
/* The number in the path. */
NODISCARD int call_id(struct call *call, int64_t *out, struct error *err);
/* A segment of the path, decoded. */
NODISCARD int call_param(struct call *call, size_t index, const char **out,
                         struct error *err);

/* Query fields: only these names (blank-separated) are known. */
NODISCARD int call_query(struct call *call, const char *names, struct error *err);
/* A number of the query; absent: fallback. */
NODISCARD int call_query_number(struct call *call, const char *name, int64_t fallback,
                                int64_t max, int64_t *out, struct error *err);

/* limit and cursor, where the cursor is the id after which (or before which) to go on. */
struct page {
    size_t limit;
    int64_t cursor; /* 0: from the beginning */
};
NODISCARD int call_page(struct call *call, struct page *out, struct error *err);
/* {"items": items, "next": next as text, or null when 0}. */
json_t *page_of(json_t *items, int64_t next);
/* The part of a whole array that page asks for, as page_of; array is taken over. */
json_t *page_cut(json_t *array, const struct page *page);

/* What authd wrote a moment ago belongs into the answer; without it the answer is a little behind, which
 * is better than none. */
void call_take_usage(struct call *call);

#endif
