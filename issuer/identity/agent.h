/*
 * agent.h - people who sign in: Argon2id passwords, set-up links, sessions.
 *
 * Argon2id with t=3 and 64 MiB (RFC 9106's second choice), two at a time. A sign-in with an unknown
 * name does the same work. First passwords come from a one-use set-up link; nobody types a
 * password for somebody else.
 */
#ifndef ISSUER_IDENTITY_AGENT_H
#define ISSUER_IDENTITY_AGENT_H

#include "core/token.h"
#include "issuer/app.h"

enum {
    AGENT_PASSWORD_MIN = 12, /* until a second factor exists, length is what there is */
    AGENT_PASSWORD_MAX = 128,
    SESSION_IDLE_S = 30 * 60,
    SESSION_LIFE_S = 12 * 60 * 60,
    SETUP_VALID_S = 24 * 60 * 60
};

/* *out_link: console.url "/set-up/" and a token; lives in mem. Needs ACT_CHANGE_PEOPLE. */
NODISCARD int agent_add(struct app *app, struct arena *mem, const struct actor *actor,
                        const char *name, enum role role, const char **out_link,
                        struct error *err);
NODISCARD int agent_reset(struct app *app, struct arena *mem, const struct actor *actor,
                          const char *name, const char **out_link, struct error *err);
/* Counts at once, in open sessions and for tokens too, because a role is read at each request.
 * ERROR_DENIED: one's own; ERROR_REFUSED: of the last administrator who may sign in; ERROR_CONFLICT:
 * disabled, or that role already. */
NODISCARD int agent_set_role(struct app *app, struct arena *mem,
                             const struct actor *actor, const char *name,
                             enum role role, struct error *err);
NODISCARD int agent_disable(struct app *app, struct arena *mem,
                            const struct actor *actor, const char *name,
                            struct error *err);
/* ERROR_NOT_FOUND when the token is unknown or used up. */
NODISCARD int agent_setup_look(struct app *app, struct arena *mem, const char *token,
                               struct agent *out, struct error *err);
NODISCARD int agent_setup(struct app *app, struct arena *mem, const char *token,
                          struct slice password, struct error *err);
/* What is stored of a password that is long enough: an Argon2id hash, in mem. */
NODISCARD int agent_hash_password(struct app *app, struct arena *mem,
                                  struct slice password, const char **out,
                                  struct error *err);
/* ERROR_DENIED, in one voice, for a wrong name or password; ERROR_EXHAUSTED when guessing too
 * fast (growing delay by name and by client). session_token holds TOKEN_LEN + 1 (core/token.h). */
NODISCARD int agent_sign_in(struct app *app, struct arena *mem, struct slice name,
                            struct slice password, const char *client,
                            char *session_token, struct error *err);
/* Is it still the person who signed in that sits there? Asked again before what a stolen session must
 * not do. Errors as of agent_sign_in; a wrong password is kept in the audit log. */
NODISCARD int agent_confirm(struct app *app, struct arena *mem, const char *name,
                            struct slice password, const char *client,
                            struct error *err);
NODISCARD int session_look(struct app *app, struct arena *mem, struct slice token,
                           struct session *out, struct error *err);
/* The same for what a page asks by itself: nobody was there, so the session goes on idling. */
NODISCARD int session_peek(struct app *app, struct arena *mem, struct slice token,
                           struct session *out, struct error *err);
NODISCARD int session_end(struct app *app, struct slice token, struct error *err);

#endif
