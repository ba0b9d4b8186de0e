/*
 * session.c - who a session token belongs to.
 */
#include "base/base.h"

#include "issuer/identity/agent.h"

enum {
    /* Every page of a session would else be a write; idle time is exact to a minute. */
    TOUCH_EVERY_S = 60
};

struct touching {
    uint8_t hash[DIGEST_BYTES];
    int64_t now;
};

static int touch(struct store *store, void *context, struct error *err)
{
    const struct touching *t = context;

    return store_session_touch(store, t->hash, t->now, err);
}

static int end(struct store *store, void *context, struct error *err)
{
    const struct touching *t = context;

    return store_session_end(store, t->hash, err);
}

int session_peek(struct app *app, struct arena *mem, struct slice token,
                 struct session *out, struct error *err)
{
    uint8_t hash[DIGEST_BYTES];
    struct store *store = NULL;

    if (token.len != TOKEN_LEN)
        return error_set(err, ERROR_NOT_FOUND, "there is no such session");
    token_hash(token, hash);
    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_session_find(store, mem, hash, app_now(app), SESSION_IDLE_S,
                                    SESSION_LIFE_S, out, err);
    app_give_back(app, store);
    return result;
}

int session_look(struct app *app, struct arena *mem, struct slice token,
                 struct session *out, struct error *err)
{
    struct touching t = {.now = app_now(app)};
    struct session found = {0};

    if (session_peek(app, mem, token, &found, err) != 0)
        return -1;
    token_hash(token, t.hash);
    if (t.now - found.seen_at >= TOUCH_EVERY_S) {
        if (app_write(app, touch, &t, err) != 0)
            return -1;
        found.seen_at = t.now;
    }
    *out = found;
    return 0;
}

int session_end(struct app *app, struct slice token, struct error *err)
{
    struct touching t = {.now = app_now(app)};

    token_hash(token, t.hash);
    return app_write(app, end, &t, err);
}
