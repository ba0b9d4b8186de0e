/*
 * test_store_lease.c - leases, their links and credentials, searches, and what is known of the past.
 */
#include "base/base.h"

#include "tests/unit/db/store_desk.h"

static void a_lease_comes_back_with_its_senders_and_domains(void **state)
{
    static const char *const senders[] = {"kim@hosted.example", "@hosted.example",
                                          "kim@hosted.example", NULL};
    static const char *const domains[] = {"b.example", "a.example", NULL};
    struct desk *desk = *state;
    struct lease_new row = lease_row(desk, "cs_one");
    struct lease found;
    struct lease_secrets secrets;
    int64_t id;

    row.lease.senders = senders;
    row.lease.recipient_domains = domains;
    row.lease.proof = PROOF_PIN;
    row.secrets.pin_hash = "$argon2id$x";
    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    works(desk, store_lease_by_link(desk->store, &desk->mem, "link-cs_one", &found,
                                    &secrets, &desk->err));
    assert_int_equal(found.id, id);
    assert_memory_equal(secrets.link_hash, row.secrets.link_hash, DIGEST_BYTES);
    assert_string_equal(secrets.pin_hash, "$argon2id$x");
    assert_int_equal(found.proof, PROOF_PIN);
    assert_true(found.has_pin);
    assert_string_equal(found.mailbox, "kim@hosted.example");
    assert_string_equal(found.username, "cs_one");
    assert_string_equal(found.reserved_address, "198.51.100.21");
    assert_string_equal(found.lane, "clean01");
    assert_string_equal(found.ticket, "T-1");
    assert_int_equal(found.end, LEASE_END_NONE);
    assert_int_equal(found.messages_max, 200);
    assert_int_equal(found.messages_per_hour, 50);
    assert_int_equal(found.recipients_max, 300);
    assert_int_equal(found.recipients_per_message, 20);
    assert_true(found.message_size_max == UINT64_C(5000000000));
    assert_int_equal(found.recipients_used, 0);
    assert_int_equal(found.reveal_tries_left, REVEAL_TRIES_MAX);
    assert_int_equal(found.created_at, NOW);
    assert_int_equal(found.reveal_until, NOW + 7200);
    assert_int_equal(found.expires_at, NOW + 86400);
    assert_int_equal(found.revealed_at + found.ended_at + found.first_login_at, 0);
    assert_string_equal(found.senders[0], "@hosted.example");
    assert_string_equal(found.senders[1], "kim@hosted.example");
    assert_null(found.senders[2]);
    assert_string_equal(found.recipient_domains[0], "a.example");
    assert_string_equal(found.recipient_domains[1], "b.example");
    assert_null(found.recipient_domains[2]);
}

static void what_is_not_there_is_not_found(void **state)
{
    const struct verifier verifier = {.pepper_id = 1};
    struct desk *desk = *state;
    struct lease lease;
    struct login_row login;
    struct lease_secrets secrets = {0};
    unsigned left;

    refuses(desk, ERROR_NOT_FOUND,
            store_lease_find(desk->store, &desk->mem, 99, &lease, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_lease_by_link(desk->store, &desk->mem, "none", &lease, &secrets,
                                &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_lease_set_link(desk->store, 99, "l", &secrets, NOW, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_lease_count_try(desk->store, 99, &left, &desk->err));
    refuses(
        desk, ERROR_NOT_FOUND,
        store_lease_end(desk->store, 99, LEASE_END_REVOKED, "a", "", NOW, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_login_find(desk->store, &desk->mem, "cs_none", &login, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_lease_reveal(desk->store, 99, &verifier, NOW, &desk->err));
}

static void a_username_is_never_used_again(void **state)
{
    struct desk *desk = *state;
    struct lease_new row = lease_row(desk, "cs_one");
    int64_t id = put_lease(desk, "cs_one");
    int64_t other;

    works(desk, store_lease_end(desk->store, id, LEASE_END_GIVEN_BACK, "customer", "",
                                NOW + 1, &desk->err));
    row.lease.link_id = "another-link";
    refuses(desk, ERROR_CONFLICT,
            store_lease_add(desk->store, &row, &other, &desk->err));
}

static void a_lease_that_cannot_be_written_whole_is_not_written(void **state)
{
    struct desk *desk = *state;
    struct lease_new row = lease_row(desk, "cs_one");
    const struct lease_filter all = {.max = 10};
    struct lease *found;
    int64_t id;
    size_t count;

    row.idempotency_key = "key";
    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    row = lease_row(desk, "cs_two");
    row.idempotency_key = "key";
    refuses(desk, ERROR_CONFLICT, store_lease_add(desk->store, &row, &id, &desk->err));
    works(desk,
          store_lease_list(desk->store, &desk->mem, &all, &found, &count, &desk->err));
    assert_int_equal(count, 1);
}

static void an_idempotency_key_is_new_the_same_or_of_another_request(void **state)
{
    static const struct {
        const char *key;
        int byte;
        enum error_kind kind;
    } rows[] = {
        {"key",   0x22, ERROR_NONE     },
        {"key",   0x23, ERROR_CONFLICT },
        {"other", 0x22, ERROR_NOT_FOUND},
    };
    struct desk *desk = *state;
    struct lease_new row = lease_row(desk, "cs_one");
    int64_t id;

    row.idempotency_key = "key";
    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t hash[DIGEST_BYTES];
        int64_t found = -7;
        fill_hash(hash, rows[i].byte);
        int result = store_lease_by_idempotency(desk->store, rows[i].key, hash, &found,
                                                &desk->err);
        if (rows[i].kind == ERROR_NONE) {
            works(desk, result);
            assert_int_equal(found, id);
        } else {
            refuses(desk, rows[i].kind, result);
            assert_int_equal(found, -7);
        }
    }
}

static void wrong_proofs_count_down_to_zero_and_a_new_link_starts_again(void **state)
{
    struct desk *desk = *state;
    int64_t id = put_lease(desk, "cs_one");
    struct lease_secrets secrets = {.pin_hash = "$argon2id$new"};
    struct lease found;
    unsigned left;

    for (unsigned tried = 1; tried <= REVEAL_TRIES_MAX + 2; tried++) {
        unsigned expected = tried < REVEAL_TRIES_MAX ? REVEAL_TRIES_MAX - tried : 0;
        works(desk, store_lease_count_try(desk->store, id, &left, &desk->err));
        assert_int_equal(left, expected);
        assert_int_equal(get_lease(desk, id).reveal_tries_left, expected);
    }
    fill_hash(secrets.link_hash, 0x77);
    works(desk, store_lease_set_link(desk->store, id, "new-link", &secrets, NOW + 9000,
                                     &desk->err));
    secrets = (struct lease_secrets){0};
    refuses(desk, ERROR_NOT_FOUND,
            store_lease_by_link(desk->store, &desk->mem, "link-cs_one", &found,
                                &secrets, &desk->err));
    works(desk, store_lease_by_link(desk->store, &desk->mem, "new-link", &found,
                                    &secrets, &desk->err));
    assert_int_equal(secrets.link_hash[0], 0x77);
    assert_string_equal(secrets.pin_hash, "$argon2id$new");
    assert_int_equal(found.reveal_tries_left, REVEAL_TRIES_MAX);
    assert_int_equal(found.reveal_until, NOW + 9000);
}

static void a_reveal_replaces_the_verifier_and_is_counted(void **state)
{
    struct desk *desk = *state;
    int64_t id = put_lease(desk, "cs_one");
    struct credential_row credential;
    struct login_row login;

    works(desk, store_credential_find(desk->store, &desk->mem, "cs_one", &credential,
                                      &desk->err));
    assert_int_equal(credential.verifier.pepper_id, 0);
    for (unsigned i = 1; i <= 2; i++) {
        struct verifier verifier = {.pepper_id = i};
        fill_hash(verifier.bytes, (int)i);
        works(desk,
              store_lease_reveal(desk->store, id, &verifier, NOW + i, &desk->err));
        works(desk,
              store_login_find(desk->store, &desk->mem, "cs_one", &login, &desk->err));
        works(desk, store_credential_find(desk->store, &desk->mem, "cs_one",
                                          &credential, &desk->err));
        assert_int_equal(credential.verifier.pepper_id, i);
        assert_memory_equal(credential.verifier.bytes, verifier.bytes, DIGEST_BYTES);
        assert_int_equal(login.lease.reveals, i);
        assert_int_equal(login.lease.revealed_at, NOW + i);
    }
}

static void a_lease_ends_once(void **state)
{
    struct desk *desk = *state;
    int64_t id = put_lease(desk, "cs_one");

    works(desk, store_lease_end(desk->store, id, LEASE_END_REVOKED, "agent:ana",
                                "abuse", NOW + 5, &desk->err));
    refuses(desk, ERROR_CONFLICT,
            store_lease_end(desk->store, id, LEASE_END_GIVEN_BACK, "customer", "",
                            NOW + 6, &desk->err));
    struct lease found = get_lease(desk, id);
    assert_int_equal(found.end, LEASE_END_REVOKED);
    assert_string_equal(found.ended_by, "agent:ana");
    assert_string_equal(found.ended_reason, "abuse");
    assert_int_equal(found.ended_at, NOW + 5);
}

static void a_mailbox_has_a_live_lease_until_it_expires_or_ends(void **state)
{
    static const struct {
        const char *mailbox;
        int64_t now;
        bool is_found;
    } rows[] = {
        {"kim@hosted.example", NOW,         true },
        {"kim@hosted.example", NOW + 86399, true },
        {"kim@hosted.example", NOW + 86400, false},
        {"lee@hosted.example", NOW,         false},
    };
    struct desk *desk = *state;
    int64_t id = put_lease(desk, "cs_one");
    struct lease found;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int result = store_lease_live_for(desk->store, &desk->mem, rows[i].mailbox,
                                          rows[i].now, &found, &desk->err);
        if (rows[i].is_found)
            works(desk, result);
        else
            refuses(desk, ERROR_NOT_FOUND, result);
    }
    works(desk, store_lease_end(desk->store, id, LEASE_END_REVOKED, "agent:ana", "",
                                NOW, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_lease_live_for(desk->store, &desk->mem, "kim@hosted.example", NOW,
                                 &found, &desk->err));
}

static void leases_are_listed_newest_first_and_may_be_of_one_case(void **state)
{
    static const struct {
        struct lease_filter filter;
        size_t count;
        int64_t first;
    } rows[] = {
        {{.max = 10},               3, 3},
        {{.max = 1},                1, 3},
        {{.before = 3, .max = 10},  2, 2},
        {{.case_id = 1, .max = 10}, 2, 2},
        {{.case_id = 2, .max = 10}, 1, 3},
        {{.case_id = 9, .max = 10}, 0, 0},
    };
    struct desk *desk = *state;
    struct lease_new row = lease_row(desk, "cs_three");
    int64_t id;

    put_lease(desk, "cs_one");
    put_lease(desk, "cs_two");
    row.lease.case_id = put_case(desk, "bb");
    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lease *found;
        size_t count;
        works(desk, store_lease_list(desk->store, &desk->mem, &rows[i].filter, &found,
                                     &count, &desk->err));
        assert_int_equal(count, rows[i].count);
        if (count == 0)
            continue;
        assert_int_equal(found[0].id, rows[i].first);
        assert_string_equal(found[0].senders[0], "kim@hosted.example");
        assert_null(found[0].recipient_domains[0]);
    }
}

/* Nothing of ours suspends a lease yet; a database may say so. */
static void suspend(struct desk *desk, int64_t id)
{
    struct sql *sql;

    works(desk, sql_open(desk->path, false, false, &sql, &desk->err));
    works(desk, sql_run(sql, &desk->err,
                        "UPDATE lease SET is_suspended = 1 WHERE id = $1", "i", id));
    sql_close(sql);
}

/* Bring the lease into a state by what happens to leases; the pending one is made so. */
static int64_t lease_in(struct desk *desk, enum lease_state state)
{
    const struct verifier verifier = {.pepper_id = 1};
    struct usage_record login = {
        .seq = 1,
        .at = NOW,
        .kind = "login",
        .detail = "",
        .client = "",
        .program = "",
        .username = arena_printf(&desk->mem, "cs_%d", (int)state)};
    struct lease_new row = lease_row(desk, login.username);
    int64_t id;

    row.lease.is_pending = state == LEASE_PENDING_APPROVAL;
    if (state == LEASE_EXPIRED)
        row.lease.expires_at = row.lease.created_at + 1;
    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    if (state == LEASE_SUSPENDED)
        suspend(desk, id);
    if (state == LEASE_REVEALED || state == LEASE_IN_USE)
        works(desk, store_lease_reveal(desk->store, id, &verifier, NOW, &desk->err));
    if (state == LEASE_IN_USE)
        works(desk, store_usage_apply(desk->store, &login, 1, &desk->err));
    if (state == LEASE_REVOKED || state == LEASE_ENDED)
        works(desk, store_lease_end(desk->store, id,
                                    state == LEASE_REVOKED ? LEASE_END_REVOKED
                                                           : LEASE_END_GIVEN_BACK,
                                    "agent:ana", NULL, NOW, &desk->err));
    return id;
}

static void a_search_by_state_means_the_state_that_core_derives(void **state)
{
    struct desk *desk = *state;
    int64_t ids[LEASE_STATE_COUNT];

    for (int i = 0; i < LEASE_STATE_COUNT; i++)
        ids[i] = lease_in(desk, (enum lease_state)i);
    for (int i = 0; i < LEASE_STATE_COUNT; i++) {
        const struct search search = {
            .state = lease_state_name((enum lease_state)i), .now = NOW + 60, .max = 9};
        struct lease *found;
        size_t count;
        works(desk, store_lease_search(desk->store, &desk->mem, &search, &found, &count,
                                       &desk->err));
        assert_int_equal(count, 1);
        assert_int_equal(found[0].id, ids[i]);
        assert_int_equal(lease_state_at(&found[0], NOW + 60), i);
    }
}

static int64_t in_use_until(struct desk *desk, const char *username, int64_t seq,
                            int64_t expires_at)
{
    const struct verifier verifier = {.pepper_id = 1};
    struct usage_record login = {.seq = seq,
                                 .at = NOW,
                                 .kind = "login",
                                 .detail = "",
                                 .client = "",
                                 .program = "",
                                 .username = username};
    struct lease_new row = lease_row(desk, username);
    int64_t id;

    row.lease.expires_at = expires_at;
    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    works(desk, store_lease_reveal(desk->store, id, &verifier, NOW, &desk->err));
    works(desk, store_usage_apply(desk->store, &login, 1, &desk->err));
    return id;
}

static void the_lease_in_use_that_ends_first_is_found_first(void **state)
{
    struct desk *desk = *state;
    struct lease *found;
    size_t count;

    int64_t second = in_use_until(desk, "cs_two", 1, NOW + 200);
    int64_t first = in_use_until(desk, "cs_one", 2, NOW + 100);
    int64_t third = in_use_until(desk, "cs_three", 3, NOW + 300);
    in_use_until(desk, "cs_late", 4, NOW + 301);
    in_use_until(desk, "cs_over", 5, NOW + 10);
    int64_t ended = in_use_until(desk, "cs_ended", 6, NOW + 100);
    works(desk, store_lease_end(desk->store, ended, LEASE_END_REVOKED, "agent:ana",
                                NULL, NOW, &desk->err));
    suspend(desk, in_use_until(desk, "cs_held", 7, NOW + 100));
    put_lease(desk, "cs_unused");

    works(desk, store_lease_ending(desk->store, &desk->mem, NOW + 10, NOW + 300, 9,
                                   &found, &count, &desk->err));
    assert_int_equal(count, 3);
    assert_int_equal(found[0].id, first);
    assert_int_equal(found[1].id, second);
    assert_int_equal(found[2].id, third);
    works(desk, store_lease_ending(desk->store, &desk->mem, NOW + 10, NOW + 300, 1,
                                   &found, &count, &desk->err));
    assert_int_equal(count, 1);
    assert_int_equal(found[0].id, first);
}

static void leases_are_found_by_parts_of_what_people_know(void **state)
{
    static const struct {
        const char *text;
        size_t count;
    } rows[] = {
        {"KIM@hosted", 2},
        {"cs_one",     1},
        {"cs\\one",    0},
        {"s_o",        1},
        {"1",          2},
        {"%",          0},
        {"nobody",     0},
    };
    struct desk *desk = *state;

    put_lease(desk, "cs_one");
    put_lease(desk, "cs_two");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct search search = {.text = rows[i].text, .now = NOW, .max = 9};
        struct lease *found;
        size_t count;
        works(desk, store_lease_search(desk->store, &desk->mem, &search, &found, &count,
                                       &desk->err));
        if (count != rows[i].count)
            fail_msg("\"%s\": %zu", rows[i].text, count);
    }
}

/* The lease is kim's, made at NOW for a bounce with the ids in the case of the test below. */
/* clang-format 14 does not survive this table. */
/* clang-format off */
static const struct {
    const char *name, *sha, *message_id, *mailbox;
    struct delivery logged; /* at 0: none */
    bool is_known;
} edits[] = {
    {"another bounce", "cc", "<m2@pc>", "kim@hosted.example", {0}, false},
    {"the same bytes", "bb", NULL, NULL, {0}, true},
    {"the same message", "cc", "<m1@pc>", NULL, {0}, true},
    {"its message id in the log", "cc", NULL, NULL,
     {.at = NOW + 9, .message_id = "m1@pc"}, true},
    {"its queue id in the log", "cc", NULL, NULL,
     {.at = NOW - 9, .queue_id = "4jYBw43fvVz1bgWv"}, true},
    {"its notice in the log", "cc", NULL, NULL,
     {.at = NOW - 9, .queue_id = "A", .notice_id = "4jYBw43fvVz1bgWv"}, true},
    {"a queue id that came back", "cc", NULL, NULL,
     {.at = NOW + 1, .queue_id = "4jYBw43fvVz1bgWv"}, false},
    {"the same recipient, before the lease", "cc", NULL, "bo@hosted.example",
     {.at = NOW, .recipient = "info@ziel.example"}, true},
    {"the same recipient, after it", "cc", NULL, "bo@hosted.example",
     {.at = NOW + 1, .recipient = "info@ziel.example"}, false},
    {"the same recipient, another customer", "cc", NULL, "kim@thosted.example",
     {.at = NOW, .recipient = "info@ziel.example"}, false},
    {"another recipient", "cc", NULL, "kim@hosted.example",
     {.at = NOW, .recipient = "bo@ziel.example"}, false},
};
/* clang-format on */

static void a_rejection_is_known_again_however_its_bounce_is_edited(void **state)
{
    struct desk *desk = *state;
    struct lease_new lease = lease_row(desk, "cs_one");
    const struct case_row used = {
        .created_at = NOW,
        .created_by = "agent:ana",
        .bounce = "554 blocked",
        .bounce_sha = "bb",
        .verdict = DIAGNOSIS_LISTED_NOW,
        .evidence = {.message_id = "<m1@pc>",
                     .queue_id = "4jYBw43fvVz1bgWv",
                     .recipient = "info@ziel.example"}
    };
    int64_t id;

    works(desk, store_case_add(desk->store, &used, &lease.lease.case_id, &desk->err));
    works(desk, store_lease_add(desk->store, &lease, &id, &desk->err));
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        const struct rejection_key key = {
            .bounce_sha = edits[i].sha,
            .message_id = edits[i].message_id,
            .mailbox = edits[i].mailbox,
            .logged = edits[i].logged.at != 0 ? &edits[i].logged : NULL};
        int64_t found = -7;
        works(desk, store_lease_of_rejection(desk->store, &key, 0, &found, &desk->err));
        if (found != (edits[i].is_known ? id : 0))
            fail_msg("%s: %lld", edits[i].name, (long long)found);
        works(desk, store_lease_of_rejection(desk->store, &key, lease.lease.case_id,
                                             &found, &desk->err));
        assert_int_equal(found, 0);
    }
}

static void the_past_of_a_mailbox_is_its_other_cases_and_leases(void **state)
{
    struct desk *desk = *state;
    struct lease_new row = lease_row(desk, "cs_one");
    struct customer_past past;
    int64_t other = put_case(desk, "other");
    int64_t id;

    works(desk, store_customer_past(desk->store, "kim@hosted.example", 1, NOW, &past,
                                    &desk->err));
    assert_int_equal(past.cases, 0);
    assert_int_equal(past.leases, 0);
    (void)put_lease(desk, "cs_own");
    row.lease.case_id = other;
    const int64_t days[] = {40, 8, 2};
    for (size_t i = 0; i < ARRAY_LEN(days); i++) {
        row.lease.username = arena_printf(&desk->mem, "cs_%zu", i);
        row.lease.link_id = row.lease.username;
        row.lease.created_at = NOW - days[i] * 86400;
        works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    }
    works(desk, store_lease_end(desk->store, id, LEASE_END_REVOKED, "agent:ana", "",
                                NOW, &desk->err));
    row.lease.username = "cs_waits";
    row.lease.link_id = "waits";
    row.lease.is_pending = true;
    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    works(desk, store_customer_past(desk->store, "kim@hosted.example", 1, NOW, &past,
                                    &desk->err));
    assert_int_equal(past.leases, 3);
    assert_int_equal(past.leases_30d, 2);
    assert_int_equal(past.leases_7d, 1);
    assert_int_equal(past.revoked, 1);
    assert_int_equal(past.newest_lease_case, other);
    assert_int_equal(past.newest_lease_at, NOW - INT64_C(2) * 86400);
}

#define WITH_FRAME(test) \
 cmocka_unit_test_setup_teardown(test, make_frame, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FRAME(a_lease_comes_back_with_its_senders_and_domains),
        WITH_FRAME(what_is_not_there_is_not_found),
        WITH_FRAME(a_username_is_never_used_again),
        WITH_FRAME(a_lease_that_cannot_be_written_whole_is_not_written),
        WITH_FRAME(an_idempotency_key_is_new_the_same_or_of_another_request),
        WITH_FRAME(wrong_proofs_count_down_to_zero_and_a_new_link_starts_again),
        WITH_FRAME(a_reveal_replaces_the_verifier_and_is_counted),
        WITH_FRAME(a_lease_ends_once),
        WITH_FRAME(a_mailbox_has_a_live_lease_until_it_expires_or_ends),
        WITH_FRAME(leases_are_listed_newest_first_and_may_be_of_one_case),
        WITH_FRAME(a_search_by_state_means_the_state_that_core_derives),
        WITH_FRAME(the_lease_in_use_that_ends_first_is_found_first),
        WITH_FRAME(leases_are_found_by_parts_of_what_people_know),
        WITH_FRAME(a_rejection_is_known_again_however_its_bounce_is_edited),
        WITH_FRAME(the_past_of_a_mailbox_is_its_other_cases_and_leases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
