/*
 * check.c - a round of questions: addresses, their words, the lists' own test points; and a second
 * one about what was listed.
 */
#include "base/base.h"

#include "issuer/dnsbl/check.h"

#include "base/clock.h"

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

/* RFC 5782 section 5. The IPv6 ones are IPv4-mapped, which struct address takes for IPv4, so
 * their labels are written out. */
enum test_point {
    POINT_CLEAR = 1,
    POINT_LISTED = 2
};
#define MAPPED_LOOPBACK "0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"

static bool add_test_point(struct round *round, const struct dnsbl_check *check,
                           enum test_point point, size_t *out)
{
    const char *rest = address_is_v4(&check->address) ? "0.0.127" : MAPPED_LOOPBACK;
    char name[DOMAIN_MAX + 1];
    int len = snprintf(name, sizeof name, "%u.%s.%s", (unsigned)point, rest,
                       zone_asked_name(check->zone));

    if (len < 0 || (size_t)len >= sizeof name)
        return false;
    *out = add_question(round, name, DNS_TYPE_A);
    return true;
}

static bool shares_test_points(const struct dnsbl_check *a, const struct dnsbl_check *b)
{
    return a->zone == b->zone &&
           address_is_v4(&a->address) == address_is_v4(&b->address);
}

/* The test points of a zone are asked with its first check and shared by the others. */
static bool add_test_points(struct round *round, const struct dnsbl_check *checks,
                            size_t at)
{
    struct place *place = &round->places[at];

    for (size_t i = 0; i < at; i++)
        if (round->places[i].was_asked && shares_test_points(&checks[i], &checks[at])) {
            place->listed_test = round->places[i].listed_test;
            place->clear_test = round->places[i].clear_test;
            return true;
        }
    return add_test_point(round, &checks[at], POINT_LISTED, &place->listed_test) &&
           add_test_point(round, &checks[at], POINT_CLEAR, &place->clear_test);
}

size_t dnsbl_check_cost(const struct dnsbl_check *checks, size_t at)
{
    if (!checks[at].zone->has_test_points)
        return 2;
    for (size_t i = 0; i < at; i++)
        if (shares_test_points(&checks[i], &checks[at]))
            return 2;
    return DNSBL_CHECK_COST_MAX;
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
    struct listing_answers answers = {.address = unasked,
                                      .text = DNS_FAILED,
                                      .listed_test = unasked,
                                      .clear_test = unasked};

    if (place->was_asked) {
        answers.address = result_of(&round->replies[place->address]);
        answers.text = round->replies[place->text].status;
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

/* One look at all of them. */
static void look(const struct resolver *resolver, struct arena *mem,
                 struct dnsbl_check *checks, size_t count, int64_t timeout_ms)
{
    /* A, TXT, and two test points at most. */
    struct round round = {.questions = arena_array(mem, DNSBL_CHECK_COST_MAX * count,
                                                   sizeof *round.questions),
                          .replies = arena_array(mem, DNSBL_CHECK_COST_MAX * count,
                                                 sizeof *round.replies),
                          .places = arena_array(mem, count, sizeof *round.places)};

    for (size_t i = 0; i < count; i++)
        add_check(&round, checks, i);
    resolver->ask(resolver->context, mem, round.questions, round.count, timeout_ms,
                  round.replies);
    for (size_t i = 0; i < count; i++)
        judge(&round, &round.places[i], &checks[i]);
}

static bool may_need_second_look(const struct dnsbl_check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (checks[i].zone->may_grant)
            return true;
    return false;
}

/* The listings that a lease could be built on are asked about again. */
static void look_again(const struct resolver *resolver, struct arena *mem,
                       struct dnsbl_check *checks, size_t count, int64_t timeout_ms)
{
    struct dnsbl_check *again = arena_array(mem, count, sizeof *again);
    size_t *places = arena_array(mem, count, sizeof *places); /* in checks */
    size_t listed = 0;

    for (size_t i = 0; i < count; i++)
        if (checks[i].zone->may_grant && checks[i].listing.state == LISTING_LISTED) {
            again[listed] = (struct dnsbl_check){.zone = checks[i].zone,
                                                 .address = checks[i].address};
            places[listed++] = i;
        }
    if (listed == 0)
        return;
    look(resolver, mem, again, listed, timeout_ms > 0 ? timeout_ms : 0);
    for (size_t i = 0; i < listed; i++) {
        struct dnsbl_check *first = &checks[places[i]];
        listing_confirm(first->zone, &again[i].listing, &first->listing);
        if (first->listing.state != LISTING_LISTED)
            first->text[0] = '\0';
    }
}

void dnsbl_check_all(const struct resolver *resolver, struct dnsbl_check *checks,
                     size_t count, int64_t timeout_ms, int64_t now)
{
    int64_t deadline_ms = clock_monotonic_ms(&clock_system) + timeout_ms;
    int64_t first_ms = may_need_second_look(checks, count) ? timeout_ms * 2 / 3
                                                           : timeout_ms;
    struct arena mem;

    if (count == 0)
        return;
    arena_init(&mem);
    look(resolver, &mem, checks, count, first_ms);
    look_again(resolver, &mem, checks, count,
               deadline_ms - clock_monotonic_ms(&clock_system));
    for (size_t i = 0; i < count; i++)
        checks[i].checked_at = now;
    arena_release(&mem);
}
