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
static const struct {
    const char *name;
    unsigned code;
    const char *words;
} causes[] = {
    [REFUSAL_NONE] = {"", 0, NULL},
    [REFUSAL_WRONG_PASSWORD] = {"wrong_password", CODE_REFUSED,
        "a wrong password, and none that was shown before"},
    [REFUSAL_EARLIER_PASSWORD] = {"earlier_password", CODE_REFUSED,
        "a password that was right before the details were shown again"},
    [REFUSAL_NOT_REVEALED] = {"not_revealed", CODE_REFUSED,
        "its password was not shown to anybody yet"},
    [REFUSAL_WRONG_SERVICE] = {"wrong_service", CODE_REFUSED,
        "the login is for sending only"},
    [REFUSAL_EXPIRED] = {"expired", CODE_REFUSED,
        "the right password, but the details have expired"},
    [REFUSAL_REVOKED] = {"revoked", CODE_REFUSED,
        "the right password, but the details were ended"},
    [REFUSAL_HELD] = {"held", CODE_TEMPORARY,
        "the right password, but the details are on hold: it may work later"},
    [REFUSAL_OUR_FAULT] = {"our_fault", CODE_TEMPORARY,
        "our own fault: the login could not be checked"},
    [REFUSAL_TOO_OFTEN] = {"too_often", CODE_REFUSED,
        "refused again and again: the rest of this minute is not listed"},
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

const char *refusal_words(enum refusal_cause cause)
{
    return causes[cause].words;
}

void refusal_ordinal(unsigned number, char *out, size_t size)
{
    static const char *const ordinals[] = {"", "first", "second", "third", "fourth"};

    if (number > 0 && number < ARRAY_LEN(ordinals))
        (void)snprintf(out, size, "%s", ordinals[number]);
    else
        (void)snprintf(out, size, "%uth", number);
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
