/*
 * extract.c - finding addresses and choosing one.
 */
#include "base/base.h"

#include "issuer/bounce/extract.h"

enum {
    CONTEXT_MAX = 100, /* what stands farther away says nothing about an address */
    OCTETS_MAX = 3
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char byte_at(struct slice text, size_t at)
{
    if (at >= text.len) {
        return '\0';
    }
    return text.at[at];
}

/* The length of a dotted quad at the start, 0: none. What goes on as a name or a number
 * ("192.0.2.1.host.example", "192.0.2.1.7") is none. */
static size_t ipv4_length(struct slice text)
{
    size_t i = 0;
    for (int octet = 0; octet < 4; octet++) {
        size_t digits = 0;
        while (digits < 4 && is_digit(byte_at(text, i))) {
            digits++;
            i++;
        }
        if (digits == 0 || digits > OCTETS_MAX) {
            return 0;
        }
        if (octet < 3 && byte_at(text, i++) != '.') {
            return 0;
        }
    }
    char next = byte_at(text, i);
    char after = byte_at(text, i + 1);
    bool goes_on = is_letter(next) || next == '_' ||
                   ((next == '.' || next == '-') &&
                    (is_letter(after) || is_digit(after)));
    return goes_on ? 0 : i;
}

static size_t ipv6_length(struct slice text)
{
    size_t len = 0;
    size_t colons = 0;
    while (len < text.len &&
           (is_hex(text.at[len]) || text.at[len] == ':' || text.at[len] == '.')) {
        colons += text.at[len] == ':' ? 1 : 0;
        len++;
    }
    while (len > 0 && text.at[len - 1] == '.') {
        len--;
    }
    if (len > 2 && text.at[len - 1] == ':' && text.at[len - 2] != ':') {
        len--;
        colons--;
    }
    bool goes_on = len < text.len && (is_letter(text.at[len]) || text.at[len] == '_');
    return colons < 2 || len > ADDRESS_TEXT_MAX || goes_on ? 0 : len;
}

/* Does a run of hex digits with two colons or more end here? Then digits that follow belong to
 * what wanted to be an IPv6 address. */
static bool is_behind_colons(struct slice text, size_t at)
{
    size_t colons = 0;
    while (at > 0 && (is_hex(text.at[at - 1]) || text.at[at - 1] == ':')) {
        at--;
        colons += text.at[at] == ':' ? 1 : 0;
    }
    return colons >= 2;
}

/* An address that starts at `at`: its length, 0: none. */
static size_t take_address(struct slice text, size_t at, struct address *out)
{
    char before = ' ';
    if (at > 0) {
        before = text.at[at - 1];
    }
    char now = text.at[at];
    bool is_inside = is_letter(before) || is_digit(before) || before == '.' ||
                     before == '_' || before == '-';
    struct slice rest = slice_skip(text, at);
    bool has_prefix = at >= 5 &&
                      slice_is_nocase(slice_of(text.at + at - 5, 5), "IPv6:");
    size_t len = 0;
    if (is_digit(now) && !is_inside && (before != ':' || !is_behind_colons(text, at))) {
        len = ipv4_length(rest);
    }
    if (len == 0 && (is_hex(now) || now == ':') && !is_inside &&
        (has_prefix || before != ':')) {
        len = ipv6_length(rest);
    }
    return len > 0 && address_parse(slice_take(rest, len), out) ? len : 0;
}

/* Offset in the context of an offset in what a role pattern is matched with, where `len` bytes
 * of address at `before` are one mark. */
static size_t unmarked(size_t offset, size_t before, size_t len)
{
    return offset <= before ? offset : offset - 1 + len;
}

/* The first row that holds for the address at `at`; NULL: none. */
static const struct role_row *find_role(const struct rules *rules, struct slice context,
                                        size_t at, size_t len,
                                        struct slice *out_matched)
{
    char text[2 * CONTEXT_MAX + 1];
    size_t before = at < CONTEXT_MAX ? at : CONTEXT_MAX;
    struct slice after = slice_take(slice_skip(context, at + len), CONTEXT_MAX);
    memcpy(text, context.at + at - before, before);
    text[before] = ROLE_MARK;
    memcpy(text + before + 1, after.at, after.len);
    struct slice subject = slice_of(text, before + 1 + after.len);
    for (size_t i = 0; i < rules->role_count; i++) {
        struct pattern_match match;
        if (pattern_find(rules->roles[i].pattern, subject, 0, &match)) {
            const char *start = context.at + at - before;
            size_t from = unmarked(match.start, before, len);
            *out_matched = slice_of(start + from,
                                    unmarked(match.end, before, len) - from);
            return &rules->roles[i];
        }
    }
    return NULL;
}

/* One entry an address: the surest role counts, but "somebody else's" before all. */
static void add(struct candidates *out, const struct candidate *found)
{
    for (size_t i = 0; i < out->count; i++) {
        struct candidate *known = &out->items[i];
        if (!address_equal(&known->address, &found->address) ||
            known->is_reply != found->is_reply) {
            continue;
        }
        bool is_worse = found->score < 0 && found->score < known->score;
        bool is_better = known->score >= 0 && found->score > known->score;
        if (is_worse || is_better) {
            known->score = found->score;
            known->role = found->role;
            known->row = found->row;
            known->matched = found->matched;
        }
        return;
    }
    if (out->count < CANDIDATES_MAX) {
        out->items[out->count++] = *found;
    }
}

void extract_addresses(const struct rules *rules, struct slice context, size_t reply_at,
                       struct candidates *out)
{
    size_t at = 0;
    while (at < context.len) {
        struct candidate found = {0};
        size_t len = take_address(context, at, &found.address);
        if (len == 0) {
            at++;
            continue;
        }
        found.is_reply = at >= reply_at;
        const struct role_row *role = find_role(rules, context, at, len,
                                                &found.matched);
        found.row = role;
        found.role = role != NULL ? role->role : found.is_reply ? "reply" : "mentioned";
        found.score = role != NULL ? role->score : found.is_reply ? SCORE_NAMED : 0;
        if (address_is_special(&found.address)) {
            found.role = "private";
            found.score = 0;
            found.row = NULL;
            found.matched = SLICE("");
        }
        address_format(&found.address, found.text);
        add(out, &found);
        at += len;
    }
}

/* The one with the highest score of those that are (or are not) shared. A second one as good is
 * a tie; a second sure one is a contradiction. */
static const struct candidate *best_of(const struct candidates *candidates,
                                       const struct network *shared, size_t count,
                                       bool wants_shared, bool *out_conflict)
{
    const struct candidate *best = NULL;
    bool is_tie = false;
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *next = &candidates->items[i];
        bool fits = next->is_reply && next->score > 0 &&
                    networks_contain(shared, count, &next->address) == wants_shared;
        if (!fits) {
            continue;
        }
        if (best != NULL && best->score >= SCORE_SURE && next->score >= SCORE_SURE) {
            *out_conflict = true;
        }
        if (best == NULL || next->score > best->score) {
            best = next;
            is_tie = false;
        } else if (next->score == best->score) {
            is_tie = true;
        }
    }
    *out_conflict = *out_conflict || is_tie;
    return is_tie ? NULL : best;
}

struct choice extract_choose(const struct candidates *candidates,
                             const struct network *shared, size_t shared_count)
{
    struct choice choice = {0};
    if (shared_count > 0) {
        choice.blocked = best_of(candidates, shared, shared_count, true,
                                 &choice.is_conflict);
        if (choice.blocked != NULL || choice.is_conflict) {
            return choice;
        }
    }
    choice.blocked = best_of(candidates, shared, shared_count, false,
                             &choice.is_conflict);
    choice.is_not_shared = shared_count > 0 && choice.blocked != NULL;
    return choice;
}

/* One octet's worth of hiding: "x", "xxx", "*", "nnn". */
static size_t mask_length(struct slice text)
{
    size_t len = 0;
    char first = byte_at(text, 0);
    if (first != 'x' && first != 'X' && first != '*' && first != 'n' && first != '#') {
        return 0;
    }
    while (byte_at(text, len) == first) {
        len++;
    }
    return len <= OCTETS_MAX ? len : 0;
}

/* Up to three digits or a mask; the length, 0: neither. */
static size_t part_length(struct slice text, bool *out_masked)
{
    size_t digits = 0;
    while (digits < OCTETS_MAX && is_digit(byte_at(text, digits))) {
        digits++;
    }
    size_t mask = digits > 0 ? 0 : mask_length(text);
    *out_masked = *out_masked || mask > 0;
    return digits + mask;
}

static bool starts_masked(struct slice text)
{
    bool is_masked = false;
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && byte_at(text, at++) != '.') {
            return false;
        }
        size_t len = part_length(slice_skip(text, at), &is_masked);
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return is_masked && !is_letter(byte_at(text, at));
}

bool extract_is_masked(struct slice text)
{
    bool is_inside = false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_inside && starts_masked(slice_skip(text, i))) {
            return true;
        }
        is_inside = is_letter(text.at[i]) || is_digit(text.at[i]);
    }
    return false;
}
