/*
 * reply.c - logical lines, and the reply in each.
 */
#include "base/base.h"

#include "issuer/bounce/reply.h"

#include "base/alloc.h"
#include "core/status_code.h"
#include "issuer/bounce/header.h"
#include "issuer/bounce/text.h"

enum {
    WRAP_MIN = 55,  /* a line this long may have been wrapped by the writer */
    MARKER_MAX = 60 /* "Mon 2026-11-23 10:02:10: [4711:1] <-- " */
};

struct reply_finder {
    struct pattern *code;      /* a reply code, or one with an enhanced code */
    struct pattern *starts;    /* a physical line that cannot continue another */
    struct pattern *entry;     /* nor if it is indented: of a log or a transcript */
    struct pattern *recipient; /* a line that is a recipient */
    struct pattern *rcpt_to;
    struct pattern *host;     /* who spoke */
    struct pattern *spoke;    /* the same in a line of its own */
    struct pattern *envelope; /* the recipient in a line of a mail log */
    struct pattern *said;
    struct pattern *within;   /* sendmail: "554 <a@b>... " names its recipient itself */
    struct pattern *enhanced; /* an enhanced code that stands later in the reply */
    struct pattern *tail;     /* our own server's words behind the reply */
};

/* One line being put together, in a buffer that is used again for the next one. */
struct line {
    char *at;
    size_t len;
    size_t indent, last_len;
};

struct search {
    const struct reply_finder *finder;
    struct arena *mem;
    struct replies *out;
    bool wants_words;
    struct line line;
    struct slice recipient; /* in force: named by an earlier line */
    struct slice host;
    bool is_mail_command; /* the last command was MAIL: its reply names the sender */
};

int reply_finder_new(struct reply_finder **out, struct error *err)
{
    struct reply_finder *made = xcalloc(1, sizeof(*made));
    const struct {
        struct pattern **place;
        const char *source;
    } wanted[] = {
        {&made->code,
         "(?|(?:\\A|[:;\"'(<=>\\]]|\\bsaid|\\bafter \\S{1,20})\\s*([45]\\d\\d)(?=[ -]\\S|"
         "\\s*<?#|[ -]\\s|\\z)"
         "|(?<![\\d.])([45]\\d\\d)[ -]+<?#?[245]\\.\\d{1,3}\\.\\d{1,3}(?![.\\d])"
         "|(?<![\\d.])([45]\\d\\d)-(?='))"                                                                   },
        {&made->starts,
         "\\A(?:[245]\\d\\d[ -]|<<<|>>>|-->|<--|<[^>\\s]+@[^>\\s]+>|"
         "[^\\s<>:]+@[\\w.-]+:?(?:\\s|\\z)|remote host|giving up|-{2,}|host \\S|"
         "\\.\\.\\. while|while talking|[a-z][a-z-]{2,30}: )"                                                },
        {&made->entry,
         "\\A(?:(?:[a-z]{3} )?\\d{4}-\\d\\d-\\d\\d[ T]|[a-z]{3} [ \\d]\\d \\d\\d:\\d\\d|"
         "<<< |>>> |--> |<-- )"                                                                              },
        {&made->recipient,
         "\\A(?:to: |>>> |\\* |-- |unknown user: |undeliverable to |could not be delivered to: )?[<\"']?([^\\s<>\"'():;,]+@[^\\s<>\"'():;,]+)[>\"']?:?"
         "\\s*(?:\\(|\\z|<)"                                                                                 },
        {&made->rcpt_to,   "\\bRCPT TO: ?<([^<>\\s]+@[^<>\\s]+)>"                                            },
        {&made->host,
         "(?:(?:\\bhost:?|while talking to|connect to|remote host:?|server:?) "
         "|\\bT=\\S{1,64} H=)([\\w-]+(?:\\.[\\w-]+)+)\\.?"                                                   },
        {&made->spoke,     "\\bby ([\\w-]+(?:\\.[\\w-]+)+)\\.? ?\\["                                         },
        {&made->envelope,
         "\\bto=<([^<>\\s]+@[^<>\\s]+)>|\\brejected RCPT <([^<>\\s]+@[^<>\\s]+)>"                            },
        {&made->said,
         "(?:<<<|\\bsaid:?|remote mail server|remote server|other server|returned:?|"
         "responded|response\\b.{0,40}was:?|to talk to me:?|reason:)"                                        },
        {&made->within,
         "\\A[45]\\d\\d[ -](?:[45]\\.\\d{1,3}\\.\\d{1,3} )?<([^<>\\s]+@[^<>\\s]+)>(?:\\.\\.\\.|: recipient )"},
        {&made->enhanced,  "(?<![\\d.])([45]\\.\\d{1,3}\\.\\d{1,3})(?![.\\d])"                               },
        {&made->tail,
         " \\(in reply to |: retry time(?:out)? exceeded| giving up on |; from=<\\S{0,320}> to=<"            },
    };
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        if (pattern_new(slice_from(wanted[i].source), wanted[i].place, err) != 0) {
            reply_finder_free(made);
            return -1;
        }
    }
    *out = made;
    return 0;
}

void reply_finder_free(struct reply_finder *finder)
{
    if (finder == NULL) {
        return;
    }
    pattern_free(finder->code);
    pattern_free(finder->starts);
    pattern_free(finder->entry);
    pattern_free(finder->recipient);
    pattern_free(finder->rcpt_to);
    pattern_free(finder->host);
    pattern_free(finder->spoke);
    pattern_free(finder->envelope);
    pattern_free(finder->said);
    pattern_free(finder->within);
    pattern_free(finder->enhanced);
    pattern_free(finder->tail);
    free(finder);
}

/* ---- one reply ------------------------------------------------------------------- */

static void read_codes(const struct reply_finder *finder, struct reply *reply)
{
    struct slice rest = reply->text;
    if (!reply_code_take(&rest, &reply->code)) {
        reply->code = 0;
    }
    while (rest.len > 0 &&
           (rest.at[0] == '<' || rest.at[0] == '#' || rest.at[0] == ' ')) {
        rest = slice_skip(rest, 1);
    }
    char enhanced[ENHANCED_MAX + 1] = "";
    if (enhanced_code_take(&rest, enhanced)) {
        memcpy(reply->enhanced, enhanced, sizeof(enhanced));
        return;
    }
    struct pattern_match match;
    if (reply->code > 0 && pattern_find(finder->enhanced, reply->text, 0, &match) &&
        (unsigned)(match.group[1].at[0] - '0') == reply->code / 100) {
        memcpy(reply->enhanced, match.group[1].at, match.group[1].len);
    }
}

/* Prefix and joined reply as one text, so that the words before an address reach into it. */
static void set_text(struct arena *mem, struct reply *reply, struct slice prefix,
                     struct slice text)
{
    struct slice joined = text_join_reply(mem, text);
    char *context = arena_alloc(mem, prefix.len + joined.len + 2);
    memcpy(context, prefix.at, prefix.len);
    size_t at = prefix.len;
    if (at > 0 && context[at - 1] != ' ') {
        context[at++] = ' ';
    }
    memcpy(context + at, joined.at, joined.len);
    reply->context = slice_of(context, at + joined.len);
    reply->text = slice_of(context + at, joined.len);
}

static struct reply *next_reply(struct replies *out)
{
    if (out->count == REPLIES_MAX) {
        out->is_cut = true;
        return NULL;
    }
    struct reply *reply = &out->items[out->count++];
    *reply = (struct reply){0};
    return reply;
}

/* Where the code starts in the line; false: it has none. */
static bool find_code(const struct reply_finder *finder, struct slice line, size_t *out)
{
    struct pattern_match match;
    if (!pattern_find(finder->code, line, 0, &match)) {
        return false;
    }
    *out = (size_t)(match.group[1].at - line.at);
    return true;
}

static struct slice without_tail(const struct reply_finder *finder, struct slice text)
{
    struct pattern_match match;
    return pattern_find(finder->tail, text, 0, &match) ? slice_take(text, match.start)
                                                       : text;
}

/* "(reason: 550 ...)", "returned '550 ...'": what closes there is not the server's. */
static struct slice without_wrapping(struct slice prefix, struct slice text)
{
    static const struct {
        const char *before;
        char behind;
    } pairs[] = {
        {"(reason:", ')' },
        {"(",        ')' },
        {"'",        '\''},
        {"\"",       '"' }
    };
    prefix = slice_trim(prefix);
    text = slice_trim(text);
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (text.len > 0 && text.at[text.len - 1] == pairs[i].behind &&
            slice_ends_nocase(prefix, pairs[i].before)) {
            return slice_take(text, text.len - 1);
        }
    }
    return text;
}

static void add_line(struct search *search, struct slice line)
{
    const struct reply_finder *finder = search->finder;
    size_t at = 0;
    bool has_code = find_code(finder, line, &at);
    if (!has_code && !search->wants_words) {
        return;
    }
    struct reply *reply = next_reply(search->out);
    if (reply == NULL) {
        return;
    }
    /* the line's buffer is used again: what is kept is copied */
    line = slice_of(arena_slice(search->mem, line), line.len);
    struct slice prefix = slice_take(line, at);
    struct slice text = without_wrapping(prefix, slice_skip(line, at));
    set_text(search->mem, reply, prefix, without_tail(finder, text));
    read_codes(finder, reply);
    struct slice own = header_mailbox(prefix);
    reply->recipient = own.len > 0 ? own : search->recipient;
    struct pattern_match match;
    if (own.len > 0 && pattern_find(finder->rcpt_to, prefix, 0, &match)) {
        reply->recipient = match.group[1];
    } else if (pattern_find(finder->envelope, line, 0, &match)) {
        reply->recipient = match.group[1].at != NULL ? match.group[1] : match.group[2];
    }
    if (pattern_find(finder->within, reply->text, 0, &match)) {
        bool is_sender = search->is_mail_command && slice_starts(prefix, "<<<");
        reply->recipient = is_sender ? SLICE("") : match.group[1];
    }
    reply->remote_mta = search->host;
    if (pattern_find(finder->host, prefix, 0, &match)) {
        reply->remote_mta = match.group[1];
    }
    if (!has_code) {
        reply->source = REPLY_WORDS;
    } else {
        bool is_said = pattern_find(finder->said, prefix, 0, NULL);
        reply->source = is_said ? REPLY_TRANSCRIPT : REPLY_LOCAL;
    }
}

/* ---- logical lines ------------------------------------------------------------------ */

static struct slice kept(struct search *search, struct slice text)
{
    return slice_of(arena_slice(search->mem, text), text.len);
}

static void end_line(struct search *search)
{
    struct slice line = slice_of(search->line.at, search->line.len);
    search->line.len = 0;
    if (line.len == 0) {
        return;
    }
    struct pattern_match match;
    size_t at = 0;
    if (pattern_find(search->finder->recipient, line, 0, &match)) {
        search->recipient = kept(search, match.group[1]);
        if (search->out->named.len == 0) {
            search->out->named = search->recipient;
        }
    } else if (pattern_find(search->finder->rcpt_to, line, 0, &match) &&
               !find_code(search->finder, line, &at)) {
        search->recipient = kept(search, match.group[1]);
    }
    if (slice_starts(line, ">>>")) {
        search->is_mail_command = slice_starts_nocase(line, ">>> MAIL");
    }
    bool names_host = slice_starts(line, "... while") ||
                              slice_starts_nocase(line, "while talking")
                          ? pattern_find(search->finder->host, line, 0, &match)
                          : pattern_find(search->finder->spoke, line, 0, &match) &&
                                !find_code(search->finder, line, &at);
    if (names_host) {
        search->host = kept(search, match.group[1]);
    }
    add_line(search, line);
}

static void append(struct search *search, struct slice words, size_t indent)
{
    struct line *line = &search->line;
    if (line->len == 0) {
        line->indent = indent;
    }
    size_t room = REPLY_LINE_MAX - line->len;
    if (line->len > 0 && room > 0) {
        line->at[line->len++] = ' ';
        room--;
    }
    words = text_cut(words, room);
    memcpy(line->at + line->len, words.at, words.len);
    line->len += words.len;
    line->last_len = words.len + indent;
}

/* What the other server said in a line of a transcript, without what marks it. */
static struct slice without_marker(struct slice words)
{
    static const char *const markers[] = {"<<< ", "<-- ", "<- "};
    for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
        struct slice marker = slice_from(markers[i]);
        ptrdiff_t at = slice_find(slice_take(words, MARKER_MAX), marker);
        if (at >= 0) {
            return slice_skip(words, (size_t)at + marker.len);
        }
    }
    return words;
}

/* "550-..." is open: a line that starts with the same code goes on with it. One software writes
 * such a reply behind "reason:" with the first line's code only. */
static bool continues_reply(const struct search *search, struct slice words)
{
    struct slice line = slice_of(search->line.at, search->line.len);
    size_t at = 0;
    bool is_numbered = words.len >= 4 && (words.at[0] == '4' || words.at[0] == '5') &&
                       (words.at[3] == '-' || words.at[3] == ' ');
    /* the pattern last: it is asked for each line of a long text */
    if (line.len == 0 ||
        (!is_numbered && slice_find_nocase(line, SLICE("reason:")) < 0) ||
        !find_code(search->finder, line, &at)) {
        return false;
    }
    struct slice reply = slice_skip(line, at);
    bool is_open = reply.len > 4 && reply.at[3] == '-';
    if (is_open && slice_ends_nocase(slice_trim(slice_take(line, at)), "reason:")) {
        return !pattern_find(search->finder->starts, words, 0, NULL);
    }
    return is_open && is_numbered &&
           slice_equal(slice_take(reply, 3), slice_take(words, 3));
}

static bool joins(const struct search *search, struct slice words, size_t indent)
{
    const struct line *line = &search->line;
    if (line->len == 0) {
        return false;
    }
    if (continues_reply(search, without_marker(words))) {
        return true;
    }
    if (pattern_find(search->finder->entry, words, 0, NULL)) {
        return false;
    }
    if (indent > line->indent) {
        return true;
    }
    return line->last_len >= WRAP_MIN && indent == line->indent &&
           !pattern_find(search->finder->starts, words, 0, NULL);
}

static void find(struct search *search, struct slice text)
{
    size_t at = 0;
    struct slice line;
    search->line.at = arena_alloc(search->mem, REPLY_LINE_MAX + 1);
    while (text_next_line(text, &at, &line)) {
        struct slice words = slice_trim(line);
        if (words.len == 0) {
            end_line(search);
            continue;
        }
        size_t indent = (size_t)(words.at - line.at);
        if (!joins(search, words, indent)) {
            end_line(search);
        } else if (continues_reply(search, without_marker(words))) {
            words = without_marker(words);
        }
        append(search, words, indent);
    }
    end_line(search);
}

void replies_find(const struct reply_finder *finder, struct arena *mem,
                  struct slice text, struct replies *out)
{
    struct search search = {.finder = finder, .mem = mem, .out = out};
    find(&search, text);
}

void replies_find_words(const struct reply_finder *finder, struct arena *mem,
                        struct slice text, struct replies *out)
{
    struct search search = {
        .finder = finder, .mem = mem, .out = out, .wants_words = true};
    find(&search, text);
}

void replies_add_status(const struct reply_finder *finder, struct arena *mem,
                        struct slice diagnostic, struct slice recipient,
                        struct slice remote_mta, struct replies *out)
{
    struct reply *reply = next_reply(out);
    if (reply == NULL) {
        return;
    }
    size_t at = 0;
    diagnostic = text_cut(diagnostic, REPLY_LINE_MAX);
    if (!find_code(finder, diagnostic, &at)) {
        at = 0;
    }
    set_text(mem, reply, slice_take(diagnostic, at),
             without_tail(finder, slice_skip(diagnostic, at)));
    read_codes(finder, reply);
    reply->source = REPLY_STATUS;
    reply->recipient = recipient;
    reply->remote_mta = remote_mta;
}
