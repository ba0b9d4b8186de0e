/*
 * stamp.c - the times at the start of log lines.
 */
#include "base/base.h"

#include "issuer/mtalog/stamp.h"

#include "base/number.h"
#include "base/timetext.h"

enum {
    DAY_S = 86400,
    YEARS_BACK = 8, /* from one 29 February to the one before, across 1900 or 2100 */
    STAMP_MAX = 40
};

static bool number_at(struct slice text, size_t at, size_t len, int min, int max,
                      int *out)
{
    struct slice digits = slice_take(slice_skip(text, at), len);
    uint64_t value;

    while (digits.len > 1 && digits.at[0] == ' ') /* "Nov  4" */
        digits = slice_skip(digits, 1);
    if (digits.len == 0 || !number_u64(digits, (uint64_t)max, &value) ||
        (int)value < min)
        return false;
    *out = (int)value;
    return true;
}

/* "09:02:11" at at. */
static bool clock_at(struct slice text, size_t at, struct tm *out)
{
    return text.len >= at + 8 && text.at[at + 2] == ':' && text.at[at + 5] == ':' &&
           number_at(text, at, 2, 0, 23, &out->tm_hour) &&
           number_at(text, at + 3, 2, 0, 59, &out->tm_min) &&
           number_at(text, at + 6, 2, 0, 60, &out->tm_sec);
}

/* false for a day that the month does not have: mktime would move it. */
static bool local_time(const struct tm *parts, int64_t *out)
{
    struct tm work = *parts;

    work.tm_isdst = -1;
    time_t at = mktime(&work);
    if (at == (time_t)-1 || work.tm_mon != parts->tm_mon ||
        (work.tm_mday != parts->tm_mday && parts->tm_sec < 60))
        return false;
    *out = (int64_t)at;
    return true;
}

static bool month_at(struct slice text, int *out)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (text.len >= 3 && memcmp(text.at, names + (size_t)i * 3, 3) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool take_traditional(struct slice *text, int64_t now, int64_t *out)
{
    struct tm parts = {0};
    struct tm today;
    time_t at = (time_t)now;

    if (text->len < 16 || text->at[3] != ' ' || text->at[6] != ' ' ||
        text->at[15] != ' ' || !month_at(*text, &parts.tm_mon) ||
        !number_at(*text, 4, 2, 1, 31, &parts.tm_mday) || !clock_at(*text, 7, &parts) ||
        localtime_r(&at, &today) == NULL)
        return false;
    for (int back = -1; back <= YEARS_BACK; back++) {
        int64_t when;
        parts.tm_year = today.tm_year - back;
        if (local_time(&parts, &when) && when <= now + DAY_S) {
            *text = slice_skip(*text, 16);
            *out = when;
            return true;
        }
    }
    return false;
}

/* timetext reads whole seconds: the fraction is cut out. */
static bool take_rfc3339(struct slice *text, int64_t *out)
{
    ptrdiff_t end = slice_find_byte(slice_take(*text, STAMP_MAX), ' ');
    char whole[STAMP_MAX];
    size_t from = 19;
    size_t len = 19;

    if (end < 20 || text->at[10] != 'T')
        return false;
    memcpy(whole, text->at, 19);
    if (text->at[from] == '.')
        for (from++; text->at[from] >= '0' && text->at[from] <= '9'; from++)
            ;
    while (from < (size_t)end)
        whole[len++] = text->at[from++];
    if (!timetext_rfc3339_parse(slice_of(whole, len), out))
        return false;
    *text = slice_skip(*text, (size_t)end + 1);
    return true;
}

bool stamp_take_syslog(struct slice *text, int64_t now, int64_t *out)
{
    return take_rfc3339(text, out) || take_traditional(text, now, out);
}

/* "+0100 ": seconds east of UTC. */
static bool take_offset(struct slice *text, int *out_s)
{
    int hours;
    int minutes;

    if (text->len < 6 || (text->at[0] != '+' && text->at[0] != '-') ||
        text->at[5] != ' ' || !number_at(*text, 1, 2, 0, 23, &hours) ||
        !number_at(*text, 3, 2, 0, 59, &minutes))
        return false;
    *out_s = (text->at[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    *text = slice_skip(*text, 6);
    return true;
}

/* "[1234] " */
static void skip_pid(struct slice *text)
{
    size_t len = 1;

    if (text->len == 0 || text->at[0] != '[')
        return;
    while (len < text->len && text->at[len] >= '0' && text->at[len] <= '9')
        len++;
    if (len > 1 && len + 1 < text->len && text->at[len] == ']' &&
        text->at[len + 1] == ' ')
        *text = slice_skip(*text, len + 2);
}

bool stamp_take_exim(struct slice *text, int64_t *out)
{
    struct tm parts = {0};
    struct slice rest = *text;
    int offset_s = 0;
    int64_t when;

    if (rest.len < 20 || rest.at[4] != '-' || rest.at[7] != '-' || rest.at[10] != ' ' ||
        !number_at(rest, 0, 4, 1970, 9999, &parts.tm_year) ||
        !number_at(rest, 5, 2, 1, 12, &parts.tm_mon) ||
        !number_at(rest, 8, 2, 1, 31, &parts.tm_mday) || !clock_at(rest, 11, &parts))
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    rest = slice_skip(rest, 19);
    if (rest.at[0] == '.')
        do
            rest = slice_skip(rest, 1);
        while (rest.len > 0 && rest.at[0] >= '0' && rest.at[0] <= '9');
    if (rest.len == 0 || rest.at[0] != ' ')
        return false;
    rest = slice_skip(rest, 1);
    bool has_offset = take_offset(&rest, &offset_s);
    skip_pid(&rest);
    if (!local_time(&parts, &when))
        return false;
    if (has_offset)
        when = (int64_t)timegm(&parts) - offset_s;
    *text = rest;
    *out = when;
    return true;
}
