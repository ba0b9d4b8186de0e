/*
 * test_store_lease.c - leases, their links and credentials, logins, and usage.
 */
#include "base/base.h"

#include "base/strbuf.h"
#include "tests/unit/db/store_desk.h"

static int make_frame(void **state)
{
    make_store(state);
    put_address(*state, "198.51.100.21", "clean01");
    put_case(*state, "aa");
    return 0;
}

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
    struct login_row login;

    works(desk,
          store_login_find(desk->store, &desk->mem, "cs_one", &login, &desk->err));
    assert_int_equal(login.verifier.pepper_id, 0);
    for (unsigned i = 1; i <= 2; i++) {
        struct verifier verifier = {.pepper_id = i};
        fill_hash(verifier.bytes, (int)i);
        works(desk,
              store_lease_reveal(desk->store, id, &verifier, NOW + i, &desk->err));
        works(desk,
              store_login_find(desk->store, &desk->mem, "cs_one", &login, &desk->err));
        assert_int_equal(login.verifier.pepper_id, i);
        assert_memory_equal(login.verifier.bytes, verifier.bytes, DIGEST_BYTES);
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

/* The index that answers logins and the rows that answer everything else. */
static void assert_same_login(struct desk *desk, int64_t now)
{
    struct credential_row credential;
    struct login_row login;

    works(desk, store_credential_find(desk->store, &desk->mem, "cs_one", &credential,
                                      &desk->err));
    works(desk,
          store_login_find(desk->store, &desk->mem, "cs_one", &login, &desk->err));
    assert_int_equal(lease_state_at(&credential.lease, now),
                     lease_state_at(&login.lease, now));
    assert_int_equal(credential.lease.id, login.lease.id);
    assert_string_equal(credential.lease.lane, login.lease.lane);
    assert_string_equal(credential.lease.reserved_address,
                        login.lease.reserved_address);
    assert_int_equal(credential.verifier.pepper_id, login.verifier.pepper_id);
    assert_memory_equal(credential.verifier.bytes, login.verifier.bytes, DIGEST_BYTES);
}

static void the_lookup_of_a_login_is_in_step_with_its_lease(void **state)
{
    const struct verifier verifier = {
        .pepper_id = 3, .bytes = {1, 2, 3}
    };
    struct desk *desk = *state;
    struct credential_row credential;

    assert_int_equal(store_credential_find(desk->store, &desk->mem, "cs_one",
                                           &credential, &desk->err),
                     -1);
    assert_int_equal(desk->err.kind, ERROR_NOT_FOUND);
    int64_t id = put_lease(desk, "cs_one");
    assert_same_login(desk, NOW);
    works(desk, store_lease_reveal(desk->store, id, &verifier, NOW, &desk->err));
    assert_same_login(desk, NOW);
    works(desk, store_usage_apply(
                    desk->store,
                    &(struct usage_record){1, NOW, "login", "cs_one", "", "", "", 0}, 1,
                    &desk->err));
    assert_same_login(desk, NOW);
    works(desk, store_lease_extend(desk->store, id, NOW + 100, &desk->err));
    assert_same_login(desk, NOW + 99);
    assert_same_login(desk, NOW + 100);
    works(desk, store_lease_end(desk->store, id, LEASE_END_REVOKED, "agent:ana", "",
                                NOW, &desk->err));
    assert_same_login(desk, NOW);
}

static void a_login_is_read_with_its_pool_address_by_a_reader(void **state)
{
    struct desk *desk = *state;
    struct login_row login;
    struct store *reader;

    put_lease(desk, "cs_one");
    works(desk, store_open(desk->path, STORE_READ, &reader, &desk->err));
    for (int i = 0; i < POOL_STATE_COUNT; i++) {
        works(desk,
              store_pool_set_state(desk->store, 1, (enum pool_state)i, &desk->err));
        works(desk, store_login_find(reader, &desk->mem, "cs_one", &login, &desk->err));
        assert_int_equal(login.pool_state, i);
        assert_int_equal(login.journal_seq, 0);
        assert_string_equal(login.lease.lane, "clean01");
        assert_string_equal(login.lease.senders[0], "kim@hosted.example");
    }
    store_close(reader);
}

static void a_sender_has_the_leases_that_may_send_as_it(void **state)
{
    static const char *const whole_domain[] = {"@hosted.example", NULL};
    static const struct {
        const char *mailbox, *domain, *names;
        int64_t now;
    } cases[] = {
        {"kim@hosted.example", "@hosted.example", "cs_kim cs_all ", NOW + 10   },
        {"leo@hosted.example", "@hosted.example", "cs_all ",        NOW + 10   },
        {"",                   "@hosted.example", "cs_all ",        NOW + 10   },
        {"kim@other.example",  "@other.example",  "",               NOW + 10   },
        {"kim@hosted.example", "@hosted.example", "",               NOW + 86400},
    };
    struct desk *desk = *state;
    struct verifier verifier = {.pepper_id = 1};
    struct lease_new all = lease_row(desk, "cs_all");
    int64_t id[4];

    id[0] = put_lease(desk, "cs_kim");
    all.lease.senders = whole_domain;
    works(desk, store_lease_add(desk->store, &all, &id[1], &desk->err));
    id[2] = put_lease(desk, "cs_ended");
    id[3] = put_lease(desk, "cs_not_shown");
    for (size_t i = 0; i < 3; i++)
        works(desk, store_lease_reveal(desk->store, id[i], &verifier, NOW, &desk->err));
    works(desk, store_lease_end(desk->store, id[2], LEASE_END_REVOKED, "agent:ana", "",
                                NOW, &desk->err));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct sender_question question = {cases[i].mailbox, cases[i].domain,
                                                 cases[i].now, 64};
        struct sender_row *rows;
        size_t count;
        struct strbuf names;
        strbuf_init(&names, 100);
        works(desk, store_sender_find(desk->store, &desk->mem, &question, &rows, &count,
                                      &desk->err));
        for (size_t k = 0; k < count; k++) {
            strbuf_printf(&names, "%s ", rows[k].username);
            assert_string_equal(rows[k].lane, "clean01");
            assert_int_equal(rows[k].pool_state, POOL_ACTIVE);
            assert_false(rows[k].is_suspended);
        }
        assert_true(slice_is(strbuf_slice(&names), cases[i].names));
        strbuf_release(&names);
    }
}

static void replaced_verifiers_are_kept_and_bounded(void **state)
{
    struct desk *desk = *state;
    int64_t id = put_lease(desk, "cs_one");
    struct earlier_verifier earlier[STORE_EARLIER_MAX];
    struct verifier verifier = {.pepper_id = 7};
    size_t count = 9;

    works(desk, store_login_earlier(desk->store, id, earlier, &count, &desk->err));
    assert_int_equal(count, 0);
    for (unsigned i = 1; i <= 6; i++) {
        fill_hash(verifier.bytes, (int)i);
        works(desk,
              store_lease_reveal(desk->store, id, &verifier, NOW + i, &desk->err));
        works(desk, store_login_earlier(desk->store, id, earlier, &count, &desk->err));
        size_t want = i - 1 < STORE_EARLIER_MAX ? i - 1 : STORE_EARLIER_MAX;
        assert_int_equal(count, want);
        for (size_t e = 0; e < count; e++) {
            /* Newest first; the present one is not among them. */
            assert_int_equal(earlier[e].reveal, i - 1 - e);
            assert_int_equal(earlier[e].replaced_at, NOW + i - e);
            assert_int_equal(earlier[e].verifier.pepper_id, 7);
            assert_int_equal(earlier[e].verifier.bytes[0], i - 1 - e);
        }
    }
    assert_int_equal(get_lease(desk, id).reveals, 6);
}

static const struct usage_record journal[] = {
    {1, NOW + 10, "login",           "cs_one",  "with TLS",        "203.0.113.7", "auth, smtp", 0},
    {2, NOW + 11, "message",         "cs_one",  "to example.test", "203.0.113.7", "policy",     1},
    {3, NOW + 12, "refused_login",   "cs_one",  "wrong password",  "203.0.113.8",
     "auth, smtp",                                                                              0},
    {4, NOW + 13, "message",         "cs_gone", "",                "",            "",           7},
    {5, NOW + 14, "message",         "cs_one",  "to example.test", "203.0.113.7", "policy",     4},
    {6, NOW + 15, "from_the_future", "cs_one",  "",                "",            "",           0},
    {7, NOW + 16, "refused_message", "cs_one",  "quota",           "203.0.113.7", "policy",     9},
    {8, NOW + 20, "login",           "cs_one",  "with TLS",        "203.0.113.7", "auth, smtp", 0},
};

static void the_journal_is_counted_once_however_often_it_comes(void **state)
{
    static const struct {
        size_t from, count;
        int64_t position;
        unsigned messages, refusals;
        int64_t last_login_at;
        size_t events;
    } steps[] = {
        {0, 0, 0, 0, 0, 0,        0},
        {0, 3, 3, 1, 1, NOW + 10, 3},
        {0, 3, 3, 1, 1, NOW + 10, 3},
        {1, 4, 5, 2, 1, NOW + 10, 4},
        {0, 8, 8, 2, 2, NOW + 20, 6},
        {7, 1, 8, 2, 2, NOW + 20, 6},
        {0, 8, 8, 2, 2, NOW + 20, 6},
    };
    struct desk *desk = *state;
    int64_t id = put_lease(desk, "cs_one");

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct login_row login;
        struct usage_row *events;
        size_t count;
        int64_t position;
        works(desk, store_usage_apply(desk->store, journal + steps[i].from,
                                      steps[i].count, &desk->err));
        works(desk, store_usage_position(desk->store, &position, &desk->err));
        assert_int_equal(position, steps[i].position);
        works(desk,
              store_login_find(desk->store, &desk->mem, "cs_one", &login, &desk->err));
        assert_int_equal(login.journal_seq, steps[i].position);
        assert_int_equal(login.lease.messages_used, steps[i].messages);
        assert_int_equal(login.lease.recipients_used,
                         steps[i].messages == 2 ? 5 : steps[i].messages);
        assert_int_equal(login.lease.refusals, steps[i].refusals);
        assert_int_equal(login.lease.last_login_at, steps[i].last_login_at);
        assert_int_equal(login.lease.first_login_at, i == 0 ? 0 : NOW + 10);
        works(desk, store_usage_list(desk->store, &desk->mem, id, 100, &events, &count,
                                     &desk->err));
        assert_int_equal(count, steps[i].events);
    }
    assert_int_equal(get_lease(desk, id).last_message_at, NOW + 14);
}

static void usage_is_listed_newest_first(void **state)
{
    struct desk *desk = *state;
    int64_t id = put_lease(desk, "cs_one");
    struct usage_row *events;
    size_t count;

    works(desk,
          store_usage_apply(desk->store, journal, ARRAY_LEN(journal), &desk->err));
    works(desk, store_usage_list(desk->store, &desk->mem, id, 2, &events, &count,
                                 &desk->err));
    assert_int_equal(count, 2);
    assert_string_equal(events[0].kind, "login");
    assert_int_equal(events[0].at, NOW + 20);
    assert_string_equal(events[0].client, "203.0.113.7");
    assert_string_equal(events[0].program, "auth, smtp");
    assert_int_equal(events[1].recipients, 9);
    assert_string_equal(events[1].kind, "refused_message");
    assert_string_equal(events[1].detail, "quota");
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

#define WITH_FRAME(test) \
 cmocka_unit_test_setup_teardown(test, make_frame, remove_folder)

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
        WITH_FRAME(leases_are_found_by_parts_of_what_people_know),
        WITH_FRAME(a_rejection_is_known_again_however_its_bounce_is_edited),
        WITH_FRAME(the_lookup_of_a_login_is_in_step_with_its_lease),
        WITH_FRAME(a_login_is_read_with_its_pool_address_by_a_reader),
        WITH_FRAME(the_journal_is_counted_once_however_often_it_comes),
        WITH_FRAME(a_sender_has_the_leases_that_may_send_as_it),
        WITH_FRAME(replaced_verifiers_are_kept_and_bounded),
        WITH_FRAME(usage_is_listed_newest_first),
        WITH_FRAME(the_past_of_a_mailbox_is_its_other_cases_and_leases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
