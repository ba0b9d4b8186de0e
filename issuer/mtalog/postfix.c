/*
 * postfix.c - Postfix's mail log, as syslog or postlogd writes it.
 *
 * "TIME HOST TAG[PID]: QUEUEID: …". Postfix replaces control bytes in what it logs (printable(3)),
 * so nobody outside can begin a line; it quotes addresses (info_log_addr_form = quoted, the default
 * since 3.5), so a ">" or ", status=" in a local part stands between quotes. Lines that repeat what
 * a client said without a queue id (NOQUEUE, warning:) are not read at all.
 */
#include "base/base.h"

#include "base/number.h"
#include "core/status_code.h"
#include "issuer/mtalog/line.h"
#include "issuer/mtalog/stamp.h"

enum {
    SHORT_ID_MIN = 6, /* microseconds in five hex digits and an inode */
    LONG_ID_MIN = 10
};

/* Short ids are upper case hex; long ones base 52 and a "z" between time and inode: digits and
 * letters without vowels (global/mail_queue.h), so that no word of a message is one. */
static bool is_queue_id(struct slice id)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char base52[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    bool is_short = id.len >= SHORT_ID_MIN;
    bool is_long = id.len >= LONG_ID_MIN;

    if (id.len > DELIVERY_QUEUE_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        is_short = is_short && id.at[i] != '\0' && strchr(hex, id.at[i]) != NULL;
        is_long = is_long && id.at[i] != '\0' && strchr(base52, id.at[i]) != NULL;
    }
    return is_short || is_long;
}

static bool take_queue_id(struct slice *text, struct slice *out)
{
    ptrdiff_t end = slice_find_byte(slice_take(*text, DELIVERY_QUEUE_ID_MAX + 1), ':');

    if (end < 0 || !is_queue_id(slice_take(*text, (size_t)end)))
        return false;
    struct slice rest = slice_skip(*text, (size_t)end);
    if (!mtalog_take(&rest, ": "))
        return false;
    *out = slice_take(*text, (size_t)end);
    *text = rest;
    return true;
}

/* "HOST postfix/clean1/smtp[123]: ": process is "smtp", source "clean1"; of "postfix/smtp" both
 * are "smtp"; of "clean1/smtp" (syslog_name = clean1) source is "clean1". */
static bool take_tag(struct slice *text, struct slice *process, struct slice *source)
{
    struct slice rest = *text;
    ptrdiff_t blank = slice_find_byte(rest, ' ');

    if (blank <= 0)
        return false;
    rest = slice_skip(rest, (size_t)blank + 1);
    blank = slice_find_byte(rest, ' ');
    if (blank <= 1 || rest.at[blank - 1] != ':')
        return false;
    struct slice tag = slice_take(rest, (size_t)blank - 1);
    ptrdiff_t bracket = slice_find_byte(tag, '[');
    if (bracket >= 0)
        tag = slice_take(tag, (size_t)bracket);
    size_t slash = tag.len;
    while (slash > 0 && tag.at[slash - 1] != '/')
        slash--;
    if (slash < 2)
        return false; /* not a process of Postfix: its tags have a slash */
    *process = slice_skip(tag, slash);
    struct slice name = slice_take(tag, slash - 1);
    if (slice_is(name, "postfix"))
        *source = *process;
    else
        *source = slice_starts(name, "postfix/") ? slice_skip(name, 8) : name;
    *text = slice_skip(rest, (size_t)blank + 1);
    return true;
}

/* The value up to ", " or the end; advances behind it. */
static struct slice take_value(struct slice *text)
{
    ptrdiff_t end = slice_find(*text, SLICE(", "));
    struct slice value = end < 0 ? *text : slice_take(*text, (size_t)end);

    *text = slice_skip(*text, end < 0 ? text->len : (size_t)end + 2);
    return value;
}

/* smtpd, qmqpd: "client=NAME[ADDRESS], sasl_method=PLAIN, sasl_username=…"; after a filter
 * "orig_queue_id=…". NAME is a host name that was looked up. */
static bool read_client(struct slice text, struct mtalog_line *line)
{
    if (!mtalog_take(&text, "client="))
        return false;
    (void)take_value(&text);
    while (text.len > 0) {
        struct slice value = take_value(&text);
        if (mtalog_take(&value, "sasl_username=") && line->login.at == NULL)
            line->login = value;
        else if (mtalog_take(&value, "orig_queue_id=") && is_queue_id(value))
            line->origin_queue_id = value;
    }
    line->kind = MTALOG_RECEIVED;
    return true;
}

/* pickup: "uid=0 from=<root>" */
static bool read_pickup(struct slice text, struct mtalog_line *line)
{
    if (!mtalog_take(&text, "uid="))
        return false;
    ptrdiff_t from = slice_find(text, SLICE(" from=<"));
    if (from < 0)
        return false;
    text = slice_skip(text, (size_t)from + 7);
    if (!mtalog_take_address(&text, ">", &line->sender))
        return false;
    line->kind = MTALOG_RECEIVED;
    return true;
}

/* cleanup: "message-id=<…>", to the end of the line: the header's text, whatever it is. */
static bool read_cleanup(struct slice text, struct mtalog_line *line)
{
    if (!mtalog_take(&text, "message-id="))
        return false;
    line->message_id = text;
    line->kind = MTALOG_DESCRIBED;
    return true;
}

/* qmgr: "from=<…>, size=307, nrcpt=2 (queue active)", "removed" */
static bool read_qmgr(struct slice text, struct mtalog_line *line)
{
    if (slice_is(text, "removed")) {
        line->kind = MTALOG_ENDED;
        return true;
    }
    if (!mtalog_take(&text, "from=<") ||
        !mtalog_take_address(&text, ">", &line->sender) ||
        !mtalog_take(&text, ">, size="))
        return false;
    if (!number_i64(take_value(&text), 0, INT64_MAX, &line->bytes) ||
        !mtalog_take(&text, "nrcpt="))
        return false;
    ptrdiff_t blank = slice_find_byte(text, ' ');
    struct slice recipients = blank < 0 ? text : slice_take(text, (size_t)blank);
    if (!number_i64(recipients, 0, INT64_MAX, &line->recipients))
        return false;
    line->kind = MTALOG_DESCRIBED;
    return true;
}

/* bounce: "sender non-delivery notification: QUEUEID" */
static bool read_bounce(struct slice text, struct mtalog_line *line)
{
    if (!mtalog_take(&text, "sender non-delivery notification: ") || !is_queue_id(text))
        return false;
    line->notice_id = text;
    line->kind = MTALOG_NOTIFIED;
    return true;
}

/* What stands in the parentheses: "host NAME[ADDRESS] said: REPLY (in reply to RCPT TO command)",
 * "host NAME[ADDRESS] refused to talk to me: REPLY", also behind "delivery temporarily suspended: ";
 * else a reply alone, or Postfix's own words. */
static void read_reason(struct slice text, struct mtalog_line *line)
{
    struct slice rest = text;
    struct slice name;
    struct slice address;

    mtalog_take(&rest, "delivery temporarily suspended: ");
    if (!mtalog_take(&rest, "host ") || !mtalog_take_host(&rest, &name, &address) ||
        (!mtalog_take(&rest, " said: ") &&
         !mtalog_take(&rest, " refused to talk to me: "))) {
        mtalog_set_reply(line, text);
        return;
    }
    if (line->relay.at == NULL) {
        line->relay = name;
        line->relay_address = address;
    }
    /* The last one is Postfix's, an earlier one may be the relay's. */
    static const struct slice in_reply = {" (in reply to ", 14};
    for (size_t at = rest.len; rest.len > 0 && rest.at[rest.len - 1] == ')' && at > 0;
         at--)
        if (slice_starts(slice_skip(rest, at - 1), in_reply.at)) {
            rest = slice_take(rest, at - 1);
            break;
        }
    mtalog_set_reply(line, rest);
}

/* "relay=NAME[ADDRESS]:PORT", "relay=none", "relay=NAME" */
static void read_relay(struct slice value, struct mtalog_line *line)
{
    struct slice name;
    struct slice address;

    if (mtalog_take_host(&value, &name, &address)) {
        line->relay = name;
        line->relay_address = address;
    } else if (!slice_is(value, "none")) {
        line->relay = value;
    }
}

/* "sent (250 2.0.0 Ok)"; other words (deliverable, undeliverable) are probes, not mail. */
static bool read_status(struct slice text, struct mtalog_line *line)
{
    ptrdiff_t blank = slice_find(text, SLICE(" ("));

    if (blank < 0 ||
        !delivery_status_parse(slice_take(text, (size_t)blank), &line->status))
        return false;
    text = slice_skip(text, (size_t)blank + 2);
    if (text.len > 0 && text.at[text.len - 1] == ')') /* a line that was cut has none */
        text = slice_take(text, text.len - 1);
    read_reason(text, line);
    return true;
}

/* smtp, lmtp, error: "to=<…>, orig_to=<…>, relay=…, delay=…, delays=…, dsn=5.7.1, status=…" */
static bool read_attempt(struct slice text, struct mtalog_line *line)
{
    struct slice ignored;
    struct slice dsn = {0};

    if (!mtalog_take(&text, "to=<") ||
        !mtalog_take_address(&text, ">", &line->recipient) ||
        line->recipient.len == 0 || !mtalog_take(&text, ">, "))
        return false;
    if (mtalog_take(&text, "orig_to=<") &&
        (!mtalog_take_address(&text, ">", &ignored) || !mtalog_take(&text, ">, ")))
        return false;
    while (text.len > 0 && !slice_starts(text, "status=")) {
        struct slice value = take_value(&text);
        if (mtalog_take(&value, "relay="))
            read_relay(value, line);
        else if (mtalog_take(&value, "dsn="))
            dsn = value;
    }
    if (!mtalog_take(&text, "status=") || !read_status(text, line))
        return false;
    if (line->enhanced_code[0] == '\0' &&
        !enhanced_code_take(&dsn, line->enhanced_code))
        line->enhanced_code[0] = '\0';
    line->kind = MTALOG_ATTEMPTED;
    return true;
}

static const struct {
    const char *process;
    bool (*read)(struct slice text, struct mtalog_line *line);
} readers[] = {
    {"smtp",    read_attempt},
    {"lmtp",    read_attempt},
    {"error",   read_attempt},
    {"qmgr",    read_qmgr   },
    {"nqmgr",   read_qmgr   },
    {"oqmgr",   read_qmgr   },
    {"cleanup", read_cleanup},
    {"smtpd",   read_client },
    {"qmqpd",   read_client },
    {"pickup",  read_pickup },
    {"bounce",  read_bounce },
};

void mtalog_read_postfix(struct slice text, int64_t now, struct mtalog_line *out)
{
    struct mtalog_line line = {.kind = MTALOG_OTHER};
    struct slice process;

    *out = line;
    if (!stamp_take_syslog(&text, now, &line.at))
        return;
    out->at = line.at;
    if (!take_tag(&text, &process, &line.source) ||
        !take_queue_id(&text, &line.queue_id))
        return;
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        if (slice_is(process, readers[i].process)) {
            if (readers[i].read(text, &line))
                *out = line;
            return;
        }
}
