/*
 * web.c - the two sites: their routes, their headers, what both have.
 */
#include "base/base.h"

#include "issuer/web/web.h"

#include "base/limits.h"
#include "issuer/observe/metrics.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

enum {
    SMALL = 16 * 1024 /* a form without a bounce */
};

/* ---- headers ---- */

static bool is_https(const char *url)
{
    return slice_starts(slice_from(url), "https:");
}

/* Nothing inline, nothing from elsewhere, no frame around us; forms and scripts go to ourselves
 * only. Text becomes elements in one place: live.js on the console, by the policy cs-live. */
#define POLICY(types)                                                                \
 "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "         \
 "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " \
 "require-trusted-types-for 'script'; trusted-types " types

static void put_security_headers(struct http_response *response, const char *url)
{
    static const char *const headers[][2] = {
        {"Referrer-Policy",              "no-referrer"                     },
        {"X-Content-Type-Options",       "nosniff"                         },
        {"Cross-Origin-Opener-Policy",   "same-origin"                     },
        {"Cross-Origin-Resource-Policy", "same-origin"                     },
        {"Permissions-Policy",
         "clipboard-write=(self), camera=(), microphone=(), geolocation=()"},
        {"X-Robots-Tag",                 "noindex"                         },
    };
    bool has_cache_control = false;

    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        http_header(response, headers[i][0], headers[i][1]);
    for (size_t i = 0; i < response->headers_count; i++)
        if (strcmp(response->headers[i].name, "Cache-Control") == 0)
            has_cache_control = true;
    if (!has_cache_control)
        http_header(response, "Cache-Control", "no-store");
    if (is_https(url))
        http_header(response, "Strict-Transport-Security",
                    "max-age=63072000; includeSubDomains");
}

static void decorate_console(void *context, const struct http_request *request UNUSED,
                             struct http_response *response)
{
    const struct web *web = context;

    http_header(response, "Content-Security-Policy", POLICY("cs-live"));
    put_security_headers(response, app_config(web->app)->console.url);
}

static void decorate_customer(void *context, const struct http_request *request UNUSED,
                              struct http_response *response)
{
    const struct web *web = context;

    http_header(response, "Content-Security-Policy", POLICY("'none'"));
    put_security_headers(response, app_config(web->app)->customer.url);
}

/* ---- refusals ---- */

static void refuse_console(void *context, struct http_request *request, unsigned status,
                           const char *sentence, struct http_response *response)
{
    static const struct {
        unsigned status;
        const char *key;
    } rows[] = {
        {404, "console.error.no_page"   },
        {405, "console.error.no_method" },
        {413, "console.error.large_form"},
        {500, "console.error.large_page"},
    };
    struct page page;
    enum error_kind kind = status == 404 ? ERROR_NOT_FOUND : ERROR_INVALID;
    struct error err = {0};

    page_begin(&page, context, request, response);
    /* The router speaks to every site; what it says in English is the last resort. */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            sentence = speak(&page, rows[i].key);
    (void)!error_set(&err, kind, "%s", sentence);
    page_fail(&page, &err);
    page_done(&page);
    response->status = status;
}

static void refuse_customer(void *context, struct http_request *request,
                            unsigned status, const char *sentence,
                            struct http_response *response)
{
    customer_refuse(context, request, status, sentence, response);
}

/* ---- static files ---- */

static void static_file(void *context UNUSED, struct http_request *request,
                        struct http_response *response)
{
    struct asset asset;
    const char *name = arena_printf(request->mem, "static/%.*s",
                                    (int)request->params[0].len, request->params[0].at);

    if (!asset_find(name, &asset)) {
        response->status = 404;
        response->content_type = "text/plain; charset=utf-8";
        strbuf_puts(&response->body, "There is no such file.\n");
        return;
    }
    /* Short: a new version's page must not meet the old one's stylesheet for long. */
    http_header(response, "Cache-Control", "max-age=300");
    http_header(response, "ETag", arena_strdup(request->mem, asset.etag));
    if (slice_is(request->if_none_match, asset.etag)) {
        response->status = 304;
        return;
    }
    response->status = 200;
    response->content_type = asset.content_type;
    strbuf_add_slice(&response->body, asset.bytes);
}

/* ---- health ---- */

static void answer_text(struct http_response *response, unsigned status,
                        const char *text)
{
    response->status = status;
    response->content_type = "text/plain; charset=utf-8";
    strbuf_printf(&response->body, "%s\n", text);
}

static void health(void *context UNUSED, struct http_request *request UNUSED,
                   struct http_response *response)
{
    answer_text(response, 200, "ok");
}

struct readiness {
    struct arena *mem;
    int64_t now;
    size_t usable;
};

/* In the writing transaction: a database that takes no write takes no audit record. */
static int look_ready(struct store *store, void *context, struct error *err)
{
    struct readiness *r = context;
    struct pool_address *pool = NULL;
    size_t count = 0;

    r->usable = 0;
    if (store_pool_list(store, r->mem, r->now, &pool, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        r->usable += pool_state_may_send(pool[i].state);
    return 0;
}

static void ready(void *context, struct http_request *request,
                  struct http_response *response)
{
    const struct web *web = context;
    struct readiness r = {.mem = request->mem, .now = app_now(web->app)};
    struct error err = {0};

    if (app_write(web->app, look_ready, &r, &err) != 0)
        answer_text(response, 503, "not ready: the database cannot be written");
    else if (r.usable == 0)
        answer_text(response, 503, "not ready: the pool is empty");
    else
        answer_text(response, 200,
                    arena_printf(r.mem, "ready\n%s", watch_sentence(web->app, r.mem)));
}

static void metrics(void *context, struct http_request *request,
                    struct http_response *response)
{
    const struct web *web = context;
    struct error err = {0};

    response->status = 200;
    response->content_type = METRICS_TYPE;
    if (metrics_write(web->app, request->mem, &response->body, &err) != 0) {
        strbuf_reset(&response->body);
        answer_text(response, 503, "the figures cannot be read");
    }
}

/* ---- routes ---- */

/* NOLINTBEGIN(bugprone-macro-parentheses): initialisers and names, not expressions */
#define PAGE(name, page_access, page_act)                           \
 static void on_##name(void *context, struct http_request *request, \
                       struct http_response *response)              \
 {                                                                  \
  static const struct page_kind kind = {                            \
      .run = page_##name, .access = page_access, .act = page_act};  \
  page_run(context, &kind, request, response);                      \
 }
/* NOLINTEND(bugprone-macro-parentheses) */

PAGE(sign_in, PAGE_OPEN, ACT_VIEW_CASES)
PAGE(sign_in_post, PAGE_OPEN, ACT_VIEW_CASES)
PAGE(sign_out, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(set_up, PAGE_OPEN, ACT_VIEW_CASES)
PAGE(set_up_post, PAGE_OPEN, ACT_VIEW_CASES)
PAGE(today, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(cases, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(leases, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(today_live, PAGE_LIVE, ACT_VIEW_CASES)
PAGE(case_live, PAGE_LIVE, ACT_VIEW_CASES)
PAGE(pool_live, PAGE_LIVE, ACT_VIEW_POOL)
PAGE(case_open, PAGE_SIGNED_IN, ACT_DIAGNOSE)
PAGE(case, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(case_check, PAGE_SIGNED_IN, ACT_DIAGNOSE)
PAGE(case_note, PAGE_SIGNED_IN, ACT_DIAGNOSE)
PAGE(lease_mint, PAGE_SIGNED_IN, ACT_MINT)
PAGE(lease_revoke, PAGE_SIGNED_IN, ACT_REVOKE)
PAGE(lease_link, PAGE_SIGNED_IN, ACT_MINT)
PAGE(lease_extend, PAGE_SIGNED_IN, ACT_MINT)
PAGE(approvals, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(approval_answer, PAGE_SIGNED_IN, ACT_APPROVE)
PAGE(pool, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(address, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(address_check, PAGE_SIGNED_IN, ACT_DIAGNOSE)
PAGE(address_state, PAGE_SIGNED_IN, ACT_CHANGE_POOL)
PAGE(listings, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(keys, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(audit, PAGE_SIGNED_IN, ACT_VIEW_AUDIT)
PAGE(settings, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(settings_policy, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(settings_lists, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(settings_lists_test, PAGE_SIGNED_IN, ACT_DIAGNOSE)
PAGE(settings_messages, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(settings_server, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(settings_recipe, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(settings_host, PAGE_SIGNED_IN, ACT_VIEW_POOL)
PAGE(webhooks, PAGE_SIGNED_IN, ACT_CHANGE_WEBHOOKS)
PAGE(webhook_add, PAGE_SIGNED_IN, ACT_CHANGE_WEBHOOKS)
PAGE(webhook, PAGE_SIGNED_IN, ACT_CHANGE_WEBHOOKS)
PAGE(webhook_rotate, PAGE_SIGNED_IN, ACT_CHANGE_WEBHOOKS)
PAGE(webhook_do, PAGE_SIGNED_IN, ACT_CHANGE_WEBHOOKS)
PAGE(webhook_again, PAGE_SIGNED_IN, ACT_CHANGE_WEBHOOKS)
PAGE(people, PAGE_SIGNED_IN, ACT_CHANGE_PEOPLE)
PAGE(people_add, PAGE_SIGNED_IN, ACT_CHANGE_PEOPLE)
PAGE(people_reset, PAGE_SIGNED_IN, ACT_CHANGE_PEOPLE)
PAGE(people_role, PAGE_SIGNED_IN, ACT_CHANGE_PEOPLE)
PAGE(people_disable, PAGE_SIGNED_IN, ACT_CHANGE_PEOPLE)
PAGE(profile, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(profile_look, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(profile_password, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(profile_sessions, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(tokens, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(tokens_create, PAGE_SIGNED_IN, ACT_VIEW_CASES)
PAGE(tokens_revoke, PAGE_SIGNED_IN, ACT_VIEW_CASES)

#define CUSTOMER(name)                                                       \
 static void on_customer_##name(void *context, struct http_request *request, \
                                struct http_response *response)              \
 {                                                                           \
  customer_##name(context, request, response);                               \
 }

CUSTOMER(ask)
CUSTOMER(opened)
CUSTOMER(reveal)
CUSTOMER(again)
CUSTOMER(say)
CUSTOMER(login)
CUSTOMER(brand)

static const struct route console_routes[] = {
    {HTTP_GET,  "/",                               on_today,               0       },
 /* Text that was typed when the session ended comes along. */
    {HTTP_POST, "/sign-in",                        on_sign_in_post,        FORM_MAX},
    {HTTP_GET,  "/sign-in",                        on_sign_in,             0       },
    {HTTP_POST, "/sign-out",                       on_sign_out,            SMALL   },
    {HTTP_GET,  "/set-up/{token}",                 on_set_up,              0       },
    {HTTP_POST, "/set-up/{token}",                 on_set_up_post,         SMALL   },
    {HTTP_GET,  "/cases",                          on_cases,               0       },
    {HTTP_GET,  "/cases.csv",                      on_cases,               0       },
    {HTTP_GET,  "/cases.json",                     on_cases,               0       },
    {HTTP_POST, "/cases",                          on_case_open,           FORM_MAX},
    {HTTP_GET,  "/cases/{n}",                      on_case,                0       },
    {HTTP_POST, "/cases/{n}/check",                on_case_check,          SMALL   },
    {HTTP_POST, "/cases/{n}/notes",                on_case_note,           SMALL   },
    {HTTP_POST, "/cases/{n}/leases",               on_lease_mint,          SMALL   },
    {HTTP_GET,  "/leases",                         on_leases,              0       },
    {HTTP_GET,  "/leases.csv",                     on_leases,              0       },
    {HTTP_GET,  "/leases.json",                    on_leases,              0       },
    {HTTP_POST, "/leases/{id}/revoke",             on_lease_revoke,        SMALL   },
    {HTTP_POST, "/leases/{id}/extend",             on_lease_extend,        SMALL   },
    {HTTP_POST, "/leases/{id}/link",               on_lease_link,          SMALL   },
    {HTTP_GET,  "/approvals",                      on_approvals,           0       },
    {HTTP_POST, "/approvals/{id}/answer",          on_approval_answer,     SMALL   },
    {HTTP_GET,  "/live/today",                     on_today_live,          0       },
    {HTTP_GET,  "/live/cases/{n}",                 on_case_live,           0       },
    {HTTP_GET,  "/live/pool",                      on_pool_live,           0       },
    {HTTP_GET,  "/pool",                           on_pool,                0       },
    {HTTP_GET,  "/pool/{address}",                 on_address,             0       },
    {HTTP_POST, "/pool/{address}/check",           on_address_check,       SMALL   },
    {HTTP_POST, "/pool/{address}/state",           on_address_state,       SMALL   },
    {HTTP_GET,  "/listings",                       on_listings,            0       },
    {HTTP_GET,  "/keys",                           on_keys,                0       },
    {HTTP_GET,  "/me",                             on_profile,             0       },
    {HTTP_POST, "/me/look",                        on_profile_look,        SMALL   },
    {HTTP_POST, "/me/password",                    on_profile_password,    SMALL   },
    {HTTP_POST, "/me/sessions",                    on_profile_sessions,    SMALL   },
    {HTTP_GET,  "/audit",                          on_audit,               0       },
    {HTTP_GET,  "/audit.csv",                      on_audit,               0       },
    {HTTP_GET,  "/audit.json",                     on_audit,               0       },
    {HTTP_GET,  "/settings",                       on_settings,            0       },
    {HTTP_GET,  "/settings/policy",                on_settings_policy,     0       },
    {HTTP_GET,  "/settings/lists",                 on_settings_lists,      0       },
    {HTTP_POST, "/settings/lists/{zone}/test",     on_settings_lists_test, SMALL   },
    {HTTP_GET,  "/settings/messages",              on_settings_messages,   0       },
    {HTTP_GET,  "/settings/server",                on_settings_server,     0       },
    {HTTP_GET,  "/settings/server/{server}",       on_settings_recipe,     0       },
    {HTTP_GET,  "/settings/host",                  on_settings_host,       0       },
    {HTTP_GET,  "/settings/people",                on_people,              0       },
    {HTTP_POST, "/settings/people",                on_people_add,          SMALL   },
    {HTTP_POST, "/settings/people/{name}/reset",   on_people_reset,        SMALL   },
    {HTTP_POST, "/settings/people/{name}/role",    on_people_role,         SMALL   },
    {HTTP_POST, "/settings/people/{name}/disable", on_people_disable,      SMALL   },
    {HTTP_GET,  "/settings/tokens",                on_tokens,              0       },
    {HTTP_POST, "/settings/tokens",                on_tokens_create,       SMALL   },
    {HTTP_POST, "/settings/tokens/{id}/revoke",    on_tokens_revoke,       SMALL   },
    {HTTP_GET,  "/settings/webhooks",              on_webhooks,            0       },
    {HTTP_POST, "/settings/webhooks",              on_webhook_add,         SMALL   },
    {HTTP_GET,  "/settings/webhooks/{id}",         on_webhook,             0       },
    {HTTP_POST, "/settings/webhooks/{id}/again",   on_webhook_again,       SMALL   },
    {HTTP_POST, "/settings/webhooks/{id}/rotate",  on_webhook_rotate,      SMALL   },
    {HTTP_POST, "/settings/webhooks/{id}/{do}",    on_webhook_do,          SMALL   },
    {HTTP_GET,  "/static/{file}",                  static_file,            0       },
    {HTTP_GET,  "/healthz",                        health,                 0       },
    {HTTP_GET,  "/readyz",                         ready,                  0       },
    {HTTP_GET,  "/metrics",                        metrics,                0       },
};

static const struct route customer_routes[] = {
    {HTTP_GET,  "/r/{id}",        on_customer_ask,    0    },
    {HTTP_POST, "/r/{id}",        on_customer_reveal, SMALL},
    {HTTP_POST, "/r/{id}/opened", on_customer_opened, SMALL},
    {HTTP_POST, "/r/{id}/again",  on_customer_again,  SMALL},
    {HTTP_POST, "/r/{id}/say",    on_customer_say,    SMALL},
    {HTTP_GET,  "/r/{id}/login",  on_customer_login,  0    },
    {HTTP_GET,  "/brand.css",     on_customer_brand,  0    },
    {HTTP_GET,  "/static/{file}", static_file,        0    },
};

/* The router hands its context on untouched; we only read ours, which its type cannot say. */
static void *context_of(const struct web *web)
{
    const union {
        const struct web *given;
        void *context;
    } through = {.given = web};

    return through.context;
}

void web_console_site(const struct web *web, struct site *out)
{
    *out = (struct site){
        .routes = console_routes,
        .count = ARRAY_LEN(console_routes),
        .context = context_of(web),
        .decorate = decorate_console,
        .refuse = refuse_console,
    };
}

void web_customer_site(const struct web *web, struct site *out)
{
    *out = (struct site){
        .routes = customer_routes,
        .count = ARRAY_LEN(customer_routes),
        .context = context_of(web),
        .decorate = decorate_customer,
        .refuse = refuse_customer,
    };
}
