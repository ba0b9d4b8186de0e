/*
 * browser.c - the two sites, driven without a socket.
 */
#include "base/base.h"

#include "tests/support/issuer/browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "issuer/identity/agent.h"

static const char *header_of(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->headers_count; i++)
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return "";
}

static void keep_answer(struct browser *b, const struct http_response *response)
{
    const char *cookie = header_of(response, "Set-Cookie");

    b->status = response->status;
    b->is_secret = response->is_secret;
    strbuf_reset(&b->page);
    strbuf_add_slice(&b->page, strbuf_slice(&response->body));
    (void)snprintf(b->location, sizeof b->location, "%s",
                   header_of(response, "Location"));
    size_t len = strcspn(cookie, ";");
    assert_true(len < sizeof b->cookie);
    /* That of the customer's page is another browser's. */
    if (slice_starts(slice_from(cookie), "cs=")) {
        memcpy(b->cookie, cookie, len);
        b->cookie[len] = '\0';
    }
    assert_non_null(
        strstr(header_of(response, "Content-Security-Policy"), "default-src 'none'"));
    assert_string_equal(header_of(response, "X-Content-Type-Options"), "nosniff");
    assert_true(strlen(header_of(response, "Cache-Control")) > 0);
}

void ask(struct browser *b, const struct site *site, const struct ask *what)
{
    struct arena mem;
    struct slice path = {0};
    struct slice rest = slice_from(what->path);
    struct http_response response = {0};

    arena_init(&mem);
    assert_true(slice_cut(&rest, '?', &path));
    const char *type = what->type != NULL ? what->type
                                          : "application/x-www-form-urlencoded";
    struct http_request request = {
        .method = what->method,
        .path = path,
        .query = rest,
        .body = slice_from(what->body),
        .content_type = slice_from(type),
        .cookie = slice_from(b->cookie),
        .fetch_site = what->fetch_site != NULL ? slice_from(what->fetch_site)
                                               : (struct slice){0},
        .origin = what->origin != NULL ? slice_from(what->origin) : (struct slice){0},
        .client = "192.0.2.200",
        .mem = &mem};
    strbuf_init(&response.body, PAGE_MAX);
    site_answer(site, &request, &response);
    keep_answer(b, &response);
    strbuf_release(&response.body);
    arena_release(&mem);
}

void get(struct browser *b, const char *path)
{
    ask(b, &b->console, &(struct ask){.path = path});
}

void post(struct browser *b, const char *path, const char *body)
{
    const char *whole = arena_printf(&b->fixture.mem, "token=%s&%s", b->token, body);

    ask(b, &b->console,
        &(struct ask){.method = HTTP_POST, .path = path, .body = whole});
}

bool shows(const struct browser *b, const char *text)
{
    return strstr(b->page.at, text) != NULL;
}

void must_show(const struct browser *b, const char *text)
{
    if (!shows(b, text))
        fail_msg("\"%s\" is not on the page (%u):\n%s", text, b->status, b->page.at);
}

const char *between(struct browser *b, const char *before, const char *after)
{
    const char *start = strstr(b->page.at, before);

    if (start == NULL)
        return NULL;
    start += strlen(before);
    const char *end = strstr(start, after);
    return end == NULL ? NULL
                       : arena_strndup(&b->fixture.mem, start, (size_t)(end - start));
}

void take_token(struct browser *b)
{
    const char *token = between(b, "name=\"token\" value=\"", "\"");

    assert_non_null(token);
    (void)snprintf(b->token, sizeof b->token, "%s", token);
}

/* ---- signing in ---- */

void add_agent(struct browser *b, const char *name, enum role role)
{
    struct error err = {0};
    const char *link = NULL;

    if (agent_add(b->fixture.app, &b->fixture.mem, &fixture_admin, name, role, &link,
                  &err) != 0)
        fail_msg("%s", err.text);
    const char *path = strstr(link, "/set-up/");
    assert_non_null(path);
    get(b, path);
    assert_int_equal(b->status, 200);
    must_show(b, name);
    ask(b, &b->console,
        &(struct ask){.method = HTTP_POST, .path = path, .body = "password=a&again=b"});
    assert_int_equal(b->status, 400);
    must_show(b, "not the same");
    ask(b, &b->console,
        &(struct ask){.method = HTTP_POST,
                      .path = path,
                      .body = "password=a+few+long+words&again=a+few+long+words"});
    assert_string_equal(b->location, "/sign-in?set-up=done");
    get(b, path);
    assert_int_equal(b->status, 404);
}

void sign_in(struct browser *b, const char *name)
{
    const char *body = arena_printf(&b->fixture.mem,
                                    "name=%s&password=a+few+long+words", name);

    ask(b, &b->console,
        &(struct ask){.method = HTTP_POST, .path = "/sign-in", .body = body});
    assert_int_equal(b->status, 303);
    assert_string_equal(b->location, "/");
    get(b, "/");
    assert_int_equal(b->status, 200);
    take_token(b);
}

void sign_in_as(struct browser *b, const char *name, enum role role)
{
    b->cookie[0] = '\0';
    add_agent(b, name, role);
    sign_in(b, name);
}

int browser_start(void **state, const char *options)
{
    struct browser *b = calloc(1, sizeof *b);

    app_fixture_start(&b->fixture, options);
    app_fixture_fill(&b->fixture);
    app_fixture_bounce_listed(&b->fixture);
    strbuf_init(&b->page, PAGE_MAX);
    b->web = (struct web){.app = b->fixture.app};
    web_console_site(&b->web, &b->console);
    web_customer_site(&b->web, &b->customer);
    add_agent(b, "ana", ROLE_AGENT);
    sign_in(b, "ana");
    *state = b;
    return 0;
}

int browser_stop(void **state)
{
    struct browser *b = *state;

    strbuf_release(&b->page);
    app_fixture_stop(&b->fixture);
    free(b);
    return 0;
}
