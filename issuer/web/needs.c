/*
 * needs.c - what needs someone: reserved addresses that are listed, leases that wait for a second
 * person, leases in use that end soon.
 */
#include "base/base.h"

#include "base/timetext.h"
#include "core/doubt.h"
#include "issuer/web/lines.h"
#include "issuer/web/pages.h"

enum {
    ENDS_SOON_S = 3 * 3600,
    IN_USE_MAX = 500,
    NEEDS_SHOWN = 12
};

struct need {
    const char *mark; /* view_shape */
    const char *text, *href, *about;
    int64_t when; /* since, or until */
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
    view_time(line, "when", page->mem, need->when, page->now);
    json_array_append_new(list, line);
}

static int add_listed(struct page *page, struct store *store, json_t *list,
                      struct error *err)
{
    struct pool_address *pool = NULL;
    struct listing_row *rows = NULL;
    size_t pool_count = 0;
    size_t count = 0;

    if (store_pool_list(store, page->mem, page->now, &pool, &pool_count, err) != 0 ||
        store_listing_now(store, page->mem, NULL, &rows, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < pool_count; i++) {
        const struct listing_row *worst = line_worst(rows, count, pool[i].address);
        if (pool[i].state == POOL_RETIRED || worst == NULL ||
            worst->state != LISTING_LISTED)
            continue;
        add_need(
            page, list,
            &(struct need){
                .mark = "listed",
                .text = arena_printf(page->mem, "%s is listed on %s", pool[i].address,
                                     line_zone(page, worst->zone)),
                .href = line_pool_path(page->mem, pool[i].address),
                .about = pool[i].live_leases == 0
                             ? "No lease uses it."
                             : arena_printf(page->mem,
                                            "%u lease%s by it: put it to rest, and "
                                            "they move.",
                                            pool[i].live_leases,
                                            pool[i].live_leases == 1 ? "" : "s"),
                .when = worst->since});
    }
    return 0;
}

/* The first doubt, and how many more. */
static const char *short_why(struct arena *mem, doubts set)
{
    const char *first = "";
    unsigned more = 0;

    for (int i = DOUBT_COUNT - 1; i >= 0; i--) {
        if ((set & DOUBT(i)) == 0)
            continue;
        more += first[0] != '\0';
        first = doubt_sentence((enum doubt)i);
    }
    return more > 0 ? arena_printf(mem, "%s And %u more.", first, more) : first;
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
                     .text = arena_printf(page->mem,
                                          "%s asks for a second person, case %lld",
                                          line_person(page->mem, rows[i].asked_by),
                                          (long long)rows[i].case_id),
                     .href = arena_printf(page->mem, "/cases/%lld",
                                          (long long)rows[i].case_id),
                     .about = arena_printf(page->mem, "%s: %s", rows[i].mailbox,
                                           short_why(page->mem, rows[i].doubts)),
                     .when = rows[i].asked_at});
    return 0;
}

static int add_ending(struct page *page, struct store *store, json_t *list,
                      struct error *err)
{
    const struct search search = {
        .state = lease_state_name(LEASE_IN_USE), .now = page->now, .max = IN_USE_MAX};
    struct lease *leases = NULL;
    size_t count = 0;

    if (store_lease_search(store, page->mem, &search, &leases, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (leases[i].expires_at > page->now + ENDS_SOON_S)
            continue;
        add_need(page, list,
                 &(struct need){
                     .mark = "used",
                     .text = arena_printf(
                         page->mem, "Ends in %s, case %lld",
                         timetext_span(page->mem, leases[i].expires_at - page->now),
                         (long long)leases[i].case_id),
                     .href = arena_printf(page->mem, "/cases/%lld",
                                          (long long)leases[i].case_id),
                     .about = arena_printf(page->mem, "%s, %u message%s sent",
                                           leases[i].mailbox, leases[i].messages_used,
                                           leases[i].messages_used == 1 ? "" : "s"),
                     .when = leases[i].expires_at});
    }
    return 0;
}

int needs_put(struct page *page, struct store *store, struct error *err)
{
    json_t *list = json_array();

    view_take(page->view, "needs", list);
    if (add_listed(page, store, list, err) != 0 ||
        add_waiting(page, store, list, err) != 0 ||
        add_ending(page, store, list, err) != 0)
        return -1;
    view_flag(page->view, "has_needs", json_array_size(list) > 0);
    return 0;
}
