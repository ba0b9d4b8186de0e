/*
 * tokens.c - tokens for programs: one's own, and for administrators everybody's.
 */
#include "base/base.h"

#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/settings.h"
#include "issuer/web/speak.h"

#include "base/number.h"
#include "issuer/identity/agent.h"
#include "issuer/identity/api_token.h"

static const char *const scope_words[API_SCOPE_COUNT] = {
    [API_SCOPE_DIAGNOSE] = "console.tokens.scope.diagnose",
    [API_SCOPE_LEASE_CREATE] = "console.tokens.scope.lease_create",
    [API_SCOPE_LEASE_REVOKE] = "console.tokens.scope.lease_revoke",
    [API_SCOPE_POOL_READ] = "console.tokens.scope.pool_read",
    [API_SCOPE_AUDIT_READ] = "console.tokens.scope.audit_read",
};

#define LASTS_DEFAULT "90d"

/* How long a token may live. */
static const struct {
    const char *value, *label;
} choices[] = {
    {"30d",         "console.tokens.for.month"  },
    {LASTS_DEFAULT, "console.tokens.for.quarter"},
    {"365d",        "console.tokens.for.year"   },
};

/* What was typed, to be shown again; and what only this answer knows. */
struct typed {
    unsigned status; /* 0: 200 */
    const char *name, *networks, *lasts;
    unsigned scopes;
    const char *secret; /* just made: shown now and never again */
};

static json_t *standing(const struct page *page, const struct api_token *token)
{
    static const struct {
        const char *class_name, *word;
    } rows[] = {
        [TOKEN_ACTIVE] = {"clear",  "console.tokens.active" },
        [TOKEN_EXPIRED] = {"unsure", "console.tokens.expired"},
        [TOKEN_REVOKED] = {"rest",   "console.tokens.revoked"},
    };
    enum token_state state = token_state_at(token, page->now);

    return view_mark(rows[state].class_name, speak(page, rows[state].word));
}

static json_t *token_line(struct page *page, const struct api_token *token)
{
    char scopes[API_SCOPES_TEXT_MAX + 1];
    json_t *line = json_object();

    api_scopes_format(token->scopes, scopes);
    view_number(line, "id", token->id);
    view_text(line, "name", token->name);
    view_text(line, "owner", token->owner);
    view_text(line, "scopes", scopes);
    view_text(line, "networks", token->networks[0] != '\0' ? token->networks : NULL);
    view_take(line, "mark", standing(page, token));
    speak_put_when(page, line, "expires", token->expires_at);
    speak_put_when(page, line, "used", token->used_at);
    view_text(line, "used_from", token->used_at != 0 ? token->used_from : NULL);
    view_text(line, "path",
              arena_printf(page->mem, "/settings/tokens/%lld", (long long)token->id));
    view_flag(line, "works", token_state_at(token, page->now) == TOKEN_ACTIVE);
    return line;
}

static int put_tokens(struct page *page, struct error *err)
{
    struct api_token *tokens = NULL;
    json_t *list = json_array();
    size_t count = 0;

    view_take(page->view, "tokens", list);
    if (token_list(page->app, page->mem, &page->actor, &tokens, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, token_line(page, &tokens[i]));
    view_flag(page->view, "has_tokens", count > 0);
    return 0;
}

/* What a token of this person could do at all. */
static bool may_ask_for(const struct page *page, enum api_scope scope)
{
    return page_may(page, api_scope_act(scope)) &&
           (!api_scope_needs_approver(scope) || page_may(page, ACT_APPROVE));
}

static void put_form(struct page *page, const struct typed *typed)
{
    json_t *scopes = json_array();
    json_t *spans = json_array();

    for (size_t i = 0; i < API_SCOPE_COUNT; i++) {
        if (!may_ask_for(page, (enum api_scope)i))
            continue;
        json_t *scope = json_object();
        view_text(scope, "scope", api_scope_name((enum api_scope)i));
        view_text(scope, "does", speak(page, scope_words[i]));
        view_flag(scope, "is_chosen", (typed->scopes & API_SCOPE(i)) != 0);
        json_array_append_new(scopes, scope);
    }
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        json_t *span = json_object();
        view_text(span, "value", choices[i].value);
        view_text(span, "label", speak(page, choices[i].label));
        view_flag(span, "is_chosen", strcmp(choices[i].value, typed->lasts) == 0);
        json_array_append_new(spans, span);
    }
    view_take(page->view, "scopes", scopes);
    view_take(page->view, "spans", spans);
    view_text(page->view, "typed_name", typed->name != NULL ? typed->name : "");
    view_text(page->view, "typed_networks",
              typed->networks != NULL ? typed->networks : "");
    view_flag(page->view, "gives_leases", may_ask_for(page, API_SCOPE_LEASE_CREATE));
}

static int show(struct page *page, const struct typed *typed, struct error *err)
{
    json_t *made = json_null();

    if (typed->secret != NULL) {
        made = json_object();
        page->response->is_secret = true;
        view_text(made, "secret", typed->secret);
    }
    view_take(page->view, "made", made);
    put_form(page, typed);
    if (put_tokens(page, err) != 0)
        return -1;
    return settings_show(page, SETTINGS_TOKENS,
                         typed->status != 0 ? typed->status : 200, err);
}

static const struct typed blank = {
    .scopes = API_SCOPE(API_SCOPE_DIAGNOSE),
    .lasts = LASTS_DEFAULT,
};

int page_tokens(struct page *page, struct error *err)
{
    return show(page, &blank, err);
}

static void read_form(const struct page *page, struct typed *typed)
{
    *typed = (struct typed){.name = page_field(page, "name"),
                            .networks = page_field(page, "networks"),
                            .lasts = page_field(page, "for")};
    if (typed->lasts == NULL)
        typed->lasts = LASTS_DEFAULT;
    for (size_t i = 0; i < API_SCOPE_COUNT; i++)
        if (form_slice(&page->form, api_scope_name((enum api_scope)i)).at != NULL)
            typed->scopes |= API_SCOPE(i);
}

/* *out_field: where a problem belongs. */
static int create(struct page *page, struct typed *typed, const char **out_field,
                  struct error *err)
{
    struct token_request request = {.name = typed->name,
                                    .owner = page->session.agent.name,
                                    .scopes = typed->scopes,
                                    .networks = slice_from(typed->networks)};
    char secret[API_TOKEN_LEN + 1];
    struct api_networks networks;
    struct api_token token;

    *out_field = "password";
    int result = agent_confirm(page->app, page->mem, page->session.agent.name,
                               form_slice(&page->form, "password"),
                               page->request->client, err);
    form_wipe(&page->form, "password");
    if (result != 0)
        return -1;
    *out_field = "networks";
    if (api_networks_parse(request.networks, &networks, err) != 0)
        return -1;
    *out_field = typed->name == NULL ? "name" : "scopes";
    if (number_duration_s(slice_from(typed->lasts), &request.for_s, err) != 0 ||
        token_create(page->app, page->mem, &page->actor, &request, secret, &token,
                     err) != 0)
        return -1;
    typed->secret = arena_strdup(page->mem, secret);
    secret_wipe(secret, sizeof secret);
    return 0;
}

int page_tokens_create(struct page *page, struct error *err)
{
    const char *field = NULL;
    struct error why = {0};
    struct typed typed;

    read_form(page, &typed);
    if (create(page, &typed, &field, &why) == 0) {
        struct typed after = blank;
        after.secret = typed.secret;
        return show(page, &after, err);
    }
    if (why.kind == ERROR_INTERNAL || why.kind == ERROR_INTEGRITY ||
        why.kind == ERROR_UNAVAILABLE) {
        *err = why;
        return -1;
    }
    page_problem(page, why.text, field);
    typed.status = problem_status(why.kind);
    return show(page, &typed, err);
}

int page_tokens_revoke(struct page *page, struct error *err)
{
    struct error why = {0};
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0)
        return -1;
    /* Two clicks are as good as one. */
    if (token_revoke(page->app, page->mem, &page->actor, id, &why) != 0 &&
        why.kind != ERROR_CONFLICT) {
        *err = why;
        return -1;
    }
    http_see_other(page->response, "/settings/tokens");
    return 0;
}
