/*
 * number.c - numbers and durations: the whole text, in range, or nothing.
 */
#include "base/base.h"

#include "base/number.h"

bool number_u64(struct slice text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

bool number_i64(struct slice text, int64_t min, int64_t max, int64_t *out)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t magnitude;
    const uint64_t magnitude_max = (uint64_t)INT64_MAX + (negative ? 1 : 0);

    if (!number_u64(slice_skip(text, negative ? 1 : 0), magnitude_max, &magnitude))
        return false;
    /* ~(m - 1) is -m without leaving the range at INT64_MIN. */
    int64_t value = negative && magnitude > 0 ? ~(int64_t)(magnitude - 1)
                                              : (int64_t)magnitude;
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

static int64_t unit_s(char unit)
{
    switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    default: return 0;
    }
}

int number_duration_s(struct slice text, int64_t *out_s, struct error *err)
{
    const int64_t max_s = INT64_C(400) * 86400;
    struct slice rest = text;
    int64_t total = 0;

    while (rest.len > 0) {
        size_t digits = 0;
        uint64_t count;
        while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9')
            digits++;
        int64_t unit = digits < rest.len ? unit_s(rest.at[digits]) : 0;
        if (unit == 0 || !number_u64(slice_take(rest, digits), (uint64_t)max_s, &count))
            break;
        total += (int64_t)count * unit;
        if (total > max_s)
            break;
        rest = slice_skip(rest, digits + 1);
    }
    if (text.len == 0 || rest.len > 0 || total <= 0 || total > max_s)
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" is not a duration such as 15m, 24h or 7d",
                         (int)(text.len > 40 ? 40 : text.len), text.at);
    *out_s = total;
    return 0;
}
