/*
 * agent.c - the people of the support team.
 */
#include "base/base.h"

#include "issuer/identity/agent.h"

#include <sodium.h>

#include "base/limits.h"
#include "core/actor.h"
#include "issuer/identity/guard.h"

enum {
    /* RFC 9106's second recommendation: t=3, 64 MiB. */
    HASH_OPERATIONS = 3,
    HASH_MEMORY_BYTES = 64 * 1024 * 1024,
    AGENT_PASSWORD_BYTES_MAX = 4 * AGENT_PASSWORD_MAX /* UTF-8 */
};

/* ---- adding, resetting, disabling ---- */

struct change {
    struct arena *mem;
    const struct actor *actor;
    int64_t now;
    const char *name;
    enum role role;
    uint8_t setup_hash[DIGEST_BYTES];
};

static int audit_agent(struct store *store, const struct change *c, const char *action,
                       const char *detail, struct error *err)
{
    return store_audit(store, c->now, c->actor->name, action,
                       arena_printf(c->mem, "agent:%s", c->name), detail, err);
}

static int add(struct store *store, void *context, struct error *err)
{
    const struct change *c = context;

    if (store_agent_add(store, c->name, c->role, c->setup_hash, c->now + SETUP_VALID_S,
                        c->now, err) != 0)
        return -1;
    return audit_agent(store, c, "agent.add",
                       arena_printf(c->mem, "role=%s", role_name(c->role)), err);
}

static int reset(struct store *store, void *context, struct error *err)
{
    const struct change *c = context;
    struct agent agent;

    if (store_agent_find(store, c->mem, c->name, &agent, err) != 0)
        return -1;
    if (agent.disabled_at != 0)
        return error_set(err, ERROR_CONFLICT, "\"%s\" is disabled", c->name);
    if (store_agent_reset(store, agent.id, c->setup_hash, c->now + SETUP_VALID_S,
                          c->now, err) != 0)
        return -1;
    return audit_agent(store, c, "agent.reset", "", err);
}

static int disable(struct store *store, void *context, struct error *err)
{
    const struct change *c = context;
    struct agent agent;

    if (store_agent_find(store, c->mem, c->name, &agent, err) != 0)
        return -1;
    if (store_agent_disable(store, agent.id, c->now, err) != 0)
        return -1;
    return audit_agent(store, c, "agent.disable", "", err);
}

/* Somebody else who may sign in and look after people? */
static int has_other_admin(struct store *store, const struct change *c, bool *out,
                           struct error *err)
{
    struct agent *agents = NULL;
    size_t count = 0;

    if (store_agent_list(store, c->mem, &agents, &count, err) != 0)
        return -1;
    *out = false;
    for (size_t i = 0; i < count; i++)
        if (role_may(agents[i].role, ACT_CHANGE_PEOPLE) && agents[i].disabled_at == 0 &&
            agents[i].password_hash != NULL && strcmp(agents[i].name, c->name) != 0)
            *out = true;
    return 0;
}

static int set_role(struct store *store, void *context, struct error *err)
{
    const struct change *c = context;
    struct agent agent;
    bool has_other = true;

    if (store_agent_find(store, c->mem, c->name, &agent, err) != 0)
        return -1;
    if (agent.disabled_at != 0)
        return error_set(err, ERROR_CONFLICT, "\"%s\" is disabled", c->name);
    if (agent.role == c->role)
        return error_set(err, ERROR_CONFLICT, "\"%s\" has the role %s already", c->name,
                         role_name(c->role));
    if (role_may(agent.role, ACT_CHANGE_PEOPLE) &&
        has_other_admin(store, c, &has_other, err) != 0)
        return -1;
    if (!has_other)
        return error_set(err, ERROR_REFUSED,
                         "\"%s\" is the last administrator who may sign in", c->name);
    if (store_agent_set_role(store, agent.id, c->role, err) != 0)
        return -1;
    return audit_agent(store, c, "agent.role",
                       arena_printf(c->mem, "role=%s was=%s", role_name(c->role),
                                    role_name(agent.role)),
                       err);
}

static int check_change(const struct change *c, struct error *err)
{
    if (app_allow(c->actor, ACT_CHANGE_PEOPLE, err) != 0)
        return -1;
    if (!agent_name_is_valid(slice_from(c->name)))
        return error_set(
            err, ERROR_INVALID,
            "a name is lower-case letters, digits, '.', '-' and '_', a letter "
            "first, at most %d",
            (int)AGENT_NAME_MAX);
    return 0;
}

/* Run act with a fresh set-up token, and give its link. */
static int with_setup_link(struct app *app, struct change *c,
                           int (*act)(struct store *store, void *context,
                                      struct error *err),
                           const char **out_link, struct error *err)
{
    char token[TOKEN_LEN + 1];

    if (check_change(c, err) != 0)
        return -1;
    token_make(app_random(app), token, c->setup_hash);
    int result = app_write(app, act, c, err);
    if (result == 0)
        *out_link = arena_printf(c->mem, "%s/set-up/%s", app_config(app)->console.url,
                                 token);
    secret_wipe(token, sizeof token);
    return result;
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int agent_add(struct app *app, struct arena *mem, const struct actor *actor,
              const char *name, enum role role, const char **out_link,
              struct error *err)
{
    struct change c = {
        .mem = mem, .actor = actor, .now = app_now(app), .name = name, .role = role};

    return with_setup_link(app, &c, add, out_link, err);
}

int agent_reset(struct app *app, struct arena *mem, const struct actor *actor,
                const char *name, const char **out_link, struct error *err)
{
    struct change c = {.mem = mem, .actor = actor, .now = app_now(app), .name = name};

    return with_setup_link(app, &c, reset, out_link, err);
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int agent_set_role(struct app *app, struct arena *mem, const struct actor *actor,
                   const char *name, enum role role, struct error *err)
{
    struct change c = {
        .mem = mem, .actor = actor, .now = app_now(app), .name = name, .role = role};

    if (check_change(&c, err) != 0)
        return -1;
    if (actor_is_same_person(actor->name, arena_printf(mem, "agent:%s", name)))
        return error_set(err, ERROR_DENIED, "nobody changes their own role");
    return app_write(app, set_role, &c, err);
}

int agent_disable(struct app *app, struct arena *mem, const struct actor *actor,
                  const char *name, struct error *err)
{
    struct change c = {.mem = mem, .actor = actor, .now = app_now(app), .name = name};

    if (check_change(&c, err) != 0)
        return -1;
    return app_write(app, disable, &c, err);
}

/* ---- passwords ---- */

/* UTF-8 characters: bytes that do not continue one. */
static size_t characters_of(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return count;
}

static int check_password(struct slice password, struct error *err)
{
    if (!slice_is_utf8(password) || slice_find_byte(password, '\0') >= 0)
        return error_set(err, ERROR_INVALID, "the password is not text");
    if (characters_of(password) < AGENT_PASSWORD_MIN)
        return error_set(err, ERROR_INVALID,
                         "the password needs at least %d characters",
                         (int)AGENT_PASSWORD_MIN);
    if (characters_of(password) > AGENT_PASSWORD_MAX)
        return error_set(err, ERROR_INVALID, "the password has more than %d characters",
                         (int)AGENT_PASSWORD_MAX);
    return 0;
}

static int hash_password(struct app *app, struct slice password,
                         char out[crypto_pwhash_STRBYTES], struct error *err)
{
    guard_hash_begin(app_guard(app));
    int failed = crypto_pwhash_str(out, password.at, password.len, HASH_OPERATIONS,
                                   HASH_MEMORY_BYTES);
    guard_hash_end(app_guard(app));
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "could not hash the password: no memory");
    return 0;
}

int agent_hash_password(struct app *app, struct arena *mem, struct slice password,
                        const char **out, struct error *err)
{
    char hash[crypto_pwhash_STRBYTES];

    if (check_password(password, err) != 0 ||
        hash_password(app, password, hash, err) != 0)
        return -1;
    *out = arena_strdup(mem, hash);
    return 0;
}

/* Against the stored hash, or against one that nothing fits when there is none: the same work,
 * because Argon2's cost does not depend on what it compares with. */
static bool verify_password(struct app *app, const char *stored, struct slice password)
{
    /* A hash of 32 random bytes that nobody kept, with the parameters above. */
    static const char nobody[] =
        "$argon2id$v=19$m=65536,t=3,p=1$bm9ib2R5IG5vYm9keSBubw$"
        "kqGJ0ZQXq2h5Yw5bq0jv3m0x4o4r1m0Hn8J7rVQx2uA";
    bool is_dummy = stored == NULL;

    /* More is not a password of ours; the work stays the same. A form without one has no bytes at all. */
    password = slice_take(password.at != NULL ? password : SLICE(""),
                          AGENT_PASSWORD_BYTES_MAX);
    guard_hash_begin(app_guard(app));
    bool is_right = crypto_pwhash_str_verify(is_dummy ? nobody : stored, password.at,
                                             password.len) == 0;
    guard_hash_end(app_guard(app));
    return is_right && !is_dummy;
}

/* ---- set-up ---- */

static int find_by_setup(struct store *store, struct arena *mem, const char *token,
                         int64_t now, struct agent *out, struct error *err)
{
    uint8_t hash[DIGEST_BYTES];

    token_hash(slice_from(token), hash);
    return store_agent_by_setup(store, mem, hash, now, out, err);
}

int agent_setup_look(struct app *app, struct arena *mem, const char *token,
                     struct agent *out, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = find_by_setup(store, mem, token, app_now(app), out, err);
    app_give_back(app, store);
    return result;
}

struct setting_up {
    struct arena *mem;
    int64_t now;
    const char *token, *password_hash;
};

/* The token is looked up again here: of two who use it at once, one is too late. */
static int set_up(struct store *store, void *context, struct error *err)
{
    const struct setting_up *s = context;
    struct agent agent;

    if (find_by_setup(store, s->mem, s->token, s->now, &agent, err) != 0 ||
        store_agent_set_password(store, agent.id, s->password_hash, err) != 0)
        return -1;
    const char *name = arena_printf(s->mem, "agent:%s", agent.name);
    return store_audit(store, s->now, name, "agent.set_up", name, "", err);
}

int agent_setup(struct app *app, struct arena *mem, const char *token,
                struct slice password, struct error *err)
{
    char hash[crypto_pwhash_STRBYTES];
    struct setting_up s = {
        .mem = mem, .now = app_now(app), .token = token, .password_hash = hash};
    struct agent agent;

    /* Before the costly hash: a stranger without a token gets no work out of us. */
    if (agent_setup_look(app, mem, token, &agent, err) != 0 ||
        check_password(password, err) != 0 ||
        hash_password(app, password, hash, err) != 0)
        return -1;
    return app_write(app, set_up, &s, err);
}

/* ---- signing in ---- */

struct signing_in {
    struct app *app;
    struct arena *mem;
    int64_t now;
    const char *client;
    struct agent agent; /* id 0: nobody */
    bool is_right;
    uint8_t session_hash[DIGEST_BYTES];
    char form_token[TOKEN_LEN + 1];
};

static int read_agent(struct signing_in *s, struct slice name, struct error *err)
{
    struct store *store = NULL;
    struct error why = {0};

    if (!agent_name_is_valid(name))
        return 0;
    if (app_take_reader(s->app, &store, err) != 0)
        return -1;
    int result = store_agent_find(store, s->mem, arena_slice(s->mem, name), &s->agent,
                                  &why);
    app_give_back(s->app, store);
    if (result != 0 && why.kind != ERROR_NOT_FOUND) {
        *err = why;
        return -1;
    }
    return 0;
}

/* s->agent and s->is_right: whose name it is, and whether that is the password. ERROR_EXHAUSTED when
 * guessing too fast. The same work for a name that nobody has. */
static int try_password(struct signing_in *s, struct slice name, struct slice password,
                        struct error *err)
{
    int64_t wait_s = guard_enter(app_guard(s->app), name, slice_from(s->client),
                                 s->now);

    if (wait_s > 0)
        return error_set(err, ERROR_EXHAUSTED, "too many tries, wait %lld seconds",
                         (long long)wait_s);
    if (read_agent(s, name, err) != 0)
        return -1;
    bool may = s->agent.id != 0 && s->agent.disabled_at == 0;
    s->is_right =
        verify_password(s->app, may ? s->agent.password_hash : NULL, password) && may;
    return 0;
}

/* Refusals are kept too, for known and unknown names alike, so that both take the same time. */
static int keep_sign_in(struct store *store, void *context, struct error *err)
{
    struct signing_in *s = context;
    bool is_known = s->agent.id != 0;
    const char *object = is_known ? arena_printf(s->mem, "agent:%s", s->agent.name)
                                  : "agent:unknown";
    const char *detail = arena_printf(s->mem, "client=%s", s->client);

    if (!s->is_right)
        return store_audit(store, s->now, "system", "agent.refused", object, detail,
                           err);
    /* Disabled or reset in the meantime: the check was of yesterday's row. */
    struct agent agent;
    if (store_agent_find(store, s->mem, s->agent.name, &agent, err) != 0)
        return -1;
    if (agent.disabled_at != 0 || agent.password_hash == NULL ||
        strcmp(agent.password_hash, s->agent.password_hash) != 0)
        return error_set(err, ERROR_CONFLICT, "\"%s\" was changed just now",
                         agent.name);
    if (store_session_add(store, s->session_hash, s->agent.id, s->form_token, s->client,
                          s->now, err) != 0)
        return -1;
    return store_audit(store, s->now, object, "agent.sign_in", object, detail, err);
}

/* As names are kept; what is too long stays so. out holds name.len. */
static struct slice lower_case(struct slice name, char *out)
{
    if (name.len > 0)
        memcpy(out, name.at, name.len);
    for (size_t i = 0; i < name.len; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] | 0x20);
    return slice_of(out, name.len);
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int agent_sign_in(struct app *app, struct arena *mem, struct slice name,
                  struct slice password, const char *client, char *session_token,
                  struct error *err)
{
    struct signing_in s = {.app = app,
                           .mem = mem,
                           .now = app_now(app),
                           .client = client != NULL ? client : ""};
    uint8_t unused_hash[DIGEST_BYTES];
    char token[TOKEN_LEN + 1];

    char lower[AGENT_NAME_MAX + 1];
    name = lower_case(slice_take(slice_trim(name), sizeof lower), lower);
    if (try_password(&s, name, password, err) != 0)
        return -1;
    token_make(app_random(app), s.form_token, unused_hash);
    token_make(app_random(app), token, s.session_hash);
    int result = app_write(app, keep_sign_in, &s, err);
    if (result == 0 && !s.is_right) {
        result = error_set(err, ERROR_DENIED, "name or password is wrong");
    } else if (result == 0) {
        guard_forgive(app_guard(app), name, slice_from(s.client));
        memcpy(session_token, token, sizeof token);
    }
    secret_wipe(token, sizeof token);
    return result;
}

static int keep_confirmation(struct store *store, void *context, struct error *err)
{
    const struct signing_in *s = context;
    const char *object = arena_printf(s->mem, "agent:%s", s->agent.name);

    return store_audit(store, s->now, object, "agent.refused", object,
                       arena_printf(s->mem, "client=%s why=confirmation", s->client),
                       err);
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int agent_confirm(struct app *app, struct arena *mem, const char *name,
                  struct slice password, const char *client, struct error *err)
{
    struct signing_in s = {.app = app,
                           .mem = mem,
                           .now = app_now(app),
                           .client = client != NULL ? client : ""};
    struct slice who = slice_from(name);

    if (try_password(&s, who, password, err) != 0)
        return -1;
    if (s.is_right) {
        guard_forgive(app_guard(app), who, slice_from(s.client));
        return 0;
    }
    if (s.agent.id != 0 && app_write(app, keep_confirmation, &s, err) != 0)
        return -1;
    return error_set(err, ERROR_DENIED, "that is not your password");
}
