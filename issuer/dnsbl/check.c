/*
 * check.c - one round of questions: addresses, their words, the lists' own test points.
 */
#include "base/base.h"

#include "issuer/dnsbl/check.h"

/* Where the answers to one check stand in the round. */
struct place {
    size_t address, text, listed_test, clear_test;
    bool was_asked; /* false: the name would be too long for DNS */
};

struct round {
    struct dns_question *questions;
    struct dns_reply *replies;
    struct place *places; /* one a check */
    size_t count;
};

static size_t add_question(struct round *round, const char *name, enum dns_type type)
{
    struct dns_question *question = &round->questions[round->count];
    size_t len = strlen(name);

    assert(len <= DOMAIN_MAX);
    memcpy(question->name, name, len + 1);
    question->type = type;
    return round->count++;
}

static bool add_address(struct round *round, const char *address, const char *zone,
                        size_t *out)
{
    char name[DOMAIN_MAX + 1];
    struct address parsed;

    if (!address_parse(slice_from(address), &parsed) ||
        !address_dnsbl_name(&parsed, zone, name, sizeof name))
        return false;
    *out = add_question(round, name, DNS_TYPE_A);
    return true;
}

/* The test points of a zone are asked with its first check and shared by the others. */
static bool add_test_points(struct round *round, const struct dnsbl_check *checks,
                            size_t at)
{
    struct place *place = &round->places[at];

    for (size_t i = 0; i < at; i++)
        if (checks[i].zone == checks[at].zone && round->places[i].was_asked) {
            place->listed_test = round->places[i].listed_test;
            place->clear_test = round->places[i].clear_test;
            return true;
        }
    return add_address(round, "127.0.0.2", zone_asked_name(checks[at].zone),
                       &place->listed_test) &&
           add_address(round, "127.0.0.1", zone_asked_name(checks[at].zone),
                       &place->clear_test);
}

static void add_check(struct round *round, const struct dnsbl_check *checks, size_t at)
{
    struct place *place = &round->places[at];
    char name[DOMAIN_MAX + 1];

    if (!address_dnsbl_name(&checks[at].address, zone_asked_name(checks[at].zone), name,
                            sizeof name))
        return;
    if (checks[at].zone->has_test_points && !add_test_points(round, checks, at))
        return;
    place->address = add_question(round, name, DNS_TYPE_A);
    place->text = add_question(round, name, DNS_TYPE_TXT);
    place->was_asked = true;
}

/* The A records of a reply, as listing_judge wants them. */
static struct dns_result result_of(const struct dns_reply *reply)
{
    struct dns_result result = {.status = reply->status, .has_more = reply->has_more};

    for (size_t i = 0; i < reply->count; i++) {
        if (result.count == ARRAY_LEN(result.answers)) {
            result.has_more = true;
            break;
        }
        result.answers[result.count++] = reply->records[i].address;
    }
    return result;
}

/* The first record, printable ASCII only: it is shown to people. */
static void take_text(const struct dns_reply *reply, char text[TXT_MAX + 1])
{
    size_t used = 0;

    if (reply->count > 0) {
        struct slice words = reply->records[0].text;
        for (size_t i = 0; i < words.len && used < TXT_MAX; i++)
            if (words.at[i] >= 0x20 && words.at[i] < 0x7f)
                text[used++] = words.at[i];
    }
    text[used] = '\0';
}

static void judge(const struct round *round, const struct place *place,
                  struct dnsbl_check *check)
{
    static const struct dns_result unasked = {.status = DNS_FAILED};
    struct listing_answers answers = {unasked, unasked, unasked};

    if (place->was_asked) {
        answers.address = result_of(&round->replies[place->address]);
        if (check->zone->has_test_points) {
            answers.listed_test = result_of(&round->replies[place->listed_test]);
            answers.clear_test = result_of(&round->replies[place->clear_test]);
        }
    }
    listing_judge(check->zone, &answers, &check->listing);
    check->text[0] = '\0';
    /* Words about a listing only: what a list says to everybody is not about this address. */
    if (place->was_asked && check->listing.state == LISTING_LISTED)
        take_text(&round->replies[place->text], check->text);
}

void dnsbl_check_all(const struct resolver *resolver, struct dnsbl_check *checks,
                     size_t count, int64_t timeout_ms, int64_t now)
{
    struct round round = {0};
    struct arena mem;

    if (count == 0)
        return;
    arena_init(&mem);
    /* Four questions a check at most: A, TXT, and two test points. */
    round.questions = arena_array(&mem, 4 * count, sizeof *round.questions);
    round.replies = arena_array(&mem, 4 * count, sizeof *round.replies);
    round.places = arena_array(&mem, count, sizeof *round.places);
    for (size_t i = 0; i < count; i++)
        add_check(&round, checks, i);
    resolver->ask(resolver->context, &mem, round.questions, round.count, timeout_ms,
                  round.replies);
    for (size_t i = 0; i < count; i++) {
        judge(&round, &round.places[i], &checks[i]);
        checks[i].checked_at = now;
    }
    arena_release(&mem);
}
