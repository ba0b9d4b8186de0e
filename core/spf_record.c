/*
 * spf_record.c - the grammar of an SPF record: RFC 7208 sections 4.5, 4.6.1, 5, 6 and 12.
 */
#include "base/base.h"

#include "core/spf_internal.h"

#include "base/number.h"

enum argument {
    ARGUMENT_NONE,
    ARGUMENT_MAY,
    ARGUMENT_MUST,
    ARGUMENT_NETWORK
};

/* Mechanisms; a name is compared without case (4.6.1). */
static const struct {
    const char *name;
    enum spf_kind kind;
    enum argument argument;
    bool has_prefix;
} mechanisms[] = {
    {"all",     SPF_KIND_ALL,     ARGUMENT_NONE,    false},
    {"include", SPF_KIND_INCLUDE, ARGUMENT_MUST,    false},
    {"a",       SPF_KIND_A,       ARGUMENT_MAY,     true },
    {"mx",      SPF_KIND_MX,      ARGUMENT_MAY,     true },
    {"ptr",     SPF_KIND_PTR,     ARGUMENT_MAY,     false},
    {"ip4",     SPF_KIND_IP4,     ARGUMENT_NETWORK, false},
    {"ip6",     SPF_KIND_IP6,     ARGUMENT_NETWORK, false},
    {"exists",  SPF_KIND_EXISTS,  ARGUMENT_MUST,    false},
};

static const char version[] = "v=spf1";

bool spf_is_record(struct slice text)
{
    size_t len = sizeof version - 1;

    return slice_starts_nocase(text, version) &&
           (text.len == len || text.at[len] == ' ');
}

struct slice spf_terms(struct slice record)
{
    return slice_skip(record, sizeof version - 1);
}

void spf_shown(struct slice text, char out[SPF_SHOWN_MAX + 1])
{
    text = slice_take(text, SPF_SHOWN_MAX);
    for (size_t i = 0; i < text.len; i++)
        out[i] = (char)(text.at[i] < 0x20 || text.at[i] > 0x7e ? '?' : text.at[i]);
    out[text.len] = '\0';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Decimal without leading zeroes (5.6, 12). */
static bool read_prefix(struct slice digits, unsigned max, unsigned *out)
{
    uint64_t value = 0;

    if ((digits.len > 1 && digits.at[0] == '0') || !number_u64(digits, max, &value))
        return false;
    *out = (unsigned)value;
    return true;
}

/* Cut a mark and the digits behind it off the end; *out stays when there is no such end. */
static bool cut_prefix(struct slice *text, const char *mark, unsigned max,
                       unsigned *out)
{
    size_t start = text->len, mark_len = strlen(mark);

    while (start > 0 && is_digit(text->at[start - 1]))
        start--;
    if (start == text->len || start < mark_len ||
        memcmp(text->at + start - mark_len, mark, mark_len) != 0)
        return true;
    if (!read_prefix(slice_skip(*text, start), max, out))
        return false;
    text->len = start - mark_len;
    return true;
}

/* ":" domain-spec, as the mechanism wants it. */
static bool read_domain(struct slice argument, enum argument wanted,
                        struct spf_term *term)
{
    if (argument.len == 0)
        return wanted != ARGUMENT_MUST;
    if (wanted == ARGUMENT_NONE || argument.at[0] != ':')
        return false;
    term->domain = slice_skip(argument, 1);
    return term->domain.len > 0 && spf_macro_is_valid(term->domain, true);
}

static bool read_network(struct slice argument, struct spf_term *term)
{
    bool is_ip4 = term->kind == SPF_KIND_IP4;
    unsigned max = is_ip4 ? 32 : 128;
    unsigned *prefix = is_ip4 ? &term->prefix4 : &term->prefix6;

    if (argument.len == 0 || argument.at[0] != ':' ||
        !cut_prefix(&argument, "/", max, prefix))
        return false;
    argument = slice_skip(argument, 1);
    /* "::ffff:192.0.2.1" is an address of the other family in this notation. */
    return (slice_find_byte(argument, ':') < 0) == is_ip4 &&
           address_parse(argument, &term->base);
}

static bool read_mechanism(struct slice text, struct spf_term *term)
{
    static const struct {
        char mark;
        enum spf_result result;
    } qualifiers[] = {
        {'+', SPF_PASS    },
        {'-', SPF_FAIL    },
        {'~', SPF_SOFTFAIL},
        {'?', SPF_NEUTRAL },
    };
    size_t len = 0, at = 0;

    term->qualifier = SPF_PASS;
    for (size_t i = 0; i < ARRAY_LEN(qualifiers); i++)
        if (text.at[0] == qualifiers[i].mark) {
            term->qualifier = qualifiers[i].result;
            text = slice_skip(text, 1);
            break;
        }
    while (len < text.len && text.at[len] != ':' && text.at[len] != '/')
        len++;
    while (at < ARRAY_LEN(mechanisms) &&
           !slice_is_nocase(slice_take(text, len), mechanisms[at].name))
        at++;
    if (at == ARRAY_LEN(mechanisms))
        return false;
    term->kind = mechanisms[at].kind;
    struct slice argument = slice_skip(text, len);
    if (mechanisms[at].argument == ARGUMENT_NETWORK)
        return read_network(argument, term);
    if (mechanisms[at].has_prefix &&
        (!cut_prefix(&argument, "//", 128, &term->prefix6) ||
         !cut_prefix(&argument, "/", 32, &term->prefix4)))
        return false;
    return read_domain(argument, mechanisms[at].argument, term);
}

/* Length of the name before '=', or 0 when this is no modifier (12: name "=" ...). */
static size_t modifier_name(struct slice text)
{
    size_t len = 0;

    while (len < text.len) {
        char low = (char)(text.at[len] | 0x20);
        bool is_letter = low >= 'a' && low <= 'z';
        bool is_later = is_digit(text.at[len]) || text.at[len] == '-' ||
                        text.at[len] == '_' || text.at[len] == '.';
        if (!is_letter && (len == 0 || !is_later))
            break;
        len++;
    }
    return len < text.len && text.at[len] == '=' ? len : 0;
}

static bool read_modifier(struct slice text, size_t name_len, struct spf_term *term)
{
    struct slice name = slice_take(text, name_len);
    struct slice value = slice_skip(text, name_len + 1);

    term->kind = SPF_KIND_OTHER;
    if (slice_is_nocase(name, "redirect"))
        term->kind = SPF_KIND_REDIRECT;
    else if (slice_is_nocase(name, "exp"))
        term->kind = SPF_KIND_EXP;
    term->domain = value;
    if (term->kind == SPF_KIND_OTHER)
        return spf_macro_is_valid(value, false);
    return value.len > 0 && spf_macro_is_valid(value, true);
}

int spf_term_next(struct slice *rest, struct spf_term *out, struct error *err)
{
    struct spf_term term = {.prefix4 = 32, .prefix6 = 128};
    struct slice text;

    do {
        if (!slice_cut(rest, ' ', &text))
            return 0;
    } while (text.len == 0);
    term.text = text;
    size_t name_len = modifier_name(text);
    if (name_len > 0 ? !read_modifier(text, name_len, &term)
                     : !read_mechanism(text, &term)) {
        char shown[SPF_SHOWN_MAX + 1];
        spf_shown(text, shown);
        return error_set(err, ERROR_INVALID, "\"%s\" is not a term of SPF", shown);
    }
    *out = term;
    return 1;
}

int spf_record_check(struct slice record, struct error *err)
{
    unsigned seen[SPF_KIND_COUNT] = {0};
    struct slice rest = spf_terms(record);
    struct spf_term term = {0};
    int status;

    if (record.len > SPF_RECORD_MAX)
        return error_set(err, ERROR_INVALID, "it is longer than %d bytes",
                         (int)SPF_RECORD_MAX);
    while ((status = spf_term_next(&rest, &term, err)) > 0)
        seen[term.kind]++;
    if (status < 0)
        return -1;
    if (seen[SPF_KIND_REDIRECT] > 1 || seen[SPF_KIND_EXP] > 1)
        return error_set(err, ERROR_INVALID, "\"%s\" stands there more than once",
                         seen[SPF_KIND_REDIRECT] > 1 ? "redirect" : "exp");
    return 0;
}
