/*
 * listings.c - which of our addresses are listed where: every address on every list that we ask.
 */
#include "base/base.h"

#include "issuer/web/pages.h"

#include "issuer/dnsbl/zones.h"
#include "issuer/web/lines.h"
#include "issuer/web/speak.h"
#include "issuer/web/strips.h"

enum {
    WEEK_DAYS = 7,
    ADDRESSES_SHOWN = 200,
    DAY_S = 24 * 3600
};

struct listings {
    struct pool_address *pool;
    size_t pool_count;
    struct shared_range *shared;
    size_t shared_count;
    struct listing_row *now;
    size_t now_count;
    struct listing_row *past; /* of WEEK_DAYS */
    size_t past_count;
    const struct zone *zones[CONFIG_LIST_MAX];
    size_t zones_count;
    size_t listed; /* addresses that are listed somewhere, of what was put */
};

static int load_listings(struct page *page, struct listings *out, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_pool_list(store, page->mem, page->now, &out->pool,
                                 &out->pool_count, err);
    if (result == 0)
        result = store_shared_list(store, page->mem, &out->shared, &out->shared_count,
                                   err);
    if (result == 0)
        result = store_listing_now(store, page->mem, NULL, &out->now, &out->now_count,
                                   err);
    if (result == 0)
        result = store_listing_since(store, page->mem, NULL,
                                     page->now - (int64_t)WEEK_DAYS * DAY_S, &out->past,
                                     &out->past_count, err);
    app_give_back(page->app, store);
    out->zones_count = zones_used(app_zones(page->app), out->zones);
    return result;
}

static const struct listing_row *row_of(const struct listings *l, const char *address,
                                        const char *zone)
{
    for (size_t i = 0; i < l->now_count; i++)
        if (strcmp(l->now[i].address, address) == 0 &&
            strcmp(l->now[i].zone, zone) == 0)
            return &l->now[i];
    return NULL;
}

static json_t *cell(struct page *page, const struct zone *zone,
                    const struct listing_row *row)
{
    json_t *view = json_object();
    bool is_stale = line_is_stale(page, row);

    view_text(view, "list", zone->title);
    view_take(view, "mark",
              row == NULL ? view_mark("rest", speak(page, "console.listing.not_asked"))
              : row->state == LISTING_LISTED
                  ? view_mark("listed", speak(page, "console.listing.listed"))
              : is_stale || row->state != LISTING_CLEAR
                  ? view_mark("unsure", speak(page, "console.listing.unknown"))
                  : view_mark("clear", speak(page, "console.listing.clear")));
    view_text(view, "since",
              row == NULL ? NULL
              : row->state == LISTING_LISTED
                  ? speak_with(page, "console.listings.since", "time",
                               speak_when(page, row->since), NULL)
                  : speak_with(page, "console.time.asked", "ago",
                               speak_ago(page, row->checked_at), NULL));
    return view;
}

static json_t *address_line(struct page *page, struct listings *l, const char *address,
                            const char *kind, const char *path)
{
    const struct strip_facts past = {
        .rows = l->past, .count = l->past_count, .days = WEEK_DAYS};
    const struct listing_row *worst = line_worst(l->now, l->now_count, address);
    json_t *view = json_object();
    json_t *cells = json_array();
    struct picture_strip strip;

    l->listed += worst != NULL && worst->state == LISTING_LISTED;
    strip_of(page, &past, address, NULL, &strip);
    for (size_t i = 0; i < l->zones_count; i++)
        json_array_append_new(
            cells, cell(page, l->zones[i], row_of(l, address, l->zones[i]->name)));
    view_text(view, "address", address);
    view_text(view, "kind", kind);
    view_text(view, "path", path);
    view_take(view, "cells", cells);
    view_take(view, "strip", strip_view(page, &past, address, &strip));
    return view;
}

static void add_shared(struct page *page, struct listings *l, bool is_listed,
                       json_t *list)
{
    const char *previous = "";

    for (size_t i = 0; i < l->now_count && json_array_size(list) < ADDRESSES_SHOWN;
         i++) {
        const char *address = l->now[i].address;
        if (strcmp(address, previous) == 0 ||
            !shared_ranges_hold(l->shared, l->shared_count, address))
            continue;
        previous = address; /* rows come by address */
        const struct listing_row *worst = line_worst(l->now, l->now_count, address);
        if ((worst->state == LISTING_LISTED) == is_listed)
            json_array_append_new(list, address_line(page, l, address, "shared", NULL));
    }
}

/* Shared addresses that were asked about, those that are listed first: there may be more than a page
 * takes. */
static json_t *shared_lines(struct page *page, struct listings *l)
{
    json_t *list = json_array();

    add_shared(page, l, true, list);
    add_shared(page, l, false, list);
    return list;
}

static json_t *pool_lines(struct page *page, struct listings *l)
{
    json_t *list = json_array();

    for (size_t i = 0; i < l->pool_count && i < ADDRESSES_SHOWN; i++)
        if (l->pool[i].state != POOL_RETIRED)
            json_array_append_new(
                list, address_line(page, l, l->pool[i].address, "reserved",
                                   line_pool_path(page->mem, l->pool[i].address)));
    return list;
}

static void put_group(json_t *groups, const char *title, json_t *addresses)
{
    json_t *group = json_object();

    view_text(group, "title", title);
    view_flag(group, "has_addresses", json_array_size(addresses) > 0);
    view_take(group, "addresses", addresses);
    json_array_append_new(groups, group);
}

static const char *headline(struct page *page, size_t shared, size_t reserved)
{
    int64_t all = (int64_t)(shared + reserved);

    if (all == 0)
        return speak(page, "console.listings.all_clear");
    return speak_plural(page, "console.listings.listed", all, "count",
                        speak_number(page, all), "shared",
                        speak_number(page, (int64_t)shared), "reserved",
                        speak_number(page, (int64_t)reserved), NULL);
}

int page_listings(struct page *page, struct error *err)
{
    struct listings l = {0};
    json_t *groups = json_array();
    json_t *zones = json_array();

    view_take(page->view, "groups", groups);
    view_take(page->view, "zones", zones);
    if (load_listings(page, &l, err) != 0)
        return -1;
    for (size_t i = 0; i < l.zones_count; i++) {
        json_t *zone = json_object();
        view_text(zone, "title", l.zones[i]->title);
        view_text(zone, "name", l.zones[i]->name);
        json_array_append_new(zones, zone);
    }
    put_group(groups, speak(page, "console.listings.shared"), shared_lines(page, &l));
    size_t shared = l.listed;
    put_group(groups, speak(page, "console.listings.reserved"), pool_lines(page, &l));
    view_text(page->view, "headline", headline(page, shared, l.listed - shared));
    view_text(page->view, "lead",
              speak_plural(page, "console.listings.lead", (int64_t)l.zones_count,
                           "count", speak_number(page, (int64_t)l.zones_count), "span",
                           speak_span(page, line_fresh_s(page)), NULL));
    return page_show(page,
                     &(struct page_name){.template = "html/listings.html",
                                         .title = speak(page, "console.listings.title"),
                                         .section = "listings",
                                         .status = 200},
                     err);
}
