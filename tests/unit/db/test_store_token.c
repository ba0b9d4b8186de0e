/*
 * test_store_token.c - tokens come back as they were kept, and end with their owner; whose leases are
 * counted.
 */
#include "base/base.h"

#include "tests/unit/db/store_desk.h"

#include "core/api_token.h"
#include "db/store_token.h"

static int64_t add_agent(struct desk *desk, const char *name, int byte)
{
    uint8_t hash[DIGEST_BYTES];
    struct agent agent;

    fill_hash(hash, byte);
    works(desk, store_agent_add(desk->store, name, ROLE_LEAD, hash, NOW + 3600, NOW,
                                &desk->err));
    works(desk, store_agent_find(desk->store, &desk->mem, name, &agent, &desk->err));
    return agent.id;
}

static int64_t add_token(struct desk *desk, int64_t agent_id, int byte)
{
    const struct api_token token = {
        .agent_id = agent_id,
        .name = "Zammad",
        .scopes = API_SCOPE(API_SCOPE_DIAGNOSE) | API_SCOPE(API_SCOPE_AUDIT_READ),
        .networks = "192.0.2.0/24",
        .created_at = NOW,
        .created_by = "agent:ana",
        .expires_at = NOW + 100,
    };
    uint8_t hash[DIGEST_BYTES];
    int64_t id = 0;

    fill_hash(hash, byte);
    works(desk, store_token_add(desk->store, &token, hash, &id, &desk->err));
    return id;
}

static struct api_token get_token(struct desk *desk, int64_t id)
{
    struct api_token token;

    works(desk, store_token_find(desk->store, &desk->mem, id, &token, &desk->err));
    return token;
}

static size_t count_of(struct desk *desk, int64_t agent_id, int64_t now)
{
    size_t count = 99;

    works(desk, store_token_count(desk->store, agent_id, now, &count, &desk->err));
    return count;
}

static void a_token_comes_back_by_number_and_by_digest(void **state)
{
    struct desk *desk = *state;
    int64_t ana = add_agent(desk, "ana", 1);
    int64_t id = add_token(desk, ana, 0x41);
    uint8_t hash[DIGEST_BYTES];
    struct api_token token;

    fill_hash(hash, 0x41);
    works(desk, store_token_by_hash(desk->store, &desk->mem, hash, &token, &desk->err));
    assert_int_equal(token.id, id);
    assert_int_equal(token.agent_id, ana);
    assert_string_equal(token.name, "Zammad");
    assert_string_equal(token.owner, "ana");
    assert_int_equal(token.role, ROLE_LEAD);
    assert_false(token.owner_is_disabled);
    assert_int_equal(token.scopes,
                     API_SCOPE(API_SCOPE_DIAGNOSE) | API_SCOPE(API_SCOPE_AUDIT_READ));
    assert_string_equal(token.networks, "192.0.2.0/24");
    assert_string_equal(token.created_by, "agent:ana");
    assert_int_equal(token.expires_at, NOW + 100);
    assert_int_equal(token.used_at, 0);
    assert_int_equal(token.ended_at, 0);
    fill_hash(hash, 0x42);
    refuses(desk, ERROR_NOT_FOUND,
            store_token_by_hash(desk->store, &desk->mem, hash, &token, &desk->err));
    refuses(desk, ERROR_NOT_FOUND,
            store_token_find(desk->store, &desk->mem, id + 1, &token, &desk->err));
    works(desk, store_token_used(desk->store, id, "192.0.2.7", NOW + 5, &desk->err));
    assert_int_equal(get_token(desk, id).used_at, NOW + 5);
    assert_string_equal(get_token(desk, id).used_from, "192.0.2.7");
}

static void a_token_ends_once(void **state)
{
    struct desk *desk = *state;
    int64_t id = add_token(desk, add_agent(desk, "ana", 1), 0x41);

    works(desk, store_token_end(desk->store, id, "agent:ben", NOW + 7, &desk->err));
    assert_int_equal(get_token(desk, id).ended_at, NOW + 7);
    assert_string_equal(get_token(desk, id).ended_by, "agent:ben");
    refuses(desk, ERROR_CONFLICT,
            store_token_end(desk->store, id, "agent:eve", NOW + 8, &desk->err));
    assert_string_equal(get_token(desk, id).ended_by, "agent:ben");
}

static void lists_and_counts_keep_owners_apart(void **state)
{
    struct desk *desk = *state;
    int64_t ana = add_agent(desk, "ana", 1);
    int64_t ben = add_agent(desk, "ben", 2);
    int64_t first = add_token(desk, ana, 0x41);
    int64_t second = add_token(desk, ana, 0x42);
    struct api_token *tokens = NULL;
    size_t count = 0;

    add_token(desk, ben, 0x43);
    works(desk, store_token_list(desk->store, &desk->mem, "ana", &tokens, &count,
                                 &desk->err));
    assert_int_equal(count, 2);
    assert_int_equal(tokens[0].id, second);
    assert_int_equal(tokens[1].id, first);
    works(desk,
          store_token_list(desk->store, &desk->mem, NULL, &tokens, &count, &desk->err));
    assert_int_equal(count, 3);
    assert_string_equal(tokens[0].owner, "ben");
    assert_int_equal(count_of(desk, ana, NOW), 2);
    works(desk, store_token_end(desk->store, first, "agent:ana", NOW, &desk->err));
    assert_int_equal(count_of(desk, ana, NOW + 99), 1);
    assert_int_equal(count_of(desk, ana, NOW + 100), 0);
    assert_int_equal(count_of(desk, ben, NOW), 1);
}

static void tokens_end_with_their_owner_and_with_a_reset(void **state)
{
    struct desk *desk = *state;
    int64_t ana = add_agent(desk, "ana", 1);
    int64_t ben = add_agent(desk, "ben", 2);
    int64_t of_ana = add_token(desk, ana, 0x41);
    int64_t of_ben = add_token(desk, ben, 0x42);
    uint8_t hash[DIGEST_BYTES];

    fill_hash(hash, 3);
    works(desk,
          store_agent_reset(desk->store, ana, hash, NOW + 60, NOW + 9, &desk->err));
    assert_int_equal(get_token(desk, of_ana).ended_at, NOW + 9);
    assert_int_equal(get_token(desk, of_ben).ended_at, 0);
    works(desk, store_agent_disable(desk->store, ben, NOW + 10, &desk->err));
    assert_int_equal(get_token(desk, of_ben).ended_at, NOW + 10);
    assert_true(get_token(desk, of_ben).owner_is_disabled);
    /* The earlier end stays what it was. */
    works(desk, store_agent_disable(desk->store, ana, NOW + 11, &desk->err));
    assert_int_equal(get_token(desk, of_ana).ended_at, NOW + 9);
}

static void a_scope_that_nobody_knows_is_corruption(void **state)
{
    struct desk *desk = *state;
    int64_t id = add_token(desk, add_agent(desk, "ana", 1), 0x41);
    struct api_token token;

    behind_its_back(desk, "UPDATE api_token SET scopes = 'everything'");
    refuses(desk, ERROR_INTEGRITY,
            store_token_find(desk->store, &desk->mem, id, &token, &desk->err));
}

static unsigned leases_by(struct desk *desk, const char *actor, int64_t since)
{
    unsigned count = 99;

    works(desk, store_lease_count_by(desk->store, actor, since, &count, &desk->err));
    return count;
}

static void a_person_is_counted_with_all_tokens(void **state)
{
    static const char *const makers[] = {"agent:ana", "agent:ana token:1",
                                         "agent:ana token:2 for:ed", "agent:anabel",
                                         "local:root"};
    struct desk *desk = *state;

    put_address(desk, "203.0.113.9", "lane9");
    put_case(desk, "sha");
    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        struct lease_new row = lease_row(desk, arena_printf(&desk->mem, "cs-%zu", i));
        int64_t id;
        row.lease.created_by = makers[i];
        row.lease.created_at = NOW + (int64_t)i;
        row.secrets.link_hash[0] = (uint8_t)i;
        works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    }
    assert_int_equal(leases_by(desk, "agent:ana", NOW), 3);
    assert_int_equal(leases_by(desk, "agent:ana token:9", NOW), 3);
    assert_int_equal(leases_by(desk, "agent:ana", NOW + 2), 1);
    assert_int_equal(leases_by(desk, "agent:anabel", NOW), 1);
    assert_int_equal(leases_by(desk, "agent:an", NOW), 0);
    assert_int_equal(leases_by(desk, "agent:%", NOW), 0);
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, make_store, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK(a_token_comes_back_by_number_and_by_digest),
        DESK(a_token_ends_once),
        DESK(lists_and_counts_keep_owners_apart),
        DESK(tokens_end_with_their_owner_and_with_a_reset),
        DESK(a_scope_that_nobody_knows_is_corruption),
        DESK(a_person_is_counted_with_all_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
