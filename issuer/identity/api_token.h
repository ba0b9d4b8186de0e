/*
 * api_token.h - tokens for programs: made by their owner, looked up at each request, revoked at once.
 *
 * A token is a part of its owner's rights: what its scopes name, less what the owner's role of now
 * does not allow. It dies with its owner (disabled or reset, db/store.h). Docs:
 * docs/decisions/api-tokens.md.
 */
#ifndef ISSUER_IDENTITY_API_TOKEN_H
#define ISSUER_IDENTITY_API_TOKEN_H

#include "core/api_token.h"
#include "db/store_token.h"
#include "issuer/app.h"

enum {
    TOKEN_DEFAULT_S = 90 * 86400,
    TOKEN_LEAST_S = 3600,
    TOKEN_MOST_S = 366 * 86400,
    TOKENS_PER_AGENT = 20 /* that work at the same time */
};

struct token_request {
    const char *name, *owner;
    unsigned scopes;
    struct slice networks; /* text; empty: from anywhere */
    int64_t for_s;         /* 0: TOKEN_DEFAULT_S */
};
/* text holds API_TOKEN_LEN + 1: the token itself, which is nowhere else. People make tokens for
 * themselves, with a scope to give leases only whoever may agree to one as the second person; root on
 * the local socket makes them for anybody. ERROR_INVALID, ERROR_DENIED, ERROR_CONFLICT (too many). */
NODISCARD int token_create(struct app *app, struct arena *mem,
                           const struct actor *actor,
                           const struct token_request *request, char *text,
                           struct api_token *out, struct error *err);
/* One's own, or with ACT_CHANGE_PEOPLE anybody's. */
NODISCARD int token_revoke(struct app *app, struct arena *mem,
                           const struct actor *actor, int64_t id, struct error *err);
/* Newest first: one's own, with ACT_CHANGE_PEOPLE everybody's. */
NODISCARD int token_list(struct app *app, struct arena *mem, const struct actor *actor,
                         struct api_token **out, size_t *out_count, struct error *err);

/* Who acts with the token of an Authorization header, and from `client`. ERROR_DENIED: none that
 * works, and why, if it is one of ours; ERROR_EXHAUSTED: too many wrong ones from this client. A right
 * token never waits for wrong ones. */
NODISCARD int token_enter(struct app *app, struct arena *mem,
                          struct slice authorization, const char *client,
                          struct api_token *token, struct actor *out,
                          struct error *err);
/* It asked for what its scopes or its owner's role do not allow, as *err says: kept in the audit log.
 * *err becomes ERROR_EXHAUSTED when it asks too fast (issuer/identity/guard.h). Always -1. */
int token_note_denied(struct app *app, struct arena *mem, const struct actor *actor,
                      int64_t id, const char *what, struct error *err);

/* Of a disabled owner: revoked. */
enum token_state {
    TOKEN_ACTIVE,
    TOKEN_EXPIRED,
    TOKEN_REVOKED,
    TOKEN_STATE_COUNT
};
enum token_state token_state_at(const struct api_token *token, int64_t now);
const char *token_state_name(enum token_state state);

#endif
