/*
 * refused.c - the words of a refusal.
 */
#include "base/base.h"

#include "issuer/leases/refused.h"

#include "base/number.h"
#include "base/timetext.h"
#include "core/message.h"
#include "core/refusal.h"

static const char *with_circumstances(struct arena *mem, const struct refusal *refusal,
                                      int64_t now)
{
    const char *words = refusal_words(refusal->cause);
    char ordinal[16];

    switch (refusal->cause) {
    case REFUSAL_EARLIER_PASSWORD:
        refusal_ordinal(refusal->reveal, ordinal, sizeof ordinal);
        return arena_printf(mem, "the password of the %s reveal, replaced at %s",
                            ordinal, timetext_person(mem, refusal->replaced_at, now));
    case REFUSAL_WRONG_SERVICE:
        return refusal->service[0] != '\0'
                   ? arena_printf(mem, "%s, and \"%s\" was asked for", words,
                                  refusal->service)
                   : words;
    case REFUSAL_NONE:
    case REFUSAL_WRONG_PASSWORD:
    case REFUSAL_NOT_REVEALED:
    case REFUSAL_EXPIRED:
    case REFUSAL_REVOKED:
    case REFUSAL_HELD:
    case REFUSAL_OUR_FAULT:
    case REFUSAL_TOO_OFTEN:
    case REFUSAL_CAUSE_COUNT: break;
    }
    return words;
}

static struct refused tell_login(struct arena *mem, const struct usage_row *row,
                                 int64_t now)
{
    struct refused told = {.code = 535, .why = row->detail};
    struct refusal refusal;

    if (!refusal_parse(slice_from(row->detail), &refusal))
        return told;
    told.code = refusal_code(refusal.cause);
    told.why = with_circumstances(mem, &refusal, now);
    told.replaced_at = refusal.replaced_at;
    return told;
}

/* "sender, from x@other.example" */
static struct refused tell_message(struct arena *mem, const struct usage_row *row)
{
    struct refused told = {.code = 550, .why = row->detail};
    struct slice about = slice_from(row->detail);
    const char *words = NULL;
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
        words = is_ours ? "our own fault: it could not be judged"
                        : refusal_words(refusal.cause);
        told.code = is_ours ? 450 : 550;
    }
    about = slice_trim(about);
    if (words != NULL)
        told.why = about.len > 0
                       ? arena_printf(mem, "%s (%.*s)", words, (int)about.len, about.at)
                       : words;
    return told;
}

struct refused refused_tell(struct arena *mem, const struct usage_row *row, int64_t now)
{
    if (strcmp(row->kind, "refused_login") == 0)
        return tell_login(mem, row, now);
    if (strcmp(row->kind, "refused_message") == 0)
        return tell_message(mem, row);
    return (struct refused){0};
}

const char *refused_newest(struct arena *mem, const struct usage_row *rows,
                           size_t count, int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        struct refused told = refused_tell(mem, &rows[i], now);
        if (told.code != 0)
            return arena_printf(mem, "%u at %s: %s", told.code,
                                timetext_person(mem, rows[i].at, now), told.why);
    }
    return NULL;
}
