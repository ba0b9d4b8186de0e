/*
 * test_store_delivery.c - what the log said, and what is not known of it.
 */
#include "base/base.h"

#include "db/store_delivery.h"
#include "tests/unit/db/store_desk.h"

static struct log_position position(const struct desk *desk)
{
    struct log_position now;
    struct error err;

    if (store_log_position(desk->store, &now, &err) != 0)
        fail_msg("%s", err.text);
    return now;
}

/* One event, a few bytes further in the log. */
static void take(struct desk *desk, const struct delivery_event *event)
{
    struct log_batch batch = {
        .before = position(desk), .events = event, .count = event != NULL};

    batch.after = batch.before;
    batch.after.inode = 7;
    batch.after.offset += 100;
    batch.after.complete_until = NOW;
    works(desk, store_log_apply(desk->store, &batch, &desk->err));
}

static struct delivery_event event_of(enum delivery_event_kind kind,
                                      const char *queue_id)
{
    return (struct delivery_event){
        .kind = kind, .attempt = {.at = NOW - 100, .queue_id = queue_id}
    };
}

static void receive(struct desk *desk, const char *queue_id, const char *login,
                    const char *origin)
{
    struct delivery_event event = event_of(DELIVERY_RECEIVED, queue_id);

    event.attempt.login = login;
    event.origin_queue_id = origin;
    take(desk, &event);
}

static void attempt(struct desk *desk, const char *queue_id, const char *recipient)
{
    struct delivery_event event = event_of(DELIVERY_ATTEMPTED, queue_id);

    event.attempt.recipient = recipient;
    event.attempt.source = "smtp";
    event.attempt.reply = "550 no";
    event.attempt.status = DELIVERY_BOUNCED;
    take(desk, &event);
}

static size_t find(struct desk *desk, const struct evidence *evidence,
                   struct delivery **out)
{
    size_t count;

    works(desk, store_delivery_candidates(desk->store, &desk->mem, evidence, NOW, out,
                                          &count, &desk->err));
    return count;
}

static const char *login_of(struct desk *desk, const char *queue_id)
{
    const struct evidence evidence = {.queue_id = queue_id};
    struct delivery *rows;

    assert_true(find(desk, &evidence, &rows) > 0);
    return rows[0].login; /* the newest */
}

static void an_attempt_knows_its_message(void **state)
{
    struct desk *desk = *state;
    struct delivery_event more = event_of(DELIVERY_DESCRIBED, "A00001");
    struct delivery_event ended = event_of(DELIVERY_ENDED, "A00001");
    struct delivery *rows;
    const struct evidence evidence = {.queue_id = "A00001", .recipient = "A@b.example"};

    receive(desk, "A00001", "kim@hosted.example", NULL);
    more.attempt.message_id = "m1";
    take(desk, &more);
    more.attempt.message_id = NULL;
    more.attempt.sender = "";
    take(desk, &more);
    attempt(desk, "A00001", "a@b.example");
    attempt(desk, "A00001", "c@b.example");
    assert_int_equal(find(desk, &evidence, &rows), 1);
    assert_string_equal(rows[0].login, "kim@hosted.example");
    assert_string_equal(rows[0].message_id, "m1");
    assert_string_equal(rows[0].sender, "");
    assert_int_equal(rows[0].status, DELIVERY_BOUNCED);
    /* The id comes again: another message, another login. */
    take(desk, &ended);
    attempt(desk, "A00001", "a@b.example");
    assert_null(login_of(desk, "A00001"));
    receive(desk, "A00001", "lee@hosted.example", NULL);
    attempt(desk, "A00001", "a@b.example");
    assert_string_equal(login_of(desk, "A00001"), "lee@hosted.example");
}

static void a_filter_does_not_hide_the_login(void **state)
{
    struct desk *desk = *state;

    receive(desk, "A00001", "kim@hosted.example", NULL);
    receive(desk, "B00001", NULL, "A00001");
    attempt(desk, "B00001", "a@b.example");
    assert_string_equal(login_of(desk, "B00001"), "kim@hosted.example");
    receive(desk, "C00001", NULL, "F00009"); /* of before our log */
    attempt(desk, "C00001", "a@b.example");
    assert_null(login_of(desk, "C00001"));
}

static void a_batch_from_elsewhere_is_refused_whole(void **state)
{
    struct desk *desk = *state;
    const struct evidence evidence = {.queue_id = "A00001"};
    struct delivery_event event = event_of(DELIVERY_ATTEMPTED, "A00001");
    struct log_batch batch = {.before = position(desk), .events = &event, .count = 1};
    struct delivery *rows;

    event.attempt.recipient = "a@b.example";
    event.attempt.source = "smtp";
    event.attempt.reply = "";
    batch.after = batch.before;
    batch.after.inode = 7;
    batch.after.offset = 100;
    works(desk, store_log_apply(desk->store, &batch, &desk->err));
    refuses(desk, ERROR_CONFLICT, store_log_apply(desk->store, &batch, &desk->err));
    assert_int_equal(find(desk, &evidence, &rows), 1);
    assert_int_equal(position(desk).offset, 100);
    /* A row that the schema refuses takes the position back with it. */
    event.attempt.reply = NULL;
    batch.before = position(desk);
    batch.after.offset = 200;
    assert_int_equal(store_log_apply(desk->store, &batch, &desk->err), -1);
    assert_int_equal(position(desk).offset, 100);
}

static void many_rows_of_one_kind_do_not_hide_the_one_of_another(void **state)
{
    struct desk *desk = *state;
    const struct evidence evidence = {
        .recipient = "a@b.example", .queue_id = "A00001", .bounced_at = NOW - 100};
    struct delivery *rows;
    bool is_found = false;

    attempt(desk, "A00001", "a@b.example");
    for (int i = 0; i < 100; i++)
        attempt(desk, arena_printf(&desk->mem, "B%05X", (unsigned)i), "a@b.example");
    size_t count = find(desk, &evidence, &rows);
    assert_true(count > 1 && count <= DELIVERY_CANDIDATES_MAX);
    for (size_t i = 0; i < count; i++)
        is_found = is_found || strcmp(rows[i].queue_id, "A00001") == 0;
    assert_true(is_found);
    const struct evidence nothing = {.is_bounce = true};
    assert_int_equal(find(desk, &nothing, &rows), 0);
}

static bool covers(struct desk *desk, int64_t from, int64_t until)
{
    bool is_covered = false;

    works(desk, store_log_covers(desk->store, from, until, &is_covered, &desk->err));
    return is_covered;
}

static void change_gap(struct desk *desk, const struct log_batch *change)
{
    struct log_batch batch = *change;

    batch.before = batch.after = position(desk);
    batch.after.inode = 7;
    batch.after.complete_until = NOW;
    works(desk, store_log_apply(desk->store, &batch, &desk->err));
}

static void only_what_has_no_gap_is_covered(void **state)
{
    struct desk *desk = *state;
    const struct log_batch begins = {.opens = LOG_GAP_STARTED_LATE,
                                     .closes_at = NOW - 1000};
    const struct log_batch lost = {
        .opens = LOG_GAP_LOST, .opens_at = NOW - 500, .closes_at = NOW - 400};
    const struct log_batch missing = {.opens = LOG_GAP_MISSING, .opens_at = NOW - 100};
    const struct log_batch back = {.drops_missing = true};

    assert_false(covers(desk, NOW - 10, NOW - 5)); /* nothing was read yet */
    change_gap(desk, &begins);
    assert_true(covers(desk, NOW - 1000, NOW));
    assert_false(covers(desk, NOW - 1001, NOW));
    assert_false(covers(desk, NOW - 10, NOW + 1)); /* the future */
    change_gap(desk, &lost);
    assert_false(covers(desk, NOW - 450, NOW));
    assert_false(covers(desk, NOW - 1000, NOW));
    assert_true(covers(desk, NOW - 400, NOW));
    assert_true(covers(desk, NOW - 1000, NOW - 500));
    change_gap(desk, &missing);
    change_gap(desk, &missing); /* one silence, one row */
    assert_false(covers(desk, NOW - 50, NOW));
    change_gap(desk, &back);
    assert_true(covers(desk, NOW - 400, NOW));
}

static void pruning_removes_the_old_and_says_so(void **state)
{
    struct desk *desk = *state;
    const struct log_batch begins = {.opens = LOG_GAP_STARTED_LATE,
                                     .closes_at = NOW - 1000};
    const struct evidence evidence = {.queue_id = "A00001"};
    struct delivery *rows;
    size_t removed;

    change_gap(desk, &begins);
    for (int i = 0; i < 5; i++)
        attempt(desk, "A00001", "a@b.example");
    works(desk,
          store_delivery_prune(desk->store, NOW - 100, 100, &removed, &desk->err));
    assert_int_equal(removed, 0); /* not older */
    assert_false(covers(desk, NOW - 101, NOW));
    assert_true(covers(desk, NOW - 100, NOW));
    works(desk, store_delivery_prune(desk->store, NOW - 99, 3, &removed, &desk->err));
    assert_int_equal(removed, 4); /* three attempts and their message */
    works(desk, store_delivery_prune(desk->store, NOW - 99, 3, &removed, &desk->err));
    assert_int_equal(removed, 2);
    assert_int_equal(find(desk, &evidence, &rows), 0);
}

static void what_a_login_sent_comes_back_with_its_answers(void **state)
{
    struct desk *desk = *state;
    struct delivery *found;
    size_t count;

    receive(desk, "Q1", "cs-abcdefgh", NULL);
    attempt(desk, "Q1", "eve@remote.example");
    receive(desk, "Q2", "carol", NULL);
    attempt(desk, "Q2", "bob@remote.example");
    works(desk, store_delivery_of_login(desk->store, &desk->mem, "cs-abcdefgh", 9,
                                        &found, &count, &desk->err));
    assert_int_equal(count, 1);
    assert_string_equal(found[0].recipient, "eve@remote.example");
    assert_string_equal(found[0].reply, "550 no");
    assert_int_equal(found[0].status, DELIVERY_BOUNCED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_attempt_knows_its_message, make_store,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_filter_does_not_hide_the_login, make_store,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_batch_from_elsewhere_is_refused_whole,
                                        make_store, remove_folder),
        cmocka_unit_test_setup_teardown(
            many_rows_of_one_kind_do_not_hide_the_one_of_another, make_store,
            remove_folder),
        cmocka_unit_test_setup_teardown(what_a_login_sent_comes_back_with_its_answers,
                                        make_store, remove_folder),
        cmocka_unit_test_setup_teardown(only_what_has_no_gap_is_covered, make_store,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(pruning_removes_the_old_and_says_so, make_store,
                                        remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
