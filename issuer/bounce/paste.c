/*
 * paste.c - quoted-printable and JSON in places where they should not be any more.
 */
#include "base/base.h"

#include "issuer/bounce/paste.h"

#include "base/number.h"
#include "base/strbuf.h"
#include "core/status_code.h"

enum {
    KEY_MAX = 32
};

static char byte_at(struct slice text, size_t at)
{
    if (at >= text.len) {
        return '\0';
    }
    return text.at[at];
}

/* -1: no hexadecimal digit. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char letter = (char)(c | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* ---- quoted-printable --------------------------------------------------------------- */

/* The length of "=", blanks and the line end at `at`, 0: no soft line break. */
static size_t soft_break(struct slice text, size_t at)
{
    size_t end = at + 1;
    while (byte_at(text, end) == ' ' || byte_at(text, end) == '\r') {
        end++;
    }
    return byte_at(text, at) == '=' && byte_at(text, end) == '\n' ? end + 1 - at : 0;
}

static bool is_quoted(struct slice text)
{
    size_t breaks = 0;
    struct slice rest = text;
    ptrdiff_t found = 0;
    size_t at = 0;
    while (breaks < 2 && (found = slice_find_byte(rest, '=')) >= 0) {
        at += (size_t)found;
        breaks += soft_break(text, at) > 0 ? 1 : 0;
        at++;
        rest = slice_skip(text, at);
    }
    bool has_code = slice_find_nocase(text, SLICE("=3D")) >= 0 ||
                    slice_find(text, SLICE("=20")) >= 0;
    return breaks >= 2 || (breaks == 1 && has_code);
}

struct slice paste_undo_quoted(struct arena *mem, struct slice text)
{
    if (!is_quoted(text)) {
        return text;
    }
    char *out = arena_alloc(mem, text.len + 1);
    size_t len = 0;
    size_t at = 0;
    while (at < text.len) {
        size_t skip = soft_break(text, at);
        int high = hex_value(byte_at(text, at + 1));
        int low = hex_value(byte_at(text, at + 2));
        if (skip > 0) {
            at += skip;
        } else if (text.at[at] == '=' && high >= 0 && low >= 0) {
            out[len++] = (char)(high * 16 + low);
            at += 3;
        } else {
            out[len++] = text.at[at++];
        }
    }
    return slice_of(out, len);
}

/* ---- JSON ------------------------------------------------------------------------------ */

struct record {
    struct strbuf out;
    struct strbuf text;    /* the string being read */
    char key[KEY_MAX + 1]; /* the last one; empty: none */
    char code[4];          /* a reply code that stood alone; empty: none */
};

static bool is_json(struct slice text)
{
    struct slice start = slice_trim(slice_take(text, 4096));
    bool is_open = start.len > 1 && (start.at[0] == '{' || start.at[0] == '[');
    return is_open && slice_find_byte(start, '{') >= 0 &&
           (slice_find(start, SLICE("\":")) >= 0 ||
            slice_find(start, SLICE("\" :")) >= 0);
}

static void put_codepoint(struct strbuf *out, unsigned code)
{
    if (code < 0x20 || (code >= 0xD800 && code <= 0xDFFF)) {
        strbuf_putc(out, ' ');
    } else if (code < 0x80) {
        strbuf_putc(out, (char)code);
    } else if (code < 0x800) {
        strbuf_putc(out, (char)(0xC0U | (code >> 6)));
        strbuf_putc(out, (char)(0x80U | (code & 0x3FU)));
    } else {
        strbuf_putc(out, (char)(0xE0U | (code >> 12)));
        strbuf_putc(out, (char)(0x80U | ((code >> 6) & 0x3FU)));
        strbuf_putc(out, (char)(0x80U | (code & 0x3FU)));
    }
}

/* What the escape at `at` stands for (RFC 8259 7); its length. */
static size_t put_escape(struct strbuf *out, struct slice text, size_t at)
{
    char c = byte_at(text, at + 1);
    if (c == 'u') {
        unsigned code = 0;
        for (size_t i = 0; i < 4; i++) {
            int digit = hex_value(byte_at(text, at + 2 + i));
            if (digit < 0) {
                strbuf_putc(out, ' ');
                return 2;
            }
            code = code * 16 + (unsigned)digit;
        }
        put_codepoint(out, code);
        return 6;
    }
    /* what is no escape becomes a blank: nothing is joined that stood apart */
    char plain = ' ';
    if (c == 'n') {
        plain = '\n';
    } else if (c == '"' || c == '\\' || c == '/') {
        plain = c;
    }
    strbuf_putc(out, plain);
    return 2;
}

/* The string behind the quote at `at`, into record->text; the offset behind its closing quote. */
static size_t read_string(struct record *record, struct slice text, size_t at)
{
    strbuf_reset(&record->text);
    at++;
    while (at < text.len && text.at[at] != '"') {
        if (text.at[at] == '\\') {
            at += put_escape(&record->text, text, at);
        } else {
            strbuf_putc(&record->text, text.at[at++]);
        }
    }
    return at + 1;
}

static size_t skip_blanks(struct slice text, size_t at)
{
    while (byte_at(text, at) == ' ' || byte_at(text, at) == '\t' ||
           byte_at(text, at) == '\r' || byte_at(text, at) == '\n') {
        at++;
    }
    return at;
}

static bool names_recipient(const char *key)
{
    static const char *const keys[] = {"recipient", "email",  "emailAddress",
                                       "rcpt",      "rcptTo", "rcpt_to",
                                       "rcpt-to",   "to",     "raw_rcpt_to"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (slice_is_nocase(slice_from(key), keys[i])) {
            return true;
        }
    }
    return false;
}

static void put_value(struct record *record, struct slice value)
{
    char enhanced[16];
    struct slice rest = value;
    const char *key = names_recipient(record->key) ? "to" : record->key;
    if (key[0] != '\0') {
        strbuf_printf(&record->out, "%s: ", key);
    }
    if (record->code[0] != '\0' && enhanced_code_take(&rest, enhanced) &&
        enhanced[0] == record->code[0]) {
        strbuf_printf(&record->out, "%s ", record->code);
    }
    strbuf_add_slice(&record->out, value);
    strbuf_puts(&record->out, "\n\n");
}

/* A string is a key when a colon follows, else a value. */
static size_t take_string(struct record *record, struct slice text, size_t at)
{
    at = skip_blanks(text, read_string(record, text, at));
    struct slice value = strbuf_slice(&record->text);
    if (byte_at(text, at) != ':') {
        put_value(record, value);
        return at;
    }
    struct slice key = slice_take(value, KEY_MAX);
    memcpy(record->key, key.at, key.len);
    record->key[key.len] = '\0';
    return at + 1;
}

static size_t take_number(struct record *record, struct slice text, size_t at)
{
    size_t len = 0;
    while (hex_value(byte_at(text, at + len)) >= 0 || byte_at(text, at + len) == '.') {
        len++;
    }
    struct slice number = slice_of(text.at + at, len);
    uint64_t code = 0;
    if (number_u64(number, 599, &code) && code >= 400) {
        memcpy(record->code, number.at, 3);
        record->code[3] = '\0';
    }
    put_value(record, number);
    return at + len;
}

struct slice paste_undo_json(struct arena *mem, struct slice text)
{
    if (!is_json(text)) {
        return text;
    }
    struct record record = {0};
    strbuf_init(&record.out, text.len * 2 + 64);
    strbuf_init(&record.text, text.len + 1);
    size_t at = 0;
    while (at < text.len) {
        char c = text.at[at];
        if (c == '"') {
            at = take_string(&record, text, at);
        } else if (c >= '0' && c <= '9') {
            at = take_number(&record, text, at);
        } else {
            at++;
        }
    }
    struct slice lines = strbuf_slice(&record.out);
    struct slice result = slice_of(arena_slice(mem, lines), lines.len);
    strbuf_release(&record.out);
    strbuf_release(&record.text);
    return result;
}
