/*
 * say.c - from the innermost sentence outwards: each becomes words, and is a text to the next.
 */
#include "base/base.h"

#include "issuer/render/say.h"

#include <time.h>

#include "base/timezone.h"

enum {
    MINUTE_S = 60,
    HOUR_S = 3600,
    DAY_S = 86400
};

/* ---- times ---- */

static const char *speak(const struct speaker *s, const char *key)
{
    return template_text(s->templates, s->mem, s->lang, key, NULL);
}

static struct tm local(int64_t when)
{
    struct tm parts;

    timezone_local(when, &parts);
    return parts;
}

bool say_same_day(int64_t a, int64_t b)
{
    struct tm left = local(a);
    struct tm right = local(b);

    return left.tm_yday == right.tm_yday && left.tm_year == right.tm_year;
}

const char *say_number(const struct speaker *s, int64_t number)
{
    return arena_printf(s->mem, "%lld", (long long)number);
}

/* Which of the two forms of a text goes with a number. */
static const char *form_of(int64_t count)
{
    return count == 1 ? "one" : "other";
}

const char *say_clock(const struct speaker *s, int64_t when)
{
    struct tm at = local(when);

    return template_text(s->templates, s->mem, s->lang, "time.clock", "hour",
                         arena_printf(s->mem, "%02d", at.tm_hour), "minute",
                         arena_printf(s->mem, "%02d", at.tm_min), NULL);
}

const char *say_day(const struct speaker *s, int64_t when)
{
    struct tm at = local(when);

    return template_text(
        s->templates, s->mem, s->lang, "console.time.day", "day",
        say_number(s, at.tm_mday), "month",
        speak(s, arena_printf(s->mem, "console.time.month.%d", at.tm_mon + 1)), NULL);
}

const char *say_weekday(const struct speaker *s, int64_t when)
{
    struct tm at = local(when);

    return template_text(
        s->templates, s->mem, s->lang, "console.time.weekday_day", "weekday",
        speak(s, arena_printf(s->mem, "console.time.weekday.%d", at.tm_wday)), "day",
        say_day(s, when), NULL);
}

const char *say_when(const struct speaker *s, int64_t when)
{
    if (say_same_day(when, s->now))
        return say_clock(s, when);
    return template_text(s->templates, s->mem, s->lang, "console.time.when", "day",
                         say_weekday(s, when), "clock", say_clock(s, when), NULL);
}

const char *say_span(const struct speaker *s, int64_t seconds)
{
    const struct templates *t = s->templates;

    if (seconds < MINUTE_S)
        return speak(s, "span.seconds");
    const char *minutes = say_number(s, seconds % HOUR_S / MINUTE_S);
    if (seconds < HOUR_S)
        return template_text(t, s->mem, s->lang, "span.minutes", "minutes", minutes,
                             NULL);
    const char *hours = say_number(s, seconds / HOUR_S);
    if (seconds < 2 * (int64_t)DAY_S && seconds % HOUR_S < MINUTE_S)
        return template_text(t, s->mem, s->lang, "span.whole_hours", "hours", hours,
                             NULL);
    if (seconds < 2 * (int64_t)DAY_S)
        return template_text(t, s->mem, s->lang, "span.hours", "hours", hours,
                             "minutes", minutes, NULL);
    return template_text(t, s->mem, s->lang,
                         arena_printf(s->mem, "span.days.%s", form_of(seconds / DAY_S)),
                         "days", say_number(s, seconds / DAY_S), NULL);
}

/* ---- sentences ---- */

static const char *words_of(const struct speaker *s, const struct sentence_part *part)
{
    struct template_value values[SENTENCE_VALUES_MAX + 1] = {
        {NULL, NULL}
    };
    struct speaker after = *s; /* a second time of the same day comes without it */
    const char *key = part->key;

    if (key[0] == '\0')
        return part->count > 0 ? part->values[0].text : "";
    for (size_t i = 0; i < part->count; i++) {
        const struct sentence_value *value = &part->values[i];
        const char *text = value->text;
        switch (value->kind) {
        case SENTENCE_NUMBER: text = say_number(s, value->number); break;
        case SENTENCE_COUNT:
            key = arena_printf(s->mem, "%s.%s", part->key, form_of(value->number));
            text = say_number(s, value->number);
            break;
        case SENTENCE_TIME:
            text = say_when(&after, value->number);
            after.now = value->number;
            break;
        case SENTENCE_SPAN: text = say_span(s, value->number); break;
        case SENTENCE_TEXT:
        case SENTENCE_INNER: break;
        }
        values[i] = (struct template_value){value->name, text};
    }
    return template_text_values(s->templates, s->mem, s->lang, key, values);
}

const char *say(const struct speaker *s, struct sentence sentence)
{
    const char *line = sentence.line;
    struct sentence_part part = {.begin = 1};

    if (line == NULL || line[0] != '{')
        return line;
    while (part.begin > 0) {
        if (!sentence_last(s->mem, slice_from(line), &part))
            return sentence.line;
        line = sentence_splice(s->mem, slice_from(line), &part, words_of(s, &part));
    }
    return line;
}
