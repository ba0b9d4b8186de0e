/*
 * escape.c - one table row a format.
 *
 * Formats that people read (HTML, terminal) first make the text whole: broken UTF-8, control
 * characters and the bidirectional controls with which a stranger could reorder what is shown
 * become U+FFFD.
 */
#include "base/base.h"

#include "base/escape.h"

#define REPLACEMENT "\xef\xbf\xbd"

static const char hex_digits[] = "0123456789abcdef";
static const char hex_digits_upper[] = "0123456789ABCDEF";

/* Decode one UTF-8 sequence; returns its length, 0 when broken. */
static size_t utf8_take(struct slice text, uint32_t *out)
{
    unsigned char first = (unsigned char)text.at[0];
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (len > text.len || !slice_is_utf8(slice_take(text, len)))
        return 0;
    uint32_t code = len == 1 ? first : first & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)text.at[i] & 0x3f);
    *out = code;
    return len;
}

static bool is_shown(uint32_t code)
{
    if (code == '\t' || code == '\n')
        return true;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return false;
    /* Unicode 9 (UAX 9): embeddings, overrides, isolates, marks; and the line separators. */
    return !(code == 0x061c || code == 0x200e || code == 0x200f ||
             (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069));
}

/* What stands for a byte of its own, or NULL. */
static const char *html_entity(char byte)
{
    switch (byte) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

static const char *csv_entity(char byte)
{
    return byte == '"' ? "\"\"" : NULL;
}

static const char *no_entity(char byte UNUSED)
{
    return NULL;
}

static void append_shown(struct strbuf *out, struct slice text,
                         const char *(*entity_of)(char byte))
{
    while (text.len > 0) {
        uint32_t code = 0;
        size_t len = utf8_take(text, &code);
        const char *entity = len == 1 ? entity_of(text.at[0]) : NULL;
        if (len == 0 || !is_shown(code))
            strbuf_puts(out, REPLACEMENT);
        else if (entity != NULL)
            strbuf_puts(out, entity);
        else
            strbuf_add(out, text.at, len);
        text = slice_skip(text, len == 0 ? 1 : len);
    }
}

static void append_html(struct strbuf *out, struct slice text)
{
    append_shown(out, text, html_entity);
}

static void append_text(struct strbuf *out, struct slice text)
{
    append_shown(out, text, no_entity);
}

static void append_csv(struct strbuf *out, struct slice text)
{
    strbuf_putc(out, '"');
    if (text.len > 0 && slice_find_byte(SLICE("=+-@\t"), text.at[0]) >= 0)
        strbuf_putc(out, '\'');
    append_shown(out, text, csv_entity);
    strbuf_putc(out, '"');
}

/* Append what stands as it is in one piece: the length of it. */
static size_t append_plain(struct strbuf *out, struct slice text,
                           bool (*is_plain)(unsigned char byte))
{
    size_t len = 0;

    while (len < text.len && is_plain((unsigned char)text.at[len]))
        len++;
    strbuf_add(out, text.at, len);
    return len;
}

static bool is_plain_in_log(unsigned char byte)
{
    return byte > 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void append_log(struct strbuf *out, struct slice text)
{
    for (;;) {
        text = slice_skip(text, append_plain(out, text, is_plain_in_log));
        if (text.len == 0)
            return;
        unsigned char byte = (unsigned char)text.at[0];
        const char code[] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
        strbuf_add(out, code, sizeof code);
        text = slice_skip(text, 1);
    }
}

static bool is_plain_in_dovecot(unsigned char byte)
{
    return byte > '\r' ||
           (byte > '\001' && byte != '\t' && byte != '\n' && byte != '\r');
}

/* Dovecot's str_tabescape: \001 followed by 0 (NUL), 1 (\001), t, r, n. */
static void append_dovecot(struct strbuf *out, struct slice text)
{
    static const char from[] = {'\0', '\001', '\t', '\r', '\n'};
    static const char to[] = {'0', '1', 't', 'r', 'n'};

    for (;;) {
        text = slice_skip(text, append_plain(out, text, is_plain_in_dovecot));
        if (text.len == 0)
            return;
        const char *hit = memchr(from, text.at[0], sizeof from);
        assert(hit != NULL);
        strbuf_putc(out, '\001');
        strbuf_putc(out, to[hit - from]);
        text = slice_skip(text, 1);
    }
}

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
           byte == '~';
}

static void append_url(struct strbuf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (is_unreserved(byte)) {
            strbuf_putc(out, (char)byte);
        } else {
            const char code[] = {'%', hex_digits_upper[byte >> 4],
                                 hex_digits_upper[byte & 15]};
            strbuf_add(out, code, sizeof code);
        }
    }
}

static void (*const escapers[ESCAPE_COUNT])(struct strbuf *out, struct slice text) = {
    [ESCAPE_HTML] = append_html,       [ESCAPE_LOG] = append_log,
    [ESCAPE_DOVECOT] = append_dovecot, [ESCAPE_URL] = append_url,
    [ESCAPE_TEXT] = append_text,       [ESCAPE_CSV] = append_csv,
};

void escape_append(struct strbuf *out, enum escape how, struct slice text)
{
    assert(how >= 0 && how < ESCAPE_COUNT);
    escapers[how](out, text);
}

bool unescape_dovecot(struct strbuf *out, struct slice text)
{
    static const char from[] = {'0', '1', 't', 'r', 'n'};
    static const char to[] = {'\0', '\001', '\t', '\r', '\n'};

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\001') {
            strbuf_putc(out, text.at[i]);
            continue;
        }
        if (++i == text.len)
            return false;
        const char *hit = memchr(from, text.at[i], sizeof from);
        if (hit == NULL)
            return false;
        strbuf_putc(out, to[hit - from]);
    }
    return true;
}

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

bool unescape_url(struct strbuf *out, struct slice text, bool plus_is_blank)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') {
            bool is_blank = plus_is_blank && text.at[i] == '+';
            strbuf_add(out, is_blank ? " " : text.at + i, 1);
            continue;
        }
        int high = i + 2 < text.len ? hex_value(text.at[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_value(text.at[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return false;
        unsigned char byte = (unsigned char)(high << 4 | low);
        strbuf_add(out, &byte, 1);
        i += 2;
    }
    return true;
}
