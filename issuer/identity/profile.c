/*
 * profile.c - what a signed-in person changes about themselves.
 */
#include "base/base.h"

#include "issuer/identity/profile.h"

#include "base/timezone.h"

struct change {
    const struct self *self;
    int64_t now;
    uint8_t session_hash[DIGEST_BYTES];
    const char *password_hash, *theme, *zone;
};

static struct change change_of(const struct self *self)
{
    struct change change = {.self = self, .now = app_now(self->app)};

    token_hash(self->token, change.session_hash);
    return change;
}

static int audit(struct store *store, const struct change *c, const char *action,
                 const char *detail, struct error *err)
{
    const char *name = arena_printf(c->self->mem, "agent:%s", c->self->agent->name);

    return store_audit(store, c->now, name, action, name, detail, err);
}

/* ---- password ---- */

static int set_password(struct store *store, void *context, struct error *err)
{
    const struct change *c = context;

    if (store_agent_change_password(store, c->self->agent->id, c->password_hash,
                                    c->session_hash, err) != 0)
        return -1;
    return audit(store, c, "agent.password",
                 arena_printf(c->self->mem, "client=%s", c->self->client), err);
}

int profile_set_password(const struct self *self, struct slice present,
                         struct slice password, struct error *err)
{
    struct change c = change_of(self);

    if (agent_confirm(self->app, self->mem, self->agent->name, present, self->client,
                      err) != 0 ||
        agent_hash_password(self->app, self->mem, password, &c.password_hash, err) != 0)
        return -1;
    return app_write(self->app, set_password, &c, err);
}

/* ---- look ---- */

static int set_look(struct store *store, void *context, struct error *err)
{
    const struct change *c = context;

    return store_agent_set_look(store, c->self->agent->id, c->theme, c->zone, err);
}

int profile_set_look(const struct self *self, const char *theme, const char *zone,
                     struct error *err)
{
    static const char *const themes[] = {"", "light", "dark"};
    struct change c = change_of(self);

    c.theme = theme;
    c.zone = zone;
    if (zone[0] != '\0' && timezone_find(zone) == NULL)
        return error_set(err, ERROR_INVALID, "this time zone cannot be chosen");
    for (size_t i = 0; i < ARRAY_LEN(themes); i++)
        if (strcmp(themes[i], theme) == 0)
            return app_write(self->app, set_look, &c, err);
    return error_set(err, ERROR_INVALID, "there is no such theme");
}

/* ---- sessions ---- */

int profile_sessions(const struct self *self, struct session_line **out,
                     size_t *out_count, struct error *err)
{
    struct change c = change_of(self);
    struct store *store = NULL;

    if (app_take_reader(self->app, &store, err) != 0)
        return -1;
    const struct session_filter filter = {.agent_id = self->agent->id,
                                          .own_hash = c.session_hash,
                                          .seen_after = c.now - SESSION_IDLE_S,
                                          .created_after = c.now - SESSION_LIFE_S};
    int result = store_session_list(store, self->mem, &filter, out, out_count, err);
    app_give_back(self->app, store);
    return result;
}

static int end_others(struct store *store, void *context, struct error *err)
{
    const struct change *c = context;
    int64_t count = 0;

    if (store_session_end_others(store, c->self->agent->id, c->session_hash, &count,
                                 err) != 0)
        return -1;
    return audit(store, c, "agent.sessions_end",
                 arena_printf(c->self->mem, "count=%lld client=%s", (long long)count,
                              c->self->client),
                 err);
}

int profile_end_others(const struct self *self, struct error *err)
{
    struct change c = change_of(self);

    return app_write(self->app, end_others, &c, err);
}
