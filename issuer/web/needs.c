/*
 * needs.c - what needs someone: reserved addresses that are listed, leases that wait for a second
 * person, leases in use that end soon.
 */
#include "base/base.h"

#include "core/doubt.h"
#include "db/store_webhook.h"
#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

enum {
    ENDS_SOON_S = 3 * 3600,
    HOOK_FAILS_S = 3600,
    NEEDS_SHOWN = 12
};

struct need {
    const char *mark; /* view_shape */
    const char *text, *href, *about;
    int64_t when;     /* since, or until */
    const char *move; /* what the button says that moves the leases; NULL: no button */
};

static void add_need(struct page *page, json_t *list, const struct need *need)
{
    json_t *line = json_object();

    if (json_array_size(list) >= NEEDS_SHOWN) {
        json_decref(line);
        return;
    }
    view_text(line, "class", need->mark);
    view_text(line, "shape", view_shape(need->mark));
    view_text(line, "text", need->text);
    view_text(line, "href", need->href);
    view_text(line, "about", need->about);
    view_text(line, "move", need->move);
    speak_put_when(page, line, "when", need->when);
    json_array_append_new(list, line);
}

/* When the list does not answer any more, nobody knows whether it is listed still. */
static const char *listed_sentence(const struct page *page,
                                   const struct listing_stretch *stretch)
{
    bool is_known = page->now - stretch->last_listed_at <= line_fresh_s(page);

    return speak_with(
        page, is_known ? "console.today.need.listed" : "console.today.need.was_listed",
        "address", stretch->address, "list", line_zone(page, stretch->zone), NULL);
}

static void add_listing(struct page *page, json_t *list,
                        const struct pool_address *address,
                        const struct listing_stretch *stretch)
{
    bool may_move = address->live_leases > 0 && page_may(page, ACT_CHANGE_POOL) &&
                    pool_state_may_send(address->state);

    add_need(
        page, list,
        &(struct need){.mark = "listed",
                       .text = listed_sentence(page, stretch),
                       .href = line_pool_path(page->mem, address->address),
                       .about = address->live_leases == 0
                                    ? speak(page, "console.today.need.unused")
                                    : speak_count(page, "console.today.need.in_use",
                                                  "count", address->live_leases),
                       .when = stretch->since,
                       .move = may_move ? speak_count(page, "console.today.need.move",
                                                      "count", address->live_leases)
                                        : NULL});
}

/* One line an address, about the listing that began first. */
static int add_listed(struct page *page, struct store *store, json_t *list,
                      struct error *err)
{
    struct pool_address *pool = NULL;
    struct listing_stretch *open = NULL;
    size_t pool_count = 0;
    size_t count = 0;

    if (store_pool_list(store, page->mem, page->now, &pool, &pool_count, err) != 0 ||
        store_listing_open(store, page->mem, &open, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < pool_count; i++) {
        const struct listing_stretch *first = NULL;
        for (size_t k = 0; k < count; k++)
            if (strcmp(open[k].address, pool[i].address) == 0 &&
                (first == NULL || open[k].since < first->since))
                first = &open[k];
        if (pool[i].state != POOL_RETIRED && first != NULL)
            add_listing(page, list, &pool[i], first);
    }
    return 0;
}

/* The first doubt, and how many more. */
static const char *short_why(const struct page *page, doubts set)
{
    const char *first = "";
    unsigned more = 0;

    for (int i = DOUBT_COUNT - 1; i >= 0; i--) {
        if ((set & DOUBT(i)) == 0)
            continue;
        more += first[0] != '\0';
        first = speak_sentence(page, doubt_sentence((enum doubt)i));
    }
    return more > 0 ? speak_with(page, "console.today.need.more", "first", first,
                                 "more", speak_number(page, more), NULL)
                    : first;
}

static int add_waiting(struct page *page, struct store *store, json_t *list,
                       struct error *err)
{
    struct approval *rows = NULL;
    size_t count = 0;

    if (store_approval_open(store, page->mem, page->now, &rows, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        add_need(page, list,
                 &(struct need){
                     .mark = "unsure",
                     .text = speak_with(page, "console.today.need.asks", "who",
                                        line_person(page, rows[i].asked_by), "n",
                                        speak_number(page, rows[i].case_id), NULL),
                     .href = arena_printf(page->mem, "/approvals#request-%lld",
                                          (long long)rows[i].id),
                     .about = speak_with(page, "console.today.need.why", "mailbox",
                                         rows[i].mailbox, "why",
                                         short_why(page, rows[i].doubts), NULL),
                     .when = rows[i].asked_at});
    return 0;
}

static int add_ending(struct page *page, struct store *store, json_t *list,
                      struct error *err)
{
    struct lease *leases = NULL;
    size_t count = 0;

    if (store_lease_ending(store, page->mem, page->now, page->now + ENDS_SOON_S,
                           NEEDS_SHOWN, &leases, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        add_need(
            page, list,
            &(struct need){
                .mark = "used",
                .text = speak_with(page, "console.today.need.ends", "span",
                                   speak_span(page, leases[i].expires_at - page->now),
                                   "n", speak_number(page, leases[i].case_id), NULL),
                .href = arena_printf(page->mem, "/cases/%lld",
                                     (long long)leases[i].case_id),
                .about = speak_plural(
                    page, "console.today.need.sent", leases[i].messages_used, "mailbox",
                    leases[i].mailbox, "count",
                    speak_number(page, leases[i].messages_used), NULL),
                .when = leases[i].expires_at});
    }
    return 0;
}

/* For those who can mend it: webhooks that were switched off for failing, or fail for an hour. */
static int add_webhooks(struct page *page, struct store *store, json_t *list,
                        struct error *err)
{
    struct webhook *hooks = NULL;
    size_t count = 0;

    if (!page_may(page, ACT_CHANGE_WEBHOOKS))
        return 0;
    if (store_webhook_list(store, page->mem, &hooks, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct webhook *hook = &hooks[i];
        bool is_off = hook->disabled_at != 0 && hook->failing_since != 0;
        bool is_failing = hook->disabled_at == 0 && hook->failing_since != 0 &&
                          page->now - hook->failing_since > HOOK_FAILS_S;
        if (is_off || is_failing)
            add_need(page, list,
                     &(struct need){
                         .mark = "unsure",
                         .text = speak_with(page,
                                            is_off ? "console.today.need.hook_off"
                                                   : "console.today.need.hook_fails",
                                            "id", speak_number(page, hook->id), NULL),
                         .href = arena_printf(page->mem, "/settings/webhooks/%lld",
                                              (long long)hook->id),
                         .about = hook->url,
                         .when = hook->failing_since});
    }
    return 0;
}

int needs_put(struct page *page, struct store *store, struct error *err)
{
    json_t *list = json_array();

    view_take(page->view, "needs", list);
    if (add_listed(page, store, list, err) != 0 ||
        add_waiting(page, store, list, err) != 0 ||
        add_ending(page, store, list, err) != 0 ||
        add_webhooks(page, store, list, err) != 0)
        return -1;
    view_flag(page->view, "has_needs", json_array_size(list) > 0);
    return 0;
}
