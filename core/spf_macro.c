/*
 * spf_macro.c - macros of SPF records: RFC 7208 section 7.
 */
#include "base/base.h"

#include "core/spf_internal.h"

#include "base/escape.h"
#include "base/number.h"

enum piece_kind {
    PIECE_LITERAL, /* one byte or more without '%' */
    PIECE_ESCAPE,  /* %% %_ %- */
    PIECE_MACRO
};

struct piece {
    enum piece_kind kind;
    struct slice literal; /* PIECE_LITERAL, or what the escape stands for */
    char letter;          /* lower case */
    bool is_escaped;      /* the letter was upper case: URL escaping */
    bool is_reversed;
    size_t keep; /* labels kept from the right; 0: all */
    struct slice delimiters;
};

/* Letters that stand in a domain-spec; c, r and t exist in explanations only (7.2), which are not
 * asked for here. */
static const char letters[] = "slodiphv";
static const char delimiters[] = ".-+,/_=";

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alpha(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_one_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

/* How many of the first bytes are in the set, a NULL set being the digits. */
static size_t span(struct slice text, const char *set)
{
    size_t len = 0;

    while (len < text.len &&
           (set == NULL ? is_digit(text.at[len]) : is_one_of(text.at[len], set)))
        len++;
    return len;
}

/* Between "%{" and "}": letter, digits, "r", delimiters. */
static bool read_macro(struct slice body, struct piece *out)
{
    struct piece piece = {.kind = PIECE_MACRO};

    if (body.len == 0 || !is_alpha(body.at[0]))
        return false;
    piece.is_escaped = body.at[0] < 'a';
    piece.letter = (char)(body.at[0] | 0x20);
    if (!is_one_of(piece.letter, letters))
        return false;
    body = slice_skip(body, 1);
    size_t digits = span(body, NULL);
    if (digits > 0) {
        uint64_t keep = 0;
        /* A number that large keeps every label; zero labels would be no name at all (7.3). */
        if (!number_u64(slice_take(body, digits), UINT64_MAX, &keep))
            keep = SPF_EXPANDED_MAX;
        if (keep == 0)
            return false;
        piece.keep = keep > SPF_EXPANDED_MAX ? SPF_EXPANDED_MAX : (size_t)keep;
        body = slice_skip(body, digits);
    }
    piece.is_reversed = body.len > 0 && is_one_of(body.at[0], "rR");
    if (piece.is_reversed)
        body = slice_skip(body, 1);
    piece.delimiters = body;
    if (span(body, delimiters) != body.len)
        return false;
    *out = piece;
    return true;
}

static bool read_percent(struct slice *rest, struct piece *out)
{
    static const struct {
        char byte;
        struct slice meaning;
    } escapes[] = {
        {'%', {"%", 1}  },
        {'_', {" ", 1}  },
        {'-', {"%20", 3}},
    };

    if (rest->len < 2)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(escapes); i++)
        if (rest->at[1] == escapes[i].byte) {
            *out = (struct piece){.kind = PIECE_ESCAPE, .literal = escapes[i].meaning};
            *rest = slice_skip(*rest, 2);
            return true;
        }
    ptrdiff_t end = slice_find_byte(*rest, '}');
    if (rest->at[1] != '{' || end < 0 ||
        !read_macro(slice_of(rest->at + 2, (size_t)end - 2), out))
        return false;
    *rest = slice_skip(*rest, (size_t)end + 1);
    return true;
}

/* The next piece of a text that is not empty; false when it breaks the grammar. */
static bool next_piece(struct slice *rest, struct piece *out)
{
    size_t len = 0;

    if (rest->at[0] == '%')
        return read_percent(rest, out);
    while (len < rest->len && rest->at[len] != '%') {
        if (rest->at[len] < 0x21 || rest->at[len] > 0x7e)
            return false;
        len++;
    }
    *out = (struct piece){.kind = PIECE_LITERAL, .literal = slice_take(*rest, len)};
    *rest = slice_skip(*rest, len);
    return true;
}

/* 7.1 toplabel: letters, digits and inner hyphens, not digits alone. */
static bool is_top_label(struct slice label)
{
    bool has_other = false;

    if (label.len == 0 || label.at[0] == '-' || label.at[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_digit(label.at[i]) && !is_alpha(label.at[i]) && label.at[i] != '-')
            return false;
        has_other = has_other || !is_digit(label.at[i]);
    }
    return has_other;
}

/* "." toplabel ["."] at the end of a literal. */
static bool ends_in_label(struct slice literal)
{
    if (literal.len > 0 && literal.at[literal.len - 1] == '.')
        literal.len--;
    size_t start = literal.len;
    while (start > 0 && literal.at[start - 1] != '.')
        start--;
    return start > 0 && is_top_label(slice_skip(literal, start));
}

bool spf_macro_is_valid(struct slice text, bool is_domain)
{
    struct piece piece = {.kind = PIECE_LITERAL};

    while (text.len > 0)
        if (!next_piece(&text, &piece))
            return false;
    return !is_domain || piece.kind != PIECE_LITERAL || ends_in_label(piece.literal);
}

bool spf_macro_asks_name(struct slice text)
{
    struct piece piece;

    while (text.len > 0 && next_piece(&text, &piece))
        if (piece.kind == PIECE_MACRO && piece.letter == 'p')
            return true;
    return false;
}

/* %{i}: dotted quad, or 32 nibbles with dots between (7.3). */
static void add_address(const struct address *address, struct strbuf *out)
{
    if (address_is_v4(address)) {
        char text[ADDRESS_TEXT_MAX + 1];
        address_format(address, text);
        strbuf_puts(out, text);
        return;
    }
    for (size_t i = 0; i < 2 * sizeof address->bytes; i++) {
        unsigned nibble = i % 2 == 0 ? address->bytes[i / 2] >> 4
                                     : address->bytes[i / 2] & 15U;
        if (i > 0)
            strbuf_putc(out, '.');
        strbuf_putc(out, "0123456789abcdef"[nibble]);
    }
}

static void add_value(char letter, const struct spf_values *values, struct strbuf *out)
{
    struct slice sender = slice_from(values->sender);
    size_t at = sender.len;

    /* The last '@' ends the local part; one that is quoted may hold another. */
    while (at > 0 && sender.at[at - 1] != '@')
        at--;
    switch (letter) {
    case 's': strbuf_add_slice(out, sender); return;
    case 'l': strbuf_add_slice(out, slice_take(sender, at > 0 ? at - 1 : 0)); return;
    case 'o': strbuf_add_slice(out, slice_skip(sender, at)); return;
    case 'd': strbuf_puts(out, values->domain); return;
    case 'i': add_address(&values->address, out); return;
    case 'p': strbuf_puts(out, values->validated); return;
    case 'h': strbuf_puts(out, values->helo); return;
    case 'v':
        strbuf_puts(out, address_is_v4(&values->address) ? "in-addr" : "ip6");
        return;
    default: assert(false); /* read_macro knows no other letter */
    }
}

/* Start and end of the part'th of the parts that the delimiters make. */
static struct slice part_of(struct slice value, struct slice marks, size_t part)
{
    size_t start = 0, end;

    for (;; start = end + 1) {
        end = start;
        while (end < value.len && slice_find_byte(marks, value.at[end]) < 0)
            end++;
        if (part-- == 0 || end == value.len)
            return slice_of(value.at + start, end - start);
    }
}

/* Split, reverse, keep the right-hand parts, join with dots (7.3). */
static void add_transformed(const struct piece *piece, struct slice value,
                            struct strbuf *out)
{
    struct slice marks = piece->delimiters.len > 0 ? piece->delimiters : SLICE(".");
    size_t count = 1;

    for (size_t i = 0; i < value.len; i++)
        count += slice_find_byte(marks, value.at[i]) >= 0;
    size_t first = piece->keep > 0 && piece->keep < count ? count - piece->keep : 0;
    for (size_t i = first; i < count; i++) {
        if (i > first)
            strbuf_putc(out, '.');
        strbuf_add_slice(out,
                         part_of(value, marks, piece->is_reversed ? count - 1 - i : i));
    }
}

static void add_macro(const struct piece *piece, const struct spf_values *values,
                      struct strbuf *out)
{
    struct strbuf value, changed;

    /* A sender and a HELO name are short; what is not is cut and then no name. */
    strbuf_init(&value, 2 * (size_t)DOMAIN_MAX);
    strbuf_init(&changed, 2 * (size_t)DOMAIN_MAX);
    add_value(piece->letter, values, &value);
    add_transformed(piece, strbuf_slice(&value), &changed);
    if (piece->is_escaped)
        escape_append(out, ESCAPE_URL, strbuf_slice(&changed));
    else
        strbuf_add_slice(out, strbuf_slice(&changed));
    out->full = out->full || value.full || changed.full;
    strbuf_release(&value);
    strbuf_release(&changed);
}

void spf_expand(struct slice text, const struct spf_values *values, struct strbuf *out)
{
    struct piece piece;

    while (text.len > 0 && !out->full && next_piece(&text, &piece)) {
        if (piece.kind == PIECE_MACRO)
            add_macro(&piece, values, out);
        else
            strbuf_add_slice(out, piece.literal);
    }
}
