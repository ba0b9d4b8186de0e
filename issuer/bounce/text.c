/*
 * text.c - cleaning text, joining SMTP replies, and finding where the returned message starts.
 */
#include "base/base.h"

#include "issuer/bounce/text.h"

#include "base/strbuf.h"

enum {
    CLEAN_MAX =
        4 * TEXT_KEPT_MAX /* what is looked at at all; blanks and quotes fall away */
};

bool text_next_line(struct slice text, size_t *at, struct slice *line)
{
    if (*at >= text.len) {
        return false;
    }
    const char *start = text.at + *at;
    const char *end = memchr(start, '\n', text.len - *at);
    size_t len = end == NULL ? text.len - *at : (size_t)(end - start);
    *line = slice_of(start, len);
    *at += len + (end == NULL ? 0 : 1);
    return true;
}

static bool is_address_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
           c == '.' || c == ':';
}

struct slice text_cut(struct slice text, size_t len)
{
    if (text.len <= len) {
        return text;
    }
    while (len > 0 && ((unsigned char)text.at[len] & 0xC0) == 0x80) {
        len--;
    }
    while (len > 0 && is_address_byte(text.at[len]) &&
           is_address_byte(text.at[len - 1])) {
        len--;
    }
    return slice_of(text.at, len);
}

/* Length of the well-formed UTF-8 character at the start (RFC 3629 4), 0: none. */
static size_t utf8_length(struct slice text)
{
    unsigned char lead = (unsigned char)text.at[0];
    size_t len = 1;
    if (lead >= 0xC2 && lead <= 0xDF) {
        len = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        len = 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        len = 4;
    } else if (lead >= 0x80) {
        return 0;
    }
    return len <= text.len && slice_is_utf8(slice_of(text.at, len)) ? len : 0;
}

/* C1 controls, no-break and zero-width blanks, direction marks, soft hyphen, byte order mark:
 * what hides or reorders text. */
static bool is_blank_like(struct slice character)
{
    const unsigned char *b = (const unsigned char *)character.at;
    if (character.len == 2) {
        return b[0] == 0xC2 && (b[1] <= 0xA0 || b[1] == 0xAD);
    }
    if (character.len != 3) {
        return false;
    }
    bool is_general = b[0] == 0xE2 && b[1] == 0x80 &&
                      (b[2] <= 0x8F || (b[2] >= 0xA8 && b[2] <= 0xAF));
    bool is_format = b[0] == 0xE2 && b[1] == 0x81 && b[2] >= 0xA0 && b[2] <= 0xAF;
    bool is_mark = b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF;
    return is_general || is_format || is_mark;
}

/* Digits, full stop and colon as East Asian editors write them (U+FF10 and on); '\0': another
 * character. */
static char full_width(struct slice character)
{
    const unsigned char *b = (const unsigned char *)character.at;
    if (character.len != 3 || b[0] != 0xEF || b[1] != 0xBC) {
        return '\0';
    }
    if (b[2] >= 0x90 && b[2] <= 0x9A) {
        return (char)('0' +
                      (b[2] - 0x90)); /* the colon follows the nine here and there */
    }
    return (char)(b[2] == 0x8E ? '.' : '\0');
}

static struct slice without_quotes(struct slice line)
{
    while (line.len >= 2 && (line.at[0] == '>' || line.at[0] == '|') &&
           line.at[1] == ' ') {
        line = slice_skip(line, 2);
    }
    return line;
}

static void clean_line(struct strbuf *out, struct slice line, unsigned *flags)
{
    line = without_quotes(line);
    if (line.len > TEXT_LINE_MAX) {
        line = text_cut(line, TEXT_LINE_MAX);
        *flags |= FLAG_TRUNCATED;
    }
    while (line.len > 0) {
        unsigned char byte = (unsigned char)line.at[0];
        size_t len = utf8_length(line);
        if (len == 0) {
            strbuf_puts(out, "\xEF\xBF\xBD");
            line = slice_skip(line, 1);
            continue;
        }
        if (byte < 0x20 || byte == 0x7F) {
            bool is_usual = byte == '\t' || byte == '\r' || byte == '\f' ||
                            byte == 0x1B;
            *flags |= is_usual ? 0U : (unsigned)FLAG_BINARY;
            strbuf_putc(out, byte == '\t' ? '\t' : ' ');
        } else if (is_blank_like(slice_take(line, len))) {
            strbuf_putc(out, ' ');
        } else if (full_width(slice_take(line, len)) != '\0') {
            strbuf_putc(out, full_width(slice_take(line, len)));
        } else {
            strbuf_add(out, line.at, len);
        }
        line = slice_skip(line, len);
    }
}

/* A paste out of a log or JSON has its line ends written out: "\n". */
static bool has_written_line_ends(struct slice text)
{
    if (slice_find(text, SLICE("\\n")) < 0) {
        return false;
    }
    size_t at = 0;
    size_t lines = 0;
    struct slice line;
    while (lines <= 3 && text_next_line(text, &at, &line)) {
        lines++;
    }
    return lines <= 3;
}

static struct slice with_line_ends(struct arena *mem, struct slice text)
{
    if (!has_written_line_ends(text)) {
        return text;
    }
    char *out = arena_alloc(mem, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_written = text.at[i] == '\\' && i + 1 < text.len;
        if (is_written && text.at[i + 1] == 'n') {
            out[len++] = '\n';
            i++;
        } else if (is_written && text.at[i + 1] == 'r') {
            i++;
            out[len++] = ' ';
        } else {
            out[len++] = text.at[i];
        }
    }
    return slice_of(out, len);
}

struct slice text_clean(struct arena *mem, struct slice text, unsigned *flags)
{
    struct strbuf out;
    strbuf_init(&out, TEXT_KEPT_MAX);
    if (text.len > CLEAN_MAX) {
        text = text_cut(text, CLEAN_MAX);
        *flags |= FLAG_TRUNCATED;
    }
    text = with_line_ends(mem, text);
    size_t at = 0;
    size_t lines = 0;
    struct slice line;
    while (lines < TEXT_LINES_MAX && !out.full && text_next_line(text, &at, &line)) {
        if (line.len > 0 && line.at[line.len - 1] == '\r') {
            line.len--;
        }
        clean_line(&out, line, flags);
        strbuf_putc(&out, '\n');
        lines++;
    }
    if (out.full || at < text.len) {
        *flags |= FLAG_TRUNCATED;
    }
    struct slice kept = strbuf_slice(&out);
    if (out.full && kept.len > 0) {
        kept = text_cut(kept, kept.len - 1);
    }
    struct slice result = slice_of(arena_slice(mem, kept), kept.len);
    strbuf_release(&out);
    return result;
}

struct slice text_from_utf16(struct arena *mem, struct slice bytes)
{
    if (bytes.len < 4) {
        return bytes;
    }
    const unsigned char *in = (const unsigned char *)bytes.at;
    bool is_little = in[0] == 0xFF && in[1] == 0xFE;
    if (!is_little && !(in[0] == 0xFE && in[1] == 0xFF)) {
        return bytes;
    }
    char *out = arena_alloc(mem, bytes.len * 2);
    size_t len = 0;
    for (size_t i = 2; i + 1 < bytes.len; i += 2) {
        unsigned unit = is_little ? in[i] | ((unsigned)in[i + 1] << 8)
                                  : in[i + 1] | ((unsigned)in[i] << 8);
        if (unit >= 0xD800 && unit <= 0xDFFF) {
            unit = '?'; /* beyond the first plane: no reply needs it */
        }
        if (unit < 0x80) {
            out[len++] = (char)unit;
        } else if (unit < 0x800) {
            out[len++] = (char)(0xC0U | (unit >> 6));
            out[len++] = (char)(0x80U | (unit & 0x3FU));
        } else {
            out[len++] = (char)(0xE0U | (unit >> 12));
            out[len++] = (char)(0x80U | ((unit >> 6) & 0x3FU));
            out[len++] = (char)(0x80U | (unit & 0x3FU));
        }
    }
    return slice_of(out, len);
}

/* ---- the returned message ------------------------------------------------------- */

static const char *const returned_marks[] = {
    "--- Below this line is a copy of the message",
    "--- Below the next line is a copy of the message",
    "------ This is a copy of",
    "--- The header of the original message is following",
    "--- The message header",
    "Original message headers:",
    "Original message header:",
    "Message headers follow",
    "-----Original Message-----",
    "----- Original message -----",
    "----- Unsent message follows",
    "----- Unsent message below",
    "----- Original message follows",
    "----- Message header follows",
    "--- Original message follows",
    "--- Undelivered message follows ---",
    "The header of the original message",
    "Below is a copy of the original message",
    "Your original message:",
    "--- Mensaje original adjunto",
    "--- The attached file contains the original mail headers",
    "-----Ursprüngliche Nachricht-----", /* and "Ursprüngliche Nachrichtenkopfzeilen" */
    "En-têtes de message d'origine",
    "En-têtes du message d'origine",
    "Encabezados de mensaje",
    "Encabezados del mensaje original",
    "Intestazioni messaggio originale",
    "Intestazioni originali del messaggio",
    "Oorspronkelijke berichtkoppen",
    "Cabeçalhos de mensage",
    "Oryginalne nagłówki wiadomości",
    "Исходные заголовки сообщения",
    "元のメッセージ",
    "原始邮件头",
    "-----Message d'origine-----",
};

static struct slice without_dashes(struct slice line)
{
    line = slice_trim(line);
    while (line.len > 0 &&
           (line.at[0] == '-' || line.at[0] == '=' || line.at[0] == '*')) {
        line = slice_skip(line, 1);
    }
    return slice_trim(line);
}

static bool starts_returned(struct slice line)
{
    struct slice words = without_dashes(line);
    if (words.len == 0) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(returned_marks); i++) {
        struct slice mark = without_dashes(slice_from(returned_marks[i]));
        while (mark.len > 0 && mark.at[mark.len - 1] == '-') {
            mark.len--;
        }
        mark = slice_trim(mark);
        if (words.len >= mark.len &&
            slice_equal_nocase(slice_take(words, mark.len), mark)) {
            return true;
        }
    }
    return false;
}

/* Mail programs mark what they forward as they mark what they quote. When that is from a mail
 * server, it is the notice itself. */
static bool encloses_notice(struct slice text)
{
    static const char *const names[] = {"From:", "Von:", "De:", "Da:", "Van:", "Od:"};
    static const char *const servers[] = {"mailer-daemon",        "postmaster",
                                          "mail delivery",        "delivery subsystem",
                                          "system administrator", "microsoft outlook",
                                          "microsoftexchange",    "mailer daemon"};
    size_t at = 0;
    struct slice line;
    for (size_t lines = 0; lines < 8 && text_next_line(text, &at, &line); lines++) {
        line = slice_trim(line);
        bool is_from = false;
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            is_from = is_from || slice_starts_nocase(line, names[i]);
        }
        for (size_t i = 0; is_from && i < ARRAY_LEN(servers); i++) {
            if (slice_find_nocase(line, slice_from(servers[i])) >= 0) {
                return true;
            }
        }
    }
    return false;
}

size_t text_returned_at(struct slice text)
{
    size_t at = 0;
    size_t start = 0;
    struct slice line;
    while (text_next_line(text, &at, &line)) {
        if (starts_returned(line) && !encloses_notice(slice_skip(text, at))) {
            return start;
        }
        start = at;
    }
    return text.len;
}

/* ---- SMTP replies of several lines -------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length of "5.7.1" at the start, 0: none. */
static size_t enhanced_length(struct slice text)
{
    size_t i = 0;
    for (int part = 0; part < 3; part++) {
        size_t digits = 0;
        while (i < text.len && is_digit(text.at[i]) && digits < 3) {
            i++;
            digits++;
        }
        bool is_last = part == 2;
        if (digits == 0 || (!is_last && (i >= text.len || text.at[i] != '.'))) {
            return 0;
        }
        i += is_last ? 0 : 1;
    }
    bool ends = i == text.len || (text.at[i] != '.' && !is_digit(text.at[i]));
    return ends ? i : 0;
}

/* What of text, at the start of a word, repeats the code and its enhanced code. */
static size_t repeated_code(struct slice text, struct slice code)
{
    bool repeats = text.len > 4 && slice_equal(slice_take(text, 3), code) &&
                   (text.at[3] == '-' || text.at[3] == ' ');
    if (!repeats) {
        return 0;
    }
    size_t len = 4;
    while (len < text.len && text.at[len] == ' ') {
        len++;
    }
    size_t enhanced = enhanced_length(slice_skip(text, len));
    if (enhanced == 0) {
        return text.at[3] == '-' ? 4 : len;
    }
    len += enhanced;
    while (len < text.len && text.at[len] == ' ') {
        len++;
    }
    return len;
}

struct slice text_join_reply(struct arena *mem, struct slice reply)
{
    char *out = arena_alloc(mem, reply.len + 1);
    size_t len = 0;
    bool is_long = reply.len > 4 && is_digit(reply.at[0]) && is_digit(reply.at[1]) &&
                   is_digit(reply.at[2]) && reply.at[3] == '-';
    struct slice code = slice_take(reply, 3);
    size_t i = 0;
    while (i < reply.len) {
        char c = reply.at[i];
        bool after_blank = len > 0 && out[len - 1] == ' ';
        size_t skip = is_long && after_blank ? repeated_code(slice_skip(reply, i), code)
                                             : 0;
        if (skip > 0) {
            i += skip;
            continue;
        }
        bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
                        (is_long && i == 3);
        if (!is_blank) {
            out[len++] = c;
        } else if (len > 0 && !after_blank) {
            out[len++] = ' ';
        }
        i++;
    }
    return slice_trim(slice_of(out, len));
}
