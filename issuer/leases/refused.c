/*
 * refused.c - what authd's record says of a refusal, as a sentence.
 */
#include "base/base.h"

#include "issuer/leases/refused.h"

#include "base/number.h"
#include "core/message.h"
#include "core/refusal.h"

static struct refused tell_login(struct arena *mem, const struct usage_row *row)
{
    struct refused told = {.code = 535, .why = sentence_quote(mem, row->detail)};
    struct refusal refusal;

    if (!refusal_parse(slice_from(row->detail), &refusal))
        return told;
    told.code = refusal_code(refusal.cause);
    told.why = refusal_tell(mem, &refusal);
    told.replaced_at = refusal.replaced_at;
    return told;
}

/* ---- what authd noted beside it ---- */

/* "2 recipients": the number in *out. */
static bool is_number_of(struct slice part, const char *one, const char *many,
                         uint64_t *out)
{
    struct slice number;

    return slice_cut(&part, ' ', &number) && number_u64(number, INT64_MAX, out) &&
           (slice_is(part, one) || slice_is(part, many));
}

/* A part that we do not know is told as it is. */
static struct sentence tell_part(struct arena *mem, struct slice part)
{
    static const struct {
        const char *noted, *key;
    } whole[] = {
        {"with TLS",            "said.about.tls"        },
        {"without TLS",         "said.about.no_tls"     },
        {"TLS unknown",         "said.about.tls_unknown"},
        {"asked by login only", "said.about.login_only" },
    };
    uint64_t number;

    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        if (slice_is(part, whole[i].noted))
            return sentence_fill(mem, whole[i].key, NULL);
    if (is_number_of(part, "recipient", "recipients", &number))
        return SAY(mem, "said.about.recipients", SAY_COUNT("count", number));
    if (is_number_of(part, "byte", "bytes", &number))
        return SAY(mem, "said.about.size", SAY_COUNT("count", number));
    if (slice_starts(part, "from "))
        return SAY(mem, "said.about.from",
                   SAY_TEXT("sender", arena_slice(mem, slice_skip(part, 5))));
    if (!slice_starts(part, "to "))
        return sentence_quote(mem, arena_slice(mem, part));
    part = slice_skip(part, 3);
    if (is_number_of(part, "recipient", "recipients", &number))
        return SAY(mem, "said.about.to_recipients", SAY_COUNT("count", number));
    return SAY(mem, "said.about.to", SAY_TEXT("recipient", arena_slice(mem, part)));
}

/* "80 recipients, from anna@customer.example" */
static struct sentence tell_about(struct arena *mem, struct slice about)
{
    struct sentence told = {NULL};
    struct slice part;

    while (slice_cut(&about, ',', &part)) {
        struct sentence next = tell_part(mem, slice_trim(part));
        told = told.line == NULL
                   ? next
                   : SAY(mem, "said.about.join", SAY_SENTENCE("first", told),
                         SAY_SENTENCE("next", next));
    }
    return told;
}

/* "sender, from x@other.example" */
static struct refused tell_message(struct arena *mem, const struct usage_row *row)
{
    struct refused told = {.code = 550, .why = sentence_quote(mem, row->detail)};
    struct slice about = slice_from(row->detail);
    struct sentence words = {NULL};
    enum message_answer answer;
    struct refusal refusal;
    struct slice name;
    uint64_t code;

    if (!slice_cut(&about, ',', &name))
        return told;
    if (message_answer_parse(name, &answer) && message_reply(answer)->code != NULL) {
        words = message_reply(answer)->words;
        if (number_u64(slice_take(slice_from(message_reply(answer)->code), 3), 599,
                       &code))
            told.code = (unsigned)code;
    } else if (refusal_parse(name, &refusal)) {
        bool is_ours = refusal.cause == REFUSAL_OUR_FAULT;
        words = is_ours ? SENTENCE("said.message.our_fault")
                        : refusal_words(refusal.cause);
        told.code = is_ours ? 450 : 550;
    }
    about = slice_trim(about);
    if (words.line != NULL)
        told.why = about.len > 0
                       ? SAY(mem, "said.message.about", SAY_SENTENCE("why", words),
                             SAY_SENTENCE("about", tell_about(mem, about)))
                       : words;
    return told;
}

/* ---- the whole of it ---- */

struct refused refused_tell(struct arena *mem, const struct usage_row *row)
{
    if (strcmp(row->kind, "refused_login") == 0)
        return tell_login(mem, row);
    if (strcmp(row->kind, "refused_message") == 0)
        return tell_message(mem, row);
    return (struct refused){0};
}

struct sentence refused_line(struct arena *mem, const struct usage_row *row)
{
    struct refused told = refused_tell(mem, row);

    if (told.code != 0)
        return SAY(mem, "said.refused.code", SAY_NUMBER("code", told.code),
                   SAY_SENTENCE("why", told.why));
    if (row->detail == NULL || row->detail[0] == '\0')
        return (struct sentence){row->detail};
    return tell_about(mem, slice_from(row->detail));
}

const struct usage_row *refused_last(struct arena *mem, const struct usage_row *rows,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (refused_tell(mem, &rows[i]).code != 0)
            return &rows[i];
    return NULL;
}

struct sentence refused_newest(struct arena *mem, const struct usage_row *rows,
                               size_t count)
{
    const struct usage_row *row = refused_last(mem, rows, count);

    if (row == NULL)
        return (struct sentence){NULL};
    struct refused told = refused_tell(mem, row);
    return SAY(mem, "said.refused.newest", SAY_NUMBER("code", told.code),
               SAY_TIME("when", row->at), SAY_SENTENCE("why", told.why));
}
