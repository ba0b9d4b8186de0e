/*
 * test_usage_window.c - how many messages lately.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/usage_window.h"

static void add(struct usage_window *window, int64_t seq, int64_t at,
                const char *username, const char *instance)
{
    struct usage_line line = {.seq = seq, .at = at, .kind = USAGE_MESSAGE};

    usage_copy(line.username, sizeof line.username, slice_from(username));
    usage_copy(line.instance, sizeof line.instance, slice_from(instance));
    usage_window_add(window, &line);
}

static void recipients_count_with_their_messages(void **state)
{
    struct usage_window *window = usage_window_new();
    struct usage_line line = {.at = 1000, .kind = USAGE_MESSAGE};

    (void)state;
    usage_copy(line.username, sizeof line.username, SLICE("cs-aaaaaaaa"));
    for (unsigned i = 1; i <= 3; i++) {
        line.seq = i;
        line.recipients = i * 10;
        (void)snprintf(line.instance, sizeof line.instance, "i%u", i);
        usage_window_add(window, &line);
    }
    struct usage_count count = usage_window_count(window, "cs-aaaaaaaa", "i3", 1, 1001);
    assert_int_equal(count.recipients_not_taken, 20);
    assert_int_equal(count.own_recipients, 30);
    count = usage_window_count(window, "cs-aaaaaaaa", "", 0, 1001);
    assert_int_equal(count.recipients_not_taken, 60);
    assert_int_equal(count.own_recipients, 0);
    usage_window_free(window);
}

static void messages_count_by_seq_and_by_hour(void **state)
{
    struct usage_window *window = usage_window_new();

    (void)state;
    add(window, 1, 1000, "cs-aaaaaaaa", "i1");
    add(window, 2, 1001, "cs-bbbbbbbb", "i2");
    add(window, 3, 4000, "cs-aaaaaaaa", "i3");
    add(window, 4, 4700, "cs-aaaaaaaa", "i4");
    struct usage_count count = usage_window_count(window, "cs-aaaaaaaa", "", 1,
                                                  1000 + USAGE_HOUR_S);
    assert_int_equal(count.not_taken, 2);
    assert_int_equal(count.last_hour, 2); /* the one at 1000 is just an hour old */
    assert_false(count.has_instance);
    count = usage_window_count(window, "cs-aaaaaaaa", "", 4, 999 + USAGE_HOUR_S);
    assert_int_equal(count.not_taken, 0);
    assert_int_equal(count.last_hour, 3);
    count = usage_window_count(window, "cs-cccccccc", "", 0, 5000);
    assert_int_equal(count.not_taken + count.last_hour, 0);
    usage_window_free(window);
}

static void the_same_instance_is_told_and_not_counted(void **state)
{
    struct usage_window *window = usage_window_new();

    (void)state;
    add(window, 1, 1000, "cs-aaaaaaaa", "i1");
    add(window, 2, 1000, "cs-bbbbbbbb", "i1");
    struct usage_count count = usage_window_count(window, "cs-aaaaaaaa", "i1", 0, 1001);
    assert_true(count.has_instance);
    assert_false(count.is_taken);
    assert_int_equal(count.not_taken + count.last_hour, 0);
    count = usage_window_count(window, "cs-aaaaaaaa", "i1", 1, 1001);
    assert_true(count.has_instance && count.is_taken);
    count = usage_window_count(window, "cs-aaaaaaaa", "i2", 0, 1001);
    assert_false(count.has_instance);
    assert_int_equal(count.not_taken, 1);
    usage_window_free(window);
}

static void other_kinds_do_not_count(void **state)
{
    struct usage_window *window = usage_window_new();
    struct usage_line line = {
        .seq = 1, .at = 1, .kind = USAGE_REFUSED_MESSAGE, .username = "cs-aaaaaaaa"};

    (void)state;
    usage_window_add(window, &line);
    line.kind = USAGE_LOGIN;
    usage_window_add(window, &line);
    assert_int_equal(usage_window_count(window, "cs-aaaaaaaa", "", 0, 2).not_taken, 0);
    usage_window_free(window);
}

/* Against a plain list: many logins, growing and forgetting in between. */
static void it_agrees_with_a_plain_list(void **state)
{
    enum {
        MESSAGES = 5000,
        LOGINS = 97
    };
    struct usage_window *window = usage_window_new();
    char username[16];

    (void)state;
    for (int64_t seq = 1; seq <= MESSAGES; seq++) {
        (void)snprintf(username, sizeof username, "cs-%08lld",
                       (long long)(seq * 31 % LOGINS));
        add(window, seq, seq * 10, username, "");
        if (seq % 500 == 0)
            usage_window_forget(window, seq - 100, seq * 10);
    }
    int64_t now = INT64_C(10) * MESSAGES, taken = MESSAGES - 50;
    for (int login = 0; login < LOGINS; login++) {
        unsigned not_taken = 0, last_hour = 0;
        for (int64_t seq = 1; seq <= MESSAGES; seq++) {
            bool is_ours = seq * 31 % LOGINS == login;
            not_taken += is_ours && seq > taken;
            last_hour += is_ours && seq * 10 > now - USAGE_HOUR_S;
        }
        (void)snprintf(username, sizeof username, "cs-%08d", login);
        struct usage_count count = usage_window_count(window, username, "", taken, now);
        assert_int_equal(count.not_taken, not_taken);
        assert_int_equal(count.last_hour, last_hour);
    }
    usage_window_forget(window, MESSAGES, now + USAGE_HOUR_S);
    assert_int_equal(usage_window_count(window, "cs-00000001", "", 0, now).not_taken,
                     0);
    add(window, MESSAGES + 1, now, "cs-00000001", "");
    assert_int_equal(usage_window_count(window, "cs-00000001", "", 0, now).not_taken,
                     1);
    usage_window_free(window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_count_by_seq_and_by_hour),
        cmocka_unit_test(recipients_count_with_their_messages),
        cmocka_unit_test(the_same_instance_is_told_and_not_counted),
        cmocka_unit_test(other_kinds_do_not_count),
        cmocka_unit_test(it_agrees_with_a_plain_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
