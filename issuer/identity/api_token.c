/*
 * api_token.c - tokens for programs.
 */
#include "base/base.h"

#include "issuer/identity/api_token.h"

#include "base/limits.h"
#include "base/timetext.h"
#include "core/actor.h"
#include "core/words.h"
#include "issuer/identity/guard.h"

enum {
    /* Every request would else be a write. */
    USED_EVERY_S = 60
};

/* ---- state ---- */

enum token_state token_state_at(const struct api_token *token, int64_t now)
{
    if (token->ended_at != 0 || token->owner_is_disabled)
        return TOKEN_REVOKED;
    return token->expires_at <= now ? TOKEN_EXPIRED : TOKEN_ACTIVE;
}

const char *token_state_name(enum token_state state)
{
    static const char *const names[] = {
        [TOKEN_ACTIVE] = "active",
        [TOKEN_EXPIRED] = "expired",
        [TOKEN_REVOKED] = "revoked",
    };
    _Static_assert(ARRAY_LEN(names) == TOKEN_STATE_COUNT, "a name a state");

    return names[state];
}

static const char *object_of(struct arena *mem, int64_t id)
{
    return arena_printf(mem, "token:%lld", (long long)id);
}

/* ---- making one ---- */

struct making {
    struct arena *mem;
    const struct actor *actor;
    const struct token_request *request;
    int64_t now;
    const char *networks;
    uint8_t hash[DIGEST_BYTES];
    struct api_token token;
};

/* The agent who acts, or "" for whoever is none: a name that nobody has. */
static const char *own_name(const struct actor *actor)
{
    return slice_starts(slice_from(actor->name), "agent:")
               ? actor->name + strlen("agent:")
               : "";
}

static bool is_own(const struct actor *actor, const char *owner)
{
    return strcmp(own_name(actor), owner) == 0;
}

static int check_maker(const struct making *m, struct error *err)
{
    const struct token_request *request = m->request;

    if (!m->actor->is_local && !is_own(m->actor, request->owner))
        return error_set(err, ERROR_DENIED, "everybody makes their own tokens");
    for (size_t i = 0; i < API_SCOPE_COUNT; i++)
        if ((request->scopes & API_SCOPE(i)) != 0 &&
            api_scope_needs_approver((enum api_scope)i) &&
            !role_may(m->actor->role, ACT_APPROVE))
            return error_set(
                err, ERROR_DENIED,
                "a token with \"%s\" is made by somebody who may agree to a "
                "lease as the second person",
                api_scope_name((enum api_scope)i));
    return 0;
}

static int check_request(const struct making *m, struct error *err)
{
    const struct token_request *request = m->request;

    if (request->name == NULL || request->name[0] == '\0')
        return error_set(err, ERROR_INVALID, "say what the token is for");
    if (words_check("name", request->name, LABEL_MAX, err) != 0)
        return -1;
    if (request->scopes == 0)
        return error_set(err, ERROR_INVALID,
                         "a token needs at least one thing that it may do");
    if (request->for_s != 0 &&
        (request->for_s < TOKEN_LEAST_S || request->for_s > TOKEN_MOST_S))
        return error_set(err, ERROR_INVALID, "a token lasts from 1 hour to %d days",
                         (int)TOKEN_MOST_S / 86400);
    return 0;
}

/* What its owner may not do, a token of his would promise in vain. */
static int check_owner(struct store *store, const struct making *m,
                       const struct agent *owner, struct error *err)
{
    size_t count = 0;

    if (owner->disabled_at != 0)
        return error_set(err, ERROR_CONFLICT, "\"%s\" is disabled", owner->name);
    for (size_t i = 0; i < API_SCOPE_COUNT; i++)
        if ((m->request->scopes & API_SCOPE(i)) != 0 &&
            !role_may(owner->role, api_scope_act((enum api_scope)i)))
            return error_set(err, ERROR_INVALID,
                             "the role \"%s\" has no right to \"%s\"",
                             role_name(owner->role), api_scope_name((enum api_scope)i));
    if (store_token_count(store, owner->id, m->now, &count, err) != 0)
        return -1;
    if (count >= TOKENS_PER_AGENT)
        return error_set(err, ERROR_CONFLICT,
                         "\"%s\" has %d tokens already: revoke one first", owner->name,
                         (int)TOKENS_PER_AGENT);
    return 0;
}

static int audit_create(struct store *store, const struct making *m, struct error *err)
{
    const struct api_token *token = &m->token;
    char until[TIMETEXT_RFC3339_MAX + 1];
    char scopes[API_SCOPES_TEXT_MAX + 1];

    timetext_rfc3339(token->expires_at, until);
    api_scopes_format(token->scopes, scopes);
    for (char *at = scopes; *at != '\0'; at++)
        if (*at == ' ')
            *at = ',';
    /* The name is free text; it stands last, so that the rest stays key=value. */
    return store_audit(
        store, m->now, m->actor->name, "token.create", object_of(m->mem, token->id),
        arena_printf(m->mem, "owner=%s scopes=%s until=%s from=%s name=%s",
                     m->request->owner, scopes, until,
                     m->networks[0] != '\0' ? m->networks : "anywhere", token->name),
        err);
}

static int create(struct store *store, void *context, struct error *err)
{
    struct making *m = context;
    const struct token_request *request = m->request;
    struct agent owner;
    int64_t id = 0;

    if (store_agent_find(store, m->mem, request->owner, &owner, err) != 0 ||
        check_owner(store, m, &owner, err) != 0)
        return -1;
    m->token = (struct api_token){
        .agent_id = owner.id,
        .name = request->name,
        .scopes = request->scopes,
        .networks = m->networks,
        .created_at = m->now,
        .created_by = m->actor->name,
        .expires_at = m->now + (request->for_s != 0 ? request->for_s : TOKEN_DEFAULT_S),
    };
    if (store_token_add(store, &m->token, m->hash, &id, err) != 0 ||
        store_token_find(store, m->mem, id, &m->token, err) != 0)
        return -1;
    return audit_create(store, m, err);
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int token_create(struct app *app, struct arena *mem, const struct actor *actor,
                 const struct token_request *request, char *text, struct api_token *out,
                 struct error *err)
{
    struct making m = {
        .mem = mem, .actor = actor, .request = request, .now = app_now(app)};
    char networks_text[API_NETWORKS_TEXT_MAX + 1];
    struct api_networks networks;
    char made[API_TOKEN_LEN + 1];

    if (check_maker(&m, err) != 0 || check_request(&m, err) != 0 ||
        api_networks_parse(request->networks, &networks, err) != 0)
        return -1;
    api_networks_format(&networks, networks_text);
    m.networks = networks_text;
    api_token_make(app_random(app), made, m.hash);
    int result = app_write(app, create, &m, err);
    if (result == 0) {
        memcpy(text, made, sizeof made);
        *out = m.token;
    }
    secret_wipe(made, sizeof made);
    return result;
}

/* ---- the list, and the end ---- */

struct ending {
    struct arena *mem;
    const struct actor *actor;
    int64_t now, id;
};

/* What is somebody else's is not there. */
static int find_own(struct store *store, const struct ending *e, struct api_token *out,
                    struct error *err)
{
    if (store_token_find(store, e->mem, e->id, out, err) != 0)
        return -1;
    if (app_allow(e->actor, ACT_CHANGE_PEOPLE, NULL) == 0 ||
        is_own(e->actor, out->owner))
        return 0;
    return error_set(err, ERROR_NOT_FOUND, "there is no such token");
}

static int revoke(struct store *store, void *context, struct error *err)
{
    const struct ending *e = context;
    struct api_token token;

    if (find_own(store, e, &token, err) != 0 ||
        store_token_end(store, e->id, e->actor->name, e->now, err) != 0)
        return -1;
    return store_audit(
        store, e->now, e->actor->name, "token.revoke", object_of(e->mem, e->id),
        arena_printf(e->mem, "owner=%s name=%s", token.owner, token.name), err);
}

int token_revoke(struct app *app, struct arena *mem, const struct actor *actor,
                 int64_t id, struct error *err)
{
    struct ending e = {.mem = mem, .actor = actor, .now = app_now(app), .id = id};

    return app_write(app, revoke, &e, err);
}

int token_list(struct app *app, struct arena *mem, const struct actor *actor,
               struct api_token **out, size_t *out_count, struct error *err)
{
    bool sees_all = app_allow(actor, ACT_CHANGE_PEOPLE, NULL) == 0;
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_token_list(store, mem, sees_all ? NULL : own_name(actor), out,
                                  out_count, err);
    app_give_back(app, store);
    return result;
}

/* ---- a request with one ---- */

struct entering {
    struct arena *mem;
    int64_t now, id; /* 0: none of ours */
    const char *client, *actor, *detail;
};

static int keep_use(struct store *store, void *context, struct error *err)
{
    const struct entering *e = context;

    return store_token_used(store, e->id, e->client, e->now, err);
}

static int keep_refusal(struct store *store, void *context, struct error *err)
{
    const struct entering *e = context;

    return store_audit(store, e->now, e->actor, "token.refused",
                       e->id != 0 ? object_of(e->mem, e->id) : "token:unknown",
                       e->detail, err);
}

/* Counted by what the tokens have in common, so that a right one never waits. */
static int refuse(struct app *app, struct entering *e, const char *counted,
                  const struct error *why, struct error *err)
{
    int64_t wait_s = guard_enter(app_guard(app), slice_from(counted), SLICE(""),
                                 e->now);

    if (wait_s > 0)
        return error_set(err, ERROR_EXHAUSTED,
                         "too many requests that were refused, wait %lld seconds",
                         (long long)wait_s);
    if (app_write(app, keep_refusal, e, err) != 0)
        return -1;
    if (err != NULL)
        *err = *why;
    return -1;
}

static int refuse_token(struct app *app, struct entering *e, const char *sentence,
                        struct error *err)
{
    struct error why = {0};

    error_set(&why, ERROR_DENIED, "%s", sentence);
    e->actor = "system";
    e->detail = arena_printf(e->mem, "client=%s why=%s", e->client, sentence);
    return refuse(app, e, arena_printf(e->mem, "tokens from %s", e->client), &why, err);
}

/* NULL when it works for this client now. Whoever has a token of ours may hear why it does not. */
static const char *fault_of(const struct api_token *token, const struct entering *e)
{
    struct api_networks networks = {0};

    switch (token_state_at(token, e->now)) {
    case TOKEN_REVOKED: return "this token was revoked";
    case TOKEN_EXPIRED: return "this token has expired";
    case TOKEN_ACTIVE:
    case TOKEN_STATE_COUNT: break;
    }
    if (api_networks_parse(slice_from(token->networks), &networks, NULL) != 0 ||
        !api_networks_allow(&networks, slice_from(e->client)))
        return "this token may not be used from this address";
    return NULL;
}

static int find(struct app *app, struct arena *mem, struct slice text,
                struct api_token *out, struct error *err)
{
    uint8_t hash[DIGEST_BYTES];
    struct store *store = NULL;

    if (!api_token_is_well_formed(text))
        return error_set(err, ERROR_NOT_FOUND, "there is no such token");
    api_token_hash(text, hash);
    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_token_by_hash(store, mem, hash, out, err);
    app_give_back(app, store);
    return result;
}

static void fill_actor(struct arena *mem, const struct api_token *token,
                       struct actor *out)
{
    *out = (struct actor){
        .name = arena_printf(mem, "agent:%s token:%lld", token->owner,
                             (long long)token->id),
        .role = token->role,
    };
    for (size_t act = 0; act < ACT_COUNT; act++)
        if (!api_scopes_allow(token->scopes, (enum act)act))
            out->withheld |= 1U << act;
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int token_enter(struct app *app, struct arena *mem, struct slice authorization,
                const char *client, struct api_token *token, struct actor *out,
                struct error *err)
{
    struct entering e = {
        .mem = mem, .now = app_now(app), .client = client != NULL ? client : "unknown"};
    struct slice text = {0};
    struct error why = {0};

    if (!api_token_of_header(authorization, &text))
        return error_set(err, ERROR_DENIED,
                         "the API wants a token: \"Authorization: Bearer csat_...\"");
    if (find(app, mem, text, token, &why) != 0) {
        if (why.kind == ERROR_NOT_FOUND)
            return refuse_token(app, &e, "this is no token of ours", err);
        *err = why;
        return -1;
    }
    e.id = token->id;
    const char *fault = fault_of(token, &e);
    if (fault != NULL)
        return refuse_token(app, &e, fault, err);
    if (e.now - token->used_at >= USED_EVERY_S &&
        app_write(app, keep_use, &e, err) != 0)
        return -1;
    fill_actor(mem, token, out);
    return 0;
}

int token_note_denied(struct app *app, struct arena *mem, const struct actor *actor,
                      int64_t id, const char *what, struct error *err)
{
    struct entering e = {.mem = mem,
                         .now = app_now(app),
                         .id = id,
                         .actor = actor->name,
                         .detail = what};
    struct error why = {0};

    error_set(&why, ERROR_DENIED, "%s", err->text);
    return refuse(app, &e, arena_printf(mem, "acts of token %lld", (long long)id), &why,
                  err);
}
