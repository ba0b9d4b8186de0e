/*
 * case.c - the page of a case: loaded, put into words, shown.
 */
#include "base/base.h"

#include "issuer/web/case.h"

#include "db/store_delivery.h"
#include "issuer/cases/diagnose.h"
#include "issuer/cases/note.h"
#include "issuer/cases/reach.h"
#include "issuer/dnsbl/zones.h"
#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

enum {
    RAW_SHOWN_MAX = 64 * 1024
};

/* ---- loading ---- */

static const struct lease *find_live(const struct case_facts *facts, int64_t now)
{
    for (size_t i = 0; i < facts->leases_count; i++)
        if (lease_is_live(lease_state_at(&facts->leases[i], now)))
            return &facts->leases[i];
    return NULL;
}

static const struct listing_row *listing_of(const struct case_facts *facts)
{
    for (size_t i = 0; i < facts->listings_count; i++)
        if (facts->row.zone != NULL &&
            strcmp(facts->listings[i].zone, facts->row.zone) == 0)
            return &facts->listings[i];
    return NULL;
}

static int load_listings(struct page *page, struct store *store,
                         struct case_facts *facts, struct error *err)
{
    const struct zone *zone = zones_find(app_zones(page->app), facts->row.zone);

    if (facts->row.address == NULL)
        return 0;
    if (store_listing_now(store, page->mem, facts->row.address, &facts->listings,
                          &facts->listings_count, err) != 0)
        return -1;
    const struct listing_row *listing = listing_of(facts);
    if (zone == NULL || listing == NULL || listing->state != LISTING_LISTED)
        return 0;
    const struct clears_question question = {.zone = zone,
                                             .address = listing->address,
                                             .code = listing->code,
                                             .checked_at = listing->checked_at,
                                             .now = page->now};
    return clears_read(store, page->mem, &question, &facts->clears, err);
}

static int load(struct page *page, struct store *store, int64_t id,
                struct case_facts *facts, struct error *err)
{
    const struct lease_filter filter = {.case_id = id, .max = CASE_LEASES_MAX};

    if (store_case_find(store, page->mem, id, &facts->row, err) != 0 ||
        store_lease_list(store, page->mem, &filter, &facts->leases,
                         &facts->leases_count, err) != 0 ||
        store_pool_list(store, page->mem, page->now, &facts->pool, &facts->pool_count,
                        err) != 0)
        return -1;
    if (store_case_same_bounce(store, facts->row.bounce_sha, &facts->same_bounce_case,
                               err) != 0)
        return -1;
    facts->live = find_live(facts, page->now);
    if (facts->live != NULL &&
        (store_approval_of_lease(store, page->mem, facts->live->id, &facts->approval,
                                 err) != 0 ||
         store_link_opened_at(store, facts->live->id, &facts->opened_at, err) != 0))
        return -1;
    /* Who is refused asks when the details are over, too. */
    const struct lease *used = facts->live;
    if (used == NULL && facts->leases_count > 0)
        used = facts->leases;
    if (used != NULL && store_usage_list(store, page->mem, used->id, CASE_USAGE_MAX,
                                         &facts->usage, &facts->usage_count, err) != 0)
        return -1;
    if (facts->live != NULL &&
        store_word_list(store, page->mem, facts->live->id, CASE_WORDS_MAX, &facts->said,
                        &facts->said_count, err) != 0)
        return -1;
    if (used != NULL &&
        store_delivery_of_login(store, page->mem, used->username, CASE_ANSWERS_MAX,
                                &facts->answers, &facts->answers_count, err) != 0)
        return -1;
    if (load_listings(page, store, facts, err) != 0 ||
        case_load_customer(page, store, facts, err) != 0)
        return -1;
    return case_put_log(page, store, facts, err);
}

/* ---- words ---- */

static void add_fact(json_t *list, const char *name, const char *value,
                     const char *note, bool is_mono)
{
    if (value == NULL)
        return;
    json_t *fact = json_object();
    view_text(fact, "name", name);
    view_text(fact, "value", value);
    view_text(fact, "note", note);
    view_flag(fact, "is_mono", is_mono);
    json_array_append_new(list, fact);
}

/* The list's own page about the address. Its table has http and https only; what becomes a link on
 * a page of ours is looked at here, too. */
static json_t *lookup_link(const struct page *page, const struct case_row *row)
{
    const struct evidence *e = &row->evidence;
    const char *list = row->zone != NULL ? row->zone : e->list;
    const char *text = row->address != NULL ? row->address : e->blocked_ip;
    const struct zone *zone = zones_find(app_zones(page->app), list);
    struct address address;

    if (zone == NULL || text == NULL || !address_parse(slice_from(text), &address))
        return json_null();
    const char *url = zone_lookup_url(page->mem, zone, &address);
    if (url == NULL || (!slice_starts(slice_from(url), "https://") &&
                        !slice_starts(slice_from(url), "http://")))
        return json_null();
    json_t *link = json_object();
    view_text(link, "url", url);
    view_text(link, "text",
              speak_with(page, "console.case.lookup", "list", zone->title, NULL));
    return link;
}

/* "Wed 25 Nov, 09:00 to 13:00" */
static const char *likely_clear(const struct page *page,
                                const struct clearing *estimate)
{
    if (estimate->basis == CLEARING_BY_HAND)
        return speak(page, "console.case.clear.by_hand");
    if (estimate->basis == CLEARING_UNKNOWN)
        return speak(page, "console.case.clear.unknown");
    if (estimate->is_due)
        return speak(page, "console.case.clear.due");
    if (estimate->latest == estimate->probably_by)
        return speak_with(page, "console.case.clear.by", "time",
                          speak_when(page, estimate->probably_by), NULL);
    return speak_range(page, estimate->probably_by, estimate->latest);
}

static void put_facts(struct page *page, const struct case_facts *facts)
{
    const struct case_row *row = &facts->row;
    const struct evidence *e = &row->evidence;
    const struct listing_row *listing = listing_of(facts);
    json_t *list = json_array();

    add_fact(list, speak(page, "console.case.fact.address"),
             row->address != NULL ? row->address : e->blocked_ip, NULL, true);
    add_fact(list, speak(page, "console.case.fact.list"),
             line_zone(page, row->zone != NULL ? row->zone : e->list),
             listing != NULL ? speak_with(page, "console.time.asked", "ago",
                                          speak_ago(page, listing->checked_at), NULL)
                             : NULL,
             false);
    if (listing != NULL && listing->state == LISTING_LISTED) {
        int64_t since = facts->clears.since != 0 ? facts->clears.since : listing->since;
        add_fact(list, speak(page, "console.case.fact.since"), speak_when(page, since),
                 speak_ago(page, since), false);
        add_fact(list, speak(page, "console.case.fact.clear"),
                 likely_clear(page, &facts->clears.estimate),
                 speak_sentence(page, facts->clears.sentence), false);
    }
    /* The excerpt says it in full. */
    if (e->smtp_code != 0 && e->excerpt == NULL)
        add_fact(list, speak(page, "console.case.fact.reply"),
                 arena_printf(page->mem, "%u %s", e->smtp_code,
                              e->enhanced_code != NULL ? e->enhanced_code : ""),
                 e->remote_mta, true);
    view_flag(page->view, "has_facts", json_array_size(list) > 0);
    view_take(page->view, "facts", list);
    view_take(page->view, "lookup", lookup_link(page, row));
}

static void put_checks(struct page *page, const struct case_row *row)
{
    json_t *list = json_array();

    for (size_t i = 0; i < row->checks_count; i++)
        json_array_append_new(list, line_check(page, &row->checks[i]));
    view_take(page->view, "checks", list);
}

/* What the recipients' servers said to what was sent with the details, by our own log. */
static void put_answers(struct page *page, const struct case_facts *facts)
{
    static const struct {
        const char *shape, *class_name, *word;
    } rows[] = {
        [DELIVERY_SENT] = {"✓", "",       "console.case.answers.taken"  },
        [DELIVERY_DEFERRED] = {"?",   "unsure", "console.case.answers.later"  },
        [DELIVERY_BOUNCED] = {"–", "listed", "console.case.answers.refused"},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < facts->answers_count; i++) {
        const struct delivery *d = &facts->answers[i];
        json_t *line = json_object();
        speak_put_when(page, line, "when", d->at);
        view_text(line, "recipient", d->recipient);
        view_text(line, "shape", rows[d->status].shape);
        view_text(line, "class", rows[d->status].class_name);
        view_text(line, "word", speak(page, rows[d->status].word));
        view_text(line, "reply", d->reply);
        view_text(line, "source", d->source);
        json_array_append_new(list, line);
    }
    view_flag(page->view, "has_answers", facts->answers_count > 0);
    view_take(page->view, "answers", list);
}

/* The line to publish, whole, for whoever keeps the customer's DNS. */
static void put_proposal(struct page *page, const struct case_row *row)
{
    json_t *proposal = json_null();

    for (size_t i = 0; i < row->checks_count; i++) {
        const char *record = reach_proposal(page->mem, &row->checks[i]);
        if (record == NULL || !json_is_null(proposal))
            continue;
        proposal = json_object();
        view_text(proposal, "record", record);
        view_text(proposal, "domain", speak_sentence(page, row->checks[i].source));
    }
    view_take(page->view, "proposal", proposal);
}

/* "Found: sender, reply. Not found: time." */
static const char *found_sentence(const struct page *page, const struct evidence *e)
{
    const struct {
        const char *name;
        bool is_found;
    } rows[] = {
        {"console.case.found.sender",    e->sender != NULL    },
        {"console.case.found.recipient", e->recipient != NULL },
        {"console.case.found.reply",     e->smtp_code != 0    },
        {"console.case.found.address",   e->blocked_ip != NULL},
        {"console.case.found.list",      e->list != NULL      },
        {"console.case.found.time",      e->bounced_at != 0   },
    };
    const char *found = "";
    const char *missing = "";

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char **to = rows[i].is_found ? &found : &missing;
        *to = speak_join(page, *to, speak(page, rows[i].name));
    }
    if (missing[0] == '\0')
        return speak_with(page, "console.case.found.all", "found", found, NULL);
    if (found[0] == '\0')
        return speak_with(page, "console.case.found.none", "missing", missing, NULL);
    return speak_with(page, "console.case.found.some", "found", found, "missing",
                      missing, NULL);
}

/* Once details are given, the verdict's advice is behind us. */
static const char *lead_of(const struct page *page, const struct case_facts *facts)
{
    const struct lease *live = facts->live;

    if (live != NULL && live->is_pending)
        return speak(page, "console.case.lead.waits");
    if (live == NULL && facts->row.doubts != 0)
        return speak(page, "console.case.lead.doubts");
    if (live == NULL)
        return speak_sentence(page, diagnosis_row(facts->row.verdict)->advice);
    return speak_with(page,
                      live->first_login_at != 0 ? "console.case.lead.used"
                                                : "console.case.lead.given",
                      "mailbox", live->mailbox, "address", live->reserved_address,
                      "until", speak_time_long(page, live->expires_at), NULL);
}

static void put_case(struct page *page, const struct case_facts *facts)
{
    const struct case_row *row = &facts->row;
    const struct diagnosis_row *verdict = diagnosis_row(row->verdict);
    json_t *view = page->view;

    view_number(view, "n", row->id);
    view_text(view, "mailbox", row->mailbox);
    view_text(view, "recipient", row->evidence.recipient);
    view_text(view, "ticket", row->ticket);
    view_text(view, "same",
              facts->same_bounce_case != 0 && facts->same_bounce_case != row->id
                  ? arena_printf(page->mem, "%lld", (long long)facts->same_bounce_case)
                  : NULL);
    view_text(view, "by", line_person(page, row->created_by));
    speak_put_when(page, view, "opened", row->created_at);
    view_take(view, "mark", line_verdict_mark(page, row->verdict));
    view_text(view, "headline", speak_sentence(page, verdict->headline));
    view_text(view, "lead", lead_of(page, facts));
    view_text(view, "excerpt", row->evidence.excerpt);
    view_text(view, "found", found_sentence(page, &row->evidence));
    struct slice bounce = slice_from(row->bounce);
    view_slice(view, "bounce", slice_take(bounce, RAW_SHOWN_MAX));
    view_flag(view, "is_bounce_cut", bounce.len > RAW_SHOWN_MAX);
    view_flag(view, "may_check", page_may(page, ACT_DIAGNOSE));
    put_facts(page, facts);
    put_checks(page, row);
    case_put_customer(page, facts);
    put_proposal(page, row);
    put_answers(page, facts);
    case_put_axis(page, facts);
    view_flag(view, "may_note", page_may(page, ACT_DIAGNOSE));
}

/* ---- pages ---- */

int case_show(struct page *page, int64_t id, const struct case_extra *extra,
              struct error *err)
{
    struct case_facts facts = {0};
    struct store *store = NULL;
    struct error why = {0};

    /* What authd wrote a moment ago belongs on the page; without it, the page is a bit behind. */
    if (page->web->take_usage != NULL)
        (void)!page->web->take_usage(page->app, &why);
    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = load(page, store, id, &facts, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    page_problem(page, extra->problem, extra->field);
    put_case(page, &facts);
    if (case_put_panels(page, &facts, extra, err) != 0)
        return -1;
    bool has_watch = !json_is_null(json_object_get(page->view, "watch"));
    if (extra->is_live)
        return page_show_live(page, has_watch ? "html/live_case.html" : NULL, err);
    view_text(page->view, "live",
              has_watch ? arena_printf(page->mem, "/live/cases/%lld", (long long)id)
                        : NULL);
    return page_show(
        page,
        &(struct page_name){.template = "html/case.html",
                            .title = speak_with(page, "console.case.title", "n",
                                                speak_number(page, id), NULL),
                            .section = "cases",
                            .status = extra->status != 0 ? extra->status : 200},
        err);
}

static bool is_for_form(const struct error *why)
{
    return why->kind == ERROR_INVALID || why->kind == ERROR_REFUSED ||
           why->kind == ERROR_EXHAUSTED || why->kind == ERROR_UNAVAILABLE ||
           why->kind == ERROR_CONFLICT;
}

int case_refused(struct page *page, int64_t id, struct case_extra *extra,
                 const struct error *why, struct error *err)
{
    if (!is_for_form(why)) {
        *err = *why;
        return -1;
    }
    extra->status = problem_status(why->kind);
    extra->problem = why->text;
    return case_show(page, id, extra, err);
}

int page_case(struct page *page, struct error *err)
{
    const struct case_extra extra = {.language = page_asked(page, "lang")};
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0)
        return -1;
    return case_show(page, id, &extra, err);
}

int page_case_live(struct page *page, struct error *err)
{
    const struct case_extra extra = {.is_live = true};
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0)
        return -1;
    return case_show(page, id, &extra, err);
}

int page_case_note(struct page *page, struct error *err)
{
    struct case_extra extra = {.field = "note"};
    struct error why = {0};
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0)
        return -1;
    if (case_note(page->app, page->mem, &page->actor, id, page_field(page, "note"),
                  &why) != 0)
        return case_refused(page, id, &extra, &why, err);
    http_see_other(page->response,
                   arena_printf(page->mem, "/cases/%lld", (long long)id));
    return 0;
}

int page_case_check(struct page *page, struct error *err)
{
    struct diagnosis diagnosis;
    int64_t id = 0;

    if (page_number(page, 0, &id, err) != 0 ||
        case_check_again(page->app, page->mem, &page->actor, id, &diagnosis, err) != 0)
        return -1;
    http_see_other(page->response,
                   arena_printf(page->mem, "/cases/%lld", (long long)id));
    return 0;
}
