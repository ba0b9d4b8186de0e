/*
 * strips.c - how often an address was listed, as strips of days.
 */
#include "base/base.h"

#include "issuer/web/strips.h"

#include "issuer/web/lines.h"
#include "issuer/web/speak.h"

enum {
    DAY_S = 24 * 3600
};

void strip_of(struct page *page, const struct strip_facts *facts, const char *address,
              const char *zone, struct picture_strip *out)
{
    struct picture_stretch *stretches = arena_array(page->mem, facts->count + 1,
                                                    sizeof *stretches);
    size_t count = 0;

    for (size_t i = 0; i < facts->count; i++) {
        const struct listing_row *row = &facts->rows[i];
        if (strcmp(row->address, address) == 0 &&
            (zone == NULL || strcmp(row->zone, zone) == 0))
            stretches[count++] = (struct picture_stretch){
                .state = row->state, .since = row->since, .until_at = row->until_at};
    }
    picture_strip(page->mem, stretches, count, facts->days, page->now, out);
}

const char *strip_note(const struct page *page, const struct picture_strip *strip)
{
    if (strip->asked_days == 0)
        return speak(page, "console.listing.not_asked");
    if (strip->times > 0)
        return speak_plural(page, "console.strip.times", strip->times, "count",
                            speak_number(page, strip->times), "span",
                            speak_span(page, strip->listed_s), NULL);
    if (strip->unknown_days > 0)
        return speak_count(page, "console.strip.unknown", "count", strip->unknown_days);
    return speak(page, "console.strip.clear");
}

json_t *strip_view(struct page *page, const struct strip_facts *facts, const char *name,
                   const struct picture_strip *strip)
{
    json_t *view = json_object();
    const char *note = strip_note(page, strip);

    view_text(view, "name", name);
    view_text(view, "note", note);
    view_text(view, "title",
              speak_plural(page, "console.strip.title", facts->days, "name", name,
                           "count", speak_number(page, facts->days), "note", note,
                           NULL));
    view_text(view, "listed", strip->listed);
    view_text(view, "unknown", strip->unknown);
    view_text(view, "clear", strip->clear);
    return view;
}

json_t *strip_dates(struct page *page, unsigned days)
{
    enum {
        PARTS = 3
    };
    const struct picture_axis axis = {.from = page->now - (int64_t)days * DAY_S,
                                      .until = page->now};
    json_t *dates = json_array();

    for (int64_t i = 0; i <= PARTS; i++) {
        int64_t when = axis.from + i * (axis.until - axis.from) / PARTS;
        json_t *date = json_object();
        view_text(date, "x", picture_at(page->mem, &axis, when));
        view_text(date, "text",
                  i == PARTS ? speak(page, "console.strip.today")
                             : speak_day(page, when));
        view_text(date, "class", i == 0 ? "" : (i == PARTS ? "last" : "mid"));
        view_flag(date, "is_roomy", i == 1);
        json_array_append_new(dates, date);
    }
    return dates;
}
