/*
 * test_api_token_gate.c - the API on the console's listener: tokens, their scopes, and both names.
 */
#include "base/base.h"

#include "tests/unit/api/api_desk.h"

/* From now on requests come to the console's listener with a new token of lea, a lead. */
static void take_token(struct desk *desk, const char *scopes)
{
    desk->api.wants_token = false;
    desk->is_tcp = false;
    desk->authorization = NULL;
    (void)ask(desk, HTTP_POST, "/api/v1/users", "{\"name\":\"lea\",\"role\":\"lead\"}");
    assert_int_equal(
        ask(desk, HTTP_POST, "/api/v1/tokens",
            arena_printf(&desk->mem,
                         "{\"name\":\"Zammad\",\"owner\":\"lea\",\"scopes\":[%s]}",
                         scopes)),
        201);
    assert_true(desk->response.is_secret);
    desk->authorization = arena_printf(&desk->mem, "Bearer %s", text(desk, "token"));
    desk->api.wants_token = true;
    desk->is_tcp = true;
}

static void on_the_console_only_a_token_opens_the_api(void **state)
{
    struct desk *desk = *state;

    take_token(desk, "\"pool:read\"");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 200);
    desk->authorization = NULL;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 401);
    assert_string_equal(header(desk, "WWW-Authenticate"), "Bearer realm=\"cleansmtp\"");
    assert_string_equal(desk->response.content_type, "application/problem+json");
    /* The proxy in front may well be root. */
    desk->is_tcp = false;
    desk->uid = 0;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 401);
    desk->authorization = "Basic cm9vdDpyb290";
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 401);
    desk->authorization =
        "Bearer csat_00000000000000000000000000000000000000000000hiUEu";
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 401);
    assert_non_null(strstr(header(desk, "WWW-Authenticate"), "invalid_token"));
}

/* The owner's role of now counts, not that of when it was made. */
static void a_token_has_what_its_owners_new_role_allows(void **state)
{
    struct desk *desk = *state;

    take_token(desk, "\"audit:read\",\"pool:read\"");
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit", NULL), 200);
    desk->api.wants_token = false;
    desk->is_tcp = false;
    assert_int_equal(
        ask(desk, HTTP_POST, "/api/v1/users/lea/role", "{\"role\":\"agent\"}"), 200);
    desk->api.wants_token = true;
    desk->is_tcp = true;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit", NULL), 403);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 200);
}

static void on_the_local_socket_a_token_counts_nothing(void **state)
{
    struct desk *desk = *state;

    take_token(desk, "\"pool:read\"");
    desk->api.wants_token = false;
    desk->is_tcp = false;
    desk->uid = geteuid() + 4711;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 403);
}

static void a_scope_that_lacks_is_403_and_in_the_audit_log(void **state)
{
    struct desk *desk = *state;
    static const struct {
        enum http_method method;
        const char *target;
    } rows[] = {
        {HTTP_GET,  "/api/v1/audit"                  },
        {HTTP_POST, "/api/v1/leases"                 },
        {HTTP_GET,  "/api/v1/users"                  },
        {HTTP_GET,  "/api/v1/tokens"                 },
        {HTTP_POST, "/api/v1/pool/203.0.113.9/retire"},
    };

    take_token(desk, "\"diagnose\"");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(ask(desk, rows[i].method, rows[i].target,
                             rows[i].method == HTTP_POST ? "{}" : NULL),
                         403);
        assert_string_equal(text(desk, "kind"), "denied");
    }
    /* The sixth within a moment waits, and is not written down. */
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit", NULL), 429);
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/diagnoses", BLOCKED), 200);
    desk->authorization = NULL;
    desk->api.wants_token = false;
    desk->is_tcp = false;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit?tail=6", NULL), 200);
    const json_t *items = json_object_get(desk->json, "items");
    assert_int_equal(json_array_size(items), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *item = json_array_get(items, i);
        assert_string_equal(json_string_value(json_object_get(item, "action")),
                            i < 5 ? "token.refused" : "token.create");
        assert_string_equal(json_string_value(json_object_get(item, "object")),
                            "token:1");
    }
}

static void both_names_are_kept(void **state)
{
    static const char *const broken[] = {"", "a b", "ben\\n", "b\u00e9n"};
    struct desk *desk = *state;

    take_token(desk, "\"diagnose\",\"lease:create\"");
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases", BLOCKED), 201);
    assert_int_equal(mint(desk, "k1",
                          "{\"case\":1,\"mailbox\":\"anna@kunde.example\","
                          "\"on_behalf_of\":\"ben@desk.example\"}"),
                     201);
    assert_string_equal(text(desk, "created_by"),
                        "agent:lea token:1 for:ben@desk.example");
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        assert_int_equal(
            ask(desk, HTTP_POST, "/api/v1/cases",
                arena_printf(&desk->mem, "{\"bounce\":\"x\",\"on_behalf_of\":\"%s\"}",
                             broken[i])),
            400);
    desk->authorization = NULL;
    desk->api.wants_token = false;
    desk->is_tcp = false;
    /* Who comes by the local socket has a name of his own. */
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/cases",
                         "{\"bounce\":\"x\",\"on_behalf_of\":\"ben\"}"),
                     400);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/audit?tail=1", NULL), 200);
    const json_t *last = json_array_get(json_object_get(desk->json, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(last, "actor")),
                        "agent:lea token:1 for:ben@desk.example");
}

static void a_revoked_token_stops_at_once(void **state)
{
    struct desk *desk = *state;

    take_token(desk, "\"pool:read\"");
    const char *authorization = desk->authorization;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 200);
    desk->authorization = NULL;
    desk->api.wants_token = false;
    desk->is_tcp = false;
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/tokens/1/revoke", "{}"), 200);
    assert_string_equal(text(desk, "state"), "revoked");
    assert_int_equal(ask(desk, HTTP_POST, "/api/v1/tokens/1/revoke", "{}"), 409);
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/tokens", NULL), 200);
    assert_null(strstr(desk->response.body.at, "csat_"));
    desk->authorization = authorization;
    desk->api.wants_token = true;
    desk->is_tcp = true;
    assert_int_equal(ask(desk, HTTP_GET, "/api/v1/pool", NULL), 401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK(on_the_console_only_a_token_opens_the_api),
        DESK(a_token_has_what_its_owners_new_role_allows),
        DESK(on_the_local_socket_a_token_counts_nothing),
        DESK(a_scope_that_lacks_is_403_and_in_the_audit_log),
        DESK(both_names_are_kept),
        DESK(a_revoked_token_stops_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
