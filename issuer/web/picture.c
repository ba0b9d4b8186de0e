/*
 * picture.c - strips of days, and positions on an axis of time.
 */
#include "base/base.h"

#include "issuer/web/picture.h"

#include "base/strbuf.h"
#include "base/timetext.h"
#include "issuer/web/view.h"

enum {
    DAY_S = 24 * 3600,
    /* Of the 24 units of a strip's height: the line of days lies at 23, a bar stands on 21. */
    BAR_LEAST = 3,
    BAR_MOST = 18,
    PATH_MAX_BYTES = PICTURE_DAYS_MAX * 32
};

/* ---- strips ---- */

struct day {
    int64_t listed_s;
    bool is_clear, is_unknown;
};

/* What a stretch has of the day that begins at `start`. */
static int64_t overlap(const struct picture_stretch *stretch, int64_t start,
                       int64_t now)
{
    int64_t until = stretch->until_at == 0 ? now : stretch->until_at;
    int64_t from = stretch->since > start ? stretch->since : start;
    int64_t to = until < start + DAY_S ? until : start + DAY_S;

    return to - from;
}

static void mark_days(const struct picture_stretch *stretch, struct day *days,
                      unsigned count, int64_t now)
{
    for (unsigned i = 0; i < count; i++) {
        int64_t start = now - (int64_t)(count - i) * DAY_S;
        int64_t part = overlap(stretch, start, now);
        /* A look of this very moment has no length, and is a look all the same. */
        if (part < 0 || (part == 0 && stretch->since != now))
            continue;
        switch (stretch->state) {
        case LISTING_LISTED: days[i].listed_s += part > 0 ? part : 1; break;
        case LISTING_CLEAR: days[i].is_clear = true; break;
        case LISTING_UNKNOWN: days[i].is_unknown = true; break;
        case LISTING_STATE_COUNT: break;
        }
    }
}

static bool reaches_in(const struct picture_stretch *stretch, int64_t start)
{
    return stretch->until_at == 0 || stretch->until_at > start;
}

static const char *taken(struct arena *mem, struct strbuf *path)
{
    const char *text = arena_slice(mem, strbuf_slice(path));

    strbuf_release(path);
    return text;
}

void picture_strip(struct arena *mem, const struct picture_stretch *stretches,
                   size_t count, unsigned days_count, int64_t now,
                   struct picture_strip *out)
{
    struct day days[PICTURE_DAYS_MAX] = {0};
    struct picture_strip strip = {0};
    struct strbuf listed, unknown, clear;

    assert(days_count <= PICTURE_DAYS_MAX);
    for (size_t i = 0; i < count; i++) {
        mark_days(&stretches[i], days, days_count, now);
        strip.times += stretches[i].state == LISTING_LISTED &&
                       reaches_in(&stretches[i], now - (int64_t)days_count * DAY_S);
    }
    strbuf_init(&listed, PATH_MAX_BYTES);
    strbuf_init(&unknown, PATH_MAX_BYTES);
    strbuf_init(&clear, PATH_MAX_BYTES);
    for (unsigned i = 0; i < days_count; i++) {
        const struct day *day = &days[i];
        if (day->listed_s > 0) {
            int64_t part_s = day->listed_s < DAY_S ? day->listed_s : DAY_S;
            int height = BAR_LEAST + (int)(part_s * (BAR_MOST - BAR_LEAST) / DAY_S);
            strbuf_printf(&listed, "M%u 21v-%dh.8v%dz", i, height, height);
            strip.listed_s += part_s;
        } else if (day->is_clear) {
            strbuf_printf(&clear, "M%u 23h.75", i);
        } else if (day->is_unknown) {
            strbuf_printf(&unknown, "M%u 19v-4h.8v4z", i);
            strip.unknown_days++;
        }
        strip.asked_days += day->listed_s > 0 || day->is_clear || day->is_unknown;
    }
    strip.listed = taken(mem, &listed);
    strip.unknown = taken(mem, &unknown);
    strip.clear = taken(mem, &clear);
    *out = strip;
}

/* ---- axes ---- */

/* Hundredths of a per cent, so that no rounding of floats reaches the page. */
static int64_t place(const struct picture_axis *axis, int64_t when)
{
    if (when <= axis->from)
        return 0;
    if (when >= axis->until)
        return 10000;
    return (when - axis->from) * 10000 / (axis->until - axis->from);
}

static const char *percent(struct arena *mem, int64_t hundredths)
{
    return arena_printf(mem, "%d.%02d%%", (int)(hundredths / 100),
                        (int)(hundredths % 100));
}

const char *picture_at(struct arena *mem, const struct picture_axis *axis, int64_t when)
{
    return percent(mem, place(axis, when));
}

const char *picture_width(struct arena *mem, const struct picture_axis *axis,
                          int64_t from, int64_t until)
{
    int64_t width = place(axis, until) - place(axis, from);

    return percent(mem, width > 0 ? width : 0);
}

/* The smallest step with which at most this many of them cover the span. */
static int64_t step_for(int64_t span_s)
{
    enum {
        STEPS_MOST = 6
    };
    static const int64_t hours[] = {1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720};
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(hours) && hours[i] * 3600 * STEPS_MOST < span_s)
        i++;
    return hours[i] * 3600;
}

json_t *picture_marks(struct arena *mem, int64_t first, int64_t last,
                      struct picture_axis *out)
{
    int64_t step_s = step_for(last - first);
    int64_t from = timetext_floor(first, step_s);
    json_t *marks = json_array();
    struct picture_axis axis = {.from = from, .until = from + step_s};

    while (axis.until < last)
        axis.until += step_s;
    for (int64_t at = axis.from; at <= axis.until; at += step_s) {
        bool is_first = at == axis.from;
        bool is_last = at == axis.until;
        json_t *mark = json_object();
        view_text(mark, "x", picture_at(mem, &axis, at));
        view_number(mark, "at", at);
        view_text(mark, "class", is_first ? "" : is_last ? "last" : "mid");
        view_flag(
            mark, "is_roomy",
            !is_first && !is_last &&
                ((at - axis.from) / step_s % 2 == 1 || at + step_s == axis.until));
        json_array_append_new(marks, mark);
    }
    *out = axis;
    return marks;
}
