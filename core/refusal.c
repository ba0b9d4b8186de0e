/*
 * refusal.c - the words of refused logins.
 */
#include "base/base.h"

#include "core/refusal.h"

#include "base/number.h"

enum {
    CODE_REFUSED = 535,  /* RFC 4954 6 */
    CODE_TEMPORARY = 454 /* the same */
};

/* clang-format off */
/* What is said of a cause is found by its name. */
#define CAUSE(n) n, {"{said.refusal." n "}"}

static const struct {
    const char *name;
    struct sentence words;
    unsigned code;
} causes[] = {
    [REFUSAL_NONE] = {"", {NULL}, 0},
    [REFUSAL_WRONG_PASSWORD] = {CAUSE("wrong_password"), CODE_REFUSED},
    [REFUSAL_EARLIER_PASSWORD] = {CAUSE("earlier_password"), CODE_REFUSED},
    [REFUSAL_NOT_REVEALED] = {CAUSE("not_revealed"), CODE_REFUSED},
    [REFUSAL_WRONG_SERVICE] = {CAUSE("wrong_service"), CODE_REFUSED},
    [REFUSAL_EXPIRED] = {CAUSE("expired"), CODE_REFUSED},
    [REFUSAL_REVOKED] = {CAUSE("revoked"), CODE_REFUSED},
    [REFUSAL_HELD] = {CAUSE("held"), CODE_TEMPORARY},
    [REFUSAL_OUR_FAULT] = {CAUSE("our_fault"), CODE_TEMPORARY},
    [REFUSAL_TOO_OFTEN] = {CAUSE("too_often"), CODE_REFUSED},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(causes) == REFUSAL_CAUSE_COUNT, "a row a cause");

const char *refusal_name(enum refusal_cause cause)
{
    return causes[cause].name;
}

unsigned refusal_code(enum refusal_cause cause)
{
    return causes[cause].code;
}

struct sentence refusal_words(enum refusal_cause cause)
{
    return causes[cause].words;
}

struct sentence refusal_tell(struct arena *mem, const struct refusal *refusal)
{
    enum {
        NAMED_MAX = 4 /* "first" to "fourth" */
    };
    unsigned reveal = refusal->reveal;

    if (refusal->cause == REFUSAL_WRONG_SERVICE && refusal->service[0] != '\0')
        return SAY(mem, "said.refusal.service", SAY_TEXT("service", refusal->service));
    if (refusal->cause != REFUSAL_EARLIER_PASSWORD)
        return refusal_words(refusal->cause);
    struct sentence ordinal =
        reveal > 0 && reveal <= NAMED_MAX
            ? sentence_fill(mem, arena_printf(mem, "said.ordinal.%u", reveal), NULL)
            : SAY(mem, "said.ordinal.nth", SAY_NUMBER("number", reveal));
    return SAY(mem, "said.refusal.reveal", SAY_SENTENCE("ordinal", ordinal),
               SAY_TIME("when", refusal->replaced_at));
}

void refusal_format(const struct refusal *refusal, char *out, size_t size)
{
    const char *name = refusal_name(refusal->cause);

    if (refusal->cause == REFUSAL_EARLIER_PASSWORD)
        (void)snprintf(out, size, "%s %u %lld", name, refusal->reveal,
                       (long long)refusal->replaced_at);
    else if (refusal->cause == REFUSAL_WRONG_SERVICE && refusal->service[0] != '\0')
        (void)snprintf(out, size, "%s %s", name, refusal->service);
    else
        (void)snprintf(out, size, "%s", name);
}

static bool parse_earlier(struct slice rest, struct refusal *out)
{
    struct slice reveal;
    uint64_t number;

    if (!slice_cut(&rest, ' ', &reveal) || !number_u64(reveal, UINT32_MAX, &number) ||
        !number_i64(rest, 0, INT64_MAX, &out->replaced_at))
        return false;
    out->reveal = (unsigned)number;
    return true;
}

static bool parse_rest(struct slice rest, struct refusal *out)
{
    switch (out->cause) {
    case REFUSAL_EARLIER_PASSWORD: return parse_earlier(rest, out);
    case REFUSAL_WRONG_SERVICE:
        if (rest.len > REFUSAL_SERVICE_MAX)
            return false;
        if (rest.len > 0)
            memcpy(out->service, rest.at, rest.len);
        return true;
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
    return rest.len == 0;
}

bool refusal_parse(struct slice detail, struct refusal *out)
{
    struct slice name;

    *out = (struct refusal){0};
    if (!slice_cut(&detail, ' ', &name))
        return false;
    for (size_t i = REFUSAL_NONE + 1; i < ARRAY_LEN(causes); i++)
        if (slice_is(name, causes[i].name)) {
            struct refusal found = {.cause = (enum refusal_cause)i};
            if (!parse_rest(detail, &found))
                return false;
            *out = found;
            return true;
        }
    return false;
}
