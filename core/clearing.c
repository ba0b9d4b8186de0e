/*
 * clearing.c - when a listing clears, estimated.
 */
#include "base/base.h"

#include "core/clearing.h"

#include "base/timetext.h"
#include "core/listing.h"

enum {
    HOUR_S = 3600,
    DAY_S = 86400
};

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

/* "clears 24 h after the last report, plus up to 4 h" */
static const char *rule_words(struct arena *mem, const struct zone_expiry *expiry,
                              bool is_overdue)
{
    const char *again = is_overdue ? ", and was probably told again" : "";
    const char *after = timetext_span(mem, expiry->after_s);

    if (expiry->slack_s == 0)
        return arena_printf(mem, "clears %s after the last report%s", after, again);
    return arena_printf(mem, "clears %s after the last report, plus up to %s%s", after,
                        timetext_span(mem, expiry->slack_s), again);
}

/* What the list says, without the list's name in front. */
static const char *list_words(struct arena *mem, const struct clearing_facts *facts,
                              const struct clearing *clearing)
{
    const struct zone_expiry expiry = zone_code_expiry(facts->zone, facts->code);

    switch (expiry.how) {
    case ZONE_EXPIRES_ITSELF: return rule_words(mem, &expiry, clearing->is_overdue);
    case ZONE_EXPIRES_BY_HAND: return "does not clear by itself";
    case ZONE_EXPIRES_UNKNOWN:
    case ZONE_EXPIRES_COUNT: break;
    }
    return clearing->basis == CLEARING_UNKNOWN
               ? "does not say when it clears, and we cannot tell"
               : "does not say when it clears";
}

static const char *when_words(struct arena *mem, const struct clearing *clearing,
                              int64_t now)
{
    if (clearing->latest == 0)
        return "";
    if (clearing->is_due)
        return ": it should be over by now, ask again";
    const char *by = timetext_person(mem, clearing->probably_by, now);
    if (clearing->latest == clearing->probably_by)
        return arena_printf(mem, ": probably by %s", by);
    /* The second time without its day where it is the same. */
    return arena_printf(mem, ": probably by %s, or %s", by,
                        timetext_person(mem, clearing->latest, clearing->probably_by));
}

const char *clearing_sentence(struct arena *mem, const struct clearing_facts *facts,
                              const struct clearing *clearing, int64_t now)
{
    const struct zone *zone = facts->zone;
    const char *title = zone == NULL          ? "the list"
                        : zone->title != NULL ? zone->title
                                              : zone->name;
    const char *past = "";

    if (clearing->past_count > 0)
        past = arena_printf(mem, "; our last %zu listings there took %s to %s",
                            clearing->past_count,
                            timetext_span(mem, clearing->past_min_s),
                            timetext_span(mem, clearing->past_max_s));
    return arena_printf(mem, "%s %s%s%s", title, list_words(mem, facts, clearing),
                        when_words(mem, clearing, now), past);
}

const char *clearing_within(struct arena *mem, const struct clearing *clearing,
                            int64_t now)
{
    if (clearing->basis != CLEARING_FROM_RULE || clearing->is_overdue ||
        clearing->is_due)
        return NULL;
    int64_t left_s = clearing->latest - now;
    int64_t unit_s = left_s > INT64_C(2) * DAY_S ? DAY_S : HOUR_S;
    long long count = (long long)later((left_s + unit_s - 1) / unit_s, 1);
    return arena_printf(mem, "%lld %s%s", count, unit_s == DAY_S ? "day" : "hour",
                        count == 1 ? "" : "s");
}
