/*
 * pool.c - the reserved addresses as tiles.
 */
#include "base/base.h"

#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"
#include "issuer/web/strips.h"

enum {
    PIPS_MAX = 10, /* beyond that they are one bar */
    TILE_DAYS = 30,
    DAY_S = 24 * 3600
};

/* A box of the row, in tenths of a per cent, so that it follows the tile's width. */
static void add_pip(json_t *list, struct arena *mem, unsigned x, unsigned width,
                    const char *class_name)
{
    json_t *pip = json_object();

    view_text(pip, "x", arena_printf(mem, "%u.%u%%", x / 10, x % 10));
    view_text(pip, "width", arena_printf(mem, "%u.%u%%", width / 10, width % 10));
    view_text(pip, "class", class_name);
    json_array_append_new(list, pip);
}

/* Places as a row of boxes, one each; of many, what is used and what is free. */
static json_t *pips(struct arena *mem, const struct pool_address *a)
{
    json_t *list = json_array();

    if (a->capacity == 0)
        return list;
    if (a->capacity <= PIPS_MAX) {
        for (unsigned i = 0; i < a->capacity; i++)
            add_pip(list, mem, 1000 * i / a->capacity + 4, 1000 / a->capacity - 30,
                    i < a->live_leases ? "p-act" : "p-free");
        return list;
    }
    unsigned used = a->live_leases < a->capacity ? 1000 * a->live_leases / a->capacity
                                                 : 1000;
    /* The same margins as boxes have; the least share is still to be seen. */
    if (used > 0)
        add_pip(list, mem, 4, used > 40 ? used - 30 : 10, "p-act");
    if (used < 1000)
        add_pip(list, mem, used + 4, used < 960 ? 1000 - used - 30 : 10, "p-free");
    return list;
}

struct pool_facts {
    struct pool_address *pool;
    size_t count;
    struct listing_row *listings;
    size_t listings_count;
    struct listing_row *past; /* of TILE_DAYS */
    size_t past_count;
};

static json_t *tile(struct page *page, const struct pool_facts *facts,
                    const struct pool_address *a, const struct listing_row *worst)
{
    const struct strip_facts past = {
        .rows = facts->past, .count = facts->past_count, .days = TILE_DAYS};
    json_t *view = json_object();
    struct picture_strip strip;

    strip_of(page, &past, a->address, NULL, &strip);
    view_text(view, "path", line_pool_path(page->mem, a->address));
    view_text(view, "address", a->address);
    view_text(view, "lane", a->lane);
    view_take(view, "mark", line_pool_mark(page, a, worst));
    view_flag(view, "is_alert",
              a->state == POOL_ACTIVE && worst != NULL &&
                  worst->state == LISTING_LISTED);
    view_flag(view, "is_gap", a->state == POOL_ACTIVE && line_is_stale(page, worst));
    view_text(view, "places",
              speak_with(page, "console.pool.places", "used",
                         speak_number(page, a->live_leases), "places",
                         speak_number(page, a->capacity), NULL));
    view_take(view, "pips", pips(page->mem, a));
    view_take(view, "strip", strip_view(page, &past, a->address, &strip));
    view_text(view, "why",
              worst != NULL && worst->state != LISTING_CLEAR
                  ? speak_with(page, "console.pool.why", "list",
                               line_zone(page, worst->zone), "why",
                               speak_sentence(page, worst->why), NULL)
                  : NULL);
    view_text(view, "asked",
              worst != NULL ? speak_with(page, "console.time.asked", "ago",
                                         speak_ago(page, worst->checked_at), NULL)
                            : speak(page, "console.listing.not_asked"));
    return view;
}

static void put_pool(struct page *page, const struct pool_facts *facts)
{
    json_t *tiles = json_array();
    unsigned places = 0;
    unsigned left = 0;
    size_t usable = 0;

    for (size_t i = 0; i < facts->count; i++) {
        const struct pool_address *a = &facts->pool[i];
        const struct listing_row *worst = line_worst(facts->listings,
                                                     facts->listings_count, a->address);
        bool is_usable = a->state == POOL_ACTIVE &&
                         (worst == NULL || worst->state != LISTING_LISTED);
        json_array_append_new(tiles, tile(page, facts, a, worst));
        if (!is_usable)
            continue;
        usable++;
        places += a->capacity;
        left += a->live_leases < a->capacity ? a->capacity - a->live_leases : 0;
    }
    view_take(page->view, "tiles", tiles);
    view_text(
        page->view, "addresses",
        speak_count(page, "console.pool.addresses", "count", (int64_t)facts->count));
    view_text(page->view, "headline",
              facts->count == 0 ? speak(page, "console.pool.none")
              : left == 0       ? speak(page, "console.pool.full")
                                : speak_with(page, "console.pool.free", "free",
                                             speak_number(page, left), "places",
                                             speak_number(page, places), NULL));
    view_text(page->view, "lead",
              facts->count == 0
                  ? speak(page, "console.pool.none_do")
                  : speak_plural(page, "console.pool.usable", (int64_t)facts->count,
                                 "usable", speak_number(page, (int64_t)usable), "count",
                                 speak_number(page, (int64_t)facts->count), NULL));
}

static int load(struct page *page, struct error *err)
{
    struct pool_facts facts = {0};
    struct store *store = NULL;

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_pool_list(store, page->mem, page->now, &facts.pool, &facts.count,
                                 err);
    if (result == 0)
        result = store_listing_now(store, page->mem, NULL, &facts.listings,
                                   &facts.listings_count, err);
    if (result == 0)
        result = store_listing_since(store, page->mem, NULL,
                                     page->now - (int64_t)TILE_DAYS * DAY_S,
                                     &facts.past, &facts.past_count, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    put_pool(page, &facts);
    return 0;
}

int page_pool_live(struct page *page, struct error *err)
{
    if (load(page, err) != 0)
        return -1;
    return page_show_live(page, "html/live_pool.html", err);
}

int page_pool(struct page *page, struct error *err)
{
    if (load(page, err) != 0)
        return -1;
    view_text(page->view, "live", "/live/pool");
    return page_show(page,
                     &(struct page_name){.template = "html/pool.html",
                                         .title = speak(page, "console.pool.title"),
                                         .section = "pool",
                                         .status = 200},
                     err);
}
