/*
 * test_api.c - the API as a client meets it: the gate, the resources, the problems.
 */
#include "base/base.h"

#include "tests/unit/api/api_desk.h"

static int open_revealing(void **state)
{
    return open_desk(state, "policy { console_reveal = yes }");
}

static int open_doubting(void **state)
{
    return open_desk(state, "policy { log_proof = required }");
}

static void only_root_and_the_owner_of_the_state_folder_get_in(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 200);
    desk->uid = geteuid() + 4711;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 403);
    assert_string_equal(text(desk, "kind"), "denied");
    assert_string_equal(desk->response.content_type, "application/problem+json");
    desk->uid = 0;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 200);
    desk->is_tcp = true;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 403);
}

static void every_refusal_is_a_problem_document(void **state)
{
    static const struct {
        const char *name;
        enum http_method method;
        unsigned status;
        const char *target, *body, *kind;
    } cases[] = {
        {"no route",           HTTP_GET,    404, "/api/v1/nothing",               NULL,                         "not_found"},
        {"no such method",     HTTP_DELETE, 405, "/api/v1/cases",                 NULL,                         "invalid"  },
        {"no such case",       HTTP_GET,    404, "/api/v1/cases/99",              NULL,                         "not_found"},
        {"a case is a number", HTTP_GET,    404, "/api/v1/cases/x",               NULL,                         "not_found"},
        {"no such lease",      HTTP_GET,    404, "/api/v1/leases/99",             NULL,                         "not_found"},
        {"revoke no lease",    HTTP_POST,   404, "/api/v1/leases/99/revoke",      "{}",
         "not_found"                                                                                                       },
        {"unknown query",      HTTP_GET,    400, "/api/v1/cases?sort=up",         NULL,                         "invalid"  },
        {"limit 0",            HTTP_GET,    400, "/api/v1/cases?limit=0",         NULL,                         "invalid"  },
        {"limit too high",     HTTP_GET,    400, "/api/v1/cases?limit=501",       NULL,                         "invalid"  },
        {"not JSON",           HTTP_POST,   400, "/api/v1/cases",                 "bounce",                     "invalid"  },
        {"unknown key",        HTTP_POST,   400, "/api/v1/cases",                 "{\"bounce\":\"x\",\"a\":1}",
         "invalid"                                                                                                         },
        {"no bounce",          HTTP_POST,   400, "/api/v1/cases",                 "{}",                         "invalid"  },
        {"two bounces",        HTTP_POST,   400, "/api/v1/cases",
         "{\"bounce\":\"x\",\"bounce_base64\":\"eA==\"}",                                                       "invalid"  },
        {"bad base64",         HTTP_POST,   400, "/api/v1/cases",                 "{\"bounce_base64\":\"%\"}",
         "invalid"                                                                                                         },
        {"no mailbox",         HTTP_POST,   400, "/api/v1/cases",
         "{\"bounce\":\"x\",\"mailbox\":\"anna\"}",                                                             "invalid"  },
        {"mint without a key", HTTP_POST,   400, "/api/v1/leases",                "{\"case\":1}",
         "invalid"                                                                                                         },
        {"no pool address",    HTTP_GET,    404, "/api/v1/pool/203.0.113.99",     NULL,
         "not_found"                                                                                                       },
        {"no such act",        HTTP_POST,   404, "/api/v1/pool/203.0.113.9/sing", "{}",
         "not_found"                                                                                                       },
        {"no address",         HTTP_GET,    400, "/api/v1/listings?address=x",    NULL,                         "invalid"  },
        {"history of none",    HTTP_GET,    400, "/api/v1/listings/history",      NULL,                         "invalid"  },
        {"no role",            HTTP_POST,   400, "/api/v1/users",
         "{\"name\":\"bo\",\"role\":\"king\"}",                                                                 "invalid"  },
        {"nobody",             HTTP_POST,   404, "/api/v1/users/bo/disable",      "{}",                         "not_found"},
        {"shared twice",       HTTP_POST,   409, "/api/v1/shared",
         "{\"network\":\"192.0.2.0/24\"}",                                                                      "conflict" },
        {"host bits",          HTTP_POST,   400, "/api/v1/shared",
         "{\"network\":\"192.0.2.1/24\"}",                                                                      "invalid"  },
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned status = ask(desk, cases[i].method, cases[i].target, cases[i].body);
        if (status != cases[i].status || strcmp(text(desk, "kind"), cases[i].kind) != 0)
            fail_msg("%s: %u %s", cases[i].name, status, desk->response.body.at);
        assert_int_equal(json_integer_value(json_object_get(desk->json, "status")),
                         status);
        assert_true(strlen(text(desk, "detail")) > 0);
        assert_string_equal(header(desk, "Cache-Control"), "no-store");
    }
}

static void a_diagnosis_keeps_nothing_and_a_case_is_kept(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/diagnoses", BLOCKED), 200);
    assert_string_equal(text(desk, "verdict"), "listed_now");
    assert_true(json_is_null(json_object_get(desk->json, "id")));
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(desk->json, "clears"), "basis")),
                        "rule");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/cases", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(desk->json, "items")), 0);

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    assert_string_equal(header(desk, "Location"), "/api/v1/cases/1");
    assert_string_equal(text(desk, "mailbox"), FIXTURE_MAILBOX);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/cases/1", NULL), 200);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(desk->json, "listing"), "state")),
                        "listed");
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(desk->json, "evidence"), "blocked_ip")),
                        FIXTURE_SHARED);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(desk->json, "clears"), "basis")),
                        "rule");
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases/1/check", NULL), 200);
    assert_string_equal(text(desk, "verdict"), "listed_now");
}

static void a_lost_answer_costs_a_link_never_a_second_lease(void **state)
{
    static const char body[] = "{\"case\":1,\"for\":\"2h\",\"messages\":5}";
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    assert_int_equal(mint(desk, "k1", body), 201);
    assert_non_null(strstr(text(desk, "link"), "/r/"));
    assert_string_equal(text(desk, "state"), "offered");
    assert_int_equal(json_integer_value(json_object_get(desk->json, "messages_max")),
                     5);

    assert_int_equal(mint(desk, "k1", body), 200);
    assert_string_equal(header(desk, "Idempotency-Replayed"), "true");
    assert_null(json_object_get(desk->json, "link"));
    assert_int_equal(mint(desk, "k1", "{\"case\":1,\"for\":\"3h\"}"), 409);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/leases", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(desk->json, "items")), 1);

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/leases/1/link", NULL), 200);
    assert_non_null(strstr(text(desk, "link"), "/r/"));
    assert_true(desk->response.is_secret);
}

static void mint_refuses_what_it_cannot_read(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"case\":\"1\"}",
        "{\"case\":1,\"for\":24}",
        "{\"case\":1,\"for\":\"24\"}",
        "{\"case\":1,\"messages\":0}",
        "{\"case\":1,\"messages\":-1.5}",
        "{\"case\":1,\"messages\":99999999999}",
        "{\"case\":1,\"senders\":\"anna@kunde.example\"}",
        "{\"case\":1,\"senders\":[1]}",
        "{\"case\":1,\"delivery\":\"pigeon\"}",
        "{\"case\":1,\"delivery\":\"route\"}",
    };
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        if (mint(desk, "k", bodies[i]) != 400)
            fail_msg("%s: %s", bodies[i], desk->response.body.at);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/leases", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(desk->json, "items")), 0);
}

static void a_doubted_lease_is_accepted_and_waits(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    assert_int_equal(json_array_size(json_object_get(desk->json, "doubts")), 1);
    assert_int_equal(json_array_size(json_object_get(desk->json, "why_second_person")),
                     1);
    assert_int_equal(mint(desk, "k1", "{\"case\":1}"), 202);
    assert_string_equal(text(desk, "state"), "pending_approval");
    assert_null(json_object_get(desk->json, "link"));
    const json_t *approval = json_object_get(desk->json, "approval");
    assert_int_equal(json_integer_value(json_object_get(approval, "id")), 1);
    assert_int_equal(mint(desk, "k1", "{\"case\":1}"), 202);
    assert_string_equal(header(desk, "Idempotency-Replayed"), "true");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/approvals", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(desk->json, "items")), 1);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/leases/1", NULL), 200);
    assert_non_null(json_object_get(desk->json, "approval"));
    /* The one who asked does not answer. */
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/approvals/1/approve", "{}"), 403);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/approvals/1/deny", "{}"), 403);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/approvals/9/deny", "{}"), 404);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/leases/1/revoke", "{}"), 200);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/approvals", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(desk->json, "items")), 0);
}

static void revoking_ends_a_lease_once(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    assert_int_equal(mint(desk, "k1", "{\"case\":1}"), 201);
    assert_int_equal(
        ask(desk, HTTP_POST, "/api/v1/leases/1/revoke", "{\"reason\":\"over\"}"), 200);
    assert_string_equal(text(desk, "state"), "revoked");
    assert_string_equal(text(desk, "ended_reason"), "over");
    assert_non_null(strstr(text(desk, "ended_by"), "local:"));
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/leases/1/revoke", "{}"), 409);
}

static void revealing_needs_the_policy(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    assert_int_equal(mint(desk, "k1", "{\"case\":1}"), 201);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/leases/1/reveal", NULL), 422);
    assert_null(strstr(desk->response.body.at, "password\":"));
}

static void revealing_shows_a_whole_credential_in_a_wiped_body(void **state)
{
    struct desk *desk = *state;
    char normal[PASSWORD_LEN + 1];

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    assert_int_equal(mint(desk, "k1", "{\"case\":1}"), 201);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/leases/1/reveal", NULL), 200);
    assert_true(desk->response.is_secret);
    assert_non_null(desk->json);
    assert_int_equal(strlen(text(desk, "password")), PASSWORD_SHOWN_LEN);
    assert_true(password_normalise(slice_from(text(desk, "password")), normal));
    assert_string_equal(text(desk, "server"), "clean.mail.example");
    assert_int_equal(strncmp(text(desk, "username"), USERNAME_PREFIX, 3), 0);
}

/* Where policy.console_reveal says no: this login is of no use for mail. */
static void the_egress_proof_gets_a_login_for_one_address(void **state)
{
    struct desk *desk = *state;
    static const char body[] = "{\"address\":\"" FIXTURE_RESERVED
                               "\",\"recipient\":\"echo@probe.example\"}";

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/canaries", body), 201);
    assert_true(desk->response.is_secret);
    assert_int_equal(strlen(text(desk, "password")), PASSWORD_SHOWN_LEN);
    const json_t *lease = json_object_get(desk->json, "lease");
    assert_string_equal(json_string_value(json_object_get(lease, "reserved_address")),
                        FIXTURE_RESERVED);
    assert_string_equal(json_string_value(json_object_get(lease, "state")), "revealed");
    desk->is_tcp = true;
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/canaries", body), 403);
}

static void what_recipients_find_out_about_a_reserved_address(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_GET,
                         "/api/v1/pool/" FIXTURE_RESERVED "/reach?domain=kunde.example",
                         NULL),
                     200);
    assert_string_equal(text(desk, "will_work"), "no");
    assert_string_equal(text(desk, "domain"), "kunde.example");
    assert_int_equal(json_array_size(json_object_get(desk->json, "checks")), 3);
    assert_int_equal(
        ask(desk, HTTP_GET, "/api/v1/pool/" FIXTURE_RESERVED "/reach?domain=a@b", NULL),
        400);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool/192.0.2.77/reach", NULL), 404);
}

static void health_is_that_the_database_takes_a_write(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/health", NULL), 200);
    assert_true(json_is_true(json_object_get(desk->json, "is_writable")));
    assert_string_equal(text(desk, "version"), CLEANSMTP_VERSION);
}

static void addresses_are_found_in_any_spelling(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/pool",
                         "{\"address\":\"2001:DB8:0::9\",\"lane\":\"clean6\",\"helo\":"
                         "\"out6.hoster.example\",\"capacity\":3}"),
                     201);
    assert_string_equal(text(desk, "address"), "2001:db8::9");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool/2001%3Adb8%3A%3A9", NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(desk->json, "capacity")), 3);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/pool/2001:db8:0:0::9/drain", NULL),
                     200);
    assert_string_equal(text(desk, "state"), "draining");
    assert_int_equal(ask(desk, HTTP_DELETE, "/api/v1/shared/192.0.2.0%2F24", NULL),
                     204);
    assert_int_equal(desk->response.body.len, 0);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool?limit=2", NULL), 200);
    assert_string_equal(text(desk, "next"), "2");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool?limit=2&cursor=2", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(desk->json, "items")), 1);
}

static void people_get_a_link_once_and_the_audit_log_tells_it(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(
        ask(desk, HTTP_POST, "/api/v1/users", "{\"name\":\"bo\",\"role\":\"agent\"}"),
        201);
    assert_non_null(strstr(text(desk, "link"), "/set-up/"));
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/users", NULL), 200);
    assert_null(strstr(desk->response.body.at, "/set-up/"));
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/users/bo/reset", NULL), 200);
    assert_non_null(strstr(text(desk, "link"), "/set-up/"));
    assert_int_equal(
        ask(desk, HTTP_POST, "/api/v1/users/bo/role", "{\"role\":\"lead\"}"), 200);
    assert_string_equal(text(desk, "role"), "lead");
    assert_null(json_object_get(desk->json, "link"));
    assert_int_equal(
        ask(desk, HTTP_POST, "/api/v1/users/bo/role", "{\"role\":\"king\"}"), 400);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/users/bo/disable", NULL), 200);
    assert_false(json_is_null(json_object_get(desk->json, "disabled_at")));
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit?tail=1", NULL), 200);
    const json_t *last = json_array_get(json_object_get(desk->json, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(last, "object")), "agent:bo");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit?limit=1", NULL), 200);
    assert_string_equal(text(desk, "next"), "1");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit/verify", NULL), 200);
    assert_true(json_is_true(json_object_get(desk->json, "intact")));
}

static void a_dead_list_is_unknown_in_every_answer(void **state)
{
    struct desk *desk = *state;

    fake_resolver_fail(&desk->fixture.dns, FIXTURE_ZONE, FIXTURE_SHARED, DNS_TIMEOUT);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/diagnoses", BLOCKED), 200);
    assert_int_equal(json_integer_value(json_object_get(desk->json, "exit")), 11);
    assert_true(json_is_false(json_object_get(desk->json, "may_lease")));
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/listings/check",
                         "{\"address\":\"" FIXTURE_SHARED "\"}"),
                     200);
    const json_t *first = json_array_get(json_object_get(desk->json, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "state")), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK(only_root_and_the_owner_of_the_state_folder_get_in),
        DESK(every_refusal_is_a_problem_document),
        DESK(a_diagnosis_keeps_nothing_and_a_case_is_kept),
        DESK(a_lost_answer_costs_a_link_never_a_second_lease),
        DESK(mint_refuses_what_it_cannot_read),
        DESK(revoking_ends_a_lease_once),
        DESK(revealing_needs_the_policy),
        cmocka_unit_test_setup_teardown(a_doubted_lease_is_accepted_and_waits,
                                        open_doubting, close_desk),
        cmocka_unit_test_setup_teardown(
            revealing_shows_a_whole_credential_in_a_wiped_body, open_revealing,
            close_desk),
        DESK(the_egress_proof_gets_a_login_for_one_address),
        DESK(what_recipients_find_out_about_a_reserved_address),
        DESK(health_is_that_the_database_takes_a_write),
        DESK(addresses_are_found_in_any_spelling),
        DESK(people_get_a_link_once_and_the_audit_log_tells_it),
        DESK(a_dead_list_is_unknown_in_every_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
