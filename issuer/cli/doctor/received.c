/*
 * received.c - Received fields.
 */
#include "base/base.h"

#include "issuer/cli/doctor/received.h"

#include "base/strbuf.h"

/* ---- one field ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* An address in brackets or alone: "[192.0.2.1]", "[IPv6:2001:db8::1]", "192.0.2.1". */
static bool read_address(struct slice text, struct address *out)
{
    text = slice_trim(text);
    if (text.len >= 2 && text.at[0] == '[' && text.at[text.len - 1] == ']')
        text = slice_take(slice_skip(text, 1), text.len - 2);
    if (slice_starts_nocase(text, "IPv6:"))
        text = slice_skip(text, 5);
    return address_parse(text, out);
}

/* The words between "from" and "by", one at a time, with whether each stands in a comment. */
struct words {
    struct slice rest;
    unsigned depth;
};

static bool next_word(struct words *words, struct slice *out, bool *out_in_comment)
{
    struct slice rest = words->rest;
    size_t len = 0;

    while (rest.len > 0 &&
           (is_blank(rest.at[0]) || rest.at[0] == '(' || rest.at[0] == ')')) {
        if (rest.at[0] == '(')
            words->depth++;
        else if (rest.at[0] == ')' && words->depth > 0)
            words->depth--;
        rest = slice_skip(rest, 1);
    }
    while (len < rest.len && !is_blank(rest.at[len]) && rest.at[len] != '(' &&
           rest.at[len] != ')' && rest.at[len] != ';')
        len++;
    *out = slice_take(rest, len);
    *out_in_comment = words->depth > 0;
    words->rest = slice_skip(rest, len);
    return len > 0;
}

struct reading {
    struct hop *hop;
    struct address outside, inside; /* of a comment */
    unsigned outside_count, inside_count;
};

static void take_address(struct reading *r, const struct address *address,
                         bool is_inside)
{
    struct address *kept = is_inside ? &r->inside : &r->outside;
    unsigned *count = is_inside ? &r->inside_count : &r->outside_count;

    if (*count > 0 && address_equal(kept, address))
        return; /* told twice is told once */
    *kept = *address;
    (*count)++;
}

static void take_helo(struct hop *hop, struct slice name)
{
    if (name.len == 0 || name.len > DOMAIN_MAX)
        return;
    memcpy(hop->helo, name.at, name.len);
    hop->helo[name.len] = '\0';
}

/* Exim's "helo=NAME": what was only said. Its "[192.0.2.1]:25" has a port. */
static void take_word(struct reading *r, struct slice word, bool is_inside)
{
    struct address address;
    ptrdiff_t end = slice_find(word, SLICE("]:"));

    if (slice_starts_nocase(word, "helo=")) {
        take_helo(r->hop, slice_skip(word, 5));
        return;
    }
    if (end >= 0)
        word = slice_take(word, (size_t)end + 1);
    if (read_address(word, &address))
        take_address(r, &address, is_inside);
}

void received_parse(struct slice value, struct hop *out)
{
    struct words words = {.rest = slice_trim(value)};
    struct reading r = {.hop = out};
    bool is_helo = false; /* qmail's "(HELO NAME)": the next word is a name */
    bool is_inside = false;
    struct slice word;

    *out = (struct hop){0};
    if (!next_word(&words, &word, &is_inside) || !slice_is_nocase(word, "from") ||
        !next_word(&words, &word, &is_inside))
        return;
    take_helo(out, word); /* most servers put it first */
    do {
        if (!is_inside && slice_is_nocase(word, "by"))
            break;
        if (is_helo)
            take_helo(out, word);
        else
            take_word(&r, word, is_inside);
        is_helo = is_inside &&
                  (slice_is_nocase(word, "HELO") || slice_is_nocase(word, "EHLO"));
    } while (next_word(&words, &word, &is_inside));
    /* What the server saw stands in the comment; without one, or with none in it, outside. */
    if (r.inside_count == 1)
        out->address = r.inside;
    else if (r.inside_count == 0 && r.outside_count == 1)
        out->address = r.outside;
    else
        return;
    out->has_address = true;
}

/* ---- the message in a text ---- */

/* One header: its Received fields from the top, and whether it is ours. */
struct header {
    struct strbuf field; /* the one being read */
    struct hop hops[RECEIVED_FIELDS_MAX];
    bool is_own[RECEIVED_FIELDS_MAX]; /* written by our own server for the doctor */
    size_t count;
    bool is_ours, is_too_long;
    const char *token;
};

/* "> > Received: ...": an answer may quote. */
static struct slice unquote(struct slice line)
{
    while (line.len > 0 && line.at[0] == '>') {
        line = slice_skip(line, 1);
        if (line.len > 0 && line.at[0] == ' ')
            line = slice_skip(line, 1);
    }
    return line;
}

static bool begins_field(struct slice line)
{
    size_t len = 0;

    while (len < line.len && line.at[len] > ' ' && line.at[len] <= '~' &&
           line.at[len] != ':')
        len++;
    return len > 0 && len < line.len && line.at[len] == ':';
}

static bool take_name(struct slice *field, const char *name)
{
    if (!slice_starts_nocase(*field, name) || field->len == strlen(name) ||
        field->at[strlen(name)] != ':')
        return false;
    *field = slice_skip(*field, strlen(name) + 1);
    return true;
}

static void end_field(struct header *header)
{
    struct slice field = strbuf_slice(&header->field);
    bool has_token = slice_find_nocase(field, slice_from(header->token)) >= 0;

    if (take_name(&field, CANARY_FIELD)) {
        header->is_ours |= has_token;
    } else if (take_name(&field, "Received")) {
        if (header->count == RECEIVED_FIELDS_MAX || header->field.full) {
            header->is_too_long = true;
        } else {
            header->is_own[header->count] = has_token;
            received_parse(field, &header->hops[header->count++]);
        }
    }
    strbuf_reset(&header->field);
}

static void begin_header(struct header *header)
{
    strbuf_reset(&header->field);
    header->count = 0;
    header->is_ours = header->is_too_long = false;
}

/* The lowest that is not our own server's. */
static enum received_result judge(const struct header *header, struct hop *out)
{
    size_t left = header->count;

    while (left > 0 && header->is_own[left - 1])
        left--;
    if (header->is_too_long || left == 0 || !header->hops[left - 1].has_address)
        return RECEIVED_UNCLEAR;
    *out = header->hops[left - 1];
    return RECEIVED_FOUND;
}

enum received_result received_find(struct slice text, const char *token,
                                   struct hop *out)
{
    enum received_result result = RECEIVED_NOT_HERE;
    struct header header = {.token = token};
    struct slice line = {0};
    bool goes_on = true;

    strbuf_init(&header.field, RECEIVED_FIELD_MAX);
    while (goes_on && result == RECEIVED_NOT_HERE) {
        goes_on = slice_line(&text, &line);
        line = goes_on ? unquote(line) : (struct slice){0};
        bool is_more = line.len > 0 && is_blank(line.at[0]) && header.field.len > 0;
        if (!is_more) {
            end_field(&header);
            if (!begins_field(line)) {
                if (header.is_ours)
                    result = judge(&header, out);
                begin_header(&header);
                continue;
            }
        }
        strbuf_add_slice(&header.field, line);
        strbuf_putc(&header.field, ' ');
    }
    strbuf_release(&header.field);
    return result;
}
