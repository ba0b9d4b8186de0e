/*
 * mailbox.c - mailbox addresses in one compared form.
 */
#include "base/base.h"

#include "core/mailbox.h"

enum {
    LABEL_MAX_BYTES = 63 /* RFC 1035 2.3.4 */
};

static char lower(char byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

static bool is_letter_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

static bool is_beyond_ascii(char byte)
{
    return ((unsigned char)byte & 0x80U) != 0;
}

/* RFC 5322 3.2.3 and RFC 6531 3.3; the NUL is not in it. */
static bool is_atext(char byte)
{
    return is_letter_or_digit(byte) || is_beyond_ascii(byte) ||
           (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL);
}

/* Beyond ASCII there are controls, blanks and marks that turn the direction of writing; one that
 * looks like another mailbox on a page is nobody's mailbox. Ranges of UTF-8, three bytes each. */
static bool hides_something(struct slice text)
{
    static const struct {
        unsigned first, last;
    } hidden[] = {
        {0xC280,   0xC2A0  }, /* C1 controls, no-break space */
        {0xC2AD,   0xC2AD  }, /* soft hyphen */
        {0xE28080, 0xE2808F}, /* blanks, zero-width, direction marks */
        {0xE280A8, 0xE280AF}, /* line ends, embeddings */
        {0xE2819F, 0xE281AF}, /* joiners, isolates */
        {0xE38080, 0xE38080}, /* ideographic blank */
        {0xEFBBBF, 0xEFBBBF}, /* byte order mark */
    };

    for (size_t i = 0; i < text.len; i++) {
        unsigned two = 0, three = 0;
        if ((unsigned char)text.at[i] < 0x80) /* nearly all, of every message */
            continue;
        if (i + 1 < text.len)
            two = (unsigned)(unsigned char)text.at[i] << 8 |
                  (unsigned char)text.at[i + 1];
        if (i + 2 < text.len)
            three = two << 8 | (unsigned char)text.at[i + 2];
        for (size_t h = 0; h < ARRAY_LEN(hidden); h++) {
            unsigned value = hidden[h].first > 0xFFFF ? three : two;
            if (value >= hidden[h].first && value <= hidden[h].last)
                return true;
        }
    }
    return false;
}

/* A dot-atom: no dot at the ends, none behind another. */
static bool is_local_part(struct slice text)
{
    if (text.len == 0 || text.len > LOCAL_PART_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_edge = i == 0 || i + 1 == text.len || text.at[i - 1] == '.';
        if (text.at[i] == '.' ? is_edge : !is_atext(text.at[i]))
            return false;
    }
    return true;
}

static bool is_label(struct slice label)
{
    if (label.len == 0 || label.len > LABEL_MAX_BYTES || label.at[0] == '-' ||
        label.at[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_letter_or_digit(label.at[i]) && !is_beyond_ascii(label.at[i]) &&
            label.at[i] != '-')
            return false;
    return true;
}

static bool is_domain(struct slice text)
{
    struct slice rest = text, label = {0};
    bool has_letter = false;

    if (text.len == 0 || text.len > DOMAIN_MAX)
        return false;
    while (slice_cut(&rest, '.', &label))
        if (!is_label(label))
            return false;
    /* RFC 3696 2: the last label is not all digits, so "192.0.2.1" is no domain. */
    for (size_t i = 0; i < label.len; i++)
        has_letter = has_letter || label.at[i] < '0' || label.at[i] > '9';
    return has_letter;
}

static void copy_lower(struct slice text, char *out)
{
    for (size_t i = 0; i < text.len; i++)
        out[i] = lower(text.at[i]);
    out[text.len] = '\0';
}

bool mailbox_parse(struct slice text, char *out)
{
    text = slice_trim(text);
    if (text.len >= 2 && text.at[0] == '<' && text.at[text.len - 1] == '>')
        text = slice_trim(slice_of(text.at + 1, text.len - 2));
    if (text.len > MAILBOX_MAX || !slice_is_utf8(text) || hides_something(text))
        return false;
    ptrdiff_t at = slice_find_byte(text, '@');
    if (at < 0 || !is_local_part(slice_take(text, (size_t)at)) ||
        !is_domain(slice_skip(text, (size_t)at + 1)))
        return false;
    copy_lower(text, out);
    return true;
}

const char *mailbox_domain(const char *mailbox)
{
    const char *at = strrchr(mailbox, '@');

    return at == NULL ? "" : at + 1;
}

bool domain_parse(struct slice text, char out[DOMAIN_MAX + 1])
{
    text = slice_trim(text);
    if (!slice_is_utf8(text) || hides_something(text) || !is_domain(text))
        return false;
    copy_lower(text, out);
    return true;
}

bool mailbox_matches(const char *mailbox, const char *pattern)
{
    if (pattern[0] == '@')
        return mailbox[0] != '\0' && strcmp(mailbox_domain(mailbox), pattern + 1) == 0;
    return strcmp(mailbox, pattern) == 0;
}
