/*
 * case_axis.c - the one picture of a case: the listing above, the sending details below, on one axis of
 * time.
 *
 * Known time is a full bar, time to come an outlined one. The sentence above and the table behind
 * say the same; without a listing and without details there is no picture.
 */
#include "base/base.h"

#include "issuer/web/case.h"

#include "issuer/web/lines.h"
#include "issuer/web/picture.h"
#include "issuer/web/speak.h"

enum {
    TOP = 18, /* pixels: labels of "now" stand above */
    ROW = 44,
    LABEL = 14,
    BAR = 20, /* below the row's top, 18 high */
    TEXT = 33,
    NOW_TOP = 16,
    NOW_OVER =
        3 /* so far the line of now stands out of a bar; labels stay free of it */
};

/* One bar: known from `from` to `known_until`, to come until `until`. */
struct span {
    const char *label, *end_text;
    const char *known_class, *next_class;
    int64_t from, known_until, until; /* until 0: the end is not known */
};

struct drawing {
    struct page *page;
    struct picture_axis axis;
    json_t *view, *labels, *bars, *ends, *ticks, *rows;
    unsigned count; /* of rows so far */
};

static int64_t earlier(int64_t a, int64_t b)
{
    return b != 0 && b < a ? b : a;
}

static int64_t later(int64_t a, int64_t b)
{
    return b > a ? b : a;
}

static unsigned top_of(const struct drawing *d)
{
    return TOP + d->count * ROW;
}

/* ---- what there is ---- */

static bool listing_span(struct page *page, const struct case_facts *facts,
                         struct span *out)
{
    const struct clears *clears = &facts->clears;

    if (clears->sentence.line == NULL || clears->since == 0)
        return false;
    int64_t by = clears->estimate.probably_by;
    *out = (struct span){
        .label = speak_with(page, "console.case.axis.listed", "list",
                            line_zone(page, facts->row.zone), NULL),
        .known_class = "p-bad",
        .next_class = "p-next",
        .from = clears->since,
        .known_until = page->now,
        .until = by > page->now ? by : 0,
        .end_text = by > page->now ? speak_with(page, "console.case.axis.clear_by",
                                                "time", speak_when(page, by), NULL)
                                   : NULL,
    };
    return true;
}

static bool lease_span(struct page *page, const struct lease *lease, struct span *out)
{
    int64_t end = lease->ended_at != 0 ? lease->ended_at : lease->expires_at;

    *out = (struct span){
        .label = speak_with(page, "console.case.axis.details", "address",
                            lease->reserved_address, NULL),
        .known_class = "p-act",
        .next_class = "p-left",
        .from = lease->created_at,
        .known_until = end < page->now ? end : page->now,
        .until = end > page->now ? end : 0,
        .end_text = end > page->now ? speak_with(page, "console.case.axis.until",
                                                 "time", speak_when(page, end), NULL)
                                    : NULL,
    };
    return true;
}

/* ---- drawing ---- */

static void add_label(struct drawing *d, const char *text)
{
    json_t *label = json_object();

    view_number(label, "y", top_of(d) + LABEL);
    view_text(label, "text", text);
    json_array_append_new(d->labels, label);
}

static void add_bar(struct drawing *d, const char *class_name, int64_t from,
                    int64_t until)
{
    json_t *bar = json_object();

    view_text(bar, "class", class_name);
    view_text(bar, "x", picture_at(d->page->mem, &d->axis, from));
    view_number(bar, "y", top_of(d) + BAR);
    view_text(bar, "width", picture_width(d->page->mem, &d->axis, from, until));
    json_array_append_new(d->bars, bar);
}

static void add_row(struct drawing *d, const char *what, int64_t from, int64_t until,
                    const char *about)
{
    json_t *row = json_object();

    view_text(row, "what", what);
    speak_put_when(d->page, row, "from", from);
    speak_put_when(d->page, row, "until", until);
    view_text(row, "about", about);
    json_array_append_new(d->rows, row);
}

/* Behind the bar where there is room, else at its end. */
static void add_end(struct drawing *d, const struct span *span)
{
    int64_t middle = d->axis.from + (d->axis.until - d->axis.from) / 2;
    bool is_behind = span->until < middle;
    json_t *end = json_object();

    if (span->end_text == NULL) {
        json_decref(end);
        return;
    }
    view_text(end, "x", picture_at(d->page->mem, &d->axis, span->until));
    view_text(end, "dx", is_behind ? "6" : "-6");
    view_number(end, "y", top_of(d) + TEXT);
    view_text(end, "class", is_behind ? "" : "last");
    view_text(end, "text", span->end_text);
    json_array_append_new(d->ends, end);
}

static void add_span(struct drawing *d, const struct span *span, const char *about)
{
    add_label(d, span->label);
    add_bar(d, span->known_class, span->from, span->known_until);
    if (span->until != 0)
        add_bar(d, span->next_class, span->known_until, span->until);
    add_end(d, span);
    add_row(d, span->label, span->from,
            span->until != 0 ? span->until : span->known_until, about);
    d->count++;
}

static void add_tick(struct drawing *d, const char *kind, int64_t when)
{
    static const char *const kinds[] = {"is_shown", "is_login", "is_message"};
    json_t *tick = json_object();

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        view_flag(tick, kinds[i], strcmp(kinds[i], kind) == 0);
    view_text(tick, "x", picture_at(d->page->mem, &d->axis, when));
    view_number(tick, "y", top_of(d) + BAR + 6);
    json_array_append_new(d->ticks, tick);
}

static void add_use(struct drawing *d, const struct case_facts *facts,
                    const struct lease *lease)
{
    if (lease->revealed_at == 0)
        return;
    add_label(d, speak(d->page, "console.case.axis.use"));
    add_tick(d, "is_shown", lease->revealed_at);
    add_row(d, speak(d->page, "console.case.axis.shown"), lease->revealed_at, 0, NULL);
    if (lease->first_login_at != 0) {
        add_tick(d, "is_login", lease->first_login_at);
        add_row(d, speak(d->page, "console.case.axis.login"), lease->first_login_at, 0,
                NULL);
    }
    for (size_t i = 0; i < facts->usage_count; i++)
        if (strcmp(facts->usage[i].kind, "message") == 0)
            add_tick(d, "is_message", facts->usage[i].at);
    if (lease->messages_used > 0)
        add_row(d,
                speak_count(d->page, "console.count.messages", "count",
                            lease->messages_used),
                0, lease->last_message_at, NULL);
    d->count++;
}

/* ---- words ---- */

static const char *listing_sentence(const struct page *page, const struct span *listing)
{
    const char *from = speak_when(page, listing->from);

    if (listing->end_text == NULL)
        return speak_with(page, "console.case.axis.says.listed", "listed",
                          listing->label, "from", from, NULL);
    return speak_with(page, "console.case.axis.says.listed_until", "listed",
                      listing->label, "from", from, "end", listing->end_text, NULL);
}

static const char *details_sentence(const struct page *page, const struct span *details)
{
    bool is_over = details->until == 0;

    return speak_with(
        page, is_over ? "console.case.axis.says.worked" : "console.case.axis.says.work",
        "from", speak_when(page, details->from), "until",
        speak_when(page, is_over ? details->known_until : details->until), NULL);
}

static const char *use_sentence(const struct page *page, const struct lease *lease)
{
    if (lease->revealed_at == 0)
        return speak(page, "console.case.axis.says.unseen");
    const char *shown = speak_when(page, lease->revealed_at);
    if (lease->first_login_at == 0)
        return speak_with(page, "console.case.axis.says.unused", "shown", shown, NULL);
    return speak_with(
        page, "console.case.axis.says.used", "shown", shown, "login",
        speak_when(page, lease->first_login_at), "messages",
        speak_count(page, "console.count.messages", "count", lease->messages_used),
        NULL);
}

static const char *sentence_of(struct page *page, const struct span *listing,
                               const struct span *details, const struct lease *lease)
{
    const char *listed = "";

    if (listing != NULL)
        listed = listing_sentence(page, listing);
    if (details == NULL)
        return listed;
    return arena_printf(page->mem, "%s%s%s %s", listed, listing != NULL ? " " : "",
                        details_sentence(page, details), use_sentence(page, lease));
}

static void begin(struct drawing *d, const struct span *listing,
                  const struct span *details)
{
    int64_t now = d->page->now;
    int64_t first = now;
    int64_t last = now;
    const struct span *const spans[] = {listing, details};

    for (size_t i = 0; i < ARRAY_LEN(spans); i++)
        if (spans[i] != NULL) {
            first = earlier(first, spans[i]->from);
            last = later(last, spans[i]->until);
        }
    d->view = json_object();
    json_t *marks = picture_marks(d->page->mem, first, last, &d->axis);
    for (size_t i = 0; i < json_array_size(marks); i++) {
        json_t *mark = json_array_get(marks, i);
        view_text(mark, "text",
                  speak_mark(d->page, json_integer_value(json_object_get(mark, "at"))));
    }
    view_take(d->view, "marks", marks);
    d->labels = json_array();
    d->bars = json_array();
    d->ends = json_array();
    d->ticks = json_array();
    d->rows = json_array();
    view_take(d->view, "labels", d->labels);
    view_take(d->view, "bars", d->bars);
    view_take(d->view, "ends", d->ends);
    view_take(d->view, "ticks", d->ticks);
    view_take(d->view, "rows", d->rows);
}

static void add_now(json_t *list, unsigned from, unsigned until)
{
    json_t *piece = json_object();

    view_number(piece, "y1", from);
    view_number(piece, "y2", until);
    json_array_append_new(list, piece);
}

/* The line of now, from bar to bar, with a gap at each label. */
static void put_now(struct drawing *d)
{
    json_t *list = json_array();

    add_now(list, NOW_TOP, TOP + NOW_OVER);
    for (unsigned row = 0; row < d->count; row++) {
        unsigned top = TOP + row * ROW;
        add_now(list, top + BAR - NOW_OVER, top + ROW);
    }
    view_take(d->view, "now", list);
}

static void end(struct drawing *d, const char *sentence)
{
    unsigned bottom = top_of(d) + 2;
    int64_t now = d->page->now;

    view_number(d->view, "bottom", bottom);
    view_number(d->view, "marks_y", bottom + 16);
    view_number(d->view, "height", bottom + 20);
    /* At the edges its label would leave the page. */
    int64_t edge = (d->axis.until - d->axis.from) / 6;
    put_now(d);
    view_text(d->view, "now_x", picture_at(d->page->mem, &d->axis, now));
    view_text(d->view, "now_class",
              now < d->axis.from + edge    ? ""
              : now > d->axis.until - edge ? "last"
                                           : "mid");
    view_text(d->view, "now_text",
              speak_with(d->page, "console.case.axis.now", "time",
                         speak_when(d->page, now), NULL));
    view_text(d->view, "sentence", sentence);
    view_take(d->page->view, "axis", d->view);
}

void case_put_axis(struct page *page, const struct case_facts *facts)
{
    struct drawing d = {.page = page};
    const struct lease *lease = facts->live != NULL       ? facts->live
                                : facts->leases_count > 0 ? &facts->leases[0]
                                                          : NULL;
    struct span listing;
    struct span details;
    bool has_listing = listing_span(page, facts, &listing);
    bool has_details = lease != NULL && !lease->is_pending &&
                       lease_span(page, lease, &details);

    if (!has_listing && !has_details) {
        view_take(page->view, "axis", json_null());
        return;
    }
    begin(&d, has_listing ? &listing : NULL, has_details ? &details : NULL);
    if (has_listing)
        add_span(&d, &listing, speak_sentence(page, facts->clears.sentence));
    if (has_details) {
        add_span(&d, &details, NULL);
        add_use(&d, facts, lease);
    }
    end(&d, sentence_of(page, has_listing ? &listing : NULL,
                        has_details ? &details : NULL, lease));
}
