/*
 * test_watch.c - what the Watch panel of a case says between the link and the end of the block.
 */
#include "base/base.h"

#include "tests/unit/web/case_walk.h"

static void opened(struct browser *b, const char *link)
{
    const char *path = strstr(link, "/r/");

    ask(b, &b->customer,
        &(struct ask){.method = HTTP_POST,
                      .path = arena_printf(&b->fixture.mem, "%.*s/opened",
                                           (int)strcspn(path, "#"), path)});
}

/* How often an audit record of that action stands there. */
static size_t count_records(struct browser *b, const char *action)
{
    struct audit_record *records = NULL;
    struct store *store = NULL;
    struct error err = {0};
    size_t count = 0;
    size_t found = 0;

    assert_int_equal(app_take_reader(b->fixture.app, &store, &err), 0);
    assert_int_equal(
        store_audit_list(store, &b->fixture.mem, 0, 1000, &records, &count, &err), 0);
    app_give_back(b->fixture.app, store);
    for (size_t i = 0; i < count; i++)
        found += strcmp(records[i].action, action) == 0;
    return found;
}

static void that_a_link_was_opened_is_told_once(void **state)
{
    struct browser *b = *state;

    open_case(b);
    const char *link = mint(b);
    look(b, link); /* as a mail scanner does */
    assert_int_equal(count_records(b, "link.opened"), 0);
    opened(b, "/r/aaaaaaaaaaaaa");
    assert_int_equal(b->status, 204);
    assert_int_equal(count_records(b, "link.opened"), 0);
    opened(b, link);
    assert_int_equal(b->status, 204);
    opened(b, link);
    assert_int_equal(count_records(b, "link.opened"), 1);
    get(b, "/cases/1");
    must_show(b, "The link was opened.");
    must_show(b, "Link opened");
    must_show(b, "Not shown yet");
    /* A new link is another one. */
    b->fixture.clock.now += 60;
    post(b, "/leases/1/link", "");
    const char *next = arena_strdup(&b->fixture.mem,
                                    between(b, "<code id=\"link\">", "<"));
    must_show(b, "Link not opened yet");
    opened(b, link);
    assert_int_equal(b->status, 204);
    assert_int_equal(count_records(b, "link.opened"), 1);
    opened(b, next);
    assert_int_equal(count_records(b, "link.opened"), 2);
    /* Shown, it is a page to come back to. */
    prove(b, next, FIXTURE_MAILBOX, strchr(next, '#') + 1);
    must_show(b, "id=\"pass\"");
    opened(b, next);
    assert_int_equal(count_records(b, "link.opened"), 2);
    ask(b, &b->customer,
        &(struct ask){.method = HTTP_POST,
                      .path = "/r/aaaaaaaaaaaaa/opened",
                      .fetch_site = "cross-site"});
    assert_int_equal(b->status, 403);
}

static void that_the_block_is_over_is_said_with_what_to_do(void **state)
{
    struct browser *b = *state;

    open_case(b);
    const char *link = mint(b);
    get(b, "/cases/1");
    must_show(b, "Block over");
    assert_false(shows(b, "Ask the customer to switch back"));
    prove(b, link, FIXTURE_MAILBOX, strchr(link, '#') + 1);
    b->fixture.clock.now += 60;
    fake_resolver_fail(&b->fixture.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_NXDOMAIN);
    post(b, "/cases/1/check", "");
    get(b, "/cases/1");
    must_show(b, "Ask the customer to switch back; the page at the link says so, too.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WEB_TEST(that_a_link_was_opened_is_told_once),
        WEB_TEST(that_the_block_is_over_is_said_with_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
