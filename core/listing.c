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

/* What is said of what is wrong; "" is not wrong by itself. */
static const char *const troubles[] = {
    [READING_CODES] = "",
    [READING_NONE] = "",
    [READING_FAILED] = "said.listing.failed",
    [READING_TIMEOUT] = "said.listing.timeout",
    [READING_CONFLICT] = "said.listing.conflict",
    [READING_REFUSED] = "said.listing.refused",
    [READING_REWRITTEN] = "said.listing.rewritten",
    [READING_FLOOD] = "said.listing.flood",
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

/* More than fits is not said at all: a part of a sentence is none. */
static void explain(struct listing *out, const char *key,
                    const struct sentence_value *values)
{
    struct strbuf why;

    strbuf_init(&why, sizeof out->why - 1);
    sentence_put(&why, key, values);
    memcpy(out->why, why.at, why.full ? 0 : why.len);
    out->why[why.full ? 0 : why.len] = '\0';
    strbuf_release(&why);
}

static void conclude(struct listing *out, enum listing_state state,
                     const struct address *code, const char *title, const char *key)
{
    struct listing listing = {.state = state};
    const struct sentence_value values[] = {SAY_TEXT("list", title), {.name = NULL}};

    if (code != NULL)
        address_format(code, listing.code);
    explain(&listing, key, values);
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
        conclude(out, LISTING_UNKNOWN, odd, title, "said.listing.no_test");
        return false;
    }
    if (clear == READING_CODES) {
        conclude(out, LISTING_UNKNOWN, &answers->clear_test.answers[0], title,
                 "said.listing.lists_all");
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
        conclude(out, LISTING_UNKNOWN, NULL, title, "said.listing.words_alone");
    else if (!is_there)
        conclude(out, LISTING_CLEAR, NULL, title, "said.listing.clear");
    else if (code == NULL)
        conclude(out, LISTING_UNKNOWN, first, title, "said.listing.odd");
    else if (zone->always_has_text && !has_text)
        conclude(out, LISTING_UNKNOWN, code, title, "said.listing.no_words");
    else
        conclude(out, LISTING_LISTED, code, title, "said.listing.listed");
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
        conclude(out, LISTING_UNKNOWN, NULL, title, "said.listing.closed");
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

struct sentence listing_why(const struct listing *listing)
{
    return (struct sentence){listing->why[0] != '\0' ? listing->why : NULL};
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
    const struct sentence then = listing_why(second);
    const struct sentence_value went[] = {SAY_TEXT("list", title_of(zone)),
                                          {.name = NULL}};
    const struct sentence_value once[] = {SAY_SENTENCE("then", then), {.name = NULL}};
    if (second->state == LISTING_CLEAR)
        explain(&made, "said.listing.went", went);
    else
        explain(&made, "said.listing.once", once);
    *listing = made;
}
