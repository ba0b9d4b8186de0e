/*
 * speak.c - languages, and times, spans and counts in the page's.
 *
 * Names and forms come from the catalogue, not from a locale: what a page says must not depend on
 * a daemon's environment.
 */
#include "base/base.h"

#include "issuer/web/speak.h"

#include "base/number.h"
#include "base/timetext.h"
#include "base/timezone.h"

const char *speak_offered(const struct page *page, const char *code)
{
    const struct config_list *offered = &page->config->languages;

    for (size_t i = 0; code != NULL && i < offered->count; i++)
        if (strcmp(code, offered->at[i]) == 0)
            return offered->at[i];
    return NULL;
}

json_t *speak_languages(const struct page *page, const char *here)
{
    const struct config_list *offered = &page->config->languages;
    json_t *list = json_array();

    for (size_t i = 0; i < offered->count; i++) {
        json_t *entry = json_object();
        const char *code = offered->at[i];
        view_text(entry, "code", code);
        view_text(entry, "name",
                  template_text(app_templates(page->app), page->mem, code,
                                "language.name", NULL));
        view_flag(entry, "is_here", strcmp(code, here) == 0);
        json_array_append_new(list, entry);
    }
    return list;
}

static struct speaker page_speaker(const struct page *page)
{
    return (struct speaker){.templates = app_templates(page->app),
                            .mem = page->mem,
                            .lang = page->lang,
                            .now = page->now};
}

const char *speak_sentence(const struct page *page, struct sentence sentence)
{
    struct speaker speaker = page_speaker(page);

    return say(&speaker, sentence);
}

const char *speak(const struct page *page, const char *key)
{
    return template_text(app_templates(page->app), page->mem, page->lang, key, NULL);
}

const char *speak_with(const struct page *page, const char *key, ...)
{
    va_list pairs;

    va_start(pairs, key);
    const char *text = template_text_pairs(app_templates(page->app), page->mem,
                                           page->lang, key, pairs);
    va_end(pairs);
    return text;
}

const char *speak_plural(const struct page *page, const char *key, int64_t count, ...)
{
    const char *form = arena_printf(page->mem, "%s.%s", key,
                                    count == 1 ? "one" : "other");
    va_list pairs;

    va_start(pairs, count);
    const char *text = template_text_pairs(app_templates(page->app), page->mem,
                                           page->lang, form, pairs);
    va_end(pairs);
    return text;
}

const char *speak_number(const struct page *page, int64_t number)
{
    struct speaker speaker = page_speaker(page);

    return say_number(&speaker, number);
}

const char *speak_join(const struct page *page, const char *text, const char *next)
{
    return text[0] == '\0' ? next
                           : speak_with(page, "console.frame.join", "first", text,
                                        "next", next, NULL);
}

const char *speak_count(const struct page *page, const char *key, const char *name,
                        int64_t count)
{
    return speak_plural(page, key, count, name, speak_number(page, count), NULL);
}

static struct tm local(int64_t when)
{
    struct tm parts;

    timezone_local(when, &parts);
    return parts;
}

const char *speak_time_long(const struct page *page, int64_t when)
{
    struct tm at = local(when);
    struct arena *mem = page->mem;

    return speak_with(page, "time.long", "weekday",
                      speak(page, arena_printf(mem, "weekday.%d", at.tm_wday)), "day",
                      arena_printf(mem, "%d", at.tm_mday), "month",
                      speak(page, arena_printf(mem, "month.%d", at.tm_mon + 1)), "hour",
                      arena_printf(mem, "%02d", at.tm_hour), "minute",
                      arena_printf(mem, "%02d", at.tm_min), NULL);
}

const char *speak_time(const struct page *page, int64_t when)
{
    struct speaker speaker = page_speaker(page);

    return say_same_day(when, page->now) ? say_clock(&speaker, when)
                                         : speak_time_long(page, when);
}

const char *speak_when(const struct page *page, int64_t when)
{
    struct speaker speaker = page_speaker(page);

    return say_when(&speaker, when);
}

const char *speak_range(const struct page *page, int64_t from, int64_t until)
{
    struct speaker speaker = page_speaker(page);

    return speak_with(page, "console.time.range", "from", speak_when(page, from),
                      "until",
                      say_same_day(from, until) ? say_clock(&speaker, until)
                                                : speak_when(page, until),
                      NULL);
}

const char *speak_day(const struct page *page, int64_t when)
{
    struct speaker speaker = page_speaker(page);

    return say_day(&speaker, when);
}

const char *speak_mark(const struct page *page, int64_t when)
{
    struct speaker speaker = page_speaker(page);
    struct tm at = local(when);

    return at.tm_hour == 0 && at.tm_min == 0 ? say_weekday(&speaker, when)
                                             : say_clock(&speaker, when);
}

const char *speak_ago(const struct page *page, int64_t when)
{
    enum {
        JUST_NOW_S = 10
    };

    if (page->now - when < JUST_NOW_S)
        return speak(page, "console.time.just_now");
    return speak_with(page, "console.time.ago", "span",
                      speak_span(page, page->now - when), NULL);
}

const char *speak_span(const struct page *page, int64_t seconds)
{
    struct speaker speaker = page_speaker(page);

    return say_span(&speaker, seconds);
}

const char *speak_zone_name(const struct page *page)
{
    const struct timezone *zone = timezone_used();

    return zone != NULL ? timezone_name(zone) : page->config->timezone;
}

const char *speak_zone(const struct page *page, int64_t when)
{
    const char *zone = timetext_zone(page->mem, when);
    const char *slash = strrchr(speak_zone_name(page), '/');

    if (slash == NULL)
        return zone;
    char *place = arena_strdup(page->mem, slash + 1);
    for (char *p = place; *p != '\0'; p++)
        if (*p == '_')
            *p = ' ';
    return arena_printf(page->mem, "%s, %s",
                        speak_with(page, "zone.place", "place", place, NULL), zone);
}

const char *speak_month(const struct page *page, const char *month)
{
    uint64_t number;

    if (strlen(month) != 7 || !number_u64(slice_from(month + 5), 12, &number) ||
        number == 0)
        return month;
    return speak_with(page, "time.month", "month",
                      speak(page, arena_printf(page->mem, "month.%d", (int)number)),
                      "year", arena_printf(page->mem, "%.4s", month), NULL);
}

static void put_time(json_t *object, const char *key, int64_t when, const char *text)
{
    char iso[TIMETEXT_RFC3339_MAX + 1];

    if (when == 0) {
        view_take(object, key, json_null());
        return;
    }
    json_t *time = json_object();
    timetext_rfc3339(when, iso);
    view_text(time, "iso", iso);
    view_text(time, "text", text);
    view_take(object, key, time);
}

void speak_put_when(const struct page *page, json_t *object, const char *key,
                    int64_t when)
{
    put_time(object, key, when, speak_when(page, when));
}

void speak_put_time(const struct page *page, json_t *object, const char *key,
                    int64_t when)
{
    put_time(object, key, when, speak_time_long(page, when));
}
