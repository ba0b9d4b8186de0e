/*
 * case_walk.h - the walk of a case over the two sites: the bounce, the link, and who opens it.
 */
#ifndef TESTS_UNIT_WEB_CASE_WALK_H
#define TESTS_UNIT_WEB_CASE_WALK_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/issuer/browser.h"

#define BOUNCE "bounce=554+5.7.1+blocked"

static inline int start(void **state)
{
    return browser_start(state, "brand { name = \"Example Hosting\" }");
}

static inline void open_case(struct browser *b)
{
    post(b, "/cases", BOUNCE "&ticket=48211");
    assert_string_equal(b->location, "/cases/1");
    get(b, "/cases/1");
    assert_int_equal(b->status, 200);
}

/* The link, with its key. */
static inline const char *mint(struct browser *b)
{
    const char *key = between(b, "name=\"key\" value=\"", "\"");

    assert_non_null(key);
    post(b, "/cases/1/leases",
         arena_printf(&b->fixture.mem, "key=%s&for=86400s&reason=Invoice", key));
    if (b->status != 200)
        fail_msg("%u %s", b->status, b->page.at);
    const char *link = between(b, "<code id=\"link\">", "<");
    assert_non_null(link);
    return link;
}

static inline void prove(struct browser *b, const char *link, const char *mailbox,
                         const char *code)
{
    const char *path = strstr(link, "/r/");
    const char *body = arena_printf(&b->fixture.mem, "mailbox=%s&code=%s", mailbox,
                                    code);

    path = arena_strndup(&b->fixture.mem, path, strcspn(path, "#"));
    ask(b, &b->customer,
        &(struct ask){.method = HTTP_POST, .path = path, .body = body});
}

static inline void look(struct browser *b, const char *link)
{
    const char *path = strstr(link, "/r/");

    path = arena_strndup(&b->fixture.mem, path, strcspn(path, "#"));
    ask(b, &b->customer, &(struct ask){.path = path});
}

#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, start, browser_stop)

#endif
