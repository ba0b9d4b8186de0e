/*
 * fuzz_slice_number.c - the parsers of base over any bytes: what they accept, they can say again.
 */
#include "base/base.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/number.h"
#include "base/timetext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* Pieces and delimiters together are the input. */
static void check_cut(struct slice text)
{
    struct slice rest = text;
    struct slice piece;
    size_t total = 0;
    size_t pieces = 0;

    while (slice_cut(&rest, ',', &piece)) {
        must(slice_find_byte(piece, ',') < 0);
        total += piece.len;
        pieces++;
    }
    must(pieces > 0 && total + pieces - 1 == text.len);

    rest = text;
    while (slice_line(&rest, &piece))
        must(slice_find_byte(piece, '\n') < 0);
    must(rest.len == 0);
    piece = slice_trim(text);
    must(piece.len <= text.len);
    must(slice_find(text, piece) >= 0 && slice_find_nocase(text, piece) >= 0);
}

static void check_numbers(struct slice text)
{
    char shown[32];
    uint64_t number;
    int64_t value;

    if (number_u64(text, UINT64_MAX, &number)) {
        int len = snprintf(shown, sizeof shown, "%llu", (unsigned long long)number);
        struct slice digits = text;
        while (digits.len > 1 && digits.at[0] == '0')
            digits = slice_skip(digits, 1);
        must(slice_equal(digits, slice_of(shown, (size_t)len)));
    }
    if (number_i64(text, -1000, 1000, &value))
        must(value >= -1000 && value <= 1000);
    if (number_duration_s(text, &value, NULL) == 0)
        must(value > 0 && value <= INT64_C(400) * 86400);
}

static void check_times(struct slice text)
{
    char shown[TIMETEXT_RFC3339_MAX + 1];
    int64_t when;
    int64_t again;

    (void)timetext_rfc5322_parse(text, &when);
    if (!timetext_rfc3339_parse(text, &when))
        return;
    timetext_rfc3339(when, shown);
    /* An offset can lead out of the years 0 to 9999, where no text stands for the time. */
    if (when >= INT64_C(-62167219200) && when < INT64_C(253402300800))
        must(timetext_rfc3339_parse(slice_from(shown), &again) && again == when);
}

static void check_encodings(struct slice text)
{
    struct strbuf out;
    char bytes[512];
    size_t len = 0;

    strbuf_init(&out, 4096);
    if (base64_decode(text, bytes, sizeof bytes, &len)) {
        base64_append(&out, bytes, len);
        must(slice_equal(strbuf_slice(&out), text));
    }
    if (text.len <= sizeof bytes / 2 && hex_decode(text, bytes, text.len / 2)) {
        char digits[sizeof bytes + 1];
        hex_encode(bytes, text.len / 2, digits);
        must(slice_is_nocase(text, digits));
    }
    strbuf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);

    if (size == 0 || size > 4096)
        return 0;
    check_cut(text);
    check_numbers(text);
    check_times(text);
    check_encodings(text);
    if (slice_is_printable(text))
        must(slice_is_utf8(text));
    return 0;
}
