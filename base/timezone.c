/*
 * timezone.c - stretches of one offset, asked of glibc.
 */
#include "base/base.h"

#include "base/timezone.h"

#include <unistd.h>

#include "base/alloc.h"

enum {
    /* Shorter than any two changes of a zone lie apart. */
    STEP_S = 7 * 86400,
    DAY_S = 86400,
    YEAR_S = 31556952
};

struct stretch {
    int64_t from; /* of the first: everything before as well */
    int offset_s;
    int is_dst;
    char name[12];
};

struct timezone {
    char name[TIMEZONE_NAME_MAX + 1];
    struct stretch *stretches;
    size_t count, room;
};

static struct timezone zones[TIMEZONES_MAX];
static size_t zones_count;
static _Thread_local const struct timezone *used;

/* ---- loading ---- */

static struct tm ask(int64_t when)
{
    time_t at = (time_t)when;
    struct tm parts;

    if (localtime_r(&at, &parts) == NULL)
        parts = (struct tm){.tm_mday = 1, .tm_year = 70, .tm_zone = "UTC"};
    return parts;
}

static bool is_of(const struct stretch *stretch, const struct tm *parts)
{
    return stretch->offset_s == (int)parts->tm_gmtoff &&
           stretch->is_dst == parts->tm_isdst &&
           strcmp(stretch->name, parts->tm_zone) == 0;
}

static void add(struct timezone *zone, int64_t from, const struct tm *parts)
{
    if (zone->count == zone->room) {
        zone->room = zone->room == 0 ? 64 : 2 * zone->room;
        zone->stretches = xreallocarray(zone->stretches, zone->room,
                                        sizeof *zone->stretches);
    }
    struct stretch *stretch = &zone->stretches[zone->count++];
    *stretch = (struct stretch){
        .from = from, .offset_s = (int)parts->tm_gmtoff, .is_dst = parts->tm_isdst};
    /* Names have six characters at most (RFC 9636 3.2 recommends it); a longer one would be cut. */
    (void)!snprintf(stretch->name, sizeof stretch->name, "%s", parts->tm_zone);
}

/* The first second behind `before` that is not of the last stretch; `after` is none. */
static int64_t find_change(const struct stretch *last, int64_t before, int64_t after)
{
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        struct tm parts = ask(middle);
        if (is_of(last, &parts))
            before = middle;
        else
            after = middle;
    }
    return after;
}

static void read_zone(struct timezone *zone, int64_t now)
{
    int64_t first = now - (int64_t)TIMEZONE_YEARS * YEAR_S;
    int64_t last = now + (int64_t)TIMEZONE_YEARS * YEAR_S;
    struct tm parts = ask(first);

    add(zone, first, &parts);
    for (int64_t at = first + STEP_S; at < last; at += STEP_S) {
        const struct stretch *open = &zone->stretches[zone->count - 1];
        parts = ask(at);
        if (is_of(open, &parts))
            continue;
        int64_t change = find_change(open, at - STEP_S, at);
        parts = ask(change);
        add(zone, change, &parts);
    }
}

/* glibc takes a zone that it does not know for UTC, so the file is looked for. */
static int set_zone(const char *name, struct error *err)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    const char *folder = getenv("TZDIR");
    char path[4096];

    if (folder == NULL || folder[0] == '\0')
        folder = "/usr/share/zoneinfo";
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        access(path, R_OK) != 0)
        return error_set(err, ERROR_INVALID,
                         "there is no time zone \"%.63s\" in %.200s", name, folder);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    if (setenv("TZ", name, 1) != 0)
        return error_set(err, ERROR_INTERNAL, "could not set the time zone");
    tzset();
    return 0;
}

static void put_back(const char *home)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
    if (home == NULL ? unsetenv("TZ") != 0 : setenv("TZ", home, 1) != 0)
        abort();
    /* NOLINTEND(concurrency-mt-unsafe) */
    tzset();
}

static void forget(void)
{
    for (size_t i = 0; i < zones_count; i++)
        free(zones[i].stretches);
    memset(zones, 0, sizeof zones);
    zones_count = 0;
    used = NULL;
}

int timezones_load(const char *const *names, size_t count, int64_t now,
                   struct error *err)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    const char *tz = getenv("TZ");
    char *home = tz != NULL ? xstrdup(tz) : NULL;
    int result = 0;

    forget();
    if (count > TIMEZONES_MAX)
        result = error_set(err, ERROR_INVALID, "at most %d time zones can be chosen",
                           (int)TIMEZONES_MAX);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct timezone *zone = &zones[zones_count];
        result = set_zone(names[i], err);
        if (result != 0)
            break;
        (void)!snprintf(zone->name, sizeof zone->name, "%s", names[i]);
        read_zone(zone, now);
        zones_count++;
    }
    if (result != 0)
        forget();
    put_back(home);
    free(home);
    return result;
}

/* ---- the table ---- */

size_t timezone_count(void)
{
    return zones_count;
}

const struct timezone *timezone_at(size_t index)
{
    assert(index < zones_count);
    return &zones[index];
}

const char *timezone_name(const struct timezone *zone)
{
    return zone->name;
}

const struct timezone *timezone_find(const char *name)
{
    for (size_t i = 0; i < zones_count; i++)
        if (strcmp(zones[i].name, name) == 0)
            return &zones[i];
    return NULL;
}

void timezone_use(const struct timezone *zone)
{
    used = zone;
}

const struct timezone *timezone_used(void)
{
    return used;
}

/* ---- times ---- */

static const struct stretch *stretch_at(const struct timezone *zone, int64_t when)
{
    size_t low = 0;
    size_t high = zone->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->stretches[middle].from <= when)
            low = middle;
        else
            high = middle;
    }
    return &zone->stretches[low];
}

void timezone_local(int64_t when, struct tm *out)
{
    if (used == NULL) {
        *out = ask(when);
        return;
    }
    const struct stretch *stretch = stretch_at(used, when);
    time_t shifted = (time_t)(when + stretch->offset_s);
    if (gmtime_r(&shifted, out) == NULL)
        *out = (struct tm){.tm_mday = 1, .tm_year = 70};
    out->tm_gmtoff = stretch->offset_s;
    out->tm_isdst = stretch->is_dst;
    out->tm_zone = stretch->name;
}

bool timezone_instant(struct tm *parts, int64_t *out)
{
    if (used == NULL) {
        parts->tm_isdst = -1;
        time_t at = mktime(parts);
        *out = (int64_t)at;
        return at != (time_t)-1;
    }
    int64_t wall = (int64_t)timegm(parts);
    int before_s = stretch_at(used, wall - DAY_S)->offset_s;
    int after_s = stretch_at(used, wall + DAY_S)->offset_s;
    int64_t by_before = wall - before_s;
    int64_t by_after = wall - after_s;
    bool was_skipped = stretch_at(used, by_before)->offset_s != before_s &&
                       stretch_at(used, by_after)->offset_s != after_s;

    if (was_skipped) /* as many seconds behind the gap as it says: at midnight, its end */
        *out = by_before;
    else
        *out = stretch_at(used, by_before)->offset_s == before_s ? by_before : by_after;
    return true;
}
