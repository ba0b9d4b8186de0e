/*
 * mime.c - what each part of a message is worth, and pasted text.
 */
#include "base/base.h"

#include "issuer/bounce/mime.h"

#include "issuer/bounce/header.h"
#include "issuer/bounce/html.h"
#include "issuer/bounce/paste.h"

enum {
    HEADER_MAX = 64 * 1024,
    HTML_MAX = 512 * 1024,
    RETURNED_MAX = 64 * 1024,
    SNIFF_LINES = 50
};

bool mime_is_mail(struct slice bytes)
{
    static const char *const names[] = {"From",
                                        "To",
                                        "Subject",
                                        "Date",
                                        "Received",
                                        "Return-Path",
                                        "MIME-Version",
                                        "Content-Type",
                                        "Message-ID",
                                        "Delivered-To",
                                        "X-Original-To",
                                        "Auto-Submitted",
                                        "X-Failed-Recipients",
                                        "Envelope-to"};
    unsigned seen = 0;
    size_t at = 0;
    size_t lines = 0;
    struct slice name;
    struct slice value;
    while (lines++ < SNIFF_LINES && header_next(bytes, &at, &name, &value)) {
        if (name.len == 0 && value.len == 0) {
            break;
        }
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            seen |= slice_is_nocase(name, names[i]) ? 1U << i : 0U;
        }
    }
    return __builtin_popcount(seen) >= 3;
}

/* How deep a parser that calls itself might have to go. */
static size_t count_nesting(struct slice bytes)
{
    static const char *const words[] = {"boundary", "message/rfc822", "message/global"};
    size_t most = 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct slice word = slice_from(words[i]);
        struct slice rest = bytes;
        size_t count = 0;
        ptrdiff_t at = 0;
        while (count <= MIME_NESTING_MAX && (at = slice_find_nocase(rest, word)) >= 0) {
            rest = slice_skip(rest, (size_t)at + word.len);
            count++;
        }
        most = count > most ? count : most;
    }
    return most;
}

/* Up to and without the first empty line. */
static struct slice header_block(struct slice bytes)
{
    size_t at = 0;
    size_t start = 0;
    struct slice line;
    while (text_next_line(bytes, &at, &line)) {
        if (slice_trim(line).len == 0) {
            return slice_take(bytes, start);
        }
        start = at;
    }
    return bytes;
}

static void add_part(struct mime_mail *out, enum part_kind kind, struct slice text)
{
    if (out->count == MIME_PARTS_MAX) {
        out->flags |= FLAG_TRUNCATED;
        return;
    }
    out->parts[out->count].kind = kind;
    out->parts[out->count].text = text;
    out->count++;
}

static bool has_kind(const struct mime_mail *mail, enum part_kind kind)
{
    for (size_t i = 0; i < mail->count; i++) {
        if (mail->parts[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* The words of a notice, and behind them what it returns. */
static void add_words(struct mime_mail *out, struct slice text)
{
    size_t at = text_returned_at(text);
    add_part(out, PART_TEXT, slice_take(text, at));
    if (at < text.len) {
        add_part(out, PART_RETURNED, slice_skip(text, at));
    }
}

bool mime_wants(struct slice type, struct slice subtype)
{
    return slice_is_nocase(type, "text") ||
           (slice_is_nocase(type, "message") && !slice_is_nocase(subtype, "partial") &&
            !slice_is_nocase(subtype, "external-body"));
}

static enum part_kind kind_of(const struct mime_leaf *leaf,
                              const struct mime_mail *mail)
{
    if (slice_ends_nocase(leaf->subtype, "delivery-status")) {
        return PART_DSN;
    }
    if (slice_is_nocase(leaf->subtype, "feedback-report")) {
        return PART_REPORT;
    }
    if (slice_ends_nocase(leaf->subtype, "disposition-notification")) {
        return PART_RECEIPT;
    }
    bool is_text = slice_is_nocase(leaf->type, "text") &&
                   !slice_ends_nocase(leaf->subtype, "rfc822-headers");
    /* text behind the status or the returned message is the customer's */
    bool is_behind = has_kind(mail, PART_DSN) || has_kind(mail, PART_RETURNED);
    return is_text && !is_behind ? PART_TEXT : PART_RETURNED;
}

void mime_add_leaf(const struct charsets *charsets, struct arena *mem,
                   const struct mime_leaf *leaf, struct mime_mail *out)
{
    enum part_kind kind = kind_of(leaf, out);
    bool is_html = slice_is_nocase(leaf->subtype, "html");
    size_t max = kind == PART_RETURNED ? RETURNED_MAX : HTML_MAX;
    if (leaf->bytes.len > max && kind != PART_RETURNED) {
        out->flags |= FLAG_TRUNCATED;
    }
    struct slice bytes = text_cut(leaf->bytes, max);
    if (kind == PART_TEXT) {
        bytes = paste_undo_quoted(mem, bytes);
    }
    struct slice text = charset_to_utf8(charsets, mem, leaf->charset, bytes);
    if (is_html) {
        text = html_to_text(mem, text);
    }
    unsigned flags = 0;
    text = text_clean(mem, text, &flags);
    if (kind != PART_RETURNED) {
        out->flags |= flags;
    }
    if (kind == PART_TEXT) {
        add_words(out, text);
    } else {
        add_part(out, kind, text);
    }
}

/* Encoded words and parameters make the MIME library ask for converters by name. Nothing here
 * needs them decoded, so they lose their introduction ("=?", "*="); lengths stay. */
static struct slice without_encoded_words(struct arena *mem, struct slice bytes)
{
    char *copy = arena_slice(mem, bytes);
    for (size_t i = 0; i + 1 < bytes.len; i++) {
        if (copy[i] == '=' && copy[i + 1] == '?') {
            copy[i + 1] = ' ';
        } else if (copy[i] == '*' && copy[i + 1] == '=') {
            copy[i] = '_';
        }
    }
    return slice_of(copy, bytes.len);
}

int mime_read(const struct charsets *charsets, struct arena *mem, struct slice bytes,
              struct mime_mail *out, struct error *err)
{
    if (slice_starts(bytes, "From ")) {
        size_t at = 0;
        struct slice line;
        (void)text_next_line(bytes, &at, &line);
        bytes = slice_skip(bytes, at);
    }
    if (count_nesting(bytes) > MIME_NESTING_MAX) {
        return error_set(err, ERROR_EXHAUSTED, "more than %d nested parts",
                         MIME_NESTING_MAX);
    }
    struct slice block = header_block(bytes);
    if (block.len > HEADER_MAX) {
        block = slice_take(block, HEADER_MAX);
        out->flags |= FLAG_TRUNCATED;
    }
    unsigned flags = 0;
    struct slice clean = text_clean(
        mem, charset_to_utf8(charsets, mem, SLICE(""), block), &flags);
    out->headers = header_unfold(mem, clean);
    (void)header_find(out->headers, "Content-Type", &out->content_type);
    mime_walk(charsets, mem, without_encoded_words(mem, bytes), out);
    return 0;
}

void mime_read_text(struct arena *mem, struct slice text, struct mime_mail *out)
{
    if (html_is(text)) {
        if (text.len > HTML_MAX) {
            out->flags |= FLAG_TRUNCATED;
        }
        text = html_to_text(mem, text_cut(text, HTML_MAX));
    } else {
        text = paste_undo_json(mem, text);
    }
    add_words(out, text_clean(mem, text, &out->flags));
    out->flags |= FLAG_PASTED;
}
