/*
 * outbox.c - what is on its way to webhooks: signed, sent, and how it went kept.
 *
 * A try is kept after it was made. A crash between the two repeats it with the same id, by which the
 * receiver knows it again; nothing is lost, for posts are rows that were committed with what they
 * tell.
 */
#include "base/base.h"

#include "issuer/notify/webhook.h"

#include "base/log.h"
#include "issuer/notify/compose.h"
#include "issuer/notify/notify_internal.h"
#include "issuer/notify/sign.h"

enum {
    ROUNDS_MAX = 50, /* of one call; the next goes on */
    JITTER = 1000,
    GONE = 410
};

/* One post, and what it is sent with. */
struct sending {
    const struct webhook_post *row;
    struct webhook hook;
    struct post post;
};

struct batch {
    struct app *app;
    struct arena *mem;
    int64_t now;
    struct webhook_post *rows;
    struct sending *sendings;
    size_t count;
};

static int load(struct store *store, void *context, struct error *err)
{
    struct batch *b = context;

    if (store_post_due(store, b->mem, b->now, POST_AT_ONCE_MAX, &b->rows, &b->count,
                       err) != 0)
        return -1;
    b->sendings = arena_array(b->mem, b->count, sizeof *b->sendings);
    for (size_t i = 0; i < b->count; i++) {
        struct sending *s = &b->sendings[i];
        const char *body = NULL;
        *s = (struct sending){.row = &b->rows[i]};
        if (store_webhook_find(store, b->mem, s->row->webhook_id, &s->hook, err) != 0 ||
            compose_body(store, b->mem, s->row, app_config(b->app)->console.url, &body,
                         err) != 0)
            return -1;
        s->post.url = s->hook.url;
        s->post.body = slice_from(body);
    }
    return 0;
}

/* false: the secret cannot be opened, which no other try would change. */
static bool sign_with(const struct batch *b, const struct sending *s,
                      const uint8_t sealed[STORE_SECRET_BYTES], const char *id,
                      char signature[SIGN_TEXT_MAX + 1])
{
    struct secret key = secret_new(WEBHOOK_SECRET_BYTES);
    char purpose[WEBHOOK_PURPOSE_MAX + 1];

    webhook_purpose(s->hook.id, purpose);
    bool is_open = seal_unlock(app_seal(b->app), purpose, sealed, STORE_SECRET_BYTES,
                               key.at);
    if (is_open)
        sign_post(slice_of(key.at, WEBHOOK_SECRET_BYTES), id, b->now, s->post.body,
                  signature);
    secret_free(&key);
    return is_open;
}

/* Of the secret, and, while the one before still counts, of both: the receiver takes either. */
static bool put_headers(struct batch *b, struct sending *s)
{
    char now[SIGN_TEXT_MAX + 1];
    char before[SIGN_TEXT_MAX + 1];
    char id[COMPOSE_ID_MAX + 1];

    compose_id(s->row, id);
    if (!sign_with(b, s, s->hook.secret, id, now))
        return false;
    bool has_old = webhook_old_until(&s->hook, b->now) != 0 &&
                   sign_with(b, s, s->hook.old_secret, id, before);
    s->post.headers[0] = "Content-Type: application/json";
    s->post.headers[1] = arena_printf(b->mem, "webhook-id: %s", id);
    s->post.headers[2] = arena_printf(b->mem, "webhook-timestamp: %lld",
                                      (long long)b->now);
    s->post.headers[3] = arena_printf(b->mem, "webhook-signature: %s%s%s", now,
                                      has_old ? " " : "", has_old ? before : "");
    return true;
}

static bool is_stopping(void *context)
{
    return app_is_stopping(context);
}

/* ---- how it went ---- */

static int switch_off(struct store *store, struct batch *b, const struct webhook *hook,
                      const char *why, struct error *err)
{
    char object[WEBHOOK_PURPOSE_MAX + 1];

    webhook_purpose(hook->id, object);
    if (store_webhook_switch(store, hook->id, b->now, why, err) != 0)
        return -1;
    return store_audit(store, b->now, "system", "webhook.disable", object,
                       arena_printf(b->mem, "why=%s", why), err);
}

static int keep_one(struct store *store, struct batch *b, const struct sending *s,
                    struct error *err)
{
    const struct post *post = &s->post;
    struct webhook_post row = *s->row;
    int64_t since = s->hook.failing_since;
    int jitter = (int)random_below(app_random(b->app), 2 * JITTER + 1) - JITTER;
    int64_t wait = webhook_retry_s(row.attempts + 1, jitter, post->retry_after_s);

    row.tried_at = b->now;
    row.status = post->status;
    row.why = post->why;
    row.due_at = b->now + wait;
    row.state = post_is_delivered(post) ? POST_DELIVERED
                : wait == 0             ? POST_FAILED
                                        : POST_WAITING;
    if (store_post_tried(store, &row, err) != 0)
        return -1;
    if (row.state == POST_DELIVERED)
        return 0;
    if (post->status == GONE)
        return switch_off(store, b, &s->hook, "it answered 410: it is gone", err);
    if (since != 0 && b->now - since >= WEBHOOK_FAILING_MAX_S)
        return switch_off(store, b, &s->hook, "it failed for five days", err);
    return 0;
}

/* A webhook may have been removed while it was posted to. */
static int keep(struct store *store, void *context, struct error *err)
{
    struct batch *b = context;

    for (size_t i = 0; i < b->count; i++) {
        struct webhook hook;
        struct error why = {0};
        const struct sending *s = &b->sendings[i];
        if (!s->post.was_tried)
            continue;
        if (store_webhook_find(store, b->mem, s->hook.id, &hook, &why) != 0) {
            if (why.kind == ERROR_NOT_FOUND)
                continue;
            *err = why;
            return -1;
        }
        if (keep_one(store, b, s, err) != 0)
            return -1;
    }
    return 0;
}

static void say_failures(const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct sending *s = &b->sendings[i];
        char id[24];
        if (!s->post.was_tried || s->post.why[0] == '\0')
            continue;
        (void)snprintf(id, sizeof id, "%lld", (long long)s->hook.id);
        log_event(LOG_LEVEL_WARNING, "webhook.failed", "webhook", id, "event",
                  s->row->event, "why", s->post.why, NULL);
    }
}

/* ---- a round ---- */

static int send_batch(struct batch *b, struct error *err)
{
    const struct config *config = app_config(b->app);
    struct post *posts[POST_AT_ONCE_MAX];
    size_t count = 0;
    const struct post_terms terms = {.private = config->webhooks.private,
                                     .private_count = config->webhooks.private_count,
                                     .ca_file = config->webhooks.ca_file,
                                     .is_stopping = is_stopping,
                                     .context = b->app};

    for (size_t i = 0; i < b->count; i++) {
        struct sending *s = &b->sendings[i];
        if (put_headers(b, s)) {
            posts[count++] = &s->post;
        } else {
            s->post.was_tried = true;
            (void)snprintf(
                s->post.why, sizeof s->post.why,
                "its secret cannot be opened: was the key of seals changed?");
        }
    }
    post_all(&terms, posts, count);
    if (app_write(b->app, keep, b, err) != 0)
        return -1;
    say_failures(b);
    return 0;
}

static int send_round(struct app *app, size_t *out_count, struct error *err)
{
    struct batch b = {.app = app, .now = app_now(app)};
    struct store *store = NULL;
    struct arena mem;

    arena_init(&mem);
    b.mem = &mem;
    int result = app_take_reader(app, &store, err);
    if (result == 0)
        result = store_snapshot(store, load, &b, err);
    app_give_back(app, store);
    if (result == 0 && b.count > 0)
        result = send_batch(&b, err);
    *out_count = b.count;
    arena_release(&mem);
    return result;
}

int webhook_send_due(struct app *app, struct error *err)
{
    size_t count = 1;

    for (int i = 0; i < ROUNDS_MAX && count > 0 && !app_is_stopping(app); i++)
        if (send_round(app, &count, err) != 0)
            return -1;
    return 0;
}
