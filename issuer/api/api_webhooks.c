/*
 * api_webhooks.c - webhooks, and what went to them.
 */
#include "base/base.h"

#include "base/number.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/notify/webhook.h"

static json_t *present_webhook(const struct webhook *hook, int64_t now)
{
    json_t *o = json_object();

    put_number(o, "id", hook->id);
    put_text(o, "url", hook->url);
    put_flags(o, "events", hook->events);
    put_bool(o, "enabled", hook->disabled_at == 0);
    put_time(o, "disabled_at", hook->disabled_at);
    put_text(o, "disabled_why", hook->disabled_at != 0 ? hook->disabled_why : NULL);
    put_time(o, "failing_since", hook->failing_since);
    put_time(o, "old_secret_until", webhook_old_until(hook, now));
    put_time(o, "created_at", hook->created_at);
    put_text(o, "created_by", hook->created_by);
    return o;
}

static json_t *present_post(const struct webhook_post *post)
{
    json_t *o = json_object();

    put_number(o, "id", post->id);
    put_text(o, "event", post->event);
    put_text(o, "object", post->record.object);
    put_text(o, "state", post_state_name(post->state));
    put_number(o, "attempts", post->attempts);
    put_number_or_null(o, "status", post->status);
    put_text(o, "why", post->why[0] != '\0' ? post->why : NULL);
    put_time(o, "created_at", post->created_at);
    put_time(o, "tried_at", post->tried_at);
    put_time(o, "next_at", post->state == POST_WAITING ? post->due_at : 0);
    return o;
}

int api_webhook_list(struct call *call, json_t **out, struct error *err)
{
    struct webhook *hooks = NULL;
    struct store *store = NULL;
    struct page page;
    size_t count = 0;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_webhook_list(store, call->mem, &hooks, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, present_webhook(&hooks[i], call->now));
    *out = page_cut(all, &page);
    return 0;
}

static int show(struct call *call, int64_t id, json_t **out, struct error *err)
{
    struct store *store = NULL;
    struct webhook hook;

    if (app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_webhook_find(store, call->mem, id, &hook, err);
    app_give_back(call->app, store);
    if (failed == 0)
        *out = present_webhook(&hook, call->now);
    return failed;
}

/* With the secret that was just made, which is freed. */
static int show_with_secret(struct call *call, int64_t id, struct secret *secret,
                            json_t **out, struct error *err)
{
    int failed = show(call, id, out, err);

    if (failed == 0) {
        call->response->is_secret = true;
        put_text(*out, "secret", secret->at);
    }
    secret_free(secret);
    return failed;
}

int api_webhook_add(struct call *call, json_t **out, struct error *err)
{
    struct webhook_new wanted = {0};
    struct secret secret = {0};
    json_t *events = NULL;
    int64_t id = 0;

    if (call_fields(call, err, "{s:s, s?:o}", "url", &wanted.url, "events", &events) !=
            0 ||
        call_words(call, "events", events, &wanted.events, err) != 0 ||
        webhook_add(call->app, call->mem, &call->actor, &wanted, &id, &secret, err) !=
            0)
        return -1;
    call->status = 201;
    return show_with_secret(call, id, &secret, out, err);
}

/* "for": how long the old secret signs too; "0": no longer. */
int api_webhook_rotate(struct call *call, json_t **out, struct error *err)
{
    int64_t overlap_s = WEBHOOK_OVERLAP_S;
    struct secret secret = {0};
    const char *lasts = NULL;
    int64_t id = 0;

    if (call_id(call, &id, err) != 0 ||
        call_fields(call, err, "{s?s}", "for", &lasts) != 0)
        return -1;
    if (lasts != NULL && strcmp(lasts, "0") == 0)
        overlap_s = 0;
    else if (lasts != NULL &&
             number_duration_s(slice_from(lasts), &overlap_s, err) != 0)
        return error_prefix(err, "\"for\"");
    if (webhook_rotate(call->app, &call->actor, id, overlap_s, &secret, err) != 0)
        return -1;
    return show_with_secret(call, id, &secret, out, err);
}

int api_webhook_remove(struct call *call, json_t **out, struct error *err)
{
    int64_t id = 0;

    if (call_query(call, "", err) != 0 || call_id(call, &id, err) != 0 ||
        webhook_remove(call->app, &call->actor, id, err) != 0)
        return -1;
    call->status = 204;
    *out = NULL;
    return 0;
}

/* What takes nothing but the number, and is answered by the webhook as it is then. */
static int act(struct call *call,
               int (*change)(struct app *app, const struct actor *actor, int64_t id,
                             struct error *err),
               json_t **out, struct error *err)
{
    int64_t id = 0;

    if (call_id(call, &id, err) != 0 || call_fields(call, err, "{}") != 0 ||
        change(call->app, &call->actor, id, err) != 0)
        return -1;
    return show(call, id, out, err);
}

int api_webhook_enable(struct call *call, json_t **out, struct error *err)
{
    return act(call, webhook_enable, out, err);
}

int api_webhook_disable(struct call *call, json_t **out, struct error *err)
{
    return act(call, webhook_disable, out, err);
}

int api_webhook_test(struct call *call, json_t **out, struct error *err)
{
    return act(call, webhook_test, out, err);
}

int api_webhook_posts(struct call *call, json_t **out, struct error *err)
{
    struct webhook_post *posts = NULL;
    struct store *store = NULL;
    struct webhook hook;
    struct page page;
    int64_t id = 0;
    size_t count = 0;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 || call_id(call, &id, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_webhook_find(store, call->mem, id, &hook, err);
    if (failed == 0)
        failed = store_post_list(store, call->mem, id, API_LIMIT_MAX, &posts, &count,
                                 err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, present_post(&posts[i]));
    *out = page_cut(all, &page);
    return 0;
}

int api_webhook_again(struct call *call, json_t **out, struct error *err)
{
    const char *text = NULL;
    uint64_t post_id = 0;
    int64_t id = 0;

    if (call_id(call, &id, err) != 0 || call_fields(call, err, "{}") != 0 ||
        call_param(call, 1, &text, err) != 0)
        return -1;
    if (!number_u64(slice_from(text), INT64_MAX, &post_id))
        return error_set(err, ERROR_NOT_FOUND, "there is no such post");
    if (webhook_again(call->app, &call->actor, id, (int64_t)post_id, err) != 0)
        return -1;
    return show(call, id, out, err);
}
