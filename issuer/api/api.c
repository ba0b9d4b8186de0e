/*
 * api.c - the table of routes of /api/v1.
 */
#include "base/base.h"

#include "issuer/api/api.h"

#include "issuer/api/api_resources.h"

enum {
    SMALL = 64 * 1024 /* a body without a bounce in it */
};

/* A route has no room for what belongs to it, so each resource has a handler of its own. */
#define HANDLER(name, right)                                                   \
 static void on_##name(void *context, struct http_request *request,            \
                       struct http_response *response)                         \
 {                                                                             \
  static const struct resource resource = {.act = (right), .run = api_##name}; \
  api_run(context, &resource, request, response);                              \
 }

HANDLER(diagnose, ACT_DIAGNOSE)
HANDLER(case_list, ACT_VIEW_CASES)
HANDLER(case_open, ACT_DIAGNOSE)
HANDLER(case_show, ACT_VIEW_CASES)
HANDLER(case_check, ACT_DIAGNOSE)
HANDLER(lease_list, ACT_VIEW_CASES)
HANDLER(lease_mint, ACT_MINT)
HANDLER(lease_show, ACT_VIEW_CASES)
HANDLER(lease_revoke, ACT_REVOKE)
HANDLER(lease_extend, ACT_MINT)
HANDLER(lease_link, ACT_MINT)
HANDLER(lease_reveal, ACT_REVEAL)
HANDLER(approval_list, ACT_VIEW_CASES)
HANDLER(approval_approve, ACT_APPROVE)
HANDLER(approval_deny, ACT_APPROVE)
HANDLER(shared_list, ACT_VIEW_POOL)
HANDLER(shared_add, ACT_CHANGE_POOL)
HANDLER(shared_remove, ACT_CHANGE_POOL)
HANDLER(pool_list, ACT_VIEW_POOL)
HANDLER(pool_add, ACT_CHANGE_POOL)
HANDLER(pool_show, ACT_VIEW_POOL)
HANDLER(pool_change, ACT_CHANGE_POOL)
HANDLER(listing_now, ACT_VIEW_POOL)
HANDLER(listing_history, ACT_VIEW_POOL)
HANDLER(listing_check, ACT_DIAGNOSE)
HANDLER(user_list, ACT_CHANGE_PEOPLE)
HANDLER(user_add, ACT_CHANGE_PEOPLE)
HANDLER(user_disable, ACT_CHANGE_PEOPLE)
HANDLER(user_reset, ACT_CHANGE_PEOPLE)
HANDLER(token_list, ACT_CHANGE_PEOPLE)
HANDLER(token_create, ACT_CHANGE_PEOPLE)
HANDLER(token_revoke, ACT_CHANGE_PEOPLE)
HANDLER(audit_list, ACT_VIEW_AUDIT)
HANDLER(audit_verify, ACT_VIEW_AUDIT)
HANDLER(canary_make, ACT_REVEAL)
HANDLER(pool_reach, ACT_VIEW_POOL)
HANDLER(health, ACT_VIEW_POOL)
HANDLER(guides, ACT_VIEW_POOL)
HANDLER(webhook_list, ACT_CHANGE_WEBHOOKS)
HANDLER(webhook_add, ACT_CHANGE_WEBHOOKS)
HANDLER(webhook_remove, ACT_CHANGE_WEBHOOKS)
HANDLER(webhook_enable, ACT_CHANGE_WEBHOOKS)
HANDLER(webhook_disable, ACT_CHANGE_WEBHOOKS)
HANDLER(webhook_test, ACT_CHANGE_WEBHOOKS)
HANDLER(webhook_posts, ACT_CHANGE_WEBHOOKS)
HANDLER(webhook_again, ACT_CHANGE_WEBHOOKS)
HANDLER(config, ACT_VIEW_POOL)
HANDLER(metrics, ACT_VIEW_POOL)
HANDLER(mta, ACT_VIEW_POOL)

static const struct route routes[] = {
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
    {HTTP_POST,   "/api/v1/users/{name}/disable",             on_user_disable,     SMALL           },
    {HTTP_POST,   "/api/v1/users/{name}/reset",               on_user_reset,       SMALL           },
    {HTTP_GET,    "/api/v1/tokens",                           on_token_list,       0               },
    {HTTP_POST,   "/api/v1/tokens",                           on_token_create,     SMALL           },
    {HTTP_POST,   "/api/v1/tokens/{id}/revoke",               on_token_revoke,     SMALL           },
    {HTTP_GET,    "/api/v1/audit",                            on_audit_list,       0               },
    {HTTP_GET,    "/api/v1/audit/verify",                     on_audit_verify,     0               },
    {HTTP_GET,    "/api/v1/webhooks",                         on_webhook_list,     0               },
    {HTTP_POST,   "/api/v1/webhooks",                         on_webhook_add,      SMALL           },
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
