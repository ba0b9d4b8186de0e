/*
 * status_code.c - SMTP reply codes and enhanced status codes at the start of a text.
 */
#include "base/base.h"

#include "core/status_code.h"

enum {
    REPLY_CODE_MIN = 200,
    REPLY_CODE_MAX = 599,
    SUBCODE_DIGITS_MAX = 3, /* RFC 3463 2 */
    ENHANCED_SIZE = 16
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* qmail and others write "550-#5.7.1": what joins the two codes belongs to neither. */
static struct slice skip_joints(struct slice text)
{
    while (text.len > 0 && strchr(" \t-#", text.at[0]) != NULL && text.at[0] != '\0')
        text = slice_skip(text, 1);
    return text;
}

bool reply_code_take(struct slice *text, unsigned *out)
{
    unsigned code = 0;

    if (text->len < 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!is_digit(text->at[i]))
            return false;
        code = code * 10 + (unsigned)(text->at[i] - '0');
    }
    if (code < REPLY_CODE_MIN || code > REPLY_CODE_MAX)
        return false;
    struct slice rest = slice_skip(*text, 3);
    /* "203.0.113.9" and "5541" are other things. */
    if (rest.len > 0 && (is_digit(rest.at[0]) || is_letter(rest.at[0])))
        return false;
    if (rest.len > 1 && rest.at[0] == '.' && is_digit(rest.at[1]))
        return false;
    *text = skip_joints(rest);
    *out = code;
    return true;
}

/* The length of ".N", ".NN" or ".NNN" without leading zeros at text, or 0. */
static size_t subcode_len(struct slice text)
{
    size_t digits = 0;

    if (text.len < 2 || text.at[0] != '.')
        return 0;
    while (1 + digits < text.len && is_digit(text.at[1 + digits]))
        digits++;
    if (digits == 0 || digits > SUBCODE_DIGITS_MAX || (digits > 1 && text.at[1] == '0'))
        return 0;
    return 1 + digits;
}

bool enhanced_code_take(struct slice *text, char *out)
{
    if (text->len == 0 || text->at[0] == '\0' || strchr("245", text->at[0]) == NULL)
        return false;
    struct slice rest = slice_skip(*text, 1);
    for (int i = 0; i < 2; i++) {
        size_t len = subcode_len(rest);
        if (len == 0)
            return false;
        rest = slice_skip(rest, len);
    }
    /* A fourth number makes it an address, a letter makes it a name. */
    if (subcode_len(rest) > 0 || (rest.len > 0 && is_letter(rest.at[0])))
        return false;
    size_t len = text->len - rest.len;
    assert(len < ENHANCED_SIZE);
    memcpy(out, text->at, len);
    out[len] = '\0';
    *text = skip_joints(rest);
    return true;
}
