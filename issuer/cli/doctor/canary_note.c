/*
 * canary_note.c - the field of a test message.
 */
#include "base/base.h"

#include "issuer/cli/doctor/canary_note.h"

#include "base/number.h"

enum {
    OF_MAX = 999
};

void canary_note_format(const struct canary_note *note, struct strbuf *out)
{
    char address[ADDRESS_TEXT_MAX + 1];

    address_format(&note->address, address);
    strbuf_printf(out, "%s lane=%s address=%s helo=%s of=%u", note->token, note->lane,
                  address, note->helo, note->of);
}

static bool take_text(struct slice value, char *out, size_t max)
{
    if (value.len == 0 || value.len > max || !slice_is_printable(value))
        return false;
    memcpy(out, value.at, value.len);
    out[value.len] = '\0';
    return true;
}

/* The next word, without "name=" in front. */
static bool take_word(struct slice *rest, const char *name, struct slice *out)
{
    if (!slice_cut(rest, ' ', out) || !slice_starts(*out, name))
        return false;
    *out = slice_skip(*out, strlen(name));
    return true;
}

bool canary_note_parse(struct slice value, struct canary_note *out)
{
    struct canary_note note = {0};
    struct slice token, lane, address, helo, of;
    uint64_t count;

    if (!take_word(&value, "", &token) || !take_word(&value, "lane=", &lane) ||
        !take_word(&value, "address=", &address) ||
        !take_word(&value, "helo=", &helo) || !take_word(&value, "of=", &of) ||
        token.len != CANARY_TOKEN_LEN ||
        !take_text(token, note.token, CANARY_TOKEN_LEN) ||
        !take_text(lane, note.lane, LANE_MAX) ||
        !take_text(helo, note.helo, DOMAIN_MAX) ||
        !address_parse(address, &note.address) || !number_u64(of, OF_MAX, &count) ||
        count == 0)
        return false;
    note.of = (unsigned)count;
    *out = note;
    return true;
}
