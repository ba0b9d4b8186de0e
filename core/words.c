/*
 * words.c - what may be kept as a line of text.
 */
#include "base/base.h"

#include "core/words.h"

/* C0 controls, DEL, and C1 controls (U+0080 to U+009F, in UTF-8 c2 80 to c2 9f). */
static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte < 0x20 || byte == 0x7f)
            return true;
        if (byte == 0xc2 && i + 1 < text.len && (unsigned char)text.at[i + 1] < 0xa0)
            return true;
    }
    return false;
}

bool words_are_plain(struct slice text, size_t max_bytes)
{
    return text.len <= max_bytes && slice_is_utf8(text) && !has_control(text);
}

int words_check(const char *what, const char *text, size_t max_bytes, struct error *err)
{
    if (text == NULL || words_are_plain(slice_from(text), max_bytes))
        return 0;
    return error_set(err, ERROR_INVALID,
                     "the %s must be one line of text of at most %zu bytes", what,
                     max_bytes);
}
