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
#include "issuer/web/speak.h"
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
        [POOL_DRAINING] = "console.address.says.draining",
        [POOL_RESTING] = "console.address.says.resting",
        [POOL_RETIRED] = "console.address.says.retired",
    };
    const char *headline = headlines[s->address.state];

    if (headline == NULL && worst != NULL && worst->state == LISTING_LISTED)
        headline = "console.address.says.listed";
    if (headline == NULL && line_is_stale(page, worst))
        headline = "console.address.says.stale";
    if (headline == NULL)
        headline = "console.address.says.good";
    view_take(page->view, "mark", line_pool_mark(page, &s->address, worst));
    view_text(page->view, "headline", speak(page, headline));
    view_text(page->view, "lead",
              worst == NULL ? speak(page, "console.address.lead.unasked")
              : worst->state == LISTING_CLEAR
                  ? speak_with(page, "console.address.lead.clear", "ago",
                               speak_ago(page, worst->checked_at), NULL)
                  : speak_with(page, "console.address.lead.worst", "list",
                               line_zone(page, worst->zone), "why",
                               speak_sentence(page, worst->why), "ago",
                               speak_ago(page, worst->checked_at), "used",
                               speak_number(page, s->address.live_leases), "places",
                               speak_number(page, s->address.capacity), NULL));
}

/* Where an address may go from its state; retired is for good. */
static json_t *moves(const struct page *page, const struct pool_address *a)
{
    static const struct {
        enum pool_state from;
        const char *to, *label, *hint;
    } rows[] = {
        {POOL_ACTIVE,   "draining", "console.address.move.drain",
         "console.address.move.drain_hint"   },
        {POOL_ACTIVE,   "resting",  "console.address.move.rest",
         "console.address.move.rest_hint"    },
        {POOL_ACTIVE,   "retired",  "console.address.move.retire",
         "console.address.move.retire_hint"  },
        {POOL_DRAINING, "active",   "console.address.move.activate",
         "console.address.move.activate_hint"},
        {POOL_DRAINING, "resting",  "console.address.move.rest",
         "console.address.move.rest_hint"    },
        {POOL_DRAINING, "retired",  "console.address.move.retire",
         "console.address.move.retire_hint"  },
        {POOL_RESTING,  "active",   "console.address.move.activate",
         "console.address.move.activate_hint"},
        {POOL_RESTING,  "resting",  "console.address.move.rest_on",
         "console.address.move.rest_on_hint" },
        {POOL_RESTING,  "retired",  "console.address.move.retire",
         "console.address.move.retire_hint"  },
    };
    json_t *list = json_array();

    if (!page_may(page, ACT_CHANGE_POOL))
        return list;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].from != a->state)
            continue;
        json_t *move = json_object();
        view_text(move, "to", rows[i].to);
        view_text(move, "label", speak(page, rows[i].label));
        view_text(move, "hint", speak(page, rows[i].hint));
        view_flag(move, "is_first", json_array_size(list) == 0);
        json_array_append_new(list, move);
    }
    return list;
}

/* ---- how often it was listed ---- */

static const char *span_words(struct page *page, const struct picture_strip *all)
{
    if (all->asked_days == 0)
        return speak(page, "console.address.strips.unasked");
    const char *days = speak_number(page, PICTURE_DAYS_MAX);
    const char *asked = speak_number(page, all->asked_days);
    if (all->times == 0)
        return speak_with(page, "console.address.strips.clear", "days", days, "asked",
                          asked, NULL);
    return speak_plural(page, "console.address.strips.listed", all->times, "count",
                        speak_number(page, all->times), "days", days, "asked", asked,
                        NULL);
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
        speak_put_when(page, line, "from", row->since);
        speak_put_when(page, line, "until", row->until_at);
        view_text(line, "answer",
                  row->state == LISTING_LISTED
                      ? row->code
                      : speak_with(page, "console.address.history_unknown", "why",
                                   speak_sentence(page, row->why), NULL));
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
        view_take(line, "mark", line_lease_mark(page, lease));
        speak_put_when(page, line, "until",
                       lease->ended_at != 0 ? lease->ended_at : lease->expires_at);
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
        [LOCAL_ADDRESS_NO] = {CHECK_NO,      "console.address.bound.no"     },
        [LOCAL_ADDRESS_YES] = {CHECK_YES,     "console.address.bound.yes"    },
        [LOCAL_ADDRESS_UNKNOWN] = {CHECK_UNKNOWN, "console.address.bound.unknown"},
    };
    enum local_address found = local_address_ask(address);

    return (struct check){.question = SENTENCE("console.address.bound.question"),
                          .answer = sentence_fill(page->mem, rows[found].answer, NULL),
                          .source = SENTENCE("console.address.bound.source"),
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
        return error_set(err, ERROR_NOT_FOUND, "%s",
                         speak(page, "console.error.no_address"));
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
    speak_put_when(page, page->view, "since", s.address.created_at);
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
    return show_address(page, text, true, speak(page, "console.address.asked"), err);
}

static const char *moved_note(const struct page *page, const struct pool_moves *moves)
{
    const char *moved = speak_count(page, "console.address.moved", "count",
                                    moves->moved);

    if (moves->waiting == 0)
        return moved;
    return arena_printf(
        page->mem, "%s %s", moved,
        speak_count(page, "console.address.waiting", "count", moves->waiting));
}

int page_address_state(struct page *page, struct error *err)
{
    struct pool_change change = {.reason = page_field(page, "reason")};
    struct pool_moves moved;

    if (!pool_state_parse(form_slice(&page->form, "state"), &change.state))
        return error_set(err, ERROR_INVALID, "%s",
                         speak(page, "console.error.no_move"));
    if (address_param(page, &change.address, err) != 0 ||
        pool_set_state(page->app, page->mem, &page->actor, &change, &moved, err) != 0)
        return -1;
    if (moved.moved == 0 && moved.waiting == 0) {
        http_see_other(page->response, line_pool_path(page->mem, change.address));
        return 0;
    }
    /* How the leases fared is in no list; it is said here, once. */
    return show_address(page, change.address, false, moved_note(page, &moved), err);
}
