/*
 * test_router.c - paths to routes, and what happens where there is none.
 */
#include "base/base.h"

#include "issuer/http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

static void say_pattern(struct http_response *response,
                        const struct http_request *request, const char *name)
{
    response->status = 200;
    strbuf_printf(&response->body, "%s:%.*s:%.*s", name, (int)request->params[0].len,
                  request->params[0].at ? request->params[0].at : "",
                  (int)request->params[1].len,
                  request->params[1].at ? request->params[1].at : "");
}

static void on_root(void *context UNUSED, struct http_request *request,
                    struct http_response *response)
{
    say_pattern(response, request, "root");
}

static void on_case(void *context UNUSED, struct http_request *request,
                    struct http_response *response)
{
    say_pattern(response, request, "case");
}

static void on_post(void *context UNUSED, struct http_request *request,
                    struct http_response *response)
{
    say_pattern(response, request, "post");
}

static void on_nothing(void *context UNUSED, struct http_request *request UNUSED,
                       struct http_response *response UNUSED)
{
}

static void on_too_much(void *context UNUSED, struct http_request *request UNUSED,
                        struct http_response *response)
{
    http_header(response, "X-Left", "over");
    response->status = 200;
    for (int i = 0; i < 200; i++)
        strbuf_puts(&response->body, "0123456789");
}

static void decorate(void *context UNUSED, const struct http_request *request UNUSED,
                     struct http_response *response)
{
    http_header(response, "X-Site", "test");
}

static void refuse(void *context UNUSED, struct http_request *request UNUSED,
                   unsigned status, const char *sentence UNUSED,
                   struct http_response *response)
{
    strbuf_printf(&response->body, "refused %u", status);
}

static const struct route routes[] = {
    {HTTP_GET,  "/",                 on_root,     0},
    {HTTP_GET,  "/cases/{n}",        on_case,     0},
    {HTTP_POST, "/cases/{n}/do/{x}", on_post,     4},
    {HTTP_GET,  "/nothing",          on_nothing,  0},
    {HTTP_GET,  "/too-much",         on_too_much, 0},
};
static const struct site site = {.routes = routes,
                                 .count = ARRAY_LEN(routes),
                                 .decorate = decorate,
                                 .refuse = refuse};

static void a_request_gets_its_route_or_a_refusal(void **state UNUSED)
{
    static const struct {
        enum http_method method;
        const char *path, *request_body;
        unsigned status;
        const char *body;
    } cases[] = {
        {HTTP_GET,    "/",              "",      200, "root::"     },
        {HTTP_HEAD,   "/",              "",      200, "root::"     },
        {HTTP_GET,    "/cases/4",       "",      200, "case:4:"    },
        {HTTP_GET,    "/cases/",        "",      404, "refused 404"},
        {HTTP_GET,    "/cases",         "",      404, "refused 404"},
        {HTTP_GET,    "/cases/4/",      "",      404, "refused 404"},
        {HTTP_GET,    "//",             "",      404, "refused 404"},
        {HTTP_GET,    "",               "",      404, "refused 404"},
        {HTTP_GET,    "cases/4",        "",      404, "refused 404"},
        {HTTP_POST,   "/cases/4/do/it", "1234",  200, "post:4:it"  },
        {HTTP_POST,   "/cases/4/do/it", "12345", 413, "refused 413"},
        {HTTP_GET,    "/cases/4",       "1",     413, "refused 413"},
        {HTTP_POST,   "/cases/4",       "",      405, "refused 405"},
        {HTTP_GET,    "/cases/4/do/it", "",      405, "refused 405"},
        {HTTP_DELETE, "/",              "",      405, "refused 405"},
        {HTTP_GET,    "/nothing",       "",      500, ""           },
        {HTTP_GET,    "/too-much",      "",      500, "refused 500"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena mem;
        arena_init(&mem);
        struct http_request request = {.method = cases[i].method,
                                       .path = slice_from(cases[i].path),
                                       .body = slice_from(cases[i].request_body),
                                       .mem = &mem};
        struct http_response response = {0};
        strbuf_init(&response.body, 1024);
        site_answer(&site, &request, &response);
        if (response.status != cases[i].status ||
            strcmp(response.body.at, cases[i].body) != 0)
            fail_msg("%s: %u %s", cases[i].path, response.status, response.body.at);
        assert_string_equal(response.headers[response.headers_count - 1].name,
                            "X-Site");
        strbuf_release(&response.body);
        arena_release(&mem);
    }
}

static void a_wrong_method_is_told_the_right_one(void **state UNUSED)
{
    struct arena mem;
    struct http_response response = {0};

    arena_init(&mem);
    struct http_request request = {
        .method = HTTP_DELETE, .path = SLICE("/cases/4/do/it"), .mem = &mem};
    strbuf_init(&response.body, 1024);
    site_answer(&site, &request, &response);
    assert_string_equal(response.headers[0].name, "Allow");
    assert_string_equal(response.headers[0].value, "POST");
    strbuf_release(&response.body);
    arena_release(&mem);
}

static void a_redirect_has_no_body(void **state UNUSED)
{
    struct http_response response = {0};

    strbuf_init(&response.body, 100);
    strbuf_puts(&response.body, "half a page");
    http_see_other(&response, "/cases/4");
    assert_int_equal(response.status, 303);
    assert_int_equal(response.body.len, 0);
    assert_string_equal(response.headers[0].value, "/cases/4");
    strbuf_release(&response.body);
}

static void the_client_is_what_the_proxy_says_last(void **state)
{
    static const struct {
        const char *header, *want; /* NULL: none */
    } cases[] = {
        {"192.0.2.7",                     "192.0.2.7"  },
        {"10.0.0.1, evil, 192.0.2.7",     "192.0.2.7"  },
        {" 192.0.2.7 ,  2001:DB8::0007 ", "2001:db8::7"},
        {"192.0.2.7,",                    NULL         },
        {"192.0.2.7, unknown",            NULL         },
        {"",                              NULL         },
        {NULL,                            NULL         },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char got[ADDRESS_TEXT_MAX + 1] = "";
        bool is_found = http_forwarded_client(slice_from(cases[i].header), got);
        assert_int_equal(is_found, cases[i].want != NULL);
        assert_string_equal(got, is_found ? cases[i].want : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_gets_its_route_or_a_refusal),
        cmocka_unit_test(a_wrong_method_is_told_the_right_one),
        cmocka_unit_test(the_client_is_what_the_proxy_says_last),
        cmocka_unit_test(a_redirect_has_no_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
