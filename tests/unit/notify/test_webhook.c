/*
 * test_webhook.c - from what happens to what is on its way, without a receiver: that is
 * tests/integration/33-webhooks.t.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "issuer/notify/compose.h"
#include "issuer/notify/webhook.h"
#include "tests/support/issuer/app_fixture.h"

#define URL "https://hooks.example/in"

struct lab {
    struct app_fixture f;
    struct error err;
    int64_t id;
    char secret[128];
};

static int64_t add(struct lab *lab, const char *const *events)
{
    const struct webhook_new wanted = {.url = URL, .events = events};
    struct secret secret = {0};
    int64_t id = 0;

    if (webhook_add(lab->f.app, &lab->f.mem, &fixture_admin, &wanted, &id, &secret,
                    &lab->err) != 0)
        fail_msg("%s", lab->err.text);
    (void)snprintf(lab->secret, sizeof lab->secret, "%s", secret.at);
    secret_free(&secret);
    return id;
}

static int start(void **state)
{
    static const char *const all[] = {NULL};
    struct lab *lab = calloc(1, sizeof *lab);

    assert_non_null(lab);
    app_fixture_start(&lab->f, NULL);
    app_fixture_fill(&lab->f);
    lab->id = add(lab, all);
    *state = lab;
    return 0;
}

static int stop(void **state)
{
    struct lab *lab = *state;

    app_fixture_stop(&lab->f);
    free(lab);
    return 0;
}

/* "case.created lease.created", oldest first. */
static const char *on_its_way(struct lab *lab, int64_t id)
{
    struct webhook_post *posts = NULL;
    struct store *store = NULL;
    const char *text = "";
    size_t count = 0;

    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_post_list(store, &lab->f.mem, id, 100, &posts, &count, &lab->err), 0);
    app_give_back(lab->f.app, store);
    for (size_t i = count; i > 0; i--)
        text = arena_printf(&lab->f.mem, "%s%s%s", text, text[0] != '\0' ? " " : "",
                            posts[i - 1].event);
    return text;
}

static void what_happens_is_on_its_way_to_whom_it_concerns(void **state)
{
    static const char *const some[] = {"case.created", "listing.ended", NULL};
    struct lab *lab = *state;
    int64_t picky = add(lab, some);

    app_fixture_bounce_listed(&lab->f);
    app_fixture_case(&lab->f);
    assert_string_equal(on_its_way(lab, lab->id), "listing.started case.created");
    assert_string_equal(on_its_way(lab, picky), "case.created");
    assert_int_equal(webhook_disable(lab->f.app, &fixture_admin, picky, &lab->err), 0);
    app_fixture_case(&lab->f);
    assert_string_equal(on_its_way(lab, picky), "case.created");
    assert_string_equal(on_its_way(lab, lab->id),
                        "listing.started case.created case.created");
}

static void only_administrators_may(void **state)
{
    static const char *const all[] = {NULL};
    const struct webhook_new wanted = {.url = URL, .events = all};
    struct lab *lab = *state;
    struct secret secret = {0};
    int64_t id = 0;

    assert_int_equal(webhook_add(lab->f.app, &lab->f.mem, &fixture_agent, &wanted, &id,
                                 &secret, &lab->err),
                     -1);
    assert_int_equal(lab->err.kind, ERROR_DENIED);
    assert_int_equal(webhook_remove(lab->f.app, &fixture_agent, lab->id, &lab->err),
                     -1);
    assert_int_equal(lab->err.kind, ERROR_DENIED);
}

static void what_cannot_be_posted_to_is_refused_at_once(void **state)
{
    static const char *const urls[] = {
        "http://hooks.example/", "https://127.0.0.1/",        "https://[::1]/",
        "https://10.0.0.1/",     "https://169.254.169.254/x", "https://a@b.example/",
    };
    static const char *const all[] = {NULL};
    struct lab *lab = *state;
    struct secret secret = {0};
    int64_t id = 0;

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        const struct webhook_new wanted = {.url = urls[i], .events = all};
        lab->err = (struct error){0};
        if (webhook_add(lab->f.app, &lab->f.mem, &fixture_admin, &wanted, &id, &secret,
                        &lab->err) == 0)
            fail_msg("%s", urls[i]);
        assert_int_equal(lab->err.kind, ERROR_INVALID);
    }
}

static void the_secret_rests_sealed(void **state)
{
    struct lab *lab = *state;
    struct webhook *hooks = NULL;
    struct store *store = NULL;
    struct slice database = {0};
    size_t count = 0;

    assert_true(slice_starts(slice_of(lab->secret, strlen(lab->secret)), "whsec_"));
    assert_int_equal(strlen(lab->secret), 6 + 44);
    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(store_webhook_list(store, &lab->f.mem, &hooks, &count, &lab->err),
                     0);
    app_give_back(lab->f.app, store);
    assert_int_equal(count, 1);
    assert_int_equal(file_read(&lab->f.mem, app_config(lab->f.app)->database, 1 << 24,
                               &database, &lab->err),
                     0);
    assert_true(memmem(database.at, database.len, lab->secret + 6, 40) == NULL);
}

static enum error_kind rotate(struct lab *lab, const struct actor *actor,
                              int64_t overlap_s, char *out)
{
    struct secret secret = {0};

    lab->err = (struct error){0};
    if (webhook_rotate(lab->f.app, actor, lab->id, overlap_s, &secret, &lab->err) == 0)
        (void)snprintf(out, sizeof lab->secret, "%s", secret.at);
    secret_free(&secret);
    return lab->err.kind;
}

static void a_new_secret_is_another_and_in_the_audit_log(void **state)
{
    struct lab *lab = *state;
    char second[sizeof lab->secret] = "";
    char third[sizeof lab->secret] = "";
    struct audit_record *records = NULL;
    struct store *store = NULL;
    size_t count = 0;

    assert_int_equal(rotate(lab, &fixture_agent, 0, second), ERROR_DENIED);
    assert_int_equal(rotate(lab, &fixture_admin, -1, second), ERROR_INVALID);
    assert_int_equal(rotate(lab, &fixture_admin, WEBHOOK_OVERLAP_MAX_S + 1, second),
                     ERROR_INVALID);
    assert_int_equal(rotate(lab, &fixture_admin, WEBHOOK_OVERLAP_S, second),
                     ERROR_NONE);
    assert_int_equal(rotate(lab, &fixture_admin, 0, third), ERROR_NONE);
    assert_int_equal(strlen(second), 6 + 44);
    assert_string_not_equal(second, lab->secret);
    assert_string_not_equal(second, third);
    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_audit_tail(store, &lab->f.mem, NULL, 2, &records, &count, &lab->err), 0);
    app_give_back(lab->f.app, store);
    assert_int_equal(count, 2);
    assert_string_equal(records[0].action, "webhook.rotate");
    assert_string_equal(records[0].object, "webhook:1");
    assert_string_equal(records[0].detail, "old_until=now");
    assert_string_equal(records[1].detail, "old_until=2026-11-25T09:00:00Z");
}

static void a_body_says_the_same_each_time_and_no_secret(void **state)
{
    struct lab *lab = *state;
    struct webhook_post *posts = NULL;
    struct store *store = NULL;
    const char *first = NULL;
    const char *second = NULL;
    char id[COMPOSE_ID_MAX + 1];
    size_t count = 0;

    app_fixture_bounce_listed(&lab->f);
    app_fixture_case(&lab->f);
    assert_int_equal(app_take_reader(lab->f.app, &store, &lab->err), 0);
    assert_int_equal(
        store_post_list(store, &lab->f.mem, lab->id, 1, &posts, &count, &lab->err), 0);
    assert_int_equal(
        compose_body(store, &lab->f.mem, posts, "https://c.example", &first, &lab->err),
        0);
    lab->f.clock.now += 1000;
    assert_int_equal(compose_body(store, &lab->f.mem, posts, "https://c.example",
                                  &second, &lab->err),
                     0);
    app_give_back(lab->f.app, store);
    assert_string_equal(first, second);
    assert_non_null(strstr(first,
                           "{\"type\":\"case.created\",\"timestamp\":\"2026-11-24T"
                           "09:00:00Z\",\"data\":{"));
    assert_non_null(strstr(first, "\"case_url\":\"https://c.example/cases/1\""));
    assert_non_null(strstr(first, "\"mailbox\":\"" FIXTURE_MAILBOX "\""));
    compose_id(posts, id);
    assert_non_null(strstr(id, "_case_created"));
    assert_null(strchr(id, '.'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_happens_is_on_its_way_to_whom_it_concerns,
                                        start, stop),
        cmocka_unit_test_setup_teardown(only_administrators_may, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_posted_to_is_refused_at_once,
                                        start, stop),
        cmocka_unit_test_setup_teardown(the_secret_rests_sealed, start, stop),
        cmocka_unit_test_setup_teardown(a_new_secret_is_another_and_in_the_audit_log,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_body_says_the_same_each_time_and_no_secret,
                                        start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
