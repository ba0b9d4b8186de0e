/*
 * webhook.c - what administrators do with webhooks.
 */
#include "base/base.h"

#include "issuer/notify/webhook.h"

#include "base/address.h"
#include "base/timetext.h"
#include "issuer/notify/notify_internal.h"
#include "issuer/notify/sign.h"

/* ---- adding ---- */

struct adding {
    struct app *app;
    struct arena *mem;
    const struct actor *actor;
    struct webhook row;
    const struct secret *key;
    int64_t id;
};

void webhook_purpose(int64_t id, char purpose[WEBHOOK_PURPOSE_MAX + 1])
{
    (void)snprintf(purpose, WEBHOOK_PURPOSE_MAX + 1, "webhook:%lld", (long long)id);
}

static int audit(struct store *store, const struct actor *actor, int64_t now,
                 const char *action, int64_t id, const char *detail, struct error *err)
{
    char object[WEBHOOK_PURPOSE_MAX + 1];

    webhook_purpose(id, object);
    return store_audit(store, now, actor->name, action, object, detail, err);
}

/* As it rests in the row with that number. */
static void seal_key(struct app *app, int64_t id, const struct secret *key,
                     uint8_t sealed[STORE_SECRET_BYTES])
{
    char purpose[WEBHOOK_PURPOSE_MAX + 1];
    _Static_assert(STORE_SECRET_BYTES == WEBHOOK_SECRET_BYTES + SEAL_OVERHEAD,
                   "the column has room for it");

    webhook_purpose(id, purpose);
    seal_lock(app_seal(app), app_random(app), purpose,
              slice_of(key->at, WEBHOOK_SECRET_BYTES), sealed);
}

static struct secret new_key(struct app *app)
{
    struct secret key = secret_new(WEBHOOK_SECRET_BYTES);

    random_fill(app_random(app), key.at, WEBHOOK_SECRET_BYTES);
    return key;
}

/* "whsec_...", for whoever asked. */
static struct secret key_text(const struct secret *key)
{
    struct secret text = secret_new(SIGN_SECRET_TEXT_MAX);

    sign_secret_format(key->at, WEBHOOK_SECRET_BYTES, text.at);
    return text;
}

static int add(struct store *store, void *context, struct error *err)
{
    struct adding *a = context;
    uint8_t sealed[STORE_SECRET_BYTES];

    if (store_webhook_add(store, &a->row, &a->id, err) != 0)
        return -1;
    seal_key(a->app, a->id, a->key, sealed);
    if (store_webhook_set_secret(store, a->id, sealed, err) != 0)
        return -1;
    return audit(store, a->actor, a->row.created_at, "webhook.add", a->id,
                 arena_printf(a->mem, "url=%s events=%s", a->row.url,
                              a->row.events[0] != '\0' ? a->row.events : "all"),
                 err);
}

/* " a b ", "" for all of them. */
static int join_events(struct arena *mem, const char *const *events, const char **out,
                       struct error *err)
{
    const char *text = "";

    for (size_t i = 0; events[i] != NULL; i++) {
        if (!webhook_event_is_known(slice_from(events[i])))
            return error_set(err, ERROR_INVALID, "\"%.40s\" is not an event",
                             events[i]);
        text = arena_printf(mem, "%s%s ", text[0] != '\0' ? text : " ", events[i]);
    }
    *out = text;
    return 0;
}

static int check_url(struct app *app, const char *url, struct error *err)
{
    const struct config *config = app_config(app);
    struct post_terms terms = {.private = config->webhooks.private,
                               .private_count = config->webhooks.private_count};
    bool may_be_plain = terms.private_count > 0;
    struct slice host = {0};
    struct address address;

    if (!webhook_url_is_valid(slice_from(url), may_be_plain, &host))
        return error_set(err, ERROR_INVALID,
                         "the URL must be https:// and a host, without a password "
                         "or \"#\"");
    /* A name is looked up when it is posted to; an address can be told now. */
    if (address_parse(host, &address) &&
        !post_address_is_allowed(&terms, slice_starts(slice_from(url), "http:"),
                                 &address))
        return error_set(err, ERROR_INVALID,
                         "%.*s is not a public address (webhooks.private)",
                         (int)host.len, host.at);
    return 0;
}

int webhook_add(struct app *app, struct arena *mem, const struct actor *actor,
                const struct webhook_new *wanted, int64_t *out_id,
                struct secret *out_secret, struct error *err)
{
    struct adding a = {
        .app = app,
        .mem = mem,
        .actor = actor,
        .row = {
                .url = wanted->url, .created_at = app_now(app), .created_by = actor->name}
    };

    if (app_allow(actor, ACT_CHANGE_WEBHOOKS, err) != 0 ||
        check_url(app, wanted->url, err) != 0 ||
        join_events(mem, wanted->events, &a.row.events, err) != 0)
        return -1;
    struct secret key = new_key(app);
    a.key = &key;
    int result = app_write(app, add, &a, err);
    if (result == 0) {
        *out_secret = key_text(&key);
        *out_id = a.id;
    }
    secret_free(&key);
    return result;
}

/* ---- a new secret ---- */

struct rotating {
    struct app *app;
    const struct actor *actor;
    const struct secret *key;
    int64_t now, id, overlap_s;
};

static int rotate(struct store *store, void *context, struct error *err)
{
    const struct rotating *r = context;
    int64_t until = r->overlap_s == 0 ? 0 : r->now + r->overlap_s;
    uint8_t sealed[STORE_SECRET_BYTES];
    char detail[64] = "old_until=now";
    char when[TIMETEXT_RFC3339_MAX + 1];

    seal_key(r->app, r->id, r->key, sealed);
    if (store_webhook_rotate(store, r->id, sealed, until, err) != 0)
        return -1;
    if (until != 0) {
        timetext_rfc3339(until, when);
        (void)snprintf(detail, sizeof detail, "old_until=%s", when);
    }
    return audit(store, r->actor, r->now, "webhook.rotate", r->id, detail, err);
}

int webhook_rotate(struct app *app, const struct actor *actor, int64_t id,
                   int64_t overlap_s, struct secret *out_secret, struct error *err)
{
    struct rotating r = {.app = app,
                         .actor = actor,
                         .now = app_now(app),
                         .id = id,
                         .overlap_s = overlap_s};

    if (app_allow(actor, ACT_CHANGE_WEBHOOKS, err) != 0)
        return -1;
    if (overlap_s < 0 || overlap_s > WEBHOOK_OVERLAP_MAX_S)
        return error_set(err, ERROR_INVALID,
                         "the old secret can go on for %d days at most",
                         (int)WEBHOOK_OVERLAP_MAX_S / 86400);
    struct secret key = new_key(app);
    r.key = &key;
    int result = app_write(app, rotate, &r, err);
    if (result == 0)
        *out_secret = key_text(&key);
    secret_free(&key);
    return result;
}

int64_t webhook_old_until(const struct webhook *hook, int64_t now)
{
    return hook->old_until > now ? hook->old_until : 0;
}

/* ---- the rest ---- */

struct changing {
    const struct actor *actor;
    int64_t now, id, post_id;
    int (*change)(struct store *store, const struct changing *c, struct error *err);
    const char *action;
};

static int change(struct store *store, void *context, struct error *err)
{
    const struct changing *c = context;

    if (c->change(store, c, err) != 0)
        return -1;
    return audit(store, c->actor, c->now, c->action, c->id, "", err);
}

static int run(struct app *app, struct changing *c, struct error *err)
{
    c->now = app_now(app);
    if (app_allow(c->actor, ACT_CHANGE_WEBHOOKS, err) != 0)
        return -1;
    return app_write(app, change, c, err);
}

static int do_remove(struct store *store, const struct changing *c, struct error *err)
{
    return store_webhook_remove(store, c->id, err);
}

int webhook_remove(struct app *app, const struct actor *actor, int64_t id,
                   struct error *err)
{
    struct changing c = {
        .actor = actor, .id = id, .change = do_remove, .action = "webhook.remove"};

    return run(app, &c, err);
}

static int do_enable(struct store *store, const struct changing *c, struct error *err)
{
    return store_webhook_switch(store, c->id, 0, "", err);
}

int webhook_enable(struct app *app, const struct actor *actor, int64_t id,
                   struct error *err)
{
    struct changing c = {
        .actor = actor, .id = id, .change = do_enable, .action = "webhook.enable"};

    return run(app, &c, err);
}

static int do_disable(struct store *store, const struct changing *c, struct error *err)
{
    /* On again first: what it failed before a person looked at it counts no more. */
    if (do_enable(store, c, err) != 0)
        return -1;
    return store_webhook_switch(store, c->id, c->now, "by a person", err);
}

int webhook_disable(struct app *app, const struct actor *actor, int64_t id,
                    struct error *err)
{
    struct changing c = {
        .actor = actor, .id = id, .change = do_disable, .action = "webhook.disable"};

    return run(app, &c, err);
}

static int do_again(struct store *store, const struct changing *c, struct error *err)
{
    return store_post_again(store, c->id, c->post_id, c->now, err);
}

int webhook_again(struct app *app, const struct actor *actor, int64_t id,
                  int64_t post_id, struct error *err)
{
    struct changing c = {.actor = actor,
                         .id = id,
                         .post_id = post_id,
                         .change = do_again,
                         .action = "webhook.redeliver"};

    return run(app, &c, err);
}

/* The record first: the post is of it. */
static int send_test(struct store *store, void *context, struct error *err)
{
    const struct changing *c = context;
    struct webhook hook;
    struct arena mem;

    arena_init(&mem);
    int result = store_webhook_find(store, &mem, c->id, &hook, err);
    if (result == 0 && hook.disabled_at != 0)
        result = error_set(err, ERROR_CONFLICT, "the webhook is switched off");
    arena_release(&mem);
    if (result != 0 ||
        audit(store, c->actor, c->now, "webhook.test", c->id, "", err) != 0)
        return -1;
    return store_post_add(store, c->id, WEBHOOK_EVENT_TEST, c->now, err);
}

int webhook_test(struct app *app, const struct actor *actor, int64_t id,
                 struct error *err)
{
    struct changing c = {.actor = actor, .now = app_now(app), .id = id};

    if (app_allow(actor, ACT_CHANGE_WEBHOOKS, err) != 0)
        return -1;
    return app_write(app, send_test, &c, err);
}
