/*
 * usage.c - journal lines to text and back.
 */
#include "base/base.h"

#include "core/usage.h"

#include "base/encode.h"
#include "base/escape.h"
#include "base/number.h"
#include "core/digest.h"

enum {
    CHECK_BYTES = 8,
    CHECK_LEN = 2 * CHECK_BYTES,
    SEGMENT_DIGITS = 16
};
/* What 16 digits can name. */
static const int64_t seq_max = 9999999999999999;

static const char *const kind_names[] = {
    [USAGE_LOGIN] = "login",
    [USAGE_MESSAGE] = "message",
    [USAGE_REFUSED_LOGIN] = "refused_login",
    [USAGE_REFUSED_MESSAGE] = "refused_message",
};
_Static_assert(ARRAY_LEN(kind_names) == USAGE_KIND_COUNT, "a name a kind");

const char *usage_kind_name(enum usage_kind kind)
{
    return kind_names[kind];
}

bool usage_kind_parse(struct slice text, enum usage_kind *out)
{
    for (size_t i = 0; i < USAGE_KIND_COUNT; i++)
        if (slice_is(text, kind_names[i])) {
            *out = (enum usage_kind)i;
            return true;
        }
    return false;
}

static void check_of(struct slice text, char out[CHECK_LEN + 1])
{
    uint8_t digest[DIGEST_BYTES];

    digest_bytes(text, digest);
    hex_encode(digest, CHECK_BYTES, out);
}

static void add_field(struct strbuf *out, const char *value)
{
    strbuf_putc(out, '\t');
    escape_append(out, ESCAPE_DOVECOT, slice_from(value));
}

/* Numbers of records and times are not negative, and readers take no other. */
static void add_number(struct strbuf *out, int64_t number)
{
    assert(number >= 0);
    strbuf_add_u64(out, (uint64_t)number);
}

/* All of it but the check and the end of the line. */
static void add_fields(const struct usage_line *line, struct strbuf *out)
{
    add_number(out, line->seq);
    strbuf_putc(out, '\t');
    add_number(out, line->at);
    strbuf_putc(out, '\t');
    strbuf_puts(out, usage_kind_name(line->kind));
    add_field(out, line->username);
    add_field(out, line->client);
    add_field(out, line->instance);
    add_field(out, line->detail);
    strbuf_putc(out, '\t');
    strbuf_add_u64(out, line->recipients);
    add_field(out, line->program);
}

bool usage_format(const struct usage_line *line, struct strbuf *out)
{
    size_t start = out->len, max = out->max;
    char check[CHECK_LEN + 1];

    if (out->full)
        return false;
    if (max - start > USAGE_LINE_MAX)
        out->max = start + USAGE_LINE_MAX;
    add_fields(line, out);
    check_of(slice_skip(strbuf_slice(out), start), check);
    strbuf_putc(out, '\t');
    strbuf_puts(out, check);
    strbuf_putc(out, '\n');
    bool fits = !out->full;
    if (!fits)
        strbuf_truncate(out, start);
    out->max = max;
    return fits;
}

/* One escaped field into a C string of size bytes; it must fit, and hold no NUL. */
static bool read_field(struct slice field, char *out, size_t size)
{
    struct strbuf plain;
    bool good = false;

    strbuf_init(&plain, size - 1);
    if (unescape_dovecot(&plain, field) && !plain.full &&
        slice_find_byte(strbuf_slice(&plain), '\0') < 0) {
        memcpy(out, plain.at, plain.len + 1);
        good = true;
    }
    strbuf_release(&plain);
    return good;
}

/* Recipients and program. */
static bool read_late_fields(const struct slice field[2], struct usage_line *line)
{
    uint64_t recipients;

    if (!number_u64(field[0], UINT32_MAX, &recipients) ||
        !read_field(field[1], line->program, sizeof line->program))
        return false;
    line->recipients = (unsigned)recipients;
    return true;
}

bool usage_parse(struct slice text, struct usage_line *out)
{
    enum {
        OLD_FIELDS = 7, /* without recipients and program */
        FIELDS = 9
    };
    struct usage_line line = {0};
    struct slice field[FIELDS] = {0};
    size_t count = 0;
    char check[CHECK_LEN + 1];

    if (text.len >= USAGE_LINE_MAX || text.len < CHECK_LEN + 1)
        return false;
    struct slice body = slice_take(text, text.len - CHECK_LEN - 1);
    struct slice rest = body;
    check_of(body, check);
    if (text.at[body.len] != '\t' || !slice_is(slice_skip(text, body.len + 1), check))
        return false;
    while (count < FIELDS && slice_cut(&rest, '\t', &field[count]))
        count++;
    if (rest.at != NULL || (count != FIELDS && count != OLD_FIELDS) ||
        (count == FIELDS && !read_late_fields(field + OLD_FIELDS, &line)) ||
        !number_i64(field[0], 1, seq_max, &line.seq) ||
        !number_i64(field[1], 0, seq_max, &line.at) ||
        !usage_kind_parse(field[2], &line.kind) ||
        !read_field(field[3], line.username, sizeof line.username) ||
        !read_field(field[4], line.client, sizeof line.client) ||
        !read_field(field[5], line.instance, sizeof line.instance) ||
        !read_field(field[6], line.detail, sizeof line.detail))
        return false;
    *out = line;
    return true;
}

enum usage_take usage_take(struct slice *rest, struct usage_line *out)
{
    ptrdiff_t end = slice_find_byte(*rest, '\n');

    if (end < 0)
        return rest->len >= USAGE_LINE_MAX ? USAGE_DAMAGED : USAGE_END;
    if (!usage_parse(slice_take(*rest, (size_t)end), out))
        return USAGE_DAMAGED;
    *rest = slice_skip(*rest, (size_t)end + 1);
    return USAGE_TAKEN;
}

void usage_copy(char *out, size_t size, struct slice text)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;

    /* Not in the middle of a UTF-8 character: step back over continuation bytes. */
    if (len < text.len)
        while (len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
            len--;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        out[i] = (char)(byte < 0x20 || byte == 0x7f ? ' ' : byte);
    }
    out[len] = '\0';
}

void usage_segment_name(int64_t first_seq, char *text)
{
    char name[48]; /* as wide as a compiler can imagine the number */
    int len = snprintf(name, sizeof name, "usage-%0*lld.log", SEGMENT_DIGITS,
                       (long long)first_seq);

    assert(len == USAGE_SEGMENT_NAME_LEN);
    memcpy(text, name, USAGE_SEGMENT_NAME_LEN + 1);
}

bool usage_segment_parse(struct slice name, int64_t *out_first_seq)
{
    struct slice digits = slice_take(slice_skip(name, 6), SEGMENT_DIGITS);
    int64_t seq = 0;

    if (name.len != USAGE_SEGMENT_NAME_LEN || !slice_starts(name, "usage-") ||
        !slice_is(slice_skip(name, 6 + SEGMENT_DIGITS), ".log"))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        seq = seq * 10 + (digits.at[i] - '0');
    }
    if (seq < 1)
        return false;
    *out_first_seq = seq;
    return true;
}
