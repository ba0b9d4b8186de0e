/*
 * clearing.c - when a listing clears, estimated.
 */
#include "base/base.h"

#include "core/clearing.h"

#include "core/listing.h"

static const char *const basis_names[] = {
    [CLEARING_UNKNOWN] = "unknown",
    [CLEARING_BY_HAND] = "by_hand",
    [CLEARING_FROM_RULE] = "rule",
    [CLEARING_FROM_HISTORY] = "history",
};
_Static_assert(ARRAY_LEN(basis_names) == CLEARING_BASIS_COUNT, "one name a basis");

const char *clearing_basis_name(enum clearing_basis basis)
{
    assert((size_t)basis < ARRAY_LEN(basis_names));
    return basis_names[basis];
}

/* ---- the estimate ---- */

/* How long the earlier listings took, shortest first. */
struct history {
    int64_t took_s[CLEARING_PAST_MAX];
    size_t count;
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A clock that was set back leaves stretches that end before they begin, or in the future. */
static bool tells_its_length(const struct clearing_stretch *stretch, int64_t now)
{
    return stretch->since > 0 && stretch->since <= stretch->last_listed_at &&
           stretch->since < stretch->until &&
           stretch->last_listed_at <= stretch->until && stretch->until <= now &&
           stretch->until - stretch->last_listed_at <= CLEARING_BLIND_MAX_S;
}

static void insert(struct history *history, int64_t took_s)
{
    size_t at = history->count++;

    for (; at > 0 && history->took_s[at - 1] > took_s; at--)
        history->took_s[at] = history->took_s[at - 1];
    history->took_s[at] = took_s;
}

static void read_history(const struct clearing_facts *facts, int64_t now,
                         struct history *out)
{
    struct history history = {0};

    for (size_t i = 0; i < facts->past_count && history.count < CLEARING_PAST_MAX; i++)
        if (tells_its_length(&facts->past[i], now))
            insert(&history, facts->past[i].until - facts->past[i].since);
    if (history.count < CLEARING_PAST_MIN)
        history.count = 0;
    *out = history;
}

static void take_history(struct clearing *c, const struct history *history,
                         int64_t since)
{
    /* Three of four earlier listings were over by then: the nearest rank, rounded up. */
    size_t usual = (3 * history->count + 3) / 4 - 1;

    c->past_count = history->count;
    c->past_min_s = history->took_s[0];
    c->past_max_s = history->took_s[history->count - 1];
    c->not_before = since + c->past_min_s;
    c->probably_by = since + history->took_s[usual];
    c->latest = since + c->past_max_s;
}

/* The last report came when the listing began, or later: at our last look, at worst. */
static void apply_rule(struct clearing *c, const struct zone_expiry *expiry,
                       const struct clearing_facts *facts)
{
    int64_t whole_s = expiry->after_s + expiry->slack_s;

    c->basis = CLEARING_FROM_RULE;
    c->is_overdue = facts->checked_at > facts->since + whole_s;
    int64_t start = c->is_overdue ? facts->checked_at : facts->since;
    c->probably_by = later(c->probably_by, start + expiry->after_s);
    c->latest = later(c->latest, start + whole_s);
}

void clearing_estimate(const struct clearing_facts *facts, int64_t now,
                       struct clearing *out)
{
    const struct zone_expiry expiry = zone_code_expiry(facts->zone, facts->code);
    struct clearing c = {.basis = expiry.how == ZONE_EXPIRES_BY_HAND
                                      ? CLEARING_BY_HAND
                                      : CLEARING_UNKNOWN};
    struct history history;

    read_history(facts, now, &history);
    if (history.count > 0)
        take_history(&c, &history, facts->since);
    if (expiry.how == ZONE_EXPIRES_ITSELF) {
        apply_rule(&c, &expiry, facts);
    } else if (history.count > 0) {
        /* Longer than ever: nothing that we saw says more. */
        c.is_overdue = facts->checked_at > c.latest;
        if (c.is_overdue)
            c.not_before = c.probably_by = c.latest = 0;
        else
            c.basis = CLEARING_FROM_HISTORY;
    }
    if (c.basis == CLEARING_FROM_RULE || c.basis == CLEARING_FROM_HISTORY) {
        c.is_due = now > c.latest;
        c.not_before = later(c.not_before, now);
        c.probably_by = later(c.probably_by, c.not_before);
        c.latest = later(c.latest, c.probably_by);
    }
    *out = c;
}

/* ---- words ---- */

static struct sentence rule_words(struct arena *mem, const struct zone_expiry *expiry,
                                  bool is_overdue)
{
    struct sentence says =
        expiry->slack_s == 0
            ? SAY(mem, "said.clearing.itself", SAY_SPAN("after", expiry->after_s))
            : SAY(mem, "said.clearing.itself_slack", SAY_SPAN("after", expiry->after_s),
                  SAY_SPAN("slack", expiry->slack_s));

    return is_overdue ? SAY(mem, "said.clearing.again", SAY_SENTENCE("says", says))
                      : says;
}

/* What the list says, without the list's name in front. */
static struct sentence list_words(struct arena *mem, const struct clearing_facts *facts,
                                  const struct clearing *clearing)
{
    const struct zone_expiry expiry = zone_code_expiry(facts->zone, facts->code);

    switch (expiry.how) {
    case ZONE_EXPIRES_ITSELF: return rule_words(mem, &expiry, clearing->is_overdue);
    case ZONE_EXPIRES_BY_HAND: return SENTENCE("said.clearing.by_hand");
    case ZONE_EXPIRES_UNKNOWN:
    case ZONE_EXPIRES_COUNT: break;
    }
    return clearing->basis == CLEARING_UNKNOWN ? SENTENCE("said.clearing.unknown")
                                               : SENTENCE("said.clearing.silent");
}

static struct sentence when_words(struct arena *mem, const struct clearing *clearing)
{
    if (clearing->latest == 0)
        return (struct sentence){""};
    if (clearing->is_due)
        return SENTENCE("said.clearing.due");
    if (clearing->latest == clearing->probably_by)
        return SAY(mem, "said.clearing.by", SAY_TIME("by", clearing->probably_by));
    return SAY(mem, "said.clearing.by_or", SAY_TIME("by", clearing->probably_by),
               SAY_TIME("latest", clearing->latest));
}

struct sentence clearing_sentence(struct arena *mem, const struct clearing_facts *facts,
                                  const struct clearing *clearing)
{
    const struct zone *zone = facts->zone;
    struct sentence list = SENTENCE("said.clearing.the_list");
    struct sentence past = {""};

    if (zone != NULL)
        list = sentence_quote(mem, zone->title != NULL ? zone->title : zone->name);
    if (clearing->past_count > 0)
        past = SAY(mem, "said.clearing.past", SAY_NUMBER("count", clearing->past_count),
                   SAY_SPAN("min", clearing->past_min_s),
                   SAY_SPAN("max", clearing->past_max_s));
    return SAY(mem, "said.clearing.sentence", SAY_SENTENCE("list", list),
               SAY_SENTENCE("says", list_words(mem, facts, clearing)),
               SAY_SENTENCE("when", when_words(mem, clearing)),
               SAY_SENTENCE("past", past));
}

int64_t clearing_within_s(const struct clearing *clearing, int64_t now)
{
    if (clearing->basis != CLEARING_FROM_RULE || clearing->is_overdue ||
        clearing->is_due)
        return 0;
    return later(clearing->latest - now, 1);
}
