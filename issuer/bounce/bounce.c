/*
 * bounce.c - from bytes to evidence.
 *
 *   bytes -> parts (mime.c) -> status (dsn.c), replies (reply.c)
 *         -> what each reply means (classify.c), which address it refuses (extract.c)
 *         -> the best reply of each recipient -> the one that the notice is about
 *
 * The returned message is never asked for a verdict: zone names and scores stand in many a
 * customer's mail.
 */
#include "base/base.h"

#include "issuer/bounce/bounce.h"

#include "base/alloc.h"
#include "issuer/bounce/fields.h"
#include "issuer/bounce/reading.h"

int bounce_reader_new(const char *rules_folder, struct bounce_reader **out,
                      struct error *err)
{
    struct bounce_reader *made = xcalloc(1, sizeof(*made));
    const struct {
        struct pattern **place;
        const char *source;
    } wanted[] = {
        {&made->daemon,
         "mailer-?daemon|postmaster@|\\bpoo?stmaster\\b|mail delivery (?:sub)?system|"
         "system administrator|mail administrator|delivery subsystem|"
         "\\bbounces?@|microsoftexchange\\w*@|mail ?delivery|\\A\\s*<>\\s*\\z"             },
        {&made->subject,
         "\\A(?!re:|aw:|fwd?:).{0,40}(?:undeliver|non[- ]?deliver|returned mail|"
         "delivery (?:status|fail|problem|report|notification|error|has|delay)|"
         "failure (?:notice|delivery)|mail (?:delivery|system error)|"
         "delivery failed|could not be delivered|message (?:delivery|not delivered|"
         "you sent blocked)|unzustellbar|warning: |delayed mail|returned to sender|"
         "mail could not|bounced|notice: mail|failed delivery|mail failure|nondeliverable)"},
        {&made->words,
         "could ?(?:not|n't) be (?:delivered|sent|completed)|was(?:n't| not) able to deliver|"
         "permanent (?:fatal )?error|returned (?:to sender|below|mail)|undeliver|"
         "did not reach|delivery (?:to|of|has|status|fail|not)|unable to deliver|"
         "mail delivery|cannot be delivered|not delivered|transcript of session|"
         "had (?:permanent|transient)|rejected by|failed recipients?|bounce|no such user|"
         "user unknown|not be reached|mailbox|failed permanently|delayed|unable to process|"
         "not listed in|does not exist"                                                    },
        {&made->plain,   "\\bcould not be delivered to:"                                   },
        {&made->url,     "https?://[^\\s<>\"'()]+"                                         },
    };
    if (rules_load(rules_folder, &made->rules, err) != 0 ||
        reply_finder_new(&made->finder, err) != 0) {
        bounce_reader_free(made);
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        if (pattern_new(slice_from(wanted[i].source), wanted[i].place, err) != 0) {
            bounce_reader_free(made);
            return -1;
        }
    }
    made->charsets = charsets_new();
    mime_library_init();
    *out = made;
    return 0;
}

void bounce_reader_free(struct bounce_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    rules_release(&reader->rules);
    reply_finder_free(reader->finder);
    charsets_free(reader->charsets);
    pattern_free(reader->daemon);
    pattern_free(reader->subject);
    pattern_free(reader->words);
    pattern_free(reader->plain);
    pattern_free(reader->url);
    free(reader);
}

const struct rules *bounce_reader_rules(const struct bounce_reader *reader)
{
    return &reader->rules;
}

/* ---- parts and replies ------------------------------------------------------------- */

static size_t words_length(const struct mime_mail *mail)
{
    size_t len = 0;
    for (size_t i = 0; i < mail->count; i++) {
        len += mail->parts[i].text.len;
    }
    return len;
}

/* A mail, or text: what starts with a few header lines and is no mail is read as text whole. */
static int read_parts(struct reading *r, struct slice input, struct error *err)
{
    input = text_from_utf16(r->mem, input);
    if (mime_is_mail(input)) {
        if (mime_read(r->reader->charsets, r->mem, input, &r->mail, err) != 0) {
            return -1;
        }
        if (words_length(&r->mail) > 0) {
            return 0;
        }
    }
    mime_read_text(r->mem,
                   charset_to_utf8(r->reader->charsets, r->mem, SLICE(""), input),
                   &r->mail);
    return 0;
}

static void read_status(struct reading *r)
{
    for (size_t i = 0; i < r->mail.count; i++) {
        const struct mime_part *part = &r->mail.parts[i];
        bool is_pasted = part->kind == PART_TEXT &&
                         slice_find_nocase(part->text, SLICE("\nFinal-Recipient:")) >=
                             0;
        if (part->kind == PART_DSN || is_pasted) {
            dsn_read(r->mem, part->text, &r->dsn);
        }
    }
    if (r->dsn.is_cut) {
        r->mail.flags |= FLAG_TRUNCATED;
    }
    for (size_t i = 0; i < r->dsn.count; i++) {
        const struct dsn_recipient *recipient = &r->dsn.recipients[i];
        if (recipient->diagnostic.len > 0 && recipient->action != DSN_DELIVERED) {
            struct slice whom = recipient->final.len > 0 ? recipient->final
                                                         : recipient->original;
            replies_add_status(r->reader->finder, r->mem, recipient->diagnostic, whom,
                               recipient->remote_mta, &r->replies);
        }
    }
}

static void read_replies(struct reading *r)
{
    for (size_t i = 0; i < r->mail.count; i++) {
        if (r->mail.parts[i].kind == PART_TEXT) {
            replies_find(r->reader->finder, r->mem, r->mail.parts[i].text, &r->replies);
        }
    }
    for (size_t i = 0; i < r->mail.count && r->replies.count == 0; i++) {
        if (r->mail.parts[i].kind == PART_TEXT) {
            replies_find_words(r->reader->finder, r->mem, r->mail.parts[i].text,
                               &r->replies);
        }
    }
    if (r->replies.is_cut) {
        r->mail.flags |= FLAG_TRUNCATED;
    }
    for (size_t i = 0; i < r->replies.count; i++) {
        classify_reply(&r->reader->rules, r->mem, r->replies.items[i].text,
                       &r->findings[i]);
    }
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* For the reader of the page: every address of the notice's own words with its role. */
static void read_candidates(struct reading *r, struct bounce_evidence *out)
{
    for (size_t i = 0; i < r->replies.count; i++) {
        const struct reply *reply = &r->replies.items[i];
        extract_addresses(&r->reader->rules, reply->context,
                          reply->context.len - reply->text.len, &out->candidates);
    }
}

/* For whoever asks why: each reply with the rows that decided about it. */
static void explain(struct reading *r, struct bounce_evidence *out)
{
    size_t count = r->replies.count < EXPLANATIONS_MAX ? r->replies.count
                                                       : (size_t)EXPLANATIONS_MAX;
    struct explanation *made = arena_array(r->mem, count, sizeof(*made));
    for (size_t i = 0; i < count; i++) {
        const struct reply *reply = &r->replies.items[i];
        made[i].reply = reply;
        made[i].finding = &r->findings[i];
        extract_addresses(&r->reader->rules, reply->context,
                          reply->context.len - reply->text.len, &made[i].addresses);
    }
    out->explanations = made;
    out->explanation_count = count;
}

static void judge(struct reading *r, struct bounce_evidence *out)
{
    out->flags |= r->mail.flags;
    out->is_bounce = reading_is_bounce(r, &out->flags);
    if (!out->is_bounce) {
        out->main = (struct bounce_refusal){.class = CLASS_OTHER};
        out->recipient_count = 0;
        return;
    }
    const struct bounce_refusal *refusal = &out->main;
    bool is_temporary = refusal->is_delayed ||
                        (refusal->smtp_code >= 400 && refusal->smtp_code < 500);
    out->flags |= refusal->flags | (is_temporary ? (unsigned)FLAG_TEMPORARY : 0U);
    out->is_grantable = refusal->is_public && refusal->blocked_ip != NULL &&
                        (refusal->flags & FLAG_CONFLICT) == 0;
}

int bounce_read(const struct bounce_reader *reader, struct arena *mem,
                struct slice input, const struct bounce_options *options,
                struct bounce_evidence *out, struct error *err)
{
    struct reading *r = ARENA_NEW(mem, struct reading);
    r->reader = reader;
    r->mem = mem;
    r->options = options;
    *out = (struct bounce_evidence){.main = {.class = CLASS_OTHER}};
    if (slice_trim(input).len == 0) {
        out->flags = FLAG_EMPTY;
        return 0;
    }
    if (read_parts(r, input, err) != 0) {
        return -1;
    }
    read_status(r);
    read_replies(r);
    fields_read(mem, &r->mail, &r->dsn, out);
    reading_refusals(r, out);
    read_candidates(r, out);
    judge(r, out);
    if (options->wants_explanation) {
        explain(r, out);
    }
    return 0;
}
