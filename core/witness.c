/*
 * witness.c - find the attempt, compare the replies.
 */
#include "base/base.h"

#include "core/witness.h"

#include "base/address.h"
#include "core/status_code.h"

enum {
    TEXT_MAX =
        4096 /* of a normalised reply; an excerpt may be longer than what we keep */
};

static const char *const answer_names[] = {
    [WITNESS_CONFIRMS] = "confirms",
    [WITNESS_DIFFERS] = "differs",
    [WITNESS_ABSENT] = "absent",
    [WITNESS_UNKNOWN] = "unknown",
};
_Static_assert(ARRAY_LEN(answer_names) == WITNESS_ANSWER_COUNT, "a name an answer");

static const enum check_result check_results[] = {
    [WITNESS_CONFIRMS] = CHECK_YES,
    [WITNESS_DIFFERS] = CHECK_NO,
    [WITNESS_ABSENT] = CHECK_NO,
    [WITNESS_UNKNOWN] = CHECK_UNKNOWN,
};
_Static_assert(ARRAY_LEN(check_results) == WITNESS_ANSWER_COUNT, "a result an answer");

/* With the attempt's time, where there is an attempt. */
static const struct {
    enum witness_answer answer;
    const char *key;
} reasons[] = {
    [WITNESS_SAME] = {WITNESS_CONFIRMS, "said.log.same"       },
    [WITNESS_WAS_SENT] = {WITNESS_DIFFERS,  "said.log.was_sent"   },
    [WITNESS_OTHER_REPLY] = {WITNESS_DIFFERS,  "said.log.other_reply"},
    [WITNESS_NO_ADDRESS] = {WITNESS_UNKNOWN,  "said.log.no_address" },
    [WITNESS_NOT_KNOWN] = {WITNESS_ABSENT,   "said.log.not_known"  },
    [WITNESS_NO_LOG] = {WITNESS_UNKNOWN,  "said.log.no_log"     },
    [WITNESS_NOTHING] = {WITNESS_UNKNOWN,  "said.log.nothing"    },
};
_Static_assert(ARRAY_LEN(reasons) == WITNESS_REASON_COUNT, "an answer a reason");

const char *witness_answer_name(enum witness_answer answer)
{
    return answer_names[answer];
}

enum check_result witness_check(enum witness_answer answer)
{
    return check_results[answer];
}

struct sentence witness_sentence(struct arena *mem, const struct witness *witness)
{
    const char *key = reasons[witness->reason].key;

    return witness->row == NULL ? sentence_fill(mem, key, NULL)
                                : SAY(mem, key, SAY_TIME("when", witness->row->at));
}

void witness_span(const struct evidence *evidence, int64_t now, int64_t *out_from,
                  int64_t *out_until)
{
    bool has_time = evidence->bounced_at > 0;
    int64_t until = has_time ? evidence->bounced_at : now - WITNESS_LAG_S;

    until = until < now ? until : now;
    *out_from = until - (has_time ? WITNESS_SLACK_S : WITNESS_QUEUE_S);
    *out_until = until;
}

/* ---- texts ------------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The next word; blanks, and "\n" as Exim writes a line break, lie between words. */
static bool take_word(struct slice *rest, struct slice *word)
{
    for (;;) {
        if (rest->len > 0 && is_blank(rest->at[0]))
            *rest = slice_skip(*rest, 1);
        else if (rest->len > 1 && rest->at[0] == '\\' && rest->at[1] == 'n')
            *rest = slice_skip(*rest, 2);
        else
            break;
    }
    size_t len = 0;
    while (len < rest->len && !is_blank(rest->at[len]) &&
           !(rest->at[len] == '\\' && len + 1 < rest->len && rest->at[len + 1] == 'n'))
        len++;
    *word = slice_take(*rest, len);
    *rest = slice_skip(*rest, len);
    return len > 0;
}

/* "554", "5.7.1", "554-5.7.1", "554-", "550-#5.7.1"; also ">" of a quoted mail. */
static bool is_noise(struct slice word)
{
    char enhanced[16];
    unsigned code;
    struct slice rest = word;

    if (slice_is(word, ">") || slice_is(word, "|"))
        return true;
    bool has_code = reply_code_take(&rest, &code);
    bool has_enhanced = enhanced_code_take(&rest, enhanced);
    return (has_code || has_enhanced) && rest.len == 0;
}

/* A line's code may stick to its first word: "554-Service". */
static struct slice without_code(struct slice word)
{
    char enhanced[16];
    unsigned code;
    struct slice rest = word;

    if (!reply_code_take(&rest, &code) || word.at[3] != '-')
        return word;
    (void)!enhanced_code_take(&rest, enhanced);
    return rest;
}

void witness_normalise(struct slice reply, struct strbuf *out)
{
    struct slice word;

    while (take_word(&reply, &word)) {
        if (is_noise(word))
            continue;
        word = without_code(word);
        for (size_t i = 0; i < word.len; i++) {
            char byte = word.at[i];
            strbuf_putc(out,
                        (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte));
        }
    }
}

/* Does one text hold the other? Blanks are gone, so that a text wrapped inside a word is the same;
 * a bounce may say more than the reply ("host mx said: … in reply to RCPT TO") or less. */
static bool same_words(const char *excerpt, const char *reply)
{
    struct strbuf claimed;
    struct strbuf logged;

    strbuf_init(&claimed, TEXT_MAX);
    strbuf_init(&logged, TEXT_MAX);
    witness_normalise(slice_from(excerpt), &claimed);
    witness_normalise(slice_from(reply), &logged);
    struct slice a = strbuf_slice(&claimed);
    struct slice b = strbuf_slice(&logged);
    bool same = slice_equal(a, b) && a.len > 0;
    if (b.len >= WITNESS_WORDS_MIN)
        same = same || slice_find(a, b) >= 0;
    if (a.len >= WITNESS_WORDS_MIN)
        same = same || slice_find(b, a) >= 0;
    strbuf_release(&claimed);
    strbuf_release(&logged);
    return same;
}

static bool is_address_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F') || byte == '.' || byte == ':';
}

/* One run of address bytes; the full stop or colon of a sentence is no part of it. */
static bool is_this_address(struct slice run, const struct address *wanted)
{
    struct address found;

    while (run.len > 0 && run.at[run.len - 1] == '.')
        run = slice_take(run, run.len - 1);
    if (address_parse(run, &found))
        return address_equal(&found, wanted);
    if (run.len > 0 && run.at[run.len - 1] == ':' &&
        address_parse(slice_take(run, run.len - 1), &found))
        return address_equal(&found, wanted);
    return false;
}

static bool names_address(const char *text, const struct address *wanted)
{
    struct slice rest = slice_from(text);

    while (rest.len > 0) {
        size_t len = 0;
        while (len < rest.len && is_address_byte(rest.at[len]))
            len++;
        if (len > 0 && is_this_address(slice_take(rest, len), wanted))
            return true;
        rest = slice_skip(rest, len + 1);
    }
    return false;
}

/* A host name in a text, not the tail or head of a longer one. */
static bool names_list(const char *text, const char *list)
{
    struct slice rest = slice_from(text);
    struct slice name = slice_from(list);

    if (name.len == 0)
        return false;
    for (;;) {
        ptrdiff_t found = slice_find_nocase(rest, name);
        if (found < 0)
            return false;
        size_t at = (size_t)found;
        struct slice behind = slice_skip(rest, at + name.len);
        bool begins = at == 0 || !(rest.at[at - 1] == '-' || rest.at[at - 1] == '_' ||
                                   (rest.at[at - 1] >= '0' && rest.at[at - 1] <= '9') ||
                                   ((rest.at[at - 1] | 0x20) >= 'a' &&
                                    (rest.at[at - 1] | 0x20) <= 'z'));
        bool ends = behind.len == 0 ||
                    !((behind.at[0] | 0x20) >= 'a' && (behind.at[0] | 0x20) <= 'z');
        if (begins && ends)
            return true;
        rest = slice_skip(rest, at + 1);
    }
}

/* ---- which attempt -------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && slice_equal_nocase(slice_from(a), slice_from(b));
}

static struct slice without_brackets(const char *text)
{
    struct slice id = slice_trim(slice_from(text));

    if (id.len >= 2 && id.at[0] == '<' && id.at[id.len - 1] == '>')
        id = slice_take(slice_skip(id, 1), id.len - 2);
    return id;
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool by_queue_id(const struct evidence *e, const struct delivery *row)
{
    /* Case counts: Postfix's long ids are base 52. */
    if (!is_given(e->queue_id))
        return false;
    if (strcmp(e->queue_id, row->queue_id) != 0 &&
        (row->notice_id == NULL || strcmp(e->queue_id, row->notice_id) != 0))
        return false;
    return !is_given(e->recipient) || same_text(e->recipient, row->recipient);
}

static bool by_message_id(const struct evidence *e, const struct delivery *row)
{
    return is_given(e->message_id) && row->message_id != NULL &&
           slice_equal(without_brackets(e->message_id),
                       without_brackets(row->message_id)) &&
           is_given(e->recipient) && same_text(e->recipient, row->recipient);
}

static bool by_reply(const struct evidence *e, const struct delivery *row)
{
    int64_t apart_s = row->at - e->bounced_at;

    if (!is_given(e->recipient) || !same_text(e->recipient, row->recipient) ||
        !is_given(e->excerpt) || !same_words(e->excerpt, row->reply))
        return false;
    if (is_given(e->remote_mta) && row->relay != NULL &&
        !same_text(e->remote_mta, row->relay))
        return false;
    return e->bounced_at <= 0 ||
           (apart_s >= -WITNESS_SLACK_S && apart_s <= WITNESS_SLACK_S);
}

/* ---- what it says --------------------------------------------------------------------------- */

static enum witness_reason compare(const struct evidence *e, const struct delivery *row)
{
    struct address blocked;
    bool has_blocked = is_given(e->blocked_ip) &&
                       address_parse(slice_from(e->blocked_ip), &blocked);
    bool has_words = is_given(e->excerpt);

    if (row->status == DELIVERY_SENT)
        return WITNESS_WAS_SENT;
    if (e->smtp_code != 0 && row->code != 0 && e->smtp_code != row->code)
        return WITNESS_OTHER_REPLY;
    bool is_same = has_words && same_words(e->excerpt, row->reply);
    bool says_address = has_blocked && (names_address(row->reply, &blocked) ||
                                        (row->source_address != NULL &&
                                         names_address(row->source_address, &blocked)));
    bool says_list = is_same || (is_given(e->list) && names_list(row->reply, e->list));
    if (says_address && says_list)
        return WITNESS_SAME;
    /* Our own log knows another address: the one in the bounce was put there. */
    bool left_elsewhere = has_blocked && !says_address && row->source_address != NULL;
    if (left_elsewhere || (has_words && !is_same))
        return WITNESS_OTHER_REPLY;
    return WITNESS_NO_ADDRESS;
}

/* The better of two attempts of one message: one that confirms, then one that was refused, then
 * the later one. */
static bool is_better(const struct delivery *row, enum witness_reason reason,
                      const struct witness *than)
{
    if (than->row == NULL)
        return true;
    if ((reason == WITNESS_SAME) != (than->reason == WITNESS_SAME))
        return reason == WITNESS_SAME;
    if ((reason == WITNESS_WAS_SENT) != (than->reason == WITNESS_WAS_SENT))
        return reason != WITNESS_WAS_SENT;
    return row->at > than->row->at;
}

void witness_judge(const struct witness_facts *facts, struct witness *out)
{
    static bool (*const means[])(const struct evidence *, const struct delivery *) = {
        by_queue_id, by_message_id, by_reply};
    const struct evidence *e = facts->evidence;
    struct witness found = {.row = NULL};

    for (size_t m = 0; m < ARRAY_LEN(means) && found.row == NULL; m++)
        for (size_t i = 0; i < facts->count; i++) {
            const struct delivery *row = &facts->rows[i];
            if (!means[m](e, row))
                continue;
            enum witness_reason reason = compare(e, row);
            if (is_better(row, reason, &found))
                found = (struct witness){.reason = reason, .row = row};
        }
    if (found.row == NULL) {
        bool is_askable = is_given(e->recipient) || is_given(e->queue_id);
        found.reason = !is_askable         ? WITNESS_NOTHING
                       : facts->is_covered ? WITNESS_NOT_KNOWN
                                           : WITNESS_NO_LOG;
    }
    found.answer = reasons[found.reason].answer;
    *out = found;
}
