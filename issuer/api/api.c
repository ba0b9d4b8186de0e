/*
 * api.c - the table of routes of /api/v1.
 */
#include "base/base.h"

#include "issuer/api/api.h"

#include <pthread.h>

#include "base/log.h"
#include "core/api_token.h"
#include "issuer/api/api_resources.h"
#include "issuer/api/openapi.h"

enum {
    SMALL = 64 * 1024 /* a body without a bounce in it */
};

/* name, and what its caller must be allowed; api_NAME is its function. */
#define RESOURCES(X)                     \
 X(diagnose, ACT_DIAGNOSE)               \
 X(case_list, ACT_VIEW_CASES)            \
 X(case_open, ACT_DIAGNOSE)              \
 X(case_show, ACT_VIEW_CASES)            \
 X(case_check, ACT_DIAGNOSE)             \
 X(lease_list, ACT_VIEW_CASES)           \
 X(lease_mint, ACT_MINT)                 \
 X(lease_show, ACT_VIEW_CASES)           \
 X(lease_revoke, ACT_REVOKE)             \
 X(lease_extend, ACT_MINT)               \
 X(lease_link, ACT_MINT)                 \
 X(lease_reveal, ACT_REVEAL)             \
 X(approval_list, ACT_VIEW_CASES)        \
 X(approval_approve, ACT_APPROVE)        \
 X(approval_deny, ACT_APPROVE)           \
 X(shared_list, ACT_VIEW_POOL)           \
 X(shared_add, ACT_CHANGE_POOL)          \
 X(shared_remove, ACT_CHANGE_POOL)       \
 X(pool_list, ACT_VIEW_POOL)             \
 X(pool_add, ACT_CHANGE_POOL)            \
 X(pool_show, ACT_VIEW_POOL)             \
 X(pool_change, ACT_CHANGE_POOL)         \
 X(listing_now, ACT_VIEW_POOL)           \
 X(listing_history, ACT_VIEW_POOL)       \
 X(listing_check, ACT_DIAGNOSE)          \
 X(user_list, ACT_CHANGE_PEOPLE)         \
 X(user_add, ACT_CHANGE_PEOPLE)          \
 X(user_role, ACT_CHANGE_PEOPLE)         \
 X(user_disable, ACT_CHANGE_PEOPLE)      \
 X(user_reset, ACT_CHANGE_PEOPLE)        \
 X(token_list, ACT_CHANGE_PEOPLE)        \
 X(token_create, ACT_CHANGE_PEOPLE)      \
 X(token_revoke, ACT_CHANGE_PEOPLE)      \
 X(audit_list, ACT_VIEW_AUDIT)           \
 X(audit_verify, ACT_VIEW_AUDIT)         \
 X(canary_make, ACT_REVEAL)              \
 X(pool_reach, ACT_VIEW_POOL)            \
 X(health, ACT_VIEW_POOL)                \
 X(guides, ACT_VIEW_POOL)                \
 X(webhook_list, ACT_CHANGE_WEBHOOKS)    \
 X(webhook_add, ACT_CHANGE_WEBHOOKS)     \
 X(webhook_rotate, ACT_CHANGE_WEBHOOKS)  \
 X(webhook_remove, ACT_CHANGE_WEBHOOKS)  \
 X(webhook_enable, ACT_CHANGE_WEBHOOKS)  \
 X(webhook_disable, ACT_CHANGE_WEBHOOKS) \
 X(webhook_test, ACT_CHANGE_WEBHOOKS)    \
 X(webhook_posts, ACT_CHANGE_WEBHOOKS)   \
 X(webhook_again, ACT_CHANGE_WEBHOOKS)   \
 X(config, ACT_VIEW_POOL)                \
 X(metrics, ACT_VIEW_POOL)               \
 X(mta, ACT_VIEW_POOL)

/* A route has no room for what belongs to it, so each resource has a handler of its own. */
#define HANDLER(name, right)                                                   \
 static void on_##name(void *context, struct http_request *request,            \
                       struct http_response *response)                         \
 {                                                                             \
  static const struct resource resource = {.act = (right), .run = api_##name}; \
  api_run(context, &resource, request, response);                              \
 }
RESOURCES(HANDLER)

static void on_openapi(void *context, struct http_request *request,
                       struct http_response *response);

static const struct route routes[] = {
    {HTTP_GET,    "/api/openapi.json",                        on_openapi,          0               },
    {HTTP_POST,   "/api/v1/diagnoses",                        on_diagnose,         JSON_REQUEST_MAX},
    {HTTP_GET,    "/api/v1/cases",                            on_case_list,        0               },
    {HTTP_POST,   "/api/v1/cases",                            on_case_open,        JSON_REQUEST_MAX},
    {HTTP_GET,    "/api/v1/cases/{id}",                       on_case_show,        0               },
    {HTTP_POST,   "/api/v1/cases/{id}/check",                 on_case_check,       SMALL           },
    {HTTP_GET,    "/api/v1/leases",                           on_lease_list,       0               },
    {HTTP_POST,   "/api/v1/leases",                           on_lease_mint,       SMALL           },
    {HTTP_GET,    "/api/v1/leases/{id}",                      on_lease_show,       0               },
    {HTTP_POST,   "/api/v1/leases/{id}/revoke",               on_lease_revoke,     SMALL           },
    {HTTP_POST,   "/api/v1/leases/{id}/extend",               on_lease_extend,     SMALL           },
    {HTTP_POST,   "/api/v1/leases/{id}/link",                 on_lease_link,       SMALL           },
    {HTTP_POST,   "/api/v1/leases/{id}/reveal",               on_lease_reveal,     SMALL           },
    {HTTP_GET,    "/api/v1/approvals",                        on_approval_list,    0               },
    {HTTP_POST,   "/api/v1/approvals/{id}/approve",           on_approval_approve, SMALL           },
    {HTTP_POST,   "/api/v1/approvals/{id}/deny",              on_approval_deny,    SMALL           },
    {HTTP_GET,    "/api/v1/shared",                           on_shared_list,      0               },
    {HTTP_POST,   "/api/v1/shared",                           on_shared_add,       SMALL           },
    {HTTP_DELETE, "/api/v1/shared/{network}",                 on_shared_remove,    SMALL           },
    {HTTP_GET,    "/api/v1/pool",                             on_pool_list,        0               },
    {HTTP_POST,   "/api/v1/pool",                             on_pool_add,         SMALL           },
    {HTTP_GET,    "/api/v1/pool/{address}",                   on_pool_show,        0               },
    {HTTP_POST,   "/api/v1/pool/{address}/{do}",              on_pool_change,      SMALL           },
    {HTTP_GET,    "/api/v1/pool/{address}/reach",             on_pool_reach,       0               },
    {HTTP_POST,   "/api/v1/canaries",                         on_canary_make,      SMALL           },
    {HTTP_GET,    "/api/v1/guides",                           on_guides,           0               },
    {HTTP_GET,    "/api/v1/health",                           on_health,           0               },
    {HTTP_GET,    "/api/v1/listings",                         on_listing_now,      0               },
    {HTTP_GET,    "/api/v1/listings/history",                 on_listing_history,  0               },
    {HTTP_POST,   "/api/v1/listings/check",                   on_listing_check,    SMALL           },
    {HTTP_GET,    "/api/v1/users",                            on_user_list,        0               },
    {HTTP_POST,   "/api/v1/users",                            on_user_add,         SMALL           },
    {HTTP_POST,   "/api/v1/users/{name}/role",                on_user_role,        SMALL           },
    {HTTP_POST,   "/api/v1/users/{name}/disable",             on_user_disable,     SMALL           },
    {HTTP_POST,   "/api/v1/users/{name}/reset",               on_user_reset,       SMALL           },
    {HTTP_GET,    "/api/v1/tokens",                           on_token_list,       0               },
    {HTTP_POST,   "/api/v1/tokens",                           on_token_create,     SMALL           },
    {HTTP_POST,   "/api/v1/tokens/{id}/revoke",               on_token_revoke,     SMALL           },
    {HTTP_GET,    "/api/v1/audit",                            on_audit_list,       0               },
    {HTTP_GET,    "/api/v1/audit/verify",                     on_audit_verify,     0               },
    {HTTP_GET,    "/api/v1/webhooks",                         on_webhook_list,     0               },
    {HTTP_POST,   "/api/v1/webhooks",                         on_webhook_add,      SMALL           },
    {HTTP_POST,   "/api/v1/webhooks/{id}/rotate",             on_webhook_rotate,   SMALL           },
    {HTTP_DELETE, "/api/v1/webhooks/{id}",                    on_webhook_remove,   SMALL           },
    {HTTP_POST,   "/api/v1/webhooks/{id}/enable",             on_webhook_enable,   SMALL           },
    {HTTP_POST,   "/api/v1/webhooks/{id}/disable",            on_webhook_disable,  SMALL           },
    {HTTP_POST,   "/api/v1/webhooks/{id}/test",               on_webhook_test,     SMALL           },
    {HTTP_GET,    "/api/v1/webhooks/{id}/posts",              on_webhook_posts,    0               },
    {HTTP_POST,   "/api/v1/webhooks/{id}/posts/{post}/again", on_webhook_again,    SMALL           },
    {HTTP_GET,    "/api/v1/config",                           on_config,           0               },
    {HTTP_GET,    "/api/v1/metrics",                          on_metrics,          0               },
    {HTTP_GET,    "/api/v1/mta/{server}",                     on_mta,              0               },
};

/* ---- the description ---- */

#define NAMED(resource, right) {#resource, on_##resource, (right)},
static const struct {
    const char *name;
    void (*handle)(void *context, struct http_request *request,
                   struct http_response *response);
    enum act act;
} resources[] = {RESOURCES(NAMED)};
_Static_assert(ARRAY_LEN(resources) + 1 == ARRAY_LEN(routes), "a name a route");

static unsigned scopes_for(enum act act)
{
    unsigned scopes = 0;

    for (int i = 0; i < API_SCOPE_COUNT; i++)
        if (api_scopes_allow(API_SCOPE(i), act))
            scopes |= API_SCOPE(i);
    return scopes;
}

int api_describe(json_t **out, struct error *err)
{
    struct operation operations[ARRAY_LEN(routes)];

    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        operations[i] = (struct operation){.name = "openapi", .route = &routes[i]};
        operations[i].is_open = routes[i].handle == on_openapi;
        for (size_t k = 0; k < ARRAY_LEN(resources); k++)
            if (resources[k].handle == routes[i].handle) {
                operations[i].name = resources[k].name;
                operations[i].scopes = scopes_for(resources[k].act);
            }
    }
    return openapi_describe(operations, ARRAY_LEN(routes), out, err);
}

/* The same for everybody, so it is made once. */
static char *description;

static void describe_once(void)
{
    struct error err = {0};
    json_t *document = NULL;

    if (api_describe(&document, &err) != 0)
        log_event(LOG_LEVEL_ERROR, "api.undescribed", "why", err.text, NULL);
    else
        description = json_dumps(document, JSON_COMPACT);
    json_decref(document);
}

/* To everybody, as /healthz: it says nothing of this host that the source does not, and a generator
 * of clients or a gateway reads it before anybody has a token. */
static void on_openapi(void *context, struct http_request *request,
                       struct http_response *response)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (pthread_once(&once, describe_once) != 0 || description == NULL) {
        api_refuse(context, request, 500, "The description cannot be made.", response);
        return;
    }
    response->status = 200;
    response->content_type = "application/json";
    strbuf_puts(&response->body, description);
    strbuf_putc(&response->body, '\n');
}

void api_site(const struct api *api, struct site *out)
{
    /* The router hands its context on untouched; we only read ours, which its type cannot say. */
    const union {
        const struct api *given;
        void *context;
    } through = {.given = api};

    *out = (struct site){
        .routes = routes,
        .count = ARRAY_LEN(routes),
        .context = through.context,
        .decorate = api_decorate,
        .refuse = api_refuse,
    };
}
