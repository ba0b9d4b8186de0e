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

static const struct {
    char letter;
    uint64_t bytes;
} size_units[] = {
    {'G', UINT64_C(1) << 30},
    {'M', UINT64_C(1) << 20},
    {'K', UINT64_C(1) << 10},
};

int number_size(struct slice text, uint64_t *out_bytes, struct error *err)
{
    static const uint64_t max = UINT64_C(1) << 40;
    struct slice digits = text;
    uint64_t unit = 1, number;

    for (size_t i = 0; text.len > 0 && i < ARRAY_LEN(size_units); i++)
        if (text.at[text.len - 1] == size_units[i].letter) {
            unit = size_units[i].bytes;
            digits = slice_take(text, text.len - 1);
        }
    if (!number_u64(digits, max / unit, &number) || number == 0)
        return error_set(err, ERROR_INVALID, "is not a size such as 25M");
    *out_bytes = number * unit;
    return 0;
}

void number_size_format(uint64_t bytes, char *text)
{
    uint64_t number = bytes;
    char letter[2] = "";

    for (size_t i = 0; i < ARRAY_LEN(size_units) && letter[0] == '\0'; i++)
        if (bytes > 0 && bytes % size_units[i].bytes == 0) {
            number = bytes / size_units[i].bytes;
            letter[0] = size_units[i].letter;
        }
    (void)snprintf(text, NUMBER_SIZE_MAX + 1, "%llu%s", (unsigned long long)number,
                   letter);
}
