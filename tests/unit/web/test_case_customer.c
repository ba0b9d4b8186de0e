/*
 * test_case_customer.c - what the page of a case says of its customer, and of what it does not know.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/store_delivery.h"
#include "tests/support/issuer/browser.h"

enum {
    DAY_S = 86400,
    USUAL = 3, /* messages a day */
    DAYS = 10
};

static int start_without_log(void **state)
{
    return browser_start(state, NULL);
}

static int start_with_log(void **state)
{
    return browser_start(state, "mta_log { file = \"/nonexistent/mail.log\" }");
}

struct logging {
    struct arena *mem;
    int64_t now;
    size_t count;
    struct delivery_event events[3 * (USUAL * DAYS + 1)];
};

/* One message of FIXTURE_MAILBOX: taken in, and tried. */
static void log_message(struct logging *l, int64_t at, const char *reply)
{
    const struct delivery attempt = {.at = at,
                                     .queue_id = arena_printf(l->mem, "Q%zu", l->count),
                                     .sender = FIXTURE_MAILBOX,
                                     .login = FIXTURE_MAILBOX,
                                     .recipient = "info@empfaenger.example",
                                     .source = "smtp",
                                     .reply = reply,
                                     .status = reply[0] == '2' ? DELIVERY_SENT
                                                               : DELIVERY_BOUNCED};

    l->events[l->count++] = (struct delivery_event){DELIVERY_RECEIVED, attempt, 0, 0,
                                                    NULL};
    l->events[l->count++] = (struct delivery_event){DELIVERY_ATTEMPTED, attempt, 0, 0,
                                                    NULL};
    l->events[l->count++] = (struct delivery_event){DELIVERY_ENDED, attempt, 0, 0,
                                                    NULL};
}

static int apply(struct store *store, void *context, struct error *err)
{
    const struct logging *l = context;
    struct log_batch batch = {.events = l->events, .count = l->count};

    if (store_log_position(store, &batch.before, err) != 0)
        return -1;
    batch.after = batch.before;
    batch.after.inode = 7;
    batch.after.offset = 100;
    batch.after.complete_until = l->now;
    /* Nobody saw the time before. */
    batch.opens = LOG_GAP_STARTED_LATE;
    batch.opens_at = 0;
    batch.closes_at = l->now - (int64_t)(DAYS + 1) * DAY_S;
    return store_log_apply(store, &batch, err);
}

static void write_log(struct browser *b)
{
    struct logging l = {.mem = &b->fixture.mem, .now = b->fixture.clock.now};
    struct error err = {0};

    for (int day = 1; day <= DAYS; day++)
        for (int i = 0; i < USUAL; i++)
            log_message(&l, l.now - INT64_C(1) * day * DAY_S - INT64_C(3600) * (i + 1),
                        "250 taken");
    log_message(&l, l.now - 600, "554 this is spam");
    if (app_write(b->fixture.app, apply, &l, &err) != 0)
        fail_msg("%s", err.text);
}

static void open_case(struct browser *b)
{
    int64_t id = app_fixture_case(&b->fixture);

    get(b, arena_printf(&b->fixture.mem, "/cases/%lld", (long long)id));
    assert_int_equal(b->status, 200);
}

/* The line of the panel that begins with this name, without its marks. */
static void must_say(struct browser *b, const char *name, const char *words)
{
    const char *line = between(b, arena_printf(&b->fixture.mem, "<dt>%s</dt>", name),
                               "</dd>");

    if (line == NULL || strstr(line, words) == NULL)
        fail_msg("%s: \"%s\", wanted \"%s\"", name, line, words);
}

static void without_a_log_nothing_is_known_of_what_was_sent(void **state)
{
    struct browser *b = *state;

    open_case(b);
    must_say(b, "Sends", "not known <small>our mail log is not connected</small>");
    must_say(b, "Refused as spam", "not known");
    must_say(b, "Details before", "none <small>our own records");
    must_say(b, "Other cases", "none");
}

static void a_log_that_says_nothing_is_not_nought(void **state)
{
    struct browser *b = *state;

    open_case(b);
    must_say(b, "Sends", "not known <small>our mail log, 0 days of the last 28");
    must_say(b, "Refused as spam", "not known");
}

static void the_log_says_what_is_usual_and_how_far_it_goes(void **state)
{
    struct browser *b = *state;

    write_log(b);
    open_case(b);
    must_say(b, "Sends", "1 message in 24 h, usually 3 a day");
    must_say(b, "Sends", "our mail log, 10 days of the last 28, by " FIXTURE_MAILBOX);
    must_say(b, "Refused as spam", "1 of 19 in 7 days, 1 in 24 h");
}

static void earlier_details_and_duplicates_lead_to_their_cases(void **state)
{
    struct browser *b = *state;

    open_case(b);
    post(b, "/cases/1/leases", "for=2h&key=k1");
    assert_int_equal(b->status, 200);
    open_case(b);
    must_say(b, "Details before",
             "1 in 7 days, 1 in 30 days, 1 in all, 0 of them revoked");
    must_say(b, "Details before", "<a href=\"/cases/1\">case 1</a>");
    must_say(b, "Other cases", "<a href=\"/cases/1\">case 1</a>");
    must_say(b, "Duplicates", "has details already, until");
    must_say(b, "Duplicates", "<a href=\"/cases/1\">case 1</a>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_log_nothing_is_known_of_what_was_sent,
                                        start_without_log, browser_stop),
        cmocka_unit_test_setup_teardown(a_log_that_says_nothing_is_not_nought,
                                        start_with_log, browser_stop),
        cmocka_unit_test_setup_teardown(the_log_says_what_is_usual_and_how_far_it_goes,
                                        start_with_log, browser_stop),
        cmocka_unit_test_setup_teardown(
            earlier_details_and_duplicates_lead_to_their_cases, start_without_log,
            browser_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
