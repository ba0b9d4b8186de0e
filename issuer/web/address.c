/*
 * address.c - one reserved address: how it stands, how often it was listed, who sends by it, whether it
 * is set up right; and its state changed, with a reason.
 */
#include "base/base.h"

#include "base/escape.h"
#include "base/limits.h"
#include "base/local_address.h"
#include "issuer/cases/diagnose.h"
#include "issuer/cases/reach.h"
#include "issuer/dnsbl/zones.h"
#include "issuer/leases/change.h"
#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/strips.h"

enum {
    LEASES_SHOWN = 20,
    ROWS_SHOWN = 50, /* of the table behind the picture */
    DAY_S = 24 * 3600
};

struct standing {
    struct pool_address address;
    struct listing_row *now;
    size_t now_count;
    struct listing_row *rows; /* of PICTURE_DAYS_MAX days */
    size_t rows_count;
    struct lease *leases;
    size_t leases_count;
};

static int load_standing(struct page *page, const char *text, struct standing *out,
                         struct error *err)
{
    struct lease_filter filter = {.max = LEASES_SHOWN};
    struct store *store = NULL;

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_pool_find(store, page->mem, text, page->now, &out->address, err);
    filter.pool_address_id = out->address.id;
    if (result == 0)
        result = store_listing_now(store, page->mem, text, &out->now, &out->now_count,
                                   err);
    if (result == 0)
        result = store_listing_since(store, page->mem, text,
                                     page->now - (int64_t)PICTURE_DAYS_MAX * DAY_S,
                                     &out->rows, &out->rows_count, err);
    if (result == 0)
        result = store_lease_list(store, page->mem, &filter, &out->leases,
                                  &out->leases_count, err);
    app_give_back(page->app, store);
    return result;
}

/* ---- how it stands ---- */

static void put_verdict(struct page *page, const struct standing *s,
                        const struct listing_row *worst)
{
    static const char *const headlines[POOL_STATE_COUNT] = {
        [POOL_DRAINING] = "It keeps its leases and takes no new ones.",
        [POOL_RESTING] = "It rests: nothing is sent by it.",
        [POOL_RETIRED] = "It is retired, for good.",
    };
    const char *headline = headlines[s->address.state];

    if (headline == NULL && worst != NULL && worst->state == LISTING_LISTED)
        headline = "It is listed: it gets no new leases.";
    if (headline == NULL && line_is_stale(page, worst))
        headline = "We do not know how it stands now.";
    if (headline == NULL)
        headline = "It can take leases.";
    view_take(page->view, "mark", line_pool_mark(page, &s->address, worst));
    view_text(page->view, "headline", headline);
    view_text(page->view, "lead",
              worst == NULL ? "No list was asked about it yet."
              : worst->state == LISTING_CLEAR
                  ? arena_printf(page->mem, "Every list that answered says clear, %s.",
                                 line_ago(page, worst->checked_at))
                  : arena_printf(page->mem, "%s: %s, %s. %u of %u places are in use.",
                                 line_zone(page, worst->zone), worst->why,
                                 line_ago(page, worst->checked_at),
                                 s->address.live_leases, s->address.capacity));
}

/* Where an address may go from its state; retired is for good. */
static json_t *moves(const struct page *page, const struct pool_address *a)
{
    static const struct {
        enum pool_state from;
        const char *to, *label, *hint;
    } rows[] = {
        {POOL_ACTIVE,   "draining", "Drain",    "keeps its leases, takes no new ones"     },
        {POOL_ACTIVE,   "resting",  "Rest",     "its leases move, nothing is sent by it"  },
        {POOL_ACTIVE,   "retired",  "Retire",   "its leases move, and it never comes back"},
        {POOL_DRAINING, "active",   "Activate", "takes leases again"                      },
        {POOL_DRAINING, "resting",  "Rest",     "its leases move, nothing is sent by it"  },
        {POOL_DRAINING, "retired",  "Retire",
         "its leases move, and it never comes back"                                       },
        {POOL_RESTING,  "active",   "Activate", "takes leases again"                      },
        {POOL_RESTING,  "resting",  "Rest on",
         "tries again to move the leases that wait"                                       },
        {POOL_RESTING,  "retired",  "Retire",   "its leases move, and it never comes back"},
    };
    json_t *list = json_array();

    if (!page_may(page, ACT_CHANGE_POOL))
        return list;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].from != a->state)
            continue;
        json_t *move = json_object();
        view_text(move, "to", rows[i].to);
        view_text(move, "label", rows[i].label);
        view_text(move, "hint", rows[i].hint);
        view_flag(move, "is_first", json_array_size(list) == 0);
        json_array_append_new(list, move);
    }
    return list;
}

/* ---- how often it was listed ---- */

static const char *span_words(struct page *page, const struct picture_strip *all)
{
    if (all->asked_days == 0)
        return "Nobody has asked the lists about it yet.";
    if (all->times == 0)
        return arena_printf(page->mem,
                            "Not seen listed in %d days; asked on %u of them.",
                            (int)PICTURE_DAYS_MAX, all->asked_days);
    return arena_printf(page->mem, "Listed %u time%s in %d days; asked on %u of them.",
                        all->times, all->times == 1 ? "" : "s", (int)PICTURE_DAYS_MAX,
                        all->asked_days);
}

static json_t *history_rows(struct page *page, const struct standing *s)
{
    json_t *list = json_array();

    /* Rows come by zone and time; the table says the newest first within a list. */
    for (size_t i = s->rows_count; i-- > 0 && json_array_size(list) < ROWS_SHOWN;) {
        const struct listing_row *row = &s->rows[i];
        if (row->state == LISTING_CLEAR)
            continue;
        json_t *line = json_object();
        view_text(line, "list", line_zone(page, row->zone));
        view_time(line, "from", page->mem, row->since, page->now);
        view_time(line, "until", page->mem, row->until_at, page->now);
        view_text(line, "answer",
                  row->state == LISTING_LISTED
                      ? row->code
                      : arena_printf(page->mem, "unknown: %s", row->why));
        json_array_append_new(list, line);
    }
    return list;
}

static void put_history(struct page *page, const struct standing *s)
{
    const struct strip_facts facts = {
        .rows = s->rows, .count = s->rows_count, .days = PICTURE_DAYS_MAX};
    const struct zone *zones[CONFIG_LIST_MAX];
    size_t count = zones_used(app_zones(page->app), zones);
    json_t *strips = json_array();
    struct picture_strip strip;

    for (size_t i = 0; i < count; i++) {
        strip_of(page, &facts, s->address.address, zones[i]->name, &strip);
        json_array_append_new(strips,
                              strip_view(page, &facts, zones[i]->title, &strip));
    }
    strip_of(page, &facts, s->address.address, NULL, &strip);
    view_text(page->view, "strips_sentence", span_words(page, &strip));
    view_take(page->view, "strips", strips);
    view_take(page->view, "dates", strip_dates(page, PICTURE_DAYS_MAX));
    json_t *rows = history_rows(page, s);
    view_flag(page->view, "has_history", json_array_size(rows) > 0);
    view_take(page->view, "history", rows);
}

/* ---- who sends by it ---- */

static void put_leases(struct page *page, const struct standing *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->leases_count; i++) {
        const struct lease *lease = &s->leases[i];
        json_t *line = json_object();
        view_number(line, "case", lease->case_id);
        view_text(line, "mailbox", lease->mailbox);
        view_take(line, "mark", line_lease_mark(page->mem, lease, page->now));
        view_time(line, "until", page->mem,
                  lease->ended_at != 0 ? lease->ended_at : lease->expires_at,
                  page->now);
        view_number(line, "messages", lease->messages_used);
        json_array_append_new(list, line);
    }
    view_flag(page->view, "has_leases", s->leases_count > 0);
    view_take(page->view, "leases", list);
}

/* ---- is it set up right ---- */

static struct check bind_check(const struct page *page, const struct address *address)
{
    static const struct {
        enum check_result result;
        const char *answer;
    } rows[] = {
        [LOCAL_ADDRESS_NO] = {CHECK_NO,
                              "no: mail of its lane waits until this host has it"},
        [LOCAL_ADDRESS_YES] = {CHECK_YES,     "yes"                               },
        [LOCAL_ADDRESS_UNKNOWN] = {CHECK_UNKNOWN, "cannot tell"                       },
    };
    enum local_address found = local_address_ask(address);

    return (struct check){.question = "Is it an address of this host?",
                          .answer = rows[found].answer,
                          .source = "the kernel, where cleansmtpd runs",
                          .result = rows[found].result,
                          .checked_at = page->now};
}

/* Names are asked when somebody says so: a page that is only looked at asks nobody. */
static void put_checks(struct page *page, const struct standing *s, bool ask_names)
{
    json_t *list = json_array();
    struct address address;
    struct reach reach;

    if (address_parse(slice_from(s->address.address), &address)) {
        const struct check bound = bind_check(page, &address);
        json_array_append_new(list, line_check(page, &bound));
        if (ask_names) {
            const struct reach_dns dns = {
                .resolver = app_resolver(page->app),
                .clock = &clock_system,
                .timeout_ms = app_config(page->app)->dns.timeout_s * 1000};
            reach_check(&dns, page->mem,
                        &(struct reach_request){.address = address,
                                                .helo = s->address.helo,
                                                .now = page->now},
                        &reach);
            json_array_append_new(list, line_check(page, &reach.checks[0]));
        }
    }
    view_take(page->view, "checks", list);
    view_flag(page->view, "has_names", ask_names);
}

/* ---- the page ---- */

/* The address in the path, in its one form. */
static int address_param(struct page *page, const char **out, struct error *err)
{
    struct address parsed;
    struct strbuf text;
    char canonical[ADDRESS_TEXT_MAX + 1];

    strbuf_init(&text, ADDRESS_TEXT_MAX);
    bool is_good = unescape_url(&text, page->request->params[0], false) && !text.full &&
                   address_parse(strbuf_slice(&text), &parsed);
    strbuf_release(&text);
    if (!is_good)
        return error_set(err, ERROR_NOT_FOUND, "there is no such address in the pool");
    address_format(&parsed, canonical);
    *out = arena_strdup(page->mem, canonical);
    return 0;
}

static int show_address(struct page *page, const char *text, bool ask_names,
                        const char *note, struct error *err)
{
    struct standing s = {0};

    if (load_standing(page, text, &s, err) != 0)
        return -1;
    const struct listing_row *worst = line_worst(s.now, s.now_count, text);
    view_text(page->view, "address", s.address.address);
    view_text(page->view, "lane", s.address.lane);
    view_text(page->view, "helo", s.address.helo);
    view_time(page->view, "since", page->mem, s.address.created_at, page->now);
    view_text(page->view, "path", line_pool_path(page->mem, s.address.address));
    view_text(page->view, "note", note);
    put_verdict(page, &s, worst);
    json_t *list = moves(page, &s.address);
    view_flag(page->view, "has_moves", json_array_size(list) > 0);
    view_take(page->view, "moves", list);
    view_flag(page->view, "may_check", page_may(page, ACT_DIAGNOSE));
    put_history(page, &s);
    put_leases(page, &s);
    put_checks(page, &s, ask_names);
    return page_show(page,
                     &(struct page_name){.template = "html/address.html",
                                         .title = s.address.address,
                                         .section = "pool",
                                         .status = 200},
                     err);
}

int page_address(struct page *page, struct error *err)
{
    const char *text = NULL;

    if (address_param(page, &text, err) != 0)
        return -1;
    return show_address(page, text, false, NULL, err);
}

int page_address_check(struct page *page, struct error *err)
{
    const char *text = NULL;
    struct pool_address known;
    struct store *store = NULL;
    struct listing_row *rows = NULL;
    size_t count = 0;

    if (address_param(page, &text, err) != 0 ||
        app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_pool_find(store, page->mem, text, page->now, &known, err);
    app_give_back(page->app, store);
    if (result != 0 ||
        listing_check(page->app, page->mem, text, &rows, &count, err) != 0)
        return -1;
    page->now = app_now(page->app);
    return show_address(page, text, true, "Every list was asked just now.", err);
}

int page_address_state(struct page *page, struct error *err)
{
    struct pool_change change = {.reason = page_field(page, "reason")};
    struct pool_moves moved;

    if (!pool_state_parse(form_slice(&page->form, "state"), &change.state))
        return error_set(err, ERROR_INVALID, "an address cannot go into that state");
    if (address_param(page, &change.address, err) != 0 ||
        pool_set_state(page->app, page->mem, &page->actor, &change, &moved, err) != 0)
        return -1;
    if (moved.moved == 0 && moved.waiting == 0) {
        http_see_other(page->response, line_pool_path(page->mem, change.address));
        return 0;
    }
    /* How the leases fared is in no list; it is said here, once. */
    return show_address(
        page, change.address, false,
        arena_printf(page->mem, "%u lease%s moved to another address%s.", moved.moved,
                     moved.moved == 1 ? "" : "s",
                     moved.waiting == 0
                         ? ""
                         : arena_printf(page->mem,
                                        ", %u wait for room: their messages are "
                                        "deferred, not lost",
                                        moved.waiting)),
        err);
}
