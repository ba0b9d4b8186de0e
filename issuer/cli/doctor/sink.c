/*
 * sink.c - the receiving side of SMTP, as little of it as a mail server needs to hand a message over.
 */
#include "base/base.h"

#include "issuer/cli/doctor/sink.h"

#include "issuer/cli/doctor/received.h"

enum {
    REPLIES_MAX = 16 * 1024
};

static void reply(struct sink *sink, const char *text)
{
    strbuf_printf(&sink->replies, "%s\r\n", text);
}

static void fault(struct sink *sink, const char *text)
{
    if (++sink->errors < SINK_ERRORS_MAX) {
        reply(sink, text);
        return;
    }
    reply(sink, "421 4.7.0 Too many errors");
    sink->state = SINK_OVER;
}

static void forget(struct sink *sink)
{
    sink->has_sender = sink->has_recipient = sink->is_too_large = false;
    strbuf_reset(&sink->message);
}

void sink_init(struct sink *out, const char *name, const char *mailbox, const char *run)
{
    *out = (struct sink){.name = name, .mailbox = mailbox, .run = run};
    strbuf_init(&out->line, SINK_LINE_MAX);
    strbuf_init(&out->message, SINK_MESSAGE_MAX);
    strbuf_init(&out->replies, REPLIES_MAX);
    strbuf_printf(&out->replies, "220 %s ESMTP cleansmtp doctor\r\n", name);
}

void sink_release(struct sink *sink)
{
    strbuf_release(&sink->line);
    strbuf_release(&sink->message);
    strbuf_release(&sink->replies);
}

/* ---- commands ---- */

/* "<a@b> SIZE=1" as "a@b". */
static bool take_path(struct slice text, struct slice *out)
{
    text = slice_trim(text);
    ptrdiff_t end = slice_find_byte(text, '>');

    if (text.len == 0 || text.at[0] != '<' || end < 0)
        return false;
    *out = slice_skip(slice_take(text, (size_t)end), 1);
    return true;
}

static bool is_ours(const struct sink *sink, struct slice mailbox)
{
    struct slice wanted = slice_from(sink->mailbox);

    if (slice_ends_nocase(wanted, "@"))
        mailbox = slice_take(mailbox, wanted.len);
    return slice_equal_nocase(mailbox, wanted);
}

static void on_hello(struct sink *sink, struct slice argument)
{
    struct slice name = slice_trim(argument);

    if (name.len == 0 || name.len > DOMAIN_MAX || !slice_is_printable(name)) {
        fault(sink, "501 5.5.4 A name, please");
        return;
    }
    memcpy(sink->helo, name.at, name.len);
    sink->helo[name.len] = '\0';
    sink->has_greeted = true;
    forget(sink);
    strbuf_printf(&sink->replies, "250 %s\r\n", sink->name);
}

static void on_mail(struct sink *sink, struct slice argument)
{
    struct slice path;

    if (!sink->has_greeted || sink->has_sender)
        fault(sink, "503 5.5.1 Not now");
    else if (!slice_starts_nocase(argument, "FROM:") ||
             !take_path(slice_skip(argument, 5), &path))
        fault(sink, "501 5.5.4 MAIL FROM:<...>");
    else {
        sink->has_sender = true;
        reply(sink, "250 2.1.0 Ok");
    }
}

static void on_rcpt(struct sink *sink, struct slice argument)
{
    struct slice path;

    if (!sink->has_sender)
        fault(sink, "503 5.5.1 MAIL first");
    else if (!slice_starts_nocase(argument, "TO:") ||
             !take_path(slice_skip(argument, 3), &path))
        fault(sink, "501 5.5.4 RCPT TO:<...>");
    else if (!is_ours(sink, path))
        fault(sink, "550 5.1.1 Only a test is received here");
    else {
        sink->has_recipient = true;
        reply(sink, "250 2.1.5 Ok");
    }
}

static void on_data(struct sink *sink, struct slice argument UNUSED)
{
    if (!sink->has_recipient) {
        fault(sink, "503 5.5.1 RCPT first");
        return;
    }
    sink->state = SINK_DATA;
    reply(sink, "354 End with a dot on a line of its own");
}

static void on_reset(struct sink *sink, struct slice argument UNUSED)
{
    forget(sink);
    reply(sink, "250 2.0.0 Ok");
}

static void on_nothing(struct sink *sink, struct slice argument UNUSED)
{
    reply(sink, "250 2.0.0 Ok");
}

static void on_quit(struct sink *sink, struct slice argument UNUSED)
{
    reply(sink, "221 2.0.0 Bye");
    sink->state = SINK_OVER;
}

static const struct {
    const char *verb;
    void (*run)(struct sink *sink, struct slice argument);
} commands[] = {
    {"EHLO", on_hello  },
    {"HELO", on_hello  },
    {"MAIL", on_mail   },
    {"RCPT", on_rcpt   },
    {"DATA", on_data   },
    {"RSET", on_reset  },
    {"NOOP", on_nothing},
    {"QUIT", on_quit   },
};

static void on_command(struct sink *sink, struct slice line)
{
    struct slice rest = line;
    struct slice verb = {0};

    slice_cut(&rest, ' ', &verb);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (slice_is_nocase(verb, commands[i].verb)) {
            commands[i].run(sink, rest);
            return;
        }
    fault(sink, "502 5.5.2 Not here");
}

/* ---- the message ---- */

/* The canary's field in the header; its name must be whole. */
static bool take_value(struct slice message, char *out)
{
    struct slice line;

    while (slice_line(&message, &line) && line.len > 0) {
        if (!slice_starts_nocase(line, CANARY_FIELD ":"))
            continue;
        struct slice value = slice_trim(slice_skip(line, sizeof CANARY_FIELD));
        if (value.len > SINK_VALUE_MAX || !slice_is_printable(value))
            return false;
        memcpy(out, value.at, value.len);
        out[value.len] = '\0';
        return true;
    }
    return false;
}

/* The dot has come. */
static bool end_message(struct sink *sink, struct sink_message *out)
{
    bool is_taken = false;

    sink->state = SINK_COMMAND;
    if (sink->is_too_large || sink->message.full)
        fault(sink, "552 5.3.4 Too large");
    else if (!take_value(strbuf_slice(&sink->message), out->value) ||
             !slice_starts(slice_of(out->value, strlen(out->value)), sink->run))
        fault(sink, "550 5.7.1 Only a test is received here");
    else {
        memcpy(out->helo, sink->helo, sizeof out->helo);
        reply(sink, "250 2.0.0 Received, thank you");
        is_taken = true;
    }
    forget(sink);
    return is_taken;
}

static bool on_line(struct sink *sink, struct slice line, struct sink_message *out)
{
    if (sink->state == SINK_COMMAND) {
        on_command(sink, line);
        return false;
    }
    if (slice_is(line, "."))
        return end_message(sink, out);
    if (slice_starts(line, "."))
        line = slice_skip(line, 1);
    strbuf_add_slice(&sink->message, line);
    strbuf_putc(&sink->message, '\n');
    return false;
}

bool sink_take(struct sink *sink, struct slice *input, struct sink_message *out)
{
    while (sink->state != SINK_OVER && input->len > 0) {
        ptrdiff_t end = slice_find_byte(*input, '\n');
        size_t take = end < 0 ? input->len : (size_t)end + 1;
        strbuf_add_slice(&sink->line, slice_take(*input, take));
        *input = slice_skip(*input, take);
        struct slice line = strbuf_slice(&sink->line);
        bool is_whole = line.len >= 2 && line.at[line.len - 2] == '\r' &&
                        line.at[line.len - 1] == '\n';
        /* A bare LF, or a line without end, is how messages are smuggled. */
        if (sink->line.full || (end >= 0 && !is_whole)) {
            reply(sink, "500 5.5.2 Lines end with CRLF, and sooner");
            sink->state = SINK_OVER;
        }
        if (end < 0 || sink->state == SINK_OVER)
            continue;
        bool has_message = on_line(sink, slice_take(line, line.len - 2), out);
        strbuf_reset(&sink->line);
        if (has_message)
            return true;
    }
    return false;
}
