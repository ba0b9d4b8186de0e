/*
 * api_desk.h - the API over a filled fixture, asked without a socket.
 */
#ifndef TESTS_UNIT_API_API_DESK_H
#define TESTS_UNIT_API_API_DESK_H

#include <jansson.h>

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/api/api.h"
#include "tests/support/issuer/api_schema.h"
#include "tests/support/issuer/app_fixture.h"

#define BLOCKED \
 "{\"bounce\":\"554 5.7.1 Client host [192.0.2.14] blocked using bl.spamcop.net\"}"

struct desk {
    struct app_fixture fixture;
    struct api api;
    struct site site;
    struct arena mem;
    struct http_response response;
    json_t *document; /* what the API says of itself; each answer is held against it */
    json_t *json;     /* of the last answer */
    const char *key;  /* Idempotency-Key of the next request */
    uid_t uid;        /* of the peer */
    bool is_tcp;
    const char *authorization; /* of the next requests */
};

static inline int open_desk(void **state, const char *options)
{
    struct desk *desk = calloc(1, sizeof *desk);

    app_fixture_start(&desk->fixture, options);
    app_fixture_fill(&desk->fixture);
    app_fixture_bounce_listed(&desk->fixture);
    desk->api.app = desk->fixture.app;
    api_site(&desk->api, &desk->site);
    struct error err = {0};
    assert_int_equal(api_describe(&desk->document, &err), 0);
    arena_init(&desk->mem);
    desk->uid = geteuid();
    *state = desk;
    return 0;
}

static inline int open_plain(void **state)
{
    return open_desk(state, NULL);
}

static inline void forget(struct desk *desk)
{
    json_decref(desk->json);
    desk->json = NULL;
    strbuf_release(&desk->response.body);
}

static inline int close_desk(void **state)
{
    struct desk *desk = *state;

    forget(desk);
    json_decref(desk->document);
    arena_release(&desk->mem);
    app_fixture_stop(&desk->fixture);
    free(desk);
    return 0;
}

static inline const char *header(const struct desk *desk, const char *name)
{
    for (size_t i = 0; i < desk->response.headers_count; i++)
        if (strcmp(desk->response.headers[i].name, name) == 0)
            return desk->response.headers[i].value;
    return NULL;
}

static inline void answer_is_as_described(struct desk *desk,
                                          const struct http_request *request)
{
    struct slice params[HTTP_PARAMS_MAX];
    bool exists;
    const struct route *route = router_match(&desk->site, request->method,
                                             request->path, params, &exists);
    const char *wrong = api_schema_wrong(&desk->mem, desk->document, route,
                                         &desk->response);

    if (wrong != NULL)
        fail_msg("%.*s: %s: %.2000s", (int)request->path.len, request->path.at, wrong,
                 desk->response.body.at);
}

/* One request; the status. target may have a query. */
static inline unsigned ask(struct desk *desk, enum http_method method,
                           const char *target, const char *body)
{
    struct slice rest = slice_from(target);
    struct http_request request = {.method = method,
                                   .body = slice_from(body),
                                   .idempotency_key = slice_from(desk->key),
                                   .authorization = slice_from(desk->authorization),
                                   .cookie = SLICE("cs=abc"),
                                   .client = desk->is_tcp ? "198.51.100.7" : "unix",
                                   .has_peer = !desk->is_tcp,
                                   .peer_uid = desk->uid,
                                   .mem = &desk->mem};

    forget(desk);
    desk->response = (struct http_response){0};
    strbuf_init(&desk->response.body, PAGE_MAX);
    slice_cut(&rest, '?', &request.path);
    request.query = rest;
    site_answer(&desk->site, &request, &desk->response);
    answer_is_as_described(desk, &request);
    desk->json = json_loadb(desk->response.body.at, desk->response.body.len, 0, NULL);
    return desk->response.status;
}

static inline const char *text(const struct desk *desk, const char *key)
{
    const char *value = json_string_value(json_object_get(desk->json, key));

    return value == NULL ? "" : value;
}

static inline unsigned mint(struct desk *desk, const char *key, const char *body)
{
    desk->key = key;
    unsigned status = ask(desk, HTTP_POST, "/api/v1/leases", body);
    desk->key = NULL;
    return status;
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, open_plain, close_desk)

#endif
