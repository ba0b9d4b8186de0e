/*
 * api_tokens.c - tokens for programs: made, listed, revoked.
 */
#include "base/base.h"

#include "base/number.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/identity/api_token.h"

static json_t *present_token(const struct api_token *token, int64_t now)
{
    char scopes[API_SCOPES_TEXT_MAX + 1];
    json_t *o = json_object();

    api_scopes_format(token->scopes, scopes);
    put_number(o, "id", token->id);
    put_text(o, "name", token->name);
    put_text(o, "owner", token->owner);
    put_text(o, "state", token_state_name(token_state_at(token, now)));
    put_flags(o, "scopes", scopes);
    put_flags(o, "networks", token->networks);
    put_time(o, "created_at", token->created_at);
    put_text(o, "created_by", token->created_by);
    put_time(o, "expires_at", token->expires_at);
    put_time(o, "used_at", token->used_at);
    put_text(o, "used_from", token->used_at != 0 ? token->used_from : NULL);
    put_time(o, "ended_at", token->ended_at);
    put_text(o, "ended_by", token->ended_at != 0 ? token->ended_by : NULL);
    return o;
}

int api_token_list(struct call *call, json_t **out, struct error *err)
{
    struct api_token *rows = NULL;
    struct page page;
    size_t count = 0;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        token_list(call->app, call->mem, &call->actor, &rows, &count, err) != 0)
        return -1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, present_token(&rows[i], call->now));
    *out = page_cut(all, &page);
    return 0;
}

/* The words of an array with a blank between, as core/api_token.h reads them. */
static int join(struct call *call, const char *name, const json_t *array,
                const char **out, struct error *err)
{
    const char *const *words = NULL;
    const char *text = "";

    if (call_words(call, name, array, &words, err) != 0)
        return -1;
    for (size_t i = 0; words[i] != NULL; i++)
        text = arena_printf(call->mem, "%s%s%s", text, i > 0 ? " " : "", words[i]);
    *out = text;
    return 0;
}

static int read_scopes(const char *text, unsigned *out, struct error *err)
{
    if (text[0] == '\0' || api_scopes_parse(slice_from(text), out))
        return 0;
    return error_set(err, ERROR_INVALID,
                     "\"%.100s\": a scope is diagnose, lease:create, lease:revoke, "
                     "pool:read or audit:read",
                     text);
}

int api_token_create(struct call *call, json_t **out, struct error *err)
{
    struct token_request request = {0};
    const json_t *scopes = NULL;
    const json_t *networks = NULL;
    const char *lasts = NULL;
    const char *text = NULL;
    struct api_token token;
    char secret[API_TOKEN_LEN + 1];

    if (call_fields(call, err, "{s:s, s:s, s?o, s?o, s?s}", "name", &request.name,
                    "owner", &request.owner, "scopes", &scopes, "networks", &networks,
                    "for", &lasts) != 0 ||
        join(call, "scopes", scopes, &text, err) != 0 ||
        read_scopes(text, &request.scopes, err) != 0 ||
        join(call, "networks", networks, &text, err) != 0)
        return -1;
    request.networks = slice_from(text);
    if ((lasts != NULL &&
         number_duration_s(slice_from(lasts), &request.for_s, err) != 0) ||
        token_create(call->app, call->mem, &call->actor, &request, secret, &token,
                     err) != 0)
        return -1;
    call->status = 201;
    call->response->is_secret = true;
    *out = present_token(&token, call->now);
    put_text(*out, "token", secret);
    secret_wipe(secret, sizeof secret);
    return 0;
}

int api_token_revoke(struct call *call, json_t **out, struct error *err)
{
    struct store *store = NULL;
    struct api_token token;
    int64_t id = 0;

    if (call_id(call, &id, err) != 0 || call_fields(call, err, "{}") != 0 ||
        token_revoke(call->app, call->mem, &call->actor, id, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int result = store_token_find(store, call->mem, id, &token, err);
    app_give_back(call->app, store);
    if (result == 0)
        *out = present_token(&token, call->now);
    return result;
}
