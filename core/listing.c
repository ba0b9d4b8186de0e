/*
 * listing.c - what an answer from a DNS block list means.
 *
 * Pure: no DNS here. Sources: RFC 5782 sections 2.1 and 5; Spamhaus "DNSBL usage", return codes
 * 127.255.255.252 to 255.
 */
#include "base/base.h"

#include "core/listing.h"

#include "base/number.h"

static const char *const state_names[] = {
    [LISTING_UNKNOWN] = "unknown",
    [LISTING_CLEAR] = "clear",
    [LISTING_LISTED] = "listed",
};
_Static_assert(ARRAY_LEN(state_names) == LISTING_STATE_COUNT, "one name a state");

const char *listing_state_name(enum listing_state state)
{
    assert((size_t)state < ARRAY_LEN(state_names));
    return state_names[state];
}

/* What one question came to, before its answers are compared with the zone's own codes. */
enum reading {
    READING_CODES, /* 127.x answers, none about the asker */
    READING_NONE,
    READING_FAILED,
    READING_TIMEOUT,
    READING_CONFLICT,
    READING_REFUSED,   /* 127.255.255.x: about us, not about the address */
    READING_REWRITTEN, /* outside 127/8: somebody else answered */
    READING_FLOOD,     /* more codes than any list has */
    READING_COUNT
};

/* What is wrong, behind the title of the list; "" is not wrong by itself. */
static const char *const troubles[] = {
    [READING_CODES] = "",
    [READING_NONE] = "",
    [READING_FAILED] = "could not be asked: its name servers failed",
    [READING_TIMEOUT] = "did not answer in time",
    [READING_CONFLICT] = "gave no sure answer: the resolvers disagree",
    [READING_REFUSED] = "refused us: it does not answer the resolver we use",
    [READING_REWRITTEN] = "was not reached: our resolver rewrites its answers",
    [READING_FLOOD] = "gave more answers than a list has",
};
_Static_assert(ARRAY_LEN(troubles) == READING_COUNT, "one row a reading");

static bool is_in(const struct address *address, const uint8_t *prefix, size_t len)
{
    return address_is_v4(address) && memcmp(address->bytes + 12, prefix, len) == 0;
}

static enum reading read_answers(const struct dns_result *result)
{
    enum reading reading = READING_CODES;

    switch (result->status) {
    case DNS_ANSWER: break;
    case DNS_NXDOMAIN:
    case DNS_NODATA: return READING_NONE;
    case DNS_TIMEOUT: return READING_TIMEOUT;
    case DNS_CONFLICT: return READING_CONFLICT;
    case DNS_FAILED:
    case DNS_STATUS_COUNT: return READING_FAILED;
    }
    if (result->count == 0)
        return READING_FAILED;
    for (size_t i = 0; i < result->count; i++) {
        if (is_in(&result->answers[i], (const uint8_t[]){127, 255, 255}, 3))
            return READING_REFUSED;
        if (!is_in(&result->answers[i], (const uint8_t[]){127}, 1))
            reading = READING_REWRITTEN;
    }
    if (reading == READING_CODES && result->has_more)
        return READING_FLOOD;
    return reading;
}

/* "127.0.0.2" or "127.0.0.2-11", the last octet being a range. A code that is neither matches
 * nothing. */
static bool code_matches(const char *code, const struct address *answer)
{
    struct slice text = slice_from(code);
    ptrdiff_t dash = slice_find_byte(text, '-');
    struct address first;
    uint64_t last;

    if (!address_parse(dash < 0 ? text : slice_take(text, (size_t)dash), &first))
        return false;
    if (dash < 0)
        return address_equal(&first, answer);
    if (!number_u64(slice_skip(text, (size_t)dash + 1), 255, &last))
        return false;
    return memcmp(first.bytes, answer->bytes, 15) == 0 &&
           answer->bytes[15] >= first.bytes[15] && answer->bytes[15] <= last;
}

/* The first listing, but one that may grant before others: an address may be on a list both for
 * what it sent and by policy. */
static const struct address *listed_answer(const struct zone *zone,
                                           const struct dns_result *result)
{
    const struct address *listed = NULL;

    for (size_t i = 0; i < result->count; i++)
        for (size_t c = 0;
             c < ARRAY_LEN(zone->listed_codes) && zone->listed_codes[c] != NULL; c++)
            if (code_matches(zone->listed_codes[c], &result->answers[i])) {
                if (zone_answer_may_grant(zone, &result->answers[i]))
                    return &result->answers[i];
                if (listed == NULL)
                    listed = &result->answers[i];
            }
    return listed;
}

static void conclude(struct listing *out, enum listing_state state,
                     const struct address *code, const char *title,
                     const char *sentence)
{
    struct listing listing = {.state = state};

    if (code != NULL)
        address_format(code, listing.code);
    /* A long title is cut; the sentence is for people. */
    (void)snprintf(listing.why, sizeof listing.why, "%s %s", title, sentence);
    *out = listing;
}

/* RFC 5782 5: 127.0.0.2 must be listed and 127.0.0.1 must not, in the same moment. false when
 * they are not, with *out saying so. */
static bool passes_its_test(const struct zone *zone, const char *title,
                            const struct listing_answers *answers, struct listing *out)
{
    enum reading listed = read_answers(&answers->listed_test);
    enum reading clear = read_answers(&answers->clear_test);
    const struct address *odd = answers->listed_test.count > 0 && listed != READING_NONE
                                    ? &answers->listed_test.answers[0]
                                    : NULL;

    if (troubles[listed][0] != '\0') {
        conclude(out, LISTING_UNKNOWN, odd, title, troubles[listed]);
        return false;
    }
    if (listed == READING_NONE ||
        (listed_answer(zone, &answers->listed_test) == NULL &&
         !is_in(&answers->listed_test.answers[0], (const uint8_t[]){127, 0, 0}, 3))) {
        conclude(out, LISTING_UNKNOWN, odd, title,
                 "does not list its own test address, so it cannot be believed");
        return false;
    }
    if (clear == READING_CODES) {
        conclude(out, LISTING_UNKNOWN, &answers->clear_test.answers[0], title,
                 "lists every address, so it cannot be believed");
        return false;
    }
    if (clear != READING_NONE) {
        conclude(out, LISTING_UNKNOWN, NULL, title, troubles[clear]);
        return false;
    }
    return true;
}

/* What the list says when it could be asked and passes its own test. */
static void judge_answer(const struct zone *zone, const char *title,
                         const struct listing_answers *answers, struct listing *out)
{
    bool is_there = answers->address.count > 0;
    bool has_text = answers->text == DNS_ANSWER;
    const struct address *code = is_there ? listed_answer(zone, &answers->address)
                                          : NULL;
    const struct address *first = is_there ? &answers->address.answers[0] : NULL;

    if (!is_there && zone->always_has_text && has_text)
        conclude(out, LISTING_UNKNOWN, NULL, title,
                 "contradicts itself: words about it, but no listing");
    else if (!is_there)
        conclude(out, LISTING_CLEAR, NULL, title, "does not list it");
    else if (code == NULL)
        conclude(out, LISTING_UNKNOWN, first, title,
                 "gave an answer that is not a listing of a sending address");
    else if (zone->always_has_text && !has_text)
        conclude(out, LISTING_UNKNOWN, code, title,
                 "contradicts itself: a listing without the words it always gives");
    else
        conclude(out, LISTING_LISTED, code, title, "lists it");
    out->may_grant = out->state == LISTING_LISTED && zone_answer_may_grant(zone, code);
}

static const char *title_of(const struct zone *zone)
{
    return zone->title != NULL ? zone->title : zone->name;
}

void listing_judge(const struct zone *zone, const struct listing_answers *answers,
                   struct listing *out)
{
    const char *title = title_of(zone);
    const struct dns_result *result = &answers->address;
    enum reading reading = read_answers(result);

    if (!zone->is_alive) {
        conclude(out, LISTING_UNKNOWN, NULL, title, "has shut down");
        return;
    }
    if (zone->has_test_points && !passes_its_test(zone, title, answers, out))
        return;
    if (troubles[reading][0] != '\0') {
        const struct address *odd = result->count > 0 ? &result->answers[0] : NULL;
        conclude(out, LISTING_UNKNOWN, odd, title, troubles[reading]);
        return;
    }
    judge_answer(zone, title, answers, out);
}

void listing_confirm(const struct zone *zone, const struct listing *second,
                     struct listing *listing)
{
    struct listing made = {.state = LISTING_UNKNOWN};

    assert(listing->state == LISTING_LISTED);
    if (second->state == LISTING_LISTED) {
        listing->may_grant = listing->may_grant && second->may_grant;
        return;
    }
    memcpy(made.code, listing->code, sizeof made.code);
    if (second->state == LISTING_CLEAR)
        (void)snprintf(made.why, sizeof made.why,
                       "%s listed it and a moment later did not", title_of(zone));
    else
        (void)snprintf(made.why, sizeof made.why, "seen once, then: %.140s",
                       second->why);
    *listing = made;
}
