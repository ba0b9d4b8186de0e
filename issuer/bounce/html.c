/*
 * html.c - a tokenizer: text, tags, entities.
 */
#include "base/base.h"

#include "issuer/bounce/html.h"

#include "base/strbuf.h"

enum {
    TAG_MAX = 8192,  /* a longer tag is text that forgot its '>' */
    ENTITY_MAX = 10, /* "&thetasym;" */
    HREF_MAX = 2048
};

bool html_is(struct slice text)
{
    static const char *const starts[] = {"<!doctype", "<html", "<div", "<table",
                                         "<body",     "<head", "<p>",  "<span"};
    struct slice start = slice_trim(slice_take(text, 1024));
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        if (slice_starts_nocase(start, starts[i])) {
            return true;
        }
    }
    return slice_find_nocase(slice_take(text, 4096), SLICE("<html")) >= 0 &&
           slice_find_nocase(slice_take(text, 4096), SLICE("<body")) >= 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "br" of "<br/>", "p" of "</p class=x>". */
static struct slice tag_name(struct slice tag)
{
    if (tag.len > 0 && tag.at[0] == '/') {
        tag = slice_skip(tag, 1);
    }
    size_t len = 0;
    while (len < tag.len &&
           (is_letter(tag.at[len]) || (tag.at[len] >= '0' && tag.at[len] <= '9'))) {
        len++;
    }
    return slice_take(tag, len);
}

static const char *tag_break(struct slice name)
{
    static const char *const lines[] = {"br", "p",   "div",  "tr", "li", "table",
                                        "ul", "ol",  "h1",   "h2", "h3", "h4",
                                        "hr", "pre", "body", "dd", "dt", "blockquote"};
    if (slice_is_nocase(name, "td") || slice_is_nocase(name, "th")) {
        return "\t";
    }
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (slice_is_nocase(name, lines[i])) {
            return "\n";
        }
    }
    return "";
}

static void put_codepoint(struct strbuf *out, unsigned long code)
{
    if (code < 0x20 || code == 0x7F || (code >= 0xD800 && code <= 0xDFFF) ||
        code > 0xFFFF) {
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

static bool numeric_entity(struct slice name, unsigned long *out)
{
    bool is_hex = name.len > 1 && (name.at[1] == 'x' || name.at[1] == 'X');
    struct slice digits = slice_skip(name, is_hex ? 2 : 1);
    unsigned long value = 0;
    if (digits.len == 0 || digits.len > 6) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        char c = (char)(digits.at[i] | 0x20);
        unsigned digit = 0;
        if (digits.at[i] >= '0' && digits.at[i] <= '9') {
            digit = (unsigned)(digits.at[i] - '0');
        } else if (is_hex && c >= 'a' && c <= 'f') {
            digit = (unsigned)(c - 'a') + 10;
        } else {
            return false;
        }
        value = value * (is_hex ? 16 : 10) + digit;
    }
    *out = value;
    return true;
}

/* What the entity at the start stands for; its length, 0: it is none. */
static size_t put_entity(struct strbuf *out, struct slice text)
{
    static const struct {
        const char *name, *text;
    } named[] = {
        {"amp",   "&" },
        {"lt",    "<" },
        {"gt",    ">" },
        {"quot",  "\""},
        {"nbsp",  " " },
        {"apos",  "'" },
        {"shy",   " " },
        {"ndash", "-" },
        {"mdash", "-" },
        {"rsquo", "'" },
        {"lsquo", "'" }
    };
    ptrdiff_t end = slice_find_byte(slice_take(text, ENTITY_MAX + 2), ';');
    if (end < 2) {
        return 0;
    }
    struct slice name = slice_of(text.at + 1, (size_t)end - 1);
    unsigned long code = 0;
    if (name.at[0] == '#') {
        if (!numeric_entity(name, &code)) {
            return 0;
        }
        put_codepoint(out, code);
        return (size_t)end + 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (slice_is_nocase(name, named[i].name)) {
            strbuf_puts(out, named[i].text);
            return (size_t)end + 1;
        }
    }
    return 0;
}

/* Line ends count only in preformatted text. */
static void put_text(struct strbuf *out, struct slice text, bool is_preformatted)
{
    while (text.len > 0) {
        size_t used = text.at[0] == '&' ? put_entity(out, text) : 0;
        if (used == 0) {
            char c = text.at[0];
            bool is_blank = c == '\r' || c == '\t' || (c == '\n' && !is_preformatted);
            strbuf_putc(out, (char)(is_blank ? ' ' : c));
            used = 1;
        }
        text = slice_skip(text, used);
    }
}

/* The target of <a href="...">, only of the web. */
static void put_link(struct strbuf *out, struct slice tag)
{
    ptrdiff_t at = slice_find_nocase(tag, SLICE("href="));
    if (at < 0) {
        return;
    }
    struct slice value = slice_skip(tag, (size_t)at + 5);
    char quote = '\0';
    if (value.len > 0) {
        quote = value.at[0];
    }
    size_t len = 0;
    if (quote == '"' || quote == '\'') {
        value = slice_skip(value, 1);
        ptrdiff_t end = slice_find_byte(value, quote);
        len = end < 0 ? value.len : (size_t)end;
    } else {
        while (len < value.len && value.at[len] != ' ' && value.at[len] != '\n') {
            len++;
        }
    }
    value = slice_take(slice_take(value, len), HREF_MAX);
    if (slice_starts_nocase(value, "http")) {
        strbuf_puts(out, " <");
        put_text(out, value, false);
        strbuf_puts(out, "> ");
    }
}

/* Behind the end of an element whose content is not text. */
static size_t skip_element(struct slice html, size_t at, const char *end_tag)
{
    ptrdiff_t end = slice_find_nocase(slice_skip(html, at), slice_from(end_tag));
    return end < 0 ? html.len : at + (size_t)end;
}

static size_t put_tag(struct strbuf *out, struct slice html, size_t at, bool *is_pre)
{
    struct slice rest = slice_skip(html, at + 1);
    if (slice_starts(rest, "!--")) {
        ptrdiff_t end = slice_find(rest, SLICE("-->"));
        return end < 0 ? html.len : at + 1 + (size_t)end + 3;
    }
    bool is_tag = rest.len > 0 && (is_letter(rest.at[0]) || rest.at[0] == '/' ||
                                   rest.at[0] == '!' || rest.at[0] == '?');
    ptrdiff_t end = is_tag ? slice_find_byte(slice_take(rest, TAG_MAX), '>') : -1;
    struct slice tag = end < 0 ? SLICE("") : slice_take(rest, (size_t)end);
    /* <user@host.example> stands unescaped in many a notice */
    if (end < 0 || (slice_find_byte(tag, '@') > 0 && slice_find_byte(tag, '=') < 0)) {
        strbuf_putc(out, '<');
        return at + 1;
    }
    size_t behind = at + 1 + (size_t)end + 1;
    struct slice name = tag_name(tag);
    strbuf_puts(out, tag_break(name));
    if (slice_is_nocase(name, "script") && tag.at[0] != '/') {
        return skip_element(html, behind, "</script");
    }
    if (slice_is_nocase(name, "style") && tag.at[0] != '/') {
        return skip_element(html, behind, "</style");
    }
    if (slice_is_nocase(name, "pre")) {
        *is_pre = tag.at[0] != '/';
    } else if (slice_is_nocase(name, "a")) {
        put_link(out, tag);
    }
    return behind;
}

static bool is_address_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == ':';
}

struct slice html_to_text(struct arena *mem, struct slice html)
{
    struct strbuf out;
    strbuf_init(&out, html.len * 2 + 64);
    size_t at = 0;
    bool is_pre = false;
    while (at < html.len) {
        /* a tag between two digits keeps them apart: no address is put together */
        if (at > 0 && out.len > 0 && is_address_byte(out.at[out.len - 1]) &&
            is_address_byte(html.at[at])) {
            strbuf_putc(&out, ' ');
        }
        const char *tag = memchr(html.at + at, '<', html.len - at);
        size_t text_end = tag == NULL ? html.len : (size_t)(tag - html.at);
        put_text(&out, slice_of(html.at + at, text_end - at), is_pre);
        at = tag == NULL ? html.len : put_tag(&out, html, text_end, &is_pre);
    }
    struct slice text = strbuf_slice(&out);
    struct slice result = slice_of(arena_slice(mem, text), text.len);
    strbuf_release(&out);
    return result;
}
