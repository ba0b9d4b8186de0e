/*
 * verify_record.c - records and lines of the verify socket.
 */
#include "base/base.h"

#include "auth/verify_record.h"

#include "base/escape.h"

enum {
    FIELD_LOGIN,
    FIELD_PASSWORD,
    FIELD_SERVICE,
    FIELD_CLIENT,
    FIELD_COUNT
};

/* Values of the TAB form lose their escapes into space. The space is born with the whole record's
 * size, so that earlier slices into it do not move. */
static bool plain_value(struct slice field, bool is_escaped, struct strbuf *space,
                        struct slice *out)
{
    size_t start = space->len;

    if (!is_escaped) {
        *out = field;
        return true;
    }
    if (!unescape_dovecot(space, field) || space->full)
        return false;
    *out = slice_of(space->at + start, space->len - start);
    return true;
}

/* What we do not know is none of our business, but for a version of the rules themselves. */
static enum verify_record read_option(struct slice field,
                                      struct verify_request *request)
{
    struct slice value = field, name;

    if (slice_is(field, "secured=yes"))
        request->secured = true;
    return slice_cut(&value, '=', &name) && slice_is(name, "version") &&
                   !slice_is(value, VERIFY_RECORD_VERSION)
               ? VERIFY_RECORD_FOREIGN
               : VERIFY_RECORD_GOOD;
}

/* Grow once to the most that unescaping can give. */
static void prepare(struct strbuf *space, size_t bytes)
{
    strbuf_reset(space);
    for (size_t i = 0; i < bytes; i++)
        strbuf_putc(space, ' ');
    strbuf_reset(space);
}

enum verify_record verify_record_parse(struct slice record, struct strbuf *space,
                                       struct verify_request *out)
{
    enum verify_record result = VERIFY_RECORD_GOOD;
    bool is_escaped = slice_find_byte(record, '\0') < 0;
    struct slice value[FIELD_COUNT] = {
        [FIELD_SERVICE] = SLICE("smtp"), [FIELD_CLIENT] = SLICE("")};
    struct verify_request request = {0};
    struct slice rest = record, field;
    size_t count = 0;

    prepare(space, is_escaped ? record.len : 0);
    /* Each field of the NUL form ends with its NUL, and no field is behind the last one. */
    if (!is_escaped && record.at[record.len - 1] == '\0')
        rest.len--;
    for (; slice_cut(&rest, is_escaped ? '\t' : '\0', &field); count++) {
        if (count < FIELD_COUNT) {
            if (!plain_value(field, is_escaped, space, &value[count]))
                return VERIFY_RECORD_MALFORMED;
        } else if (read_option(field, &request) == VERIFY_RECORD_FOREIGN) {
            result = VERIFY_RECORD_FOREIGN;
        }
    }
    if (count <= FIELD_PASSWORD || value[FIELD_LOGIN].len == 0)
        return VERIFY_RECORD_MALFORMED;
    request.login = value[FIELD_LOGIN];
    request.password = value[FIELD_PASSWORD];
    request.client = value[FIELD_CLIENT];
    request.service = value[FIELD_SERVICE].len > 0 ? value[FIELD_SERVICE]
                                                   : SLICE("smtp");
    *out = request;
    return result;
}

static void add_pair(struct strbuf *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    strbuf_printf(out, "\t%s=", name);
    escape_append(out, ESCAPE_DOVECOT, slice_from(value));
}

void verify_record_answer(const struct verify_line *line, struct strbuf *out)
{
    const struct verdict_answer *words = verdict_answer(line->verdict);

    strbuf_puts(out, words->verify);
    if (line->verdict == VERDICT_OK) {
        add_pair(out, "user", line->username);
        add_pair(out, "lane", line->lane);
        add_pair(out, "address", line->address);
    } else if (line->verdict == VERDICT_TEMPORARY) {
        add_pair(out, "reason",
                 words->reason != NULL ? words->reason : "temporary failure");
    } else {
        add_pair(out, "reason", words->reason);
    }
    strbuf_putc(out, '\n');
}

void verify_record_malformed(struct strbuf *out)
{
    strbuf_puts(out, "TEMP\treason=malformed request\n");
}

void verify_record_foreign(struct strbuf *out)
{
    strbuf_puts(
        out,
        "TEMP\treason=this version is not spoken here\tversion=" VERIFY_RECORD_VERSION
        "\n");
}
