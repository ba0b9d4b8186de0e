/*
 * test_store_webhook.c - webhooks and posts as rows; moments of a lease that are told once.
 */
#include "base/base.h"

#include "db/store_webhook.h"
#include "tests/unit/db/store_desk.h"

static int64_t put_hook(struct desk *desk, const char *events)
{
    static const uint8_t secret[STORE_SECRET_BYTES] = {1, 2, 3};
    const struct webhook row = {.url = "https://hooks.example/",
                                .events = events,
                                .created_at = NOW,
                                .created_by = "local:root"};
    int64_t id = 0;

    works(desk, store_webhook_add(desk->store, &row, &id, &desk->err));
    works(desk, store_webhook_set_secret(desk->store, id, secret, &desk->err));
    return id;
}

static void happen(struct desk *desk, const char *action, const char *object)
{
    works(desk,
          store_audit(desk->store, NOW, "agent:ana", action, object, "", &desk->err));
}

/* The events of one webhook, oldest first, a blank between. */
static const char *told(struct desk *desk, int64_t hook)
{
    struct webhook_post *posts = NULL;
    const char *text = "";
    size_t count = 0;

    works(desk, store_post_list(desk->store, &desk->mem, hook, 100, &posts, &count,
                                &desk->err));
    for (size_t i = count; i > 0; i--)
        text = arena_printf(&desk->mem, "%s%s%s", text, i < count ? " " : "",
                            posts[i - 1].event);
    return text;
}

/* Of `want` that are due, the one of the webhook. */
static struct webhook_post due(struct desk *desk, int64_t hook, int64_t now,
                               size_t want)
{
    struct webhook_post *posts = NULL;
    size_t count = 0;

    works(desk,
          store_post_due(desk->store, &desk->mem, now, 10, &posts, &count, &desk->err));
    assert_int_equal(count, want);
    for (size_t i = 0; i < count; i++)
        if (posts[i].webhook_id == hook)
            return posts[i];
    return (struct webhook_post){0};
}

static void a_webhook_is_kept_whole(void **state)
{
    struct desk *desk = *state;
    int64_t id = put_hook(desk, " case.created ");
    struct webhook hook;

    works(desk, store_webhook_find(desk->store, &desk->mem, id, &hook, &desk->err));
    assert_string_equal(hook.url, "https://hooks.example/");
    assert_string_equal(hook.events, " case.created ");
    assert_int_equal(hook.secret[2], 3);
    assert_int_equal(hook.disabled_at, 0);
    works(desk, store_webhook_remove(desk->store, id, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_webhook_find(desk->store, &desk->mem, id, &hook, &desk->err));
    refuses(desk, ERROR_NOT_FOUND, store_webhook_remove(desk->store, id, &desk->err));
}

static struct webhook hook_now(struct desk *desk, int64_t id)
{
    struct webhook hook;

    works(desk, store_webhook_find(desk->store, &desk->mem, id, &hook, &desk->err));
    return hook;
}

static void the_secret_before_is_kept_until_it_is_over(void **state)
{
    static const uint8_t second[STORE_SECRET_BYTES] = {4, 5, 6};
    static const uint8_t third[STORE_SECRET_BYTES] = {7, 8, 9};
    struct desk *desk = *state;
    int64_t id = put_hook(desk, "");
    int64_t other = put_hook(desk, "");

    assert_int_equal(hook_now(desk, id).old_until, 0);
    works(desk, store_webhook_rotate(desk->store, id, second, NOW + 60, &desk->err));
    assert_int_equal(hook_now(desk, id).secret[2], 6);
    assert_int_equal(hook_now(desk, id).old_secret[2], 3);
    assert_int_equal(hook_now(desk, id).old_until, NOW + 60);
    works(desk, store_webhook_rotate(desk->store, id, third, NOW + 90, &desk->err));
    assert_int_equal(hook_now(desk, id).secret[2], 9);
    assert_int_equal(hook_now(desk, id).old_secret[2], 6);
    works(desk, store_webhook_forget_old(desk->store, NOW + 89, &desk->err));
    assert_int_equal(hook_now(desk, id).old_until, NOW + 90);
    works(desk, store_webhook_forget_old(desk->store, NOW + 90, &desk->err));
    assert_int_equal(hook_now(desk, id).old_until, 0);
    assert_int_equal(hook_now(desk, id).old_secret[2], 0);
    works(desk, store_webhook_rotate(desk->store, id, second, 0, &desk->err));
    assert_int_equal(hook_now(desk, id).old_until, 0);
    assert_int_equal(hook_now(desk, id).secret[2], 6);
    assert_int_equal(hook_now(desk, other).secret[2], 3);
    refuses(desk, ERROR_NOT_FOUND,
            store_webhook_rotate(desk->store, 99, second, 0, &desk->err));
}

static void there_is_a_ceiling(void **state)
{
    const struct webhook row = {.url = "u", .events = "", .created_by = "x"};
    struct desk *desk = *state;
    int64_t id = 0;

    for (int i = 0; i < STORE_WEBHOOKS_MAX; i++)
        put_hook(desk, "");
    refuses(desk, ERROR_EXHAUSTED,
            store_webhook_add(desk->store, &row, &id, &desk->err));
}

static void each_gets_what_it_wants(void **state)
{
    struct desk *desk = *state;
    int64_t all = put_hook(desk, "");
    int64_t some = put_hook(desk, " lease.revoked case.created ");

    happen(desk, "case.open", "case:1");
    happen(desk, "lease.mint", "lease:1");
    happen(desk, "agent.sign_in", "agent:ana");
    works(desk, store_webhook_switch(desk->store, some, NOW, "why", &desk->err));
    happen(desk, "lease.revoke", "lease:1");
    assert_string_equal(told(desk, all), "case.created lease.created lease.revoked");
    assert_string_equal(told(desk, some), "case.created");
}

static int happen_and_fail(struct store *store, void *context, struct error *err)
{
    (void)context;
    if (store_audit(store, NOW, "agent:ana", "case.open", "case:1", "", err) != 0)
        return -1;
    return error_set(err, ERROR_INTERNAL, "something else went wrong");
}

static void what_is_rolled_back_is_not_told(void **state)
{
    struct desk *desk = *state;
    int64_t all = put_hook(desk, "");

    refuses(desk, ERROR_INTERNAL,
            store_transaction(desk->store, happen_and_fail, NULL, &desk->err));
    assert_string_equal(told(desk, all), "");
}

static void one_post_of_each_is_due_at_a_time(void **state)
{
    struct desk *desk = *state;
    int64_t first = put_hook(desk, "");
    struct webhook hook;

    put_hook(desk, "");
    happen(desk, "case.open", "case:1");
    happen(desk, "case.open", "case:2");
    due(desk, first, NOW - 1, 0);
    struct webhook_post post = due(desk, first, NOW, 2);
    assert_int_equal(post.webhook_id, first);
    assert_string_equal(post.record.object, "case:1");
    post.due_at = NOW + 300;
    post.tried_at = NOW;
    post.status = 500;
    post.why = "it answers 500";
    works(desk, store_post_tried(desk->store, &post, &desk->err));
    works(desk, store_webhook_find(desk->store, &desk->mem, first, &hook, &desk->err));
    assert_int_equal(hook.failing_since, NOW);
    /* The one that waits does not hold up the next. */
    assert_string_equal(due(desk, first, NOW, 2).record.object, "case:2");
    post = due(desk, first, NOW + 300, 2);
    assert_string_equal(post.record.object, "case:1");
    assert_int_equal(post.attempts, 1);
    post.state = POST_DELIVERED;
    works(desk, store_post_tried(desk->store, &post, &desk->err));
    works(desk, store_webhook_find(desk->store, &desk->mem, first, &hook, &desk->err));
    assert_int_equal(hook.failing_since, 0);
    refuses(desk, ERROR_NOT_FOUND,
            store_post_again(desk->store, first + 1, post.id, NOW, &desk->err));
    works(desk, store_post_again(desk->store, first, post.id, NOW, &desk->err));
    assert_int_equal(due(desk, first, NOW + 300, 2).attempts, 0);
}

static void what_is_over_is_forgotten(void **state)
{
    struct desk *desk = *state;
    int64_t all = put_hook(desk, "");
    size_t removed = 0;

    happen(desk, "case.open", "case:1");
    happen(desk, "lease.mint", "lease:1");
    struct webhook_post post = due(desk, all, NOW, 1);
    post.state = POST_FAILED;
    post.tried_at = NOW;
    works(desk, store_post_tried(desk->store, &post, &desk->err));
    works(desk, store_post_prune(desk->store, NOW + 1, 10, &removed, &desk->err));
    assert_int_equal(removed, 1);
    assert_string_equal(told(desk, all), "lease.created");
}

static void a_lease_that_ends_is_told_of_once(void **state)
{
    struct desk *desk = *state;
    struct verifier verifier = {.pepper_id = 1};
    int64_t all = put_hook(desk, "");

    put_address(desk, "203.0.113.9", "clean1");
    put_case(desk, "sha");
    int64_t lease = put_lease(desk, "cs-aaaaaaaa");
    int64_t end = get_lease(desk, lease).expires_at;
    works(desk, store_lease_reveal(desk->store, lease, &verifier, NOW, &desk->err));
    works(desk, store_lease_notices(desk->store, end - 3601, 3600, &desk->err));
    assert_string_equal(told(desk, all), "");
    for (int i = 0; i < 2; i++)
        works(desk, store_lease_notices(desk->store, end - 3600, 3600, &desk->err));
    assert_string_equal(told(desk, all), "lease.expiring");
    works(desk, store_lease_extend(desk->store, lease, end + 7200, &desk->err));
    works(desk, store_lease_notices(desk->store, end, 3600, &desk->err));
    assert_string_equal(told(desk, all), "lease.expiring");
    for (int i = 0; i < 2; i++)
        works(desk,
              store_lease_notices(desk->store, end + 7200 - 60, 3600, &desk->err));
    assert_string_equal(told(desk, all), "lease.expiring lease.expiring");
    for (int i = 0; i < 2; i++)
        works(desk, store_lease_notices(desk->store, end + 7200, 3600, &desk->err));
    assert_string_equal(told(desk, all), "lease.expiring lease.expiring lease.ended");
}

static void a_revoked_lease_does_not_expire_as_well(void **state)
{
    struct desk *desk = *state;
    int64_t all = put_hook(desk, "");

    put_address(desk, "203.0.113.9", "clean1");
    put_case(desk, "sha");
    int64_t lease = put_lease(desk, "cs-aaaaaaaa");
    int64_t end = get_lease(desk, lease).expires_at;
    works(desk, store_lease_end(desk->store, lease, LEASE_END_REVOKED, "x", "y", NOW,
                                &desk->err));
    works(desk, store_lease_notices(desk->store, end, 3600, &desk->err));
    assert_string_equal(told(desk, all), "");
}

static void first_login_and_most_of_the_messages_are_told_once(void **state)
{
    struct desk *desk = *state;
    int64_t all = put_hook(desk, "");
    int64_t seq = 0;

    put_address(desk, "203.0.113.9", "clean1");
    put_case(desk, "sha");
    put_lease(desk, "cs-aaaaaaaa"); /* 200 messages */
    for (int i = 0; i < 200; i++) {
        const struct usage_record records[] = {
            {.seq = seq + 1,
             .at = NOW + i,
             .kind = "login",
             .username = "cs-aaaaaaaa",
             .detail = "",
             .client = "",
             .program = ""  },
            { .seq = seq + 2,
             .at = NOW + i,
             .kind = "message",
             .username = "cs-aaaaaaaa",
             .detail = "",
             .client = "",
             .program = "",
             .recipients = 1},
        };
        works(desk, store_usage_apply(desk->store, records, 2, &desk->err));
        /* Again: both are known. */
        works(desk, store_usage_apply(desk->store, records, 2, &desk->err));
        seq += 2;
        if (i == 178)
            assert_string_equal(told(desk, all), "lease.first_login");
    }
    assert_string_equal(told(desk, all), "lease.first_login lease.cap_near");
}

int main(void)
{
#define STORE_TEST(name) \
 cmocka_unit_test_setup_teardown(name, make_store, remove_folder)
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_webhook_is_kept_whole),
        STORE_TEST(the_secret_before_is_kept_until_it_is_over),
        STORE_TEST(there_is_a_ceiling),
        STORE_TEST(each_gets_what_it_wants),
        STORE_TEST(what_is_rolled_back_is_not_told),
        STORE_TEST(one_post_of_each_is_due_at_a_time),
        STORE_TEST(what_is_over_is_forgotten),
        STORE_TEST(a_lease_that_ends_is_told_of_once),
        STORE_TEST(a_revoked_lease_does_not_expire_as_well),
        STORE_TEST(first_login_and_most_of_the_messages_are_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
