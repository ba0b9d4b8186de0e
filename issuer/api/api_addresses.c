/*
 * api_addresses.c - shared addresses, the pool of reserved ones, and listings of both.
 */
#include "base/base.h"

#include "base/address.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/leases/change.h"

int api_shared_list(struct call *call, json_t **out, struct error *err)
{
    struct shared_range *rows;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_shared_list(store, call->mem, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, present_shared(&rows[i]));
    *out = page_cut(all, &page);
    return 0;
}

int api_shared_add(struct call *call, json_t **out, struct error *err)
{
    struct shared_range made = {.created_at = call->now};
    char text[ADDRESS_TEXT_MAX + 1];
    struct network network;

    if (call_fields(call, err, "{s:s, s?s}", "network", &made.network, "label",
                    &made.label) != 0 ||
        network_parse(slice_from(made.network), &network, err) != 0 ||
        shared_add(call->app, &call->actor, made.network, made.label, err) != 0)
        return -1;
    network_format(&network, text);
    made.network = text;
    call->status = 201;
    *out = present_shared(&made);
    return 0;
}

int api_shared_remove(struct call *call, json_t **out, struct error *err)
{
    const char *network;

    if (call_query(call, "", err) != 0 || call_param(call, 0, &network, err) != 0 ||
        shared_remove(call->app, &call->actor, network, err) != 0)
        return -1;
    *out = NULL;
    return 0;
}

int api_pool_list(struct call *call, json_t **out, struct error *err)
{
    struct pool_address *rows;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_pool_list(store, call->mem, call->now, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, present_pool(&rows[i]));
    *out = page_cut(all, &page);
    return 0;
}

/* The form that is stored; what is no address is left to be refused by whoever looks for it. */
static const char *canonical(struct arena *mem, const char *text)
{
    char shown[ADDRESS_TEXT_MAX + 1];
    struct address address;

    if (!address_parse(slice_from(text), &address))
        return text;
    address_format(&address, shown);
    return arena_strdup(mem, shown);
}

static json_t *listings_of(const struct call *call, const struct listing_row *rows,
                           size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, present_listing(&call->speaker, &rows[i]));
    return array;
}

/* One address of the pool with its present listings. */
static int show_pool(struct call *call, const char *address, json_t **out,
                     struct error *err)
{
    struct pool_address found;
    struct listing_row *rows = NULL;
    struct store *store;
    size_t count = 0;

    if (app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_pool_find(store, call->mem, address, call->now, &found, err);
    if (failed == 0)
        failed = store_listing_now(store, call->mem, address, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    *out = present_pool(&found);
    json_object_set_new(*out, "listings", listings_of(call, rows, count));
    return 0;
}

int api_pool_add(struct call *call, json_t **out, struct error *err)
{
    struct pool_address made = {.state = POOL_ACTIVE, .created_at = call->now};
    json_int_t capacity =
        10; /* leases that share an address before it is called full */

    if (call_fields(call, err, "{s:s, s:s, s:s, s?I}", "address", &made.address, "lane",
                    &made.lane, "helo", &made.helo, "capacity", &capacity) != 0)
        return -1;
    if (capacity < 1 || capacity > POOL_CAPACITY_MAX)
        return error_set(err, ERROR_INVALID, "\"capacity\" must be from 1 to %d",
                         (int)POOL_CAPACITY_MAX);
    made.capacity = (unsigned)capacity;
    if (pool_add(call->app, call->mem, &call->actor, &made, err) != 0)
        return -1;
    call->status = 201;
    return show_pool(call, canonical(call->mem, made.address), out, err);
}

int api_pool_show(struct call *call, json_t **out, struct error *err)
{
    const char *address;

    if (call_query(call, "", err) != 0 || call_param(call, 0, &address, err) != 0)
        return -1;
    return show_pool(call, canonical(call->mem, address), out, err);
}

int api_pool_change(struct call *call, json_t **out, struct error *err)
{
    static const struct {
        const char *word;
        enum pool_state state;
    } words[] = {
        {"activate", POOL_ACTIVE  },
        {"drain",    POOL_DRAINING},
        {"rest",     POOL_RESTING },
        {"retire",   POOL_RETIRED },
    };
    struct pool_change change = {0};
    struct pool_moves moves = {0};
    const char *address;
    size_t i = 0;

    if (call_param(call, 0, &address, err) != 0 ||
        call_fields(call, err, "{s?s}", "reason", &change.reason) != 0)
        return -1;
    while (i < ARRAY_LEN(words) && !slice_is(call->request->params[1], words[i].word))
        i++;
    if (i == ARRAY_LEN(words))
        return error_set(err, ERROR_NOT_FOUND,
                         "an address can be told to activate, drain, rest or retire");
    change.address = canonical(call->mem, address);
    change.state = words[i].state;
    if (pool_set_state(call->app, call->mem, &call->actor, &change, &moves, err) != 0 ||
        show_pool(call, change.address, out, err) != 0)
        return -1;
    put_number(*out, "moved", moves.moved);
    put_number(*out, "waiting", moves.waiting);
    return 0;
}

/* The address of the query in its one form, or NULL when there is none. */
static int read_address(struct call *call, bool is_needed, const char **out,
                        struct error *err)
{
    const char *text = form_text(call->mem, &call->query, "address");
    struct address address;

    if (text == NULL && !is_needed) {
        *out = NULL;
        return 0;
    }
    if (text == NULL || !address_parse(slice_from(text), &address))
        return error_set(err, ERROR_INVALID, "\"%.60s\" is not an IP address",
                         text == NULL ? "" : text);
    *out = canonical(call->mem, text);
    return 0;
}

int api_listing_now(struct call *call, json_t **out, struct error *err)
{
    struct listing_row *rows;
    const char *address = NULL;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor address", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        read_address(call, false, &address, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_listing_now(store, call->mem, address, &rows, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    *out = page_cut(listings_of(call, rows, count), &page);
    return 0;
}

int api_listing_history(struct call *call, json_t **out, struct error *err)
{
    struct listing_row *rows;
    const char *address = NULL;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor address", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        read_address(call, true, &address, err) != 0 ||
        app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_listing_history(store, call->mem, address, API_LIMIT_MAX, &rows,
                                       &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    *out = page_cut(listings_of(call, rows, count), &page);
    return 0;
}

int api_listing_check(struct call *call, json_t **out, struct error *err)
{
    const char *address = NULL;
    struct listing_row *rows;
    size_t count;

    if (call_fields(call, err, "{s:s}", "address", &address) != 0 ||
        listing_check(call->app, call->mem, address, &rows, &count, err) != 0)
        return -1;
    *out = page_of(listings_of(call, rows, count), 0);
    return 0;
}
