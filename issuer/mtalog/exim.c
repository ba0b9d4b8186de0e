/*
 * exim.c - Exim's main log (The Exim specification, "Log files"; what log_selector adds is skipped
 * or used).
 *
 * "TIME ID <= SENDER …", "TIME ID => RECIPIENT …", "->", "**", "==", "Completed". Exim writes
 * unprinting bytes of foreign text as escapes, so nobody outside can begin a line. Of an arrival
 * only what stands before the message id is read: behind it stands the subject.
 */
#include "base/base.h"

#include "base/number.h"
#include "issuer/mtalog/line.h"
#include "issuer/mtalog/stamp.h"

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

/* "1xVXOS-0000ee-32", since 4.97 "1rXyZa-000000012Ab-3cDe". */
static bool take_queue_id(struct slice *text, struct slice *out)
{
    static const size_t forms[][3] = {
        {6, 6,  2},
        {6, 11, 4},
    };

    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        size_t at = 0;
        bool fits = true;
        for (size_t part = 0; part < 3 && fits; part++) {
            for (size_t i = 0; i < forms[f][part] && fits; i++, at++)
                fits = at < text->len && is_alphanumeric(text->at[at]);
            char end = part < 2 ? '-' : ' ';
            fits = fits && at < text->len && text->at[at] == end;
            at++;
        }
        if (fits) {
            *out = slice_take(*text, at - 1);
            *text = slice_skip(*text, at);
            return true;
        }
    }
    return false;
}

/* One field of a line: "KEY=value", "KEY=\"quoted value\"", or a word alone (key empty). */
struct field {
    struct slice key, value;
    bool is_last; /* a colon ends the fields: the error text follows */
};

static bool take_quoted(struct slice *text, struct slice *out)
{
    struct slice rest = slice_skip(*text, 1);
    size_t len = 0;

    while (len < rest.len && rest.at[len] != '"')
        len += rest.at[len] == '\\' ? 2 : 1;
    if (len >= rest.len)
        return false;
    *out = slice_take(rest, len);
    *text = slice_skip(rest, len + 1);
    return true;
}

/* "=name (helo) [address]:port*", the parts there are. out is the whole of it. */
static bool take_host_value(struct slice *text, struct slice *out)
{
    struct slice start = *text;
    ptrdiff_t open = slice_find_byte(*text, '[');
    ptrdiff_t helo = slice_find_byte(*text, '(');

    /* A HELO name in parentheses may hold an address literal: "([192.0.2.1])". */
    if (helo >= 0 && (open < 0 || helo < open)) {
        ptrdiff_t end = slice_find_byte(slice_skip(*text, (size_t)helo), ')');
        if (end < 0)
            return false;
        *text = slice_skip(*text, (size_t)(helo + end) + 1);
        open = slice_find_byte(*text, '[');
    }
    if (open < 0)
        return false;
    *text = slice_skip(*text, (size_t)open);
    ptrdiff_t close = slice_find_byte(*text, ']');
    if (close < 0)
        return false;
    *text = slice_skip(*text, (size_t)close + 1);
    if (text->len > 1 && text->at[0] == ':' && text->at[1] >= '0' &&
        text->at[1] <= '9') {
        size_t len = 1;
        while (len < text->len && text->at[len] >= '0' && text->at[len] <= '9')
            len++;
        *text = slice_skip(*text, len);
    }
    mtalog_take(text, "*"); /* the connection was used before */
    *out = slice_take(start, start.len - text->len);
    return true;
}

static bool take_value(struct slice *text, struct slice key, struct slice *out)
{
    if (slice_is(key, "H"))
        return take_host_value(text, out);
    if (text->len > 0 && text->at[0] == '"')
        return take_quoted(text, out);
    if (text->len > 0 && text->at[0] == '<') {
        *text = slice_skip(*text, 1);
        return mtalog_take_address(text, ">", out) && mtalog_take(text, ">");
    }
    size_t len = 0;
    while (len < text->len && text->at[len] != ' ')
        len++;
    *out = slice_take(*text, len);
    *text = slice_skip(*text, len);
    return true;
}

/* The next field; *text stands behind it and its blank. false at the end. */
static bool take_field(struct slice *text, struct field *out)
{
    size_t len = 0;

    while (text->len > 0 && text->at[0] == ' ')
        *text = slice_skip(*text, 1);
    if (text->len == 0)
        return false;
    *out = (struct field){.is_last = false};
    while (len < text->len && is_alphanumeric(text->at[len]))
        len++;
    if (len > 0 && len < text->len && text->at[len] == '=') {
        out->key = slice_take(*text, len);
        *text = slice_skip(*text, len + 1);
    }
    if (!take_value(text, out->key, &out->value))
        return false;
    if (mtalog_take(text, ":")) { /* behind quotes or brackets */
        out->is_last = true;
    } else if (out->value.len > 0 && text->at > out->value.at &&
               text->at - 1 == out->value.at + out->value.len - 1 &&
               out->value.at[out->value.len - 1] == ':') {
        out->value = slice_take(out->value, out->value.len - 1);
        out->is_last = true;
    }
    mtalog_take(text, " ");
    return true;
}

/* "dovecot_plain:user@host", with smtp_mailauth ":sender" behind it. */
static struct slice login_of(struct slice value)
{
    ptrdiff_t colon = slice_find_byte(value, ':');
    struct slice none = {0};

    if (colon < 0)
        return none;
    value = slice_skip(value, (size_t)colon + 1);
    colon = slice_find_byte(value, ':');
    return colon < 0 ? value : slice_take(value, (size_t)colon);
}

/* "<= SENDER H=… P=… X=… A=driver:login S=490 id=… T="…" for …" */
static bool read_arrival(struct slice text, struct mtalog_line *line)
{
    struct field field;

    if (!mtalog_take_address(&text, " ", &line->sender))
        return false;
    if (slice_is(line->sender, "<>"))
        line->sender = slice_take(line->sender, 0);
    while (take_field(&text, &field)) {
        if (slice_is(field.key, "id")) {
            line->message_id = field.value;
            break;
        }
        if (field.key.len == 0)
            break; /* "for", "from": no field follows */
        if (slice_is(field.key, "A"))
            line->login = login_of(field.value);
        else if (slice_is(field.key, "R"))
            line->notice_of = field.value;
        else if (slice_is(field.key, "S") &&
                 !number_i64(field.value, 0, INT64_MAX, &line->bytes))
            line->bytes = 0;
    }
    line->kind = MTALOG_RECEIVED;
    return true;
}

/* What a server was told before it answered: "RCPT TO:<…>", "MAIL FROM:<…> SIZE=…", "DATA", "initial
 * connection", "end of data"; then ": ". */
static bool skip_command(struct slice *text)
{
    struct slice rest = *text;
    ptrdiff_t angle = slice_find(rest, SLICE(":<"));
    ptrdiff_t colon = slice_find(rest, SLICE(": "));
    struct slice ignored;

    if (angle >= 0 && (colon < 0 || angle < colon)) {
        rest = slice_skip(rest, (size_t)angle + 2);
        if (!mtalog_take_address(&rest, ">", &ignored))
            return false;
        colon = slice_find(rest, SLICE(": "));
    }
    if (colon < 0)
        return false;
    *text = slice_skip(rest, (size_t)colon + 2);
    return true;
}

/* The error text behind the fields: a server's reply, or Exim's own words. */
static void read_error(struct slice text, struct mtalog_line *line)
{
    static const char *const openings[] = {
        "SMTP error from remote mail server after ",
        "SMTP error from remote mailer after ", /* before 4.83 */
        "LMTP error after ",
    };
    struct slice rest = slice_trim(text);
    struct slice name;
    struct slice address;

    for (size_t i = 0; i < ARRAY_LEN(openings); i++) {
        struct slice reply = rest;
        if (!mtalog_take(&reply, openings[i]) || !skip_command(&reply))
            continue;
        struct slice host = reply; /* before 4.83: "host NAME [ADDRESS]: REPLY" */
        if (mtalog_take(&host, "host ") && mtalog_take_host(&host, &name, &address) &&
            mtalog_take(&host, ": ")) {
            reply = host;
            if (line->relay.at == NULL) {
                line->relay = name;
                line->relay_address = address;
            }
        }
        mtalog_set_reply(line, reply);
        return;
    }
    mtalog_set_reply(line, rest);
}

static void set_host(struct slice value, struct mtalog_line *line)
{
    if (!mtalog_take_host(&value, &line->relay, &line->relay_address))
        return;
}

static void set_field(const struct field *field, struct mtalog_line *line)
{
    if (slice_is(field->key, "T")) {
        line->source = field->value;
    } else if (slice_is(field->key, "H")) {
        set_host(field->value, line);
    } else if (slice_is(field->key, "F")) {
        line->sender = field->value;
    } else if (slice_is(field->key, "C")) {
        mtalog_set_reply(line, field->value);
    } else if (slice_is(field->key, "I")) {
        struct slice value = field->value;
        ptrdiff_t end = slice_find_byte(value, ']');
        if (mtalog_take(&value, "[") && end > 0)
            line->source_address = slice_take(value, (size_t)end - 1);
    }
}

/* "RECIPIENT R=… T=… H=… I=[…] …", "LOCAL <RECIPIENT> …", a colon behind either. */
static bool read_recipient(struct slice *text, struct mtalog_line *line, bool *is_last)
{
    struct slice first;
    struct slice angle;

    if (!mtalog_take_address(text, " ", &first))
        return false;
    if (first.len > 0 && first.at[first.len - 1] == ':') {
        first = slice_take(first, first.len - 1);
        *is_last = true;
    }
    mtalog_take(text, " ");
    if (!*is_last && mtalog_take(text, "<")) {
        if (!mtalog_take_address(text, ">", &angle) || !mtalog_take(text, ">"))
            return false;
        *is_last = mtalog_take(text, ":");
        if (slice_find_byte(first, '@') < 0)
            first = angle;
    }
    line->recipient = first;
    return first.len > 0;
}

static bool read_delivery(struct slice text, struct mtalog_line *line)
{
    bool is_last = false;
    struct field field;

    if (!read_recipient(&text, line, &is_last))
        return false;
    while (!is_last && take_field(&text, &field)) {
        set_field(&field, line);
        is_last = field.is_last;
    }
    /* A local delivery says nothing of other servers. */
    if (line->status == DELIVERY_SENT && line->relay_address.at == NULL)
        return false;
    if (line->status != DELIVERY_SENT)
        read_error(text, line);
    line->kind = MTALOG_ATTEMPTED;
    return true;
}

static const struct {
    const char *mark;
    enum delivery_status status;
} marks[] = {
    {"=> ", DELIVERY_SENT    },
    {"-> ", DELIVERY_SENT    },
    {">> ", DELIVERY_SENT    }, /* handed on while it came in */
    {"== ", DELIVERY_DEFERRED},
    {"** ", DELIVERY_BOUNCED },
};

static bool read_message_line(struct slice text, struct mtalog_line *line)
{
    if (mtalog_take(&text, "<= "))
        return read_arrival(text, line);
    if (slice_is(text, "Completed") || slice_starts(text, "Completed ")) {
        line->kind = MTALOG_ENDED;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (mtalog_take(&text, marks[i].mark)) {
            line->status = marks[i].status;
            return read_delivery(text, line);
        }
    return false;
}

void mtalog_read_exim(struct slice text, int64_t now UNUSED, struct mtalog_line *out)
{
    struct mtalog_line line = {.kind = MTALOG_OTHER};

    *out = line;
    if (!stamp_take_exim(&text, &line.at))
        return;
    out->at = line.at;
    if (take_queue_id(&text, &line.queue_id) && read_message_line(text, &line))
        *out = line;
}
