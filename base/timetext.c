/*
 * timetext.c - times and durations as people and programs read them.
 *
 * English names by table, not by locale: what a page says must not depend on a daemon's
 * environment.
 */
#include "base/base.h"

#include "base/timetext.h"

#include "base/number.h"
#include "base/timezone.h"

static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

void timetext_rfc3339(int64_t when, char *text)
{
    time_t at = (time_t)when;
    struct tm utc;

    if (gmtime_r(&at, &utc) == NULL || utc.tm_year > 9999 - 1900 || utc.tm_year < -1900)
        utc = (struct tm){.tm_year = 70, .tm_mday = 1};
    /* Not strftime: its %Y does not fill years before 1000 up to four digits. The remainders
     * only tell the compiler how wide each number can become. */
    int len = snprintf(text, TIMETEXT_RFC3339_MAX + 1, "%04u-%02u-%02uT%02u:%02u:%02uZ",
                       (unsigned)(utc.tm_year + 1900) % 10000,
                       (unsigned)(utc.tm_mon + 1) % 100, (unsigned)utc.tm_mday % 100,
                       (unsigned)utc.tm_hour % 100, (unsigned)utc.tm_min % 100,
                       (unsigned)utc.tm_sec % 100);
    assert(len == TIMETEXT_RFC3339_MAX);
    (void)len;
}

/* Digits at the start of *text, exactly count of them, in range; advances. */
static bool take_digits(struct slice *text, size_t count, int min, int max, int *out)
{
    uint64_t value;

    if (text->len < count ||
        !number_u64(slice_take(*text, count), (uint64_t)max, &value) ||
        (int)value < min)
        return false;
    *text = slice_skip(*text, count);
    *out = (int)value;
    return true;
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->len == 0 || text->at[0] != byte)
        return false;
    *text = slice_skip(*text, 1);
    return true;
}

/* "+0100", "+01:00"; seconds east of UTC. */
static bool take_offset(struct slice *text, int *out_s)
{
    int hours;
    int minutes;

    if (text->len == 0 || (text->at[0] != '+' && text->at[0] != '-'))
        return false;
    int sign = text->at[0] == '-' ? -1 : 1;
    *text = slice_skip(*text, 1);
    if (!take_digits(text, 2, 0, 23, &hours))
        return false;
    (void)take_byte(text, ':');
    if (!take_digits(text, 2, 0, 59, &minutes))
        return false;
    *out_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* timegm normalises "31 February": refuse what it had to move. A leap second is counted apart,
 * because it may rightly end in the next day. */
static bool to_unix(const struct tm *parts, int offset_s, int64_t *out)
{
    struct tm work = *parts;
    int leap_s = parts->tm_sec == 60 ? 1 : 0;

    work.tm_sec -= leap_s;
    time_t at = timegm(&work);

    if (work.tm_mday != parts->tm_mday || work.tm_mon != parts->tm_mon)
        return false;
    *out = (int64_t)at + leap_s - offset_s;
    return true;
}

/* RFC 5322 3.3 lets the seconds be absent, RFC 3339 5.6 does not. */
static bool take_clock(struct slice *text, bool needs_seconds, struct tm *parts)
{
    if (!take_digits(text, 2, 0, 23, &parts->tm_hour) || !take_byte(text, ':') ||
        !take_digits(text, 2, 0, 59, &parts->tm_min))
        return false;
    if (take_byte(text, ':')) /* 60: a leap second */
        return take_digits(text, 2, 0, 60, &parts->tm_sec);
    return !needs_seconds;
}

bool timetext_rfc3339_parse(struct slice text, int64_t *out)
{
    struct tm parts = {0};
    int offset_s = 0;

    if (!take_digits(&text, 4, 0, 9999, &parts.tm_year) || !take_byte(&text, '-') ||
        !take_digits(&text, 2, 1, 12, &parts.tm_mon) || !take_byte(&text, '-') ||
        !take_digits(&text, 2, 1, 31, &parts.tm_mday))
        return false;
    if (!take_byte(&text, 'T') && !take_byte(&text, 't') && !take_byte(&text, ' '))
        return false;
    if (!take_clock(&text, true, &parts))
        return false;
    if (!take_byte(&text, 'Z') && !take_byte(&text, 'z') &&
        !take_offset(&text, &offset_s))
        return false;
    if (text.len > 0)
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return to_unix(&parts, offset_s, out);
}

/* The next word; folded header lines leave CR and LF between words. */
static struct slice take_word(struct slice *text)
{
    size_t len = 0;

    *text = slice_trim(*text);
    while (len < text->len && slice_find_byte(SLICE(" \t\r\n"), text->at[len]) < 0)
        len++;
    struct slice word = slice_take(*text, len);
    *text = slice_skip(*text, len);
    return word;
}

static bool month_from(struct slice word, int *out)
{
    for (int i = 0; i < 12; i++)
        if (slice_equal_nocase(word, slice_of(months[i], 3))) {
            *out = i;
            return true;
        }
    return false;
}

bool timetext_rfc5322_parse(struct slice text, int64_t *out)
{
    struct tm parts = {0};
    int64_t day;
    int64_t year;
    int offset_s = 0;

    text = slice_trim(text);
    bool starts_with_digit = text.len > 0 && text.at[0] >= '0' && text.at[0] <= '9';
    if (!starts_with_digit) { /* a weekday, which may lean on its comma: "Mon,23 Nov" */
        ptrdiff_t comma = slice_find_byte(text, ',');
        if (comma < 0)
            return false;
        text = slice_skip(text, (size_t)comma + 1);
    }
    if (!number_i64(take_word(&text), 1, 31, &day) ||
        !month_from(take_word(&text), &parts.tm_mon) ||
        !number_i64(take_word(&text), 1970, 9999, &year))
        return false;
    struct slice clock = take_word(&text);
    if (!take_clock(&clock, false, &parts) || clock.len > 0)
        return false;
    struct slice zone = take_word(&text);
    if (!take_offset(&zone, &offset_s) && !slice_is_nocase(zone, "GMT") &&
        !slice_is_nocase(zone, "UTC"))
        return false;
    parts.tm_mday = (int)day;
    parts.tm_year = (int)year - 1900;
    return to_unix(&parts, offset_s, out);
}

static struct tm local(int64_t when)
{
    struct tm parts;

    timezone_local(when, &parts);
    return parts;
}

const char *timetext_person(struct arena *mem, int64_t when, int64_t now)
{
    struct tm at = local(when);
    struct tm today = local(now);

    if (at.tm_yday == today.tm_yday && at.tm_year == today.tm_year)
        return arena_printf(mem, "%02d:%02d", at.tm_hour, at.tm_min);
    return arena_printf(mem, "%.3s %d %.3s, %02d:%02d", weekdays[at.tm_wday],
                        at.tm_mday, months[at.tm_mon], at.tm_hour, at.tm_min);
}

const char *timetext_zone(struct arena *mem, int64_t when)
{
    struct tm at = local(when);

    return arena_strdup(mem, at.tm_zone != NULL ? at.tm_zone : "UTC");
}

int64_t timetext_floor(int64_t when, int64_t step_s)
{
    int64_t offset_s = local(when).tm_gmtoff;
    int64_t past = (when + offset_s) % step_s;

    return when - (past < 0 ? past + step_s : past);
}

const char *timetext_date(struct arena *mem, int64_t when)
{
    struct tm at = local(when);

    return arena_printf(mem, "%04d-%02d-%02d", at.tm_year + 1900, at.tm_mon + 1,
                        at.tm_mday);
}

bool timetext_date_parse(struct slice text, int64_t *out)
{
    struct tm day = {0};
    int64_t year;
    int64_t month;
    int64_t date;

    if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' ||
        !number_i64(slice_take(text, 4), 1970, 9999, &year) ||
        !number_i64(slice_take(slice_skip(text, 5), 2), 1, 12, &month) ||
        !number_i64(slice_skip(text, 8), 1, 31, &date))
        return false;
    day.tm_year = (int)year - 1900;
    day.tm_mon = (int)month - 1;
    day.tm_mday = (int)date;
    int64_t at;
    /* 31 February would be a day of March. */
    if (!timezone_instant(&day, &at) || day.tm_mday != (int)date)
        return false;
    *out = at;
    return true;
}

const char *timetext_span(struct arena *mem, int64_t seconds)
{
    if (seconds < 0)
        seconds = 0;
    if (seconds < 60)
        return arena_printf(mem, "%d s", (int)seconds);
    if (seconds < 3600)
        return arena_printf(mem, "%d min", (int)(seconds / 60));
    if (seconds < INT64_C(48) * 3600) {
        int minutes = (int)(seconds / 60 % 60);
        int hours = (int)(seconds / 3600);
        return minutes == 0 ? arena_printf(mem, "%d h", hours)
                            : arena_printf(mem, "%d h %d min", hours, minutes);
    }
    return arena_printf(mem, "%lld days", (long long)(seconds / 86400));
}
