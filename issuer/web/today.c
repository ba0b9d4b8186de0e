/*
 * today.c - the page to start from: the paste box, recent cases, how our addresses stand.
 */
#include "base/base.h"

#include "issuer/web/pages.h"

#include "base/log.h"
#include "core/mailbox.h"
#include "core/words.h"
#include "issuer/cases/diagnose.h"
#include "issuer/web/lines.h"
#include "issuer/web/speak.h"

enum {
    TODAY_CASES = 10,
    TODAY_DAYS = 7,
    DAY_S = 24 * 3600,
    TODAY_ADDRESSES = 12
};

struct today {
    bool is_mine; /* cases: of the person who looks; else everybody's */
    struct case_row *cases;
    size_t cases_count;
    struct shared_range *shared;
    size_t shared_count;
    struct listing_row *listings;
    size_t listings_count;
    struct pool_address *pool;
    size_t pool_count;
};

static json_t *shared_line(struct page *page, const struct listing_row *row)
{
    static const struct {
        const char *class_name, *word;
    } marks[LISTING_STATE_COUNT] = {
        [LISTING_UNKNOWN] = {"unsure", "console.listing.unknown"},
        [LISTING_CLEAR] = {"clear",  "console.listing.clear"  },
        [LISTING_LISTED] = {"listed", "console.listing.listed" },
    };
    json_t *line = json_object();
    const char *when = speak_ago(page, row->checked_at);

    view_text(line, "address", row->address);
    view_take(
        line, "mark",
        view_mark(marks[row->state].class_name, speak(page, marks[row->state].word)));
    view_text(line, "note",
              row->state == LISTING_LISTED
                  ? speak_with(page, "console.today.listed_asked", "list",
                               line_zone(page, row->zone), "ago", when, NULL)
                  : speak_with(page, "console.time.asked", "ago", when, NULL));
    return line;
}

/* Each address of ours that was ever asked about, once, with the worst answer. */
static void put_shared(struct page *page, const struct today *t)
{
    json_t *list = json_array();
    size_t listed = 0;

    for (size_t i = 0; i < t->listings_count; i++) {
        const struct listing_row *row = &t->listings[i];
        if (!shared_ranges_hold(t->shared, t->shared_count, row->address) ||
            line_worst(t->listings, t->listings_count, row->address) != row)
            continue;
        listed += row->state == LISTING_LISTED;
        if (json_array_size(list) < TODAY_ADDRESSES)
            json_array_append_new(list, shared_line(page, row));
    }
    view_flag(page->view, "has_shared", t->shared_count > 0);
    view_text(page->view, "shared_sentence",
              json_array_size(list) == 0 ? speak(page, "console.today.shared_unasked")
              : listed == 0              ? speak(page, "console.today.shared_clear")
                            : speak_count(page, "console.today.shared_listed", "count",
                                          (int64_t)listed));
    view_take(page->view, "shared", list);
}

static void put_pool(struct page *page, const struct today *t)
{
    unsigned places = 0;
    unsigned used = 0;
    unsigned active = 0;

    for (size_t i = 0; i < t->pool_count; i++) {
        if (t->pool[i].state != POOL_ACTIVE)
            continue;
        active++;
        places += t->pool[i].capacity;
        used += t->pool[i].live_leases < t->pool[i].capacity ? t->pool[i].live_leases
                                                             : t->pool[i].capacity;
    }
    view_flag(page->view, "has_pool", t->pool_count > 0);
    view_text(page->view, "pool_sentence",
              speak_plural(page, "console.today.places", active, "free",
                           speak_number(page, places - used), "places",
                           speak_number(page, places), "count",
                           speak_number(page, active), NULL));
}

static int load(struct page *page, struct store *store, struct today *t,
                struct error *err)
{
    const struct search mine = {.person = page->actor.name,
                                .since = page->now - (int64_t)TODAY_DAYS * DAY_S,
                                .max = TODAY_CASES};
    const struct search newest = {.max = TODAY_CASES};
    json_t *cases = NULL;

    if (store_case_search(store, page->mem, &mine, &t->cases, &t->cases_count, err) !=
        0)
        return -1;
    t->is_mine = t->cases_count > 0;
    if ((!t->is_mine && store_case_search(store, page->mem, &newest, &t->cases,
                                          &t->cases_count, err) != 0) ||
        store_shared_list(store, page->mem, &t->shared, &t->shared_count, err) != 0 ||
        store_listing_now(store, page->mem, NULL, &t->listings, &t->listings_count,
                          err) != 0 ||
        store_pool_list(store, page->mem, page->now, &t->pool, &t->pool_count, err) !=
            0 ||
        line_cases(page, store, t->cases, t->cases_count, &cases, err) != 0 ||
        needs_put(page, store, err) != 0)
        return -1;
    view_flag(page->view, "has_cases", json_array_size(cases) > 0);
    view_text(page->view, "cases_heading",
              speak(page, t->is_mine ? "console.today.my_cases"
                                     : "console.today.recent_cases"));
    view_take(page->view, "cases", cases);
    return 0;
}

static void put_form(struct page *page)
{
    struct slice bounce = form_slice(&page->form, "bounce");
    const char *ticket = page_field(page, "ticket");
    const char *mailbox = page_field(page, "mailbox");

    if (slice_trim(bounce).len == 0)
        bounce = form_slice(&page->form, "file");
    view_slice(page->view, "bounce",
               bounce.at != NULL ? slice_take(bounce, BOUNCE_SHOWN_MAX) : SLICE(""));
    view_text(page->view, "ticket", ticket != NULL ? ticket : "");
    view_text(page->view, "mailbox", mailbox != NULL ? mailbox : "");
    view_flag(page->view, "may_diagnose", page_may(page, ACT_DIAGNOSE));
}

int page_today_with(struct page *page, unsigned status, struct error *err)
{
    struct store *store = NULL;
    struct today t = {0};

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = load(page, store, &t, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    view_text(page->view, "live", "/live/today");
    put_form(page);
    put_shared(page, &t);
    put_pool(page, &t);
    return page_show(page,
                     &(struct page_name){.template = "html/today.html",
                                         .title = speak(page, "console.today.title"),
                                         .section = "today",
                                         .status = status},
                     err);
}

int page_today(struct page *page, struct error *err)
{
    return page_today_with(page, 200, err);
}

int page_today_live(struct page *page, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = needs_put(page, store, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    return page_show_live(page, "html/live_today.html", err);
}

/* ---- opening a case ---- */

struct field_error {
    const char *field;
    struct error why;
};

/* What can be told without asking anybody, with the field it is about. */
static int check_fields(const struct page *page,
                        const struct diagnosis_request *request,
                        struct field_error *out)
{
    char mailbox[MAILBOX_MAX + 1];

    out->field = "bounce";
    if (slice_trim(request->bounce).len == 0)
        return error_set(&out->why, ERROR_INVALID, "%s",
                         speak(page, "console.error.no_bounce"));
    if (request->bounce.len > BOUNCE_MAX)
        return error_set(&out->why, ERROR_INVALID, "%s",
                         speak(page, "console.error.large_bounce"));
    out->field = "mailbox";
    if (request->mailbox != NULL &&
        !mailbox_parse(slice_from(request->mailbox), mailbox))
        return error_set(&out->why, ERROR_INVALID, "%s",
                         speak(page, "console.error.no_mailbox"));
    out->field = "ticket";
    if (words_check("ticket", request->ticket, TICKET_MAX, &out->why) != 0)
        return -1;
    out->field = "bounce";
    return 0;
}

/* Whatever went wrong, the text stays. */
static int show_again(struct page *page, const struct field_error *failed,
                      struct error *err)
{
    bool is_ours = failed->why.kind == ERROR_INTERNAL ||
                   failed->why.kind == ERROR_INTEGRITY;

    if (is_ours)
        log_event(LOG_LEVEL_ERROR, "page.failed", "page", "case.open", "why",
                  failed->why.text, NULL);
    page_problem(page,
                 is_ours ? speak(page, "console.error.ours_kept") : failed->why.text,
                 failed->field);
    return page_today_with(page, problem_status(failed->why.kind), err);
}

int page_case_open(struct page *page, struct error *err)
{
    struct diagnosis_request request = {.bounce = form_slice(&page->form, "bounce"),
                                        .mailbox = page_field(page, "mailbox"),
                                        .ticket = page_field(page, "ticket")};
    struct field_error failed = {.field = "bounce"};
    struct diagnosis diagnosis;

    if (slice_trim(request.bounce).len == 0)
        request.bounce = form_slice(&page->form, "file");
    if (check_fields(page, &request, &failed) != 0 ||
        case_open(page->app, page->mem, &page->actor, &request, &diagnosis,
                  &failed.why) != 0)
        return show_again(page, &failed, err);
    http_see_other(page->response,
                   arena_printf(page->mem, "/cases/%lld", (long long)diagnosis.row.id));
    return 0;
}
