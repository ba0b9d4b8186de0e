/*
 * test_openapi.c - the description of the API says what the API does.
 *
 * That every answer is as described is looked at wherever a test of the API asks (api_desk.h).
 */
#include "base/base.h"

#include "tests/unit/api/api_desk.h"

#include "base/embed.h"
#include "core/api_token.h"
#include "core/clearing.h"
#include "core/usage.h"
#include "db/store_webhook.h"
#include "issuer/identity/api_token.h"

static const char *const methods[] = {"get", "get", "post", "delete"};

static json_t *words_of_people(void)
{
    struct slice text = embedded_find(openapi_table, openapi_count, "openapi.json");

    return json_loadb(text.at, text.len, 0, NULL);
}

static void every_route_is_described_and_nothing_else(void **state)
{
    struct desk *desk = *state;
    json_t *paths = json_object_get(desk->document, "paths");
    const char *pattern;
    const char *name;
    json_t *path;
    json_t *value;
    size_t described = 0;

    for (size_t i = 0; i < desk->site.count; i++)
        if (api_schema_operation(desk->document, &desk->site.routes[i]) == NULL)
            fail_msg("%s is not described", desk->site.routes[i].pattern);
    json_object_foreach(paths, pattern, path) {
        described += json_object_size(path);
    }
    assert_int_equal(described, desk->site.count);

    json_t *words = words_of_people();
    char *text = json_dumps(desk->document, JSON_COMPACT);
    json_object_foreach(json_object_get(words, "operations"), name, value) {
        if (strstr(text, arena_printf(&desk->mem, "\"operationId\":\"%s\"", name)) ==
            NULL)
            fail_msg("openapi.json has \"%s\", which is no resource", name);
    }
    json_object_foreach(json_object_get(words, "types"), name, value) {
        bool is_base = strstr(text, arena_printf(&desk->mem, "schemas/%s\"", name)) ==
                       NULL;
        if (is_base)
            fail_msg("nothing is a \"%s\"", name);
    }
    json_object_foreach(json_object_get(words, "parameters"), name, value) {
        if (strstr(text, arena_printf(&desk->mem, "{\"name\":\"%s\",\"in\":", name)) ==
            NULL)
            fail_msg("nobody takes \"%s\"", name);
    }
    free(text);
    json_decref(words);
}

static void every_reference_leads_somewhere(void **state)
{
    struct desk *desk = *state;
    const json_t *schemas = json_object_get(
        json_object_get(desk->document, "components"), "schemas");
    char *text = json_dumps(desk->document, JSON_COMPACT);
    static const char mark[] = "#/components/schemas/";
    size_t count = 0;

    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at, mark)) {
        at += strlen(mark);
        if (json_object_getn(schemas, at, strcspn(at, "\"")) == NULL)
            fail_msg("no type for %.30s", at);
        count++;
    }
    assert_true(count > 40);
    free(text);
}

/* The names of the parameters at one place, with a blank before each. */
static const char *names_in(struct arena *mem, const json_t *operation,
                            const char *where)
{
    const char *names = "";
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(operation, "parameters"), i, one) {
        assert_true(json_is_object(one));
        if (strcmp(json_string_value(json_object_get(one, "in")), where) == 0)
            names = arena_printf(mem, "%s%s%s", names, names[0] ? " " : "",
                                 json_string_value(json_object_get(one, "name")));
    }
    return names;
}

static const char *type_for(char letter)
{
    static const struct {
        char letter;
        const char *type;
    } rows[] = {
        {'s', "string" },
        {'I', "integer"},
        {'b', "boolean"},
        {'o', "array"  }
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].letter == letter)
            return rows[i].type;
    return "";
}

static bool is_listed(const json_t *array, const char *text)
{
    json_t *one;
    size_t i;

    json_array_foreach(array, i, one) {
        if (strcmp(json_string_value(one), text) == 0)
            return true;
    }
    return false;
}

/* The body of the document has the fields that the resource unpacks, no more and no fewer. */
static void body_is_as_told(const char *pattern, const json_t *operation,
                            const struct api_told *told)
{
    const json_t *content = json_object_get(
        json_object_get(json_object_get(operation, "requestBody"), "content"),
        "application/json");
    const json_t *schema = json_object_get(content, "schema");
    const json_t *properties = json_object_get(schema, "properties");
    const char *at = told->format;
    size_t count = 0;

    for (; told->names[count] != NULL; count++) {
        const char *name = told->names[count];
        const json_t *one = json_object_get(properties, name);
        at = strchr(at, 's');
        bool is_needed = at[1] == ':';
        at += 1 + strcspn(at + 1, "soIb");
        if (one == NULL ||
            strcmp(json_string_value(json_object_get(one, "type")), type_for(*at)) != 0)
            fail_msg("%s: \"%s\" is read as %s", pattern, name, type_for(*at));
        if (is_needed != is_listed(json_object_get(schema, "required"), name))
            fail_msg("%s: \"%s\": needed or not", pattern, name);
        at++;
    }
    count += json_object_get(properties, "on_behalf_of") != NULL;
    if (json_object_size(properties) != count)
        fail_msg("%s: %zu fields are described, %zu read", pattern,
                 json_object_size(properties), count);
}

/* A path that fits the pattern: a number is a name, too. */
static const char *filled(struct arena *mem, const char *pattern)
{
    struct slice rest = slice_from(pattern + 1);
    struct slice piece;
    const char *path = "";

    while (slice_cut(&rest, '/', &piece))
        path = arena_printf(mem, "%s/%s", path,
                            slice_starts(piece, "{") ? "1" : arena_slice(mem, piece));
    return path;
}

/* Each resource is run until it says what it reads. */
static void what_a_request_may_hold_is_what_its_resource_reads(void **state)
{
    struct desk *desk = *state;
    struct api_told told;
    size_t queries = 0;
    size_t bodies = 0;

    desk->api.told = &told;
    for (size_t i = 0; i < desk->site.count; i++) {
        const struct route *route = &desk->site.routes[i];
        const json_t *operation = api_schema_operation(desk->document, route);
        if (strcmp(route->pattern, "/api/openapi.json") == 0)
            continue;
        told = (struct api_told){0};
        desk->key = "k";
        (void)ask(desk, route->method, filled(&desk->mem, route->pattern),
                  route->method == HTTP_POST ? "{}" : NULL);
        assert_int_equal(desk->response.status, 422);
        assert_true((told.query != NULL) != (told.format != NULL));
        assert_true((told.format != NULL) == (route->method == HTTP_POST));
        assert_true((told.format != NULL) ==
                    (json_object_get(operation, "requestBody") != NULL));
        if (told.format != NULL)
            body_is_as_told(route->pattern, operation, &told);
        else if (strcmp(names_in(&desk->mem, operation, "query"), told.query) != 0)
            fail_msg("%s: reads %s", route->pattern, told.query);
        queries += told.query != NULL && told.query[0] != '\0';
        bodies += told.names[0] != NULL;
    }
    assert_true(queries > 10);
    assert_true(bodies > 10);
}

static void only_giving_a_lease_takes_an_idempotency_key(void **state)
{
    struct desk *desk = *state;

    for (size_t i = 0; i < desk->site.count; i++) {
        const struct route *route = &desk->site.routes[i];
        bool is_mint = strcmp(route->pattern, "/api/v1/leases") == 0 &&
                       route->method == HTTP_POST;
        assert_string_equal(
            names_in(&desk->mem, api_schema_operation(desk->document, route), "header"),
            is_mint ? "Idempotency-Key" : "");
    }
}

#define NAMES_OF(name, function)         \
 static const char *name(unsigned which) \
 {                                       \
  return function(which);                \
 }
NAMES_OF(lease_states, lease_state_name)
NAMES_OF(deliveries, lease_delivery_name)
NAMES_OF(proofs, lease_proof_name)
NAMES_OF(words, lease_word_name)
NAMES_OF(classes, evidence_class_name)
NAMES_OF(results, check_result_name)
NAMES_OF(listings, listing_state_name)
NAMES_OF(pool_states, pool_state_name)
NAMES_OF(bases, clearing_basis_name)
NAMES_OF(approvals, approval_state_name)
NAMES_OF(roles, role_name)
NAMES_OF(scopes, api_scope_name)
NAMES_OF(kinds, error_kind_name)
NAMES_OF(posts, post_state_name)
NAMES_OF(usages, usage_kind_name)
NAMES_OF(tokens, token_state_name)

static void a_choice_has_the_words_of_the_program(void **state)
{
    static const struct {
        const char *type, *field;
        const char *(*name)(unsigned which);
        unsigned count;
    } cases[] = {
        {"Lease",       "state",     lease_states, LEASE_STATE_COUNT   },
        {"Lease",       "delivery",  deliveries,   DELIVERY_COUNT      },
        {"Lease",       "proof",     proofs,       PROOF_COUNT         },
        {"Said",        "said",      words,        LEASE_WORD_COUNT    },
        {"Evidence",    "class",     classes,      CLASS_COUNT         },
        {"Check",       "result",    results,      CHECK_RESULT_COUNT  },
        {"Reach",       "will_work", results,      CHECK_RESULT_COUNT  },
        {"Listing",     "state",     listings,     LISTING_STATE_COUNT },
        {"CaseListing", "state",     listings,     LISTING_STATE_COUNT },
        {"Address",     "state",     pool_states,  POOL_STATE_COUNT    },
        {"Clears",      "basis",     bases,        CLEARING_BASIS_COUNT},
        {"Approval",    "state",     approvals,    APPROVAL_STATE_COUNT},
        {"Person",      "role",      roles,        ROLE_COUNT          },
        {"Scope",       NULL,        scopes,       API_SCOPE_COUNT     },
        {"Problem",     "kind",      kinds,        ERROR_KIND_COUNT    },
        {"Post",        "state",     posts,        POST_STATE_COUNT    },
        {"Usage",       "kind",      usages,       USAGE_KIND_COUNT    },
        {"Token",       "state",     tokens,       TOKEN_STATE_COUNT   },
    };
    struct desk *desk = *state;
    const json_t *schemas = json_object_get(
        json_object_get(desk->document, "components"), "schemas");

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const json_t *type = json_object_get(schemas, cases[i].type);
        if (cases[i].field != NULL)
            type = json_object_get(json_object_get(type, "properties"), cases[i].field);
        const json_t *values = json_object_get(type, "enum");
        for (unsigned k = 0; k < cases[i].count; k++)
            if (!is_listed(values, cases[i].name(k)))
                fail_msg("%s lacks %s", cases[i].type, cases[i].name(k));
        assert_int_equal(json_array_size(values), cases[i].count);
    }
}

static void it_says_what_a_token_needs(void **state)
{
    static const struct {
        enum http_method method;
        const char *pattern, *security;
    } cases[] = {
        {HTTP_POST, "/api/v1/leases",             "[{\"token\":[\"lease:create\"]}]"},
        {HTTP_GET,  "/api/v1/cases",
         "[{\"token\":[\"diagnose\"]},{\"token\":[\"lease:create\"]},{\"token\":[\"lease:"
         "revoke\"]}]"                                                              },
        {HTTP_GET,  "/api/v1/users",              "[]"                              },
        {HTTP_POST, "/api/v1/leases/{id}/reveal", "[]"                              },
        {HTTP_GET,  "/api/openapi.json",          "[]"                              },
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const json_t *path = json_object_get(json_object_get(desk->document, "paths"),
                                             cases[i].pattern);
        const json_t *operation = json_object_get(path, methods[cases[i].method]);
        char *security = json_dumps(json_object_get(operation, "security"),
                                    JSON_COMPACT);
        bool is_local = json_object_get(operation, "servers") != NULL;
        assert_string_equal(security, cases[i].security);
        assert_true(is_local == (strcmp(security, "[]") == 0 &&
                                 strstr(cases[i].pattern, "openapi") == NULL));
        free(security);
    }
}

static void everybody_may_read_it_on_both_doors(void **state)
{
    struct desk *desk = *state;

    desk->uid = geteuid() + 4711;
    assert_int_equal(ask(desk, HTTP_GET, "/api/openapi.json", NULL), 200);
    assert_string_equal(text(desk, "openapi"), "3.1.0");
    assert_string_equal(desk->response.content_type, "application/json");
    desk->api.wants_token = true;
    desk->is_tcp = true;
    assert_int_equal(ask(desk, HTTP_GET, "/api/openapi.json", NULL), 200);
    assert_true(json_equal(desk->json, desk->document));
    /* Nothing of this host, nor which version it runs. */
    assert_null(strstr(desk->response.body.at, CLEANSMTP_VERSION "\""));
    assert_null(strstr(desk->response.body.at, app_config(desk->api.app)->state_dir));
    assert_int_equal(ask(desk, HTTP_POST, "/api/openapi.json", "{}"), 405);
}

static int open_walk(void **state)
{
    return open_desk(state, "policy { console_reveal = yes log_proof = required }");
}

/* How often each route gave what it is there for. */
static void walked(struct desk *desk, enum http_method method, const char *target,
                   unsigned *seen)
{
    struct slice params[HTTP_PARAMS_MAX];
    struct slice rest = slice_from(target);
    struct slice path;
    bool exists;

    slice_cut(&rest, '?', &path);
    const struct route *route = router_match(&desk->site, method, path, params,
                                             &exists);
    assert_non_null(route);
    seen[route - desk->site.routes]++;
}

/* One day with the API: whatever it can do, in an order in which it works. */
static const struct {
    enum http_method method;
    unsigned status;
    const char *target, *body;
} steps[] = {
    {HTTP_GET,    200, "/api/openapi.json",                                NULL                                  },
    {HTTP_GET,    200, "/api/v1/health",                                   NULL                                  },
    {HTTP_GET,    200, "/api/v1/config",                                   NULL                                  },
    {HTTP_GET,    200, "/api/v1/metrics",                                  NULL                                  },
    {HTTP_GET,    200, "/api/v1/guides?limit=3",                           NULL                                  },
    {HTTP_GET,    200, "/api/v1/mta/postfix",                              NULL                                  },
    {HTTP_POST,   200, "/api/v1/diagnoses",                                BLOCKED                               },
    {HTTP_POST,   201, "/api/v1/shared",                                   "{\"network\":\"198.51.100.0/24\"}"   },
    {HTTP_GET,    200, "/api/v1/shared",                                   NULL                                  },
    {HTTP_DELETE, 204, "/api/v1/shared/198.51.100.0%2F24",                 NULL                                  },
    {HTTP_POST,   201, "/api/v1/pool",
     "{\"address\":\"203.0.113.77\",\"lane\":\"clean7\",\"helo\":\"out7.example\"}"                              },
    {HTTP_POST,   200, "/api/v1/pool/203.0.113.77/drain",                  "{\"reason\":\"old\"}"                },
    {HTTP_GET,    200, "/api/v1/pool",                                     NULL                                  },
    {HTTP_GET,    200, "/api/v1/pool/" FIXTURE_RESERVED,                   NULL                                  },
    {HTTP_GET,    200, "/api/v1/pool/" FIXTURE_RESERVED "/reach",          NULL                                  },
    {HTTP_POST,   200, "/api/v1/listings/check",                           "{\"address\":\"" FIXTURE_SHARED "\"}"},
    {HTTP_GET,    200, "/api/v1/listings",                                 NULL                                  },
    {HTTP_GET,    200, "/api/v1/listings/history?address=" FIXTURE_SHARED, NULL                                  },
    {HTTP_POST,   201, "/api/v1/webhooks",
     "{\"url\":\"https://desk.example/hook\",\"events\":[\"case.created\"]}"                                     },
    {HTTP_POST,   200, "/api/v1/webhooks/1/test",                          NULL                                  },
    {HTTP_POST,   201, "/api/v1/cases",                                    BLOCKED                               },
    {HTTP_POST,   200, "/api/v1/cases/1/check",                            NULL                                  },
    {HTTP_GET,    200, "/api/v1/cases",                                    NULL                                  },
    {HTTP_GET,    200, "/api/v1/webhooks/1/posts",                         NULL                                  },
    {HTTP_POST,   200, "/api/v1/webhooks/1/posts/1/again",                 NULL                                  },
    {HTTP_POST,   200, "/api/v1/webhooks/1/rotate",                        "{\"for\":\"1h\"}"                    },
    {HTTP_POST,   200, "/api/v1/webhooks/1/disable",                       NULL                                  },
    {HTTP_POST,   200, "/api/v1/webhooks/1/enable",                        NULL                                  },
    {HTTP_GET,    200, "/api/v1/webhooks",                                 NULL                                  },
    {HTTP_DELETE, 204, "/api/v1/webhooks/1",                               NULL                                  },
    {HTTP_POST,   201, "/api/v1/users",                                    "{\"name\":\"bo\",\"role\":\"lead\"}" },
    {HTTP_GET,    200, "/api/v1/users",                                    NULL                                  },
    {HTTP_POST,   201, "/api/v1/tokens",
     "{\"name\":\"desk\",\"owner\":\"bo\",\"scopes\":[\"lease:create\"]}"                                        },
    {HTTP_POST,   202, "/api/v1/leases",                                   "{\"case\":1}"                        }, /* with that token */
    {HTTP_POST,   202, "/api/v1/leases",
     "{\"case\":1,\"mailbox\":\"ben@kunde.example\"}"                                                            },
    {HTTP_GET,    200, "/api/v1/approvals",                                NULL                                  },
    {HTTP_POST,   200, "/api/v1/approvals/1/approve",                      "{\"reason\":\"known\"}"              },
    {HTTP_POST,   200, "/api/v1/approvals/2/deny",                         "{\"reason\":\"twice\"}"              },
    {HTTP_POST,   200, "/api/v1/leases/1/link",                            NULL                                  },
    {HTTP_POST,   200, "/api/v1/leases/1/reveal",                          NULL                                  },
    {HTTP_POST,   200, "/api/v1/leases/1/extend",                          "{\"for\":\"1h\"}"                    },
    {HTTP_GET,    200, "/api/v1/leases/1",                                 NULL                                  },
    {HTTP_GET,    200, "/api/v1/leases?case=1",                            NULL                                  },
    {HTTP_GET,    200, "/api/v1/cases/1",                                  NULL                                  },
    {HTTP_POST,   200, "/api/v1/leases/1/revoke",                          "{\"reason\":\"over\"}"               },
    {HTTP_POST,   201, "/api/v1/canaries",
     "{\"address\":\"" FIXTURE_RESERVED "\",\"recipient\":\"a@b.example\"}"                                      },
    {HTTP_GET,    200, "/api/v1/tokens",                                   NULL                                  },
    {HTTP_POST,   200, "/api/v1/tokens/1/revoke",                          NULL                                  },
    {HTTP_POST,   200, "/api/v1/users/bo/role",                            "{\"role\":\"agent\"}"                },
    {HTTP_POST,   200, "/api/v1/users/bo/reset",                           NULL                                  },
    {HTTP_POST,   200, "/api/v1/users/bo/disable",                         NULL                                  },
    {HTTP_GET,    200, "/api/v1/audit?after=2&limit=5",                    NULL                                  },
    {HTTP_GET,    200, "/api/v1/audit/verify",                             NULL                                  },
};

static void every_operation_answers_as_described(void **state)
{
    struct desk *desk = *state;
    unsigned seen[128] = {0};
    const char *token = NULL;

    assert_true(desk->site.count < ARRAY_LEN(seen));
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        bool by_token = steps[i].status == 202;
        desk->key = arena_printf(&desk->mem, "k%zu", i);
        desk->api.wants_token = desk->is_tcp = by_token;
        desk->authorization = by_token ? token : NULL;
        if (ask(desk, steps[i].method, steps[i].target, steps[i].body) !=
            steps[i].status)
            fail_msg("%s: %s", steps[i].target, desk->response.body.at);
        if (json_object_get(desk->json, "token") != NULL)
            token = arena_printf(&desk->mem, "Bearer %s", text(desk, "token"));
        walked(desk, steps[i].method, steps[i].target, seen);
    }
    for (size_t i = 0; i < desk->site.count; i++)
        if (seen[i] == 0)
            fail_msg("%s was not asked", desk->site.routes[i].pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK(every_route_is_described_and_nothing_else),
        DESK(every_reference_leads_somewhere),
        DESK(what_a_request_may_hold_is_what_its_resource_reads),
        DESK(only_giving_a_lease_takes_an_idempotency_key),
        DESK(a_choice_has_the_words_of_the_program),
        DESK(it_says_what_a_token_needs),
        DESK(everybody_may_read_it_on_both_doors),
        cmocka_unit_test_setup_teardown(every_operation_answers_as_described, open_walk,
                                        close_desk),
    };

    return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
