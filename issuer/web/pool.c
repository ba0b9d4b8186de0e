/*
 * pool.c - the reserved addresses as tiles, and their states changed.
 */
#include "base/base.h"

#include "base/escape.h"
#include "base/limits.h"
#include "issuer/leases/change.h"
#include "issuer/web/lines.h"
#include "issuer/web/pages.h"

enum {
    PIPS_MAX = 10 /* beyond that the number has to say it */
};

/* What the address is for, first; how it is, second; how full, last. */
static json_t *tile_mark(const struct pool_address *a, const struct listing_row *worst)
{
    switch (a->state) {
    case POOL_DRAINING: return view_mark("rest", "draining");
    case POOL_RESTING: return view_mark("rest", "resting");
    case POOL_RETIRED: return view_mark("rest", "retired");
    case POOL_ACTIVE:
    case POOL_STATE_COUNT: break;
    }
    if (worst != NULL && worst->state == LISTING_LISTED)
        return view_mark("listed", "listed");
    if (a->live_leases >= a->capacity)
        return view_mark("full", "full");
    if (worst != NULL && worst->state == LISTING_UNKNOWN)
        return view_mark("unsure", "unknown");
    if (a->live_leases > 0)
        return view_mark("used", "in use");
    return worst != NULL ? view_mark("clear", "clean")
                         : view_mark("unsure", "not asked yet");
}

/* Places as a row of boxes, in per cent, so that they follow the tile's width. */
static json_t *pips(struct arena *mem, const struct pool_address *a)
{
    json_t *list = json_array();

    if (a->capacity == 0 || a->capacity > PIPS_MAX)
        return list;
    for (unsigned i = 0; i < a->capacity; i++) {
        json_t *pip = json_object();
        unsigned x = 1000 * i / a->capacity + 4;
        unsigned width = 1000 / a->capacity - 30;
        view_text(pip, "x", arena_printf(mem, "%u.%u%%", x / 10, x % 10));
        view_text(pip, "width", arena_printf(mem, "%u.%u%%", width / 10, width % 10));
        view_text(pip, "class", i < a->live_leases ? "p-act" : "p-free");
        json_array_append_new(list, pip);
    }
    return list;
}

/* Where an address may go from its state; retired is for good. */
static json_t *moves(const struct pool_address *a)
{
    static const struct {
        enum pool_state from;
        const char *to, *label;
    } rows[] = {
        {POOL_ACTIVE,   "draining", "Drain: keep its leases, take no new ones"},
        {POOL_ACTIVE,   "resting",  "Rest: move its leases, send nothing"     },
        {POOL_DRAINING, "active",   "Activate"                                },
        {POOL_DRAINING, "resting",  "Rest: move its leases, send nothing"     },
        {POOL_RESTING,  "active",   "Activate"                                },
    };
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].from != a->state)
            continue;
        json_t *move = json_object();
        view_text(move, "to", rows[i].to);
        view_text(move, "label", rows[i].label);
        json_array_append_new(list, move);
    }
    return list;
}

static json_t *tile(struct page *page, const struct pool_address *a,
                    const struct listing_row *worst)
{
    json_t *view = json_object();
    struct strbuf action;

    strbuf_init(&action, 256);
    strbuf_puts(&action, "/pool/");
    escape_append(&action, ESCAPE_URL, slice_from(a->address));
    strbuf_puts(&action, "/state");
    view_text(view, "action", action.at);
    strbuf_release(&action);
    view_text(view, "address", a->address);
    view_text(view, "lane", a->lane);
    view_text(view, "helo", a->helo);
    view_take(view, "mark", tile_mark(a, worst));
    view_flag(view, "is_alert",
              a->state == POOL_ACTIVE && worst != NULL &&
                  worst->state == LISTING_LISTED);
    view_text(view, "places",
              arena_printf(page->mem, "%u of %u", a->live_leases, a->capacity));
    view_take(view, "pips", pips(page->mem, a));
    view_text(view, "why",
              worst != NULL && worst->state != LISTING_CLEAR
                  ? arena_printf(page->mem, "%s: %s", line_zone(page, worst->zone),
                                 worst->why)
                  : NULL);
    view_text(view, "asked",
              worst != NULL ? arena_printf(page->mem, "asked %s",
                                           line_ago(page, worst->checked_at))
                            : "not asked yet");
    json_t *list = page_may(page, ACT_CHANGE_POOL) ? moves(a) : json_array();
    view_flag(view, "has_moves", json_array_size(list) > 0);
    view_take(view, "moves", list);
    return view;
}

struct pool_facts {
    struct pool_address *pool;
    size_t count;
    struct listing_row *listings;
    size_t listings_count;
};

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
        json_array_append_new(tiles, tile(page, a, worst));
        if (!is_usable)
            continue;
        usable++;
        places += a->capacity;
        left += a->live_leases < a->capacity ? a->capacity - a->live_leases : 0;
    }
    view_take(page->view, "tiles", tiles);
    view_number(page->view, "addresses", (int64_t)facts->count);
    view_text(page->view, "headline",
              facts->count == 0 ? "There are no clean addresses."
              : left == 0
                  ? "You cannot give details now: no place is free."
                  : arena_printf(page->mem,
                                 "You can give details now: %u of %u places are free.",
                                 left, places));
    view_text(
        page->view, "lead",
        facts->count == 0
            ? "A postmaster adds the first one: cleansmtp pool add ADDRESS --lane NAME "
              "--helo NAME."
            : arena_printf(page->mem,
                           "%zu of %zu addresses can take leases. Each is asked about "
                           "again before it gets one.",
                           usable, facts->count));
}

static int show_pool(struct page *page, const char *note, struct error *err)
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
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    put_pool(page, &facts);
    view_text(page->view, "note", note);
    return page_show(page,
                     &(struct page_name){.template = "html/pool.html",
                                         .title = "Pool",
                                         .section = "pool",
                                         .status = 200},
                     err);
}

int page_pool(struct page *page, struct error *err)
{
    return show_pool(page, NULL, err);
}

int page_pool_state(struct page *page, struct error *err)
{
    struct strbuf address;
    enum pool_state state;
    unsigned moved = 0;
    unsigned waiting = 0;

    if (!pool_state_parse(form_slice(&page->form, "state"), &state))
        return error_set(err, ERROR_INVALID, "an address cannot go into that state");
    strbuf_init(&address, ADDRESS_TEXT_MAX);
    int result = -1;
    if (!unescape_url(&address, page->request->params[0], false) || address.full)
        (void)!error_set(err, ERROR_NOT_FOUND, "there is no such address in the pool");
    else
        result = pool_set_state(page->app, page->mem, &page->actor, address.at, state,
                                &moved, &waiting, err);
    const char *name = arena_strdup(page->mem, address.at);
    strbuf_release(&address);
    if (result != 0)
        return -1;
    if (moved == 0 && waiting == 0) {
        http_see_other(page->response, "/pool");
        return 0;
    }
    /* How the leases fared is in no list; it is said here, once. */
    return show_pool(
        page,
        arena_printf(page->mem, "%s is %s now. %u lease%s moved to another address%s.",
                     name, pool_state_name(state), moved, moved == 1 ? "" : "s",
                     waiting == 0
                         ? ""
                         : arena_printf(page->mem,
                                        ", %u wait for room: their messages are "
                                        "deferred, not lost",
                                        waiting)),
        err);
}
