/*
 * webhooks.c - webhooks: which there are, a new one with its secret, and what went to each.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/settings.h"
#include "issuer/web/speak.h"

#include "base/number.h"
#include "issuer/notify/webhook.h"

enum {
    POSTS_SHOWN = 50
};

/* What only this answer knows. */
struct extra {
    unsigned status;    /* 0: 200 */
    const char *typed;  /* a URL that was refused */
    const char *secret; /* just made: shown now and never again */
};

static json_t *standing(const struct page *page, const struct webhook *hook)
{
    if (hook->disabled_at != 0)
        return view_mark("rest", speak(page, "console.webhooks.off"));
    return hook->failing_since != 0
               ? view_mark("listed", speak(page, "console.webhooks.failing"))
               : view_mark("clear", speak(page, "console.webhooks.on"));
}

/* "lease.created, lease.ended", or all. */
static const char *events_text(const struct page *page, const char *events)
{
    struct slice rest = slice_from(events), word;
    const char *text = "";

    while (slice_cut(&rest, ' ', &word))
        if (word.len > 0)
            text = speak_join(page, text, arena_slice(page->mem, word));
    return text[0] != '\0' ? text : speak(page, "console.webhooks.all");
}

static json_t *hook_view(const struct page *page, const struct webhook *hook)
{
    json_t *view = json_object();

    view_number(view, "id", hook->id);
    view_text(view, "url", hook->url);
    view_text(view, "events", events_text(page, hook->events));
    view_take(view, "mark", standing(page, hook));
    view_text(view, "why", hook->disabled_at != 0 ? hook->disabled_why : NULL);
    speak_put_when(page, view, "since",
                   hook->disabled_at != 0     ? hook->disabled_at
                   : hook->failing_since != 0 ? hook->failing_since
                                              : hook->created_at);
    view_text(view, "path",
              arena_printf(page->mem, "/settings/webhooks/%lld", (long long)hook->id));
    view_flag(view, "is_on", hook->disabled_at == 0);
    speak_put_when(page, view, "old_until", webhook_old_until(hook, page->now));
    return view;
}

static int put_hooks(struct page *page, struct error *err)
{
    struct webhook *hooks = NULL;
    struct store *store = NULL;
    size_t count = 0;
    json_t *list = json_array();

    view_take(page->view, "hooks", list);
    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_webhook_list(store, page->mem, &hooks, &count, err);
    app_give_back(page->app, store);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, hook_view(page, &hooks[i]));
    view_flag(page->view, "has_hooks", count > 0);
    return result;
}

static void put_choices(struct page *page)
{
    json_t *list = json_array();

    for (size_t i = 0; i < WEBHOOK_EVENT_COUNT; i++) {
        json_t *choice = json_object();
        view_text(choice, "event", webhook_event_name(i));
        json_array_append_new(list, choice);
    }
    view_take(page->view, "choices", list);
}

static int show(struct page *page, const struct extra *extra, struct error *err)
{
    page->response->is_secret = extra->secret != NULL;
    view_text(page->view, "secret", extra->secret);
    view_text(page->view, "typed", extra->typed != NULL ? extra->typed : "");
    put_choices(page);
    if (put_hooks(page, err) != 0)
        return -1;
    return settings_show(page, SETTINGS_WEBHOOKS,
                         extra->status != 0 ? extra->status : 200, err);
}

int page_webhooks(struct page *page, struct error *err)
{
    return show(page, &(struct extra){0}, err);
}

/* The boxes that are ticked; none of them is all. */
static const char *const *chosen(struct page *page)
{
    const char **events = arena_array(page->mem, WEBHOOK_EVENT_COUNT + 1,
                                      sizeof *events);
    size_t count = 0;

    for (size_t i = 0; i < WEBHOOK_EVENT_COUNT; i++) {
        const char *name = webhook_event_name(i);
        if (page_field(page, arena_printf(page->mem, "event.%s", name)) != NULL)
            events[count++] = name;
    }
    events[count] = NULL;
    return events;
}

int page_webhook_add(struct page *page, struct error *err)
{
    struct webhook_new wanted = {.url = page_field(page, "url"),
                                 .events = chosen(page)};
    struct extra extra = {0};
    struct secret secret = {0};
    struct error why = {0};
    int64_t id = 0;

    if (wanted.url == NULL)
        wanted.url = "";
    if (webhook_add(page->app, page->mem, &page->actor, &wanted, &id, &secret, &why) !=
        0) {
        if (why.kind != ERROR_INVALID && why.kind != ERROR_EXHAUSTED) {
            *err = why;
            return -1;
        }
        extra.status = problem_status(why.kind);
        extra.typed = wanted.url;
        page_problem(page, why.text, "url");
        return show(page, &extra, err);
    }
    extra.secret = secret.at;
    int result = show(page, &extra, err);
    secret_free(&secret);
    return result;
}

static void go_to(struct page *page, int64_t id)
{
    http_see_other(page->response,
                   arena_printf(page->mem, "/settings/webhooks/%lld", (long long)id));
}

int page_webhook_do(struct page *page, struct error *err)
{
    static const struct {
        const char *name;
        int (*act)(struct app *app, const struct actor *actor, int64_t id,
                   struct error *err);
        bool goes_to_list;
    } acts[] = {
        {"remove",  webhook_remove,  true },
        {"enable",  webhook_enable,  false},
        {"disable", webhook_disable, false},
        {"test",    webhook_test,    false},
    };
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (!slice_is(page->request->params[1], acts[i].name))
            continue;
        if (acts[i].act(page->app, &page->actor, id, err) != 0)
            return -1;
        if (acts[i].goes_to_list)
            http_see_other(page->response, "/settings/webhooks");
        else
            go_to(page, id);
        return 0;
    }
    return error_set(err, ERROR_NOT_FOUND, "%s", speak(page, "console.error.no_page"));
}

/* The post is named in the form. */
int page_webhook_again(struct page *page, struct error *err)
{
    int64_t id = 0;
    int64_t post_id = 0;

    if (page_number(page, 0, &id, err) != 0)
        return -1;
    if (!number_i64(form_slice(&page->form, "post"), 1, INT64_MAX, &post_id))
        return error_set(err, ERROR_NOT_FOUND, "%s",
                         speak(page, "console.error.no_page"));
    if (webhook_again(page->app, &page->actor, id, post_id, err) != 0)
        return -1;
    go_to(page, id);
    return 0;
}

/* ---- one webhook ---- */

static json_t *post_mark(const struct page *page, const struct webhook_post *post)
{
    switch (post->state) {
    case POST_DELIVERED:
        return view_mark("clear", speak(page, "console.webhooks.delivered"));
    case POST_FAILED:
        return view_mark("listed", speak(page, "console.webhooks.failed"));
    case POST_WAITING:
    case POST_STATE_COUNT: break;
    }
    return view_mark("open",
                     speak(page, post->attempts == 0 ? "console.webhooks.waiting"
                                                     : "console.webhooks.again_later"));
}

static json_t *post_view(const struct page *page, const struct webhook_post *post)
{
    json_t *view = json_object();

    view_text(view, "event", post->event);
    view_text(view, "about", post->record.object);
    view_take(view, "mark", post_mark(page, post));
    view_text(view, "tries",
              post->attempts == 0 ? NULL
                                  : speak_count(page, "console.webhooks.tries", "count",
                                                post->attempts));
    view_text(view, "why", post->why[0] != '\0' ? post->why : NULL);
    speak_put_when(page, view, "made", post->created_at);
    speak_put_when(page, view, "next",
                   post->state == POST_WAITING && post->attempts > 0 ? post->due_at
                                                                     : 0);
    view_number(view, "post", post->id);
    view_flag(view, "may_repeat", post->state != POST_WAITING || post->attempts > 0);
    return view;
}

/* secret: just made, shown now and never again; NULL: none was. */
static int show_one(struct page *page, int64_t id, const char *secret,
                    struct error *err)
{
    struct webhook_post *posts = NULL;
    struct store *store = NULL;
    struct webhook hook;
    size_t count = 0;
    json_t *list = json_array();

    view_take(page->view, "posts", list);
    page->response->is_secret = secret != NULL;
    view_text(page->view, "secret", secret);
    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_webhook_find(store, page->mem, id, &hook, err);
    if (result == 0)
        result = store_post_list(store, page->mem, id, POSTS_SHOWN, &posts, &count,
                                 err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, post_view(page, &posts[i]));
    view_flag(page->view, "has_posts", count > 0);
    view_take(page->view, "hook", hook_view(page, &hook));
    return page_show(
        page,
        &(struct page_name){.template = "html/webhook.html",
                            .title = speak_with(page, "console.webhooks.numbered", "id",
                                                speak_number(page, id), NULL),
                            .section = "settings",
                            .status = 200},
        err);
}

int page_webhook(struct page *page, struct error *err)
{
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0)
        return -1;
    return show_one(page, id, NULL, err);
}

int page_webhook_rotate(struct page *page, struct error *err)
{
    bool at_once = page_field(page, "at_once") != NULL;
    struct secret secret = {0};
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0 ||
        webhook_rotate(page->app, &page->actor, id, at_once ? 0 : WEBHOOK_OVERLAP_S,
                       &secret, err) != 0)
        return -1;
    int result = show_one(page, id, secret.at, err);
    secret_free(&secret);
    return result;
}
