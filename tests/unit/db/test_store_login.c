/*
 * test_store_login.c - logins, who may send as whom, earlier verifiers, and usage.
 */
#include "base/base.h"

#include "base/strbuf.h"
#include "tests/unit/db/store_desk.h"

/* The table that answers logins and the rows that answer everything else; the verifier is this one. */
static void assert_same_login(struct desk *desk, int64_t now,
                              const struct verifier *verifier)
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
    assert_int_equal(credential.verifier.pepper_id, verifier->pepper_id);
    assert_memory_equal(credential.verifier.bytes, verifier->bytes, DIGEST_BYTES);
}

static void the_lookup_of_a_login_is_in_step_with_its_lease(void **state)
{
    const struct verifier verifier = {
        .pepper_id = 3, .bytes = {1, 2, 3}
    };
    static const struct verifier unrevealed = {0};
    struct desk *desk = *state;
    struct credential_row credential;

    assert_int_equal(store_credential_find(desk->store, &desk->mem, "cs_one",
                                           &credential, &desk->err),
                     -1);
    assert_int_equal(desk->err.kind, ERROR_NOT_FOUND);
    int64_t id = put_lease(desk, "cs_one");
    assert_same_login(desk, NOW, &unrevealed);
    works(desk, store_lease_reveal(desk->store, id, &verifier, NOW, &desk->err));
    assert_same_login(desk, NOW, &verifier);
    works(desk, store_usage_apply(
                    desk->store,
                    &(struct usage_record){1, NOW, "login", "cs_one", "", "", "", 0}, 1,
                    &desk->err));
    assert_same_login(desk, NOW, &verifier);
    works(desk, store_lease_extend(desk->store, id, NOW + 100, &desk->err));
    assert_same_login(desk, NOW + 99, &verifier);
    assert_same_login(desk, NOW + 100, &verifier);
    works(desk, store_lease_end(desk->store, id, LEASE_END_REVOKED, "agent:ana", "",
                                NOW, &desk->err));
    assert_same_login(desk, NOW, &verifier);
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

#define WITH_FRAME(test) \
 cmocka_unit_test_setup_teardown(test, make_frame, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FRAME(the_lookup_of_a_login_is_in_step_with_its_lease),
        WITH_FRAME(a_login_is_read_with_its_pool_address_by_a_reader),
        WITH_FRAME(the_journal_is_counted_once_however_often_it_comes),
        WITH_FRAME(a_sender_has_the_leases_that_may_send_as_it),
        WITH_FRAME(replaced_verifiers_are_kept_and_bounded),
        WITH_FRAME(usage_is_listed_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
