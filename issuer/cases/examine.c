/*
 * examine.c - ours or not, listed or not, credible or not: each question asked and kept as a check.
 */
#include "base/base.h"

#include "issuer/cases/examine.h"

#include "issuer/cases/reach.h"
#include "issuer/dnsbl/zones.h"

enum {
    CHECKS_MAX = 6 + REACH_CHECKS
};

static int read_ours(struct store *store, void *context, struct error *err)
{
    struct examination *x = context;

    if (store_shared_list(store, x->mem, &x->shared, &x->shared_count, err) != 0)
        return -1;
    if (store_pool_list(store, x->mem, x->now, &x->pool, &x->pool_count, err) != 0)
        return -1;
    return story_read(store, &x->question, &x->story, err);
}

static const struct shared_range *find_shared(const struct examination *x,
                                              const struct address *address)
{
    for (size_t i = 0; i < x->shared_count; i++) {
        struct network network;
        if (network_parse(slice_from(x->shared[i].network), &network, NULL) == 0 &&
            network_contains(&network, address))
            return &x->shared[i];
    }
    return NULL;
}

static const struct pool_address *find_reserved(const struct examination *x,
                                                const struct address *address)
{
    for (size_t i = 0; i < x->pool_count; i++) {
        struct address reserved;
        if (address_parse(slice_from(x->pool[i].address), &reserved) &&
            address_equal(&reserved, address))
            return &x->pool[i];
    }
    return NULL;
}

static int find_ours(struct examination *x, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(x->app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, read_ours, x, err);
    app_give_back(x->app, store);
    if (result != 0)
        return -1;
    if (x->has_address) {
        x->range = find_shared(x, &x->address);
        x->reserved = find_reserved(x, &x->address);
    }
    return 0;
}

/* The list that the bounce names: about the address, and about those that could be given instead. */
static void add_named_list(struct examination *x)
{
    x->asked[x->asked_count++] = (struct dnsbl_check){.zone = x->zone,
                                                      .address = x->address};
    for (size_t i = 0; i < x->pool_count; i++) {
        struct dnsbl_check *check = &x->asked[x->asked_count];
        if (x->pool[i].state != POOL_ACTIVE || &x->pool[i] == x->reserved ||
            !address_parse(slice_from(x->pool[i].address), &check->address))
            continue;
        check->zone = x->zone;
        x->asked_count++;
    }
}

/* Only about addresses of ours, and only lists of the configuration: whoever writes the bounce
 * does not choose whom we ask about what. */
static void ask(struct examination *x)
{
    const struct zone *zones[CONFIG_LIST_MAX] = {NULL};
    size_t zones_count = zones_used(app_zones(x->app), zones);

    if (!x->has_address || (x->range == NULL && x->reserved == NULL))
        return;
    x->asked = arena_array(x->mem, 1 + x->pool_count + zones_count, sizeof *x->asked);
    if (x->zone != NULL && x->is_zone_used)
        add_named_list(x);
    x->others = x->asked + x->asked_count;
    for (size_t i = 0; i < zones_count; i++)
        if (zones[i] != x->zone)
            x->others[x->others_count++] = (struct dnsbl_check){.zone = zones[i],
                                                                .address = x->address};
    dnsbl_check_all(app_resolver(x->app), x->asked, x->asked_count + x->others_count,
                    app_config(x->app)->dns.timeout_s * 1000, x->now);
}

static void keep_check(struct examination *x, struct check check)
{
    assert(x->checks_count < CHECKS_MAX);
    x->checks[x->checks_count++] = check;
}

static void add_check(struct examination *x, struct sentence question,
                      enum check_result result, struct sentence answer,
                      struct sentence source)
{
    keep_check(x, (struct check){.question = question,
                                 .answer = answer,
                                 .source = source,
                                 .result = result,
                                 .checked_at = x->now});
}

/* Why the list was not asked. */
static struct sentence unasked_why(const struct examination *x)
{
    if (!x->has_address)
        return SENTENCE("said.listed.unasked.no_address");
    if (x->evidence->list == NULL)
        return SENTENCE("said.listed.unasked.no_list");
    if (x->is_private)
        return SENTENCE("said.listed.unasked.private");
    if (x->zone == NULL)
        return SENTENCE("said.listed.unasked.unknown");
    if (!x->zone->is_alive)
        return SENTENCE("said.listed.unasked.closed");
    if (!x->is_zone_used)
        return SENTENCE("said.listed.unasked.unused");
    return SENTENCE("said.listed.unasked.not_ours");
}

/* "yes, 127.0.0.4 (XBL: exploited host)" */
static struct sentence listed_words(const struct examination *x)
{
    const char *code = x->asked[0].listing.code;
    const char *meaning = zone_code_meaning(x->zone, code);

    if (meaning == NULL)
        return SAY(x->mem, "said.listed.yes", SAY_TEXT("code", code));
    return SAY(x->mem, "said.listed.yes_meaning", SAY_TEXT("code", code),
               SAY_TEXT("meaning", meaning));
}

static void check_listed(struct examination *x)
{
    const struct sentence question = SENTENCE("said.listed.question");

    if (x->asked_count == 0) {
        add_check(x, question, CHECK_UNKNOWN, unasked_why(x),
                  x->evidence->list != NULL ? sentence_quote(x->mem, x->evidence->list)
                                            : SENTENCE("said.ours.bounce"));
        return;
    }
    const struct listing *listing = &x->asked[0].listing;
    struct sentence source = sentence_quote(x->mem, x->zone->name);
    if (listing->state != LISTING_UNKNOWN && x->zone->has_test_points)
        source = SAY(x->mem, "said.listed.tested", SAY_TEXT("list", x->zone->name));
    switch (listing->state) {
    case LISTING_LISTED:
        add_check(x, question, CHECK_YES, listed_words(x), source);
        return;
    case LISTING_CLEAR:
        add_check(x, question, CHECK_NO, SENTENCE("said.listed.no"), source);
        return;
    case LISTING_UNKNOWN:
    case LISTING_STATE_COUNT: break;
    }
    add_check(x, question, CHECK_UNKNOWN,
              SAY(x->mem, "said.listed.cannot_tell",
                  SAY_SENTENCE("why", listing_why(listing))),
              source);
}

static void check_ours(struct examination *x)
{
    const struct sentence question = SENTENCE("said.ours.question");
    const struct shared_range *range = x->range;

    if (!x->has_address)
        add_check(x, question, CHECK_UNKNOWN, SENTENCE("said.ours.no_address"),
                  SENTENCE("said.ours.bounce"));
    else if (x->reserved != NULL)
        add_check(x, question, CHECK_YES, SENTENCE("said.ours.reserved"),
                  SAY(x->mem, "said.ours.lane", SAY_TEXT("lane", x->reserved->lane)));
    else if (range == NULL)
        add_check(x, question, CHECK_NO, SENTENCE("said.ours.no"),
                  SENTENCE("said.ours.ranges"));
    else if (range->label != NULL && range->label[0] != '\0')
        add_check(x, question, CHECK_YES, SENTENCE("said.ours.shared"),
                  SAY(x->mem, "said.ours.range", SAY_TEXT("network", range->network),
                      SAY_TEXT("label", range->label)));
    else
        add_check(x, question, CHECK_YES, SENTENCE("said.ours.shared"),
                  sentence_quote(x->mem, range->network));
}

/* What else the customer will meet: shown, and kept as listings; the named list decides. */
static void check_others(struct examination *x)
{
    const struct sentence question = SENTENCE("said.others.question");
    const struct sentence source = SAY(x->mem, "said.others.lists",
                                       SAY_COUNT("count", x->others_count));
    const char *listed = "";
    size_t clear = 0;

    if (x->others_count == 0)
        return;
    for (size_t i = 0; i < x->others_count; i++) {
        const struct dnsbl_check *other = &x->others[i];
        clear += other->listing.state == LISTING_CLEAR;
        if (other->listing.state == LISTING_LISTED)
            listed = arena_printf(x->mem, "%s%s%s", listed,
                                  listed[0] != '\0' ? ", " : "", other->zone->title);
    }
    if (listed[0] != '\0')
        add_check(x, question, CHECK_YES,
                  SAY(x->mem, "said.others.yes", SAY_TEXT("lists", listed)), source);
    else if (clear == x->others_count)
        add_check(x, question, CHECK_NO,
                  SAY(x->mem, "said.others.no", SAY_NUMBER("clear", clear),
                      SAY_NUMBER("all", clear)),
                  source);
    else
        add_check(x, question, CHECK_UNKNOWN,
                  SAY(x->mem, "said.others.unsure", SAY_NUMBER("clear", clear),
                      SAY_NUMBER("all", x->others_count)),
                  source);
}

/* The pool's own addresses, as the named list answered about them. */
static void check_pool(struct examination *x)
{
    const struct sentence question = SENTENCE("said.works.question");
    size_t clear = 0;
    size_t unknown = 0;

    if (x->pool_count == 0) {
        add_check(x, question, CHECK_NO, SENTENCE("said.works.empty"),
                  SENTENCE("said.works.pool"));
        return;
    }
    if (x->asked_count == 0) {
        add_check(x, question, CHECK_UNKNOWN, SENTENCE("said.works.unasked"),
                  SENTENCE("said.works.pool"));
        return;
    }
    size_t count = x->asked_count - 1;
    for (size_t i = 1; i < x->asked_count; i++) {
        clear += x->asked[i].listing.state == LISTING_CLEAR;
        unknown += x->asked[i].listing.state == LISTING_UNKNOWN;
    }
    const struct sentence source = SAY(x->mem, "said.works.pool_list",
                                       SAY_TEXT("list", x->zone->name));
    if (clear > 0)
        add_check(x, question, CHECK_YES,
                  SAY(x->mem, "said.works.yes", SAY_NUMBER("clear", clear),
                      SAY_NUMBER("all", count)),
                  source);
    else if (unknown > 0)
        add_check(x, question, CHECK_UNKNOWN, SENTENCE("said.works.unsure"), source);
    else
        add_check(x, question, CHECK_NO,
                  SAY(x->mem, "said.works.no", SAY_NUMBER("clear", clear),
                      SAY_NUMBER("all", count)),
                  source);
}

/* Has the server that refused, as our log knows it, an address of ours? */
static bool is_refused_by_us(const struct examination *x)
{
    const struct delivery *row = x->story.witness.row;
    struct address relay;

    return row != NULL && row->relay_address != NULL &&
           address_parse(slice_from(row->relay_address), &relay) &&
           (find_shared(x, &relay) != NULL || find_reserved(x, &relay) != NULL);
}

static void judge(struct examination *x)
{
    const struct diagnosis_facts facts = {
        .evidence = x->evidence,
        .is_shared = x->range != NULL,
        .is_reserved = x->reserved != NULL,
        .zone = x->zone,
        .listing = x->asked_count > 0 ? &x->asked[0].listing : NULL,
        .is_in_log = x->story.witness.answer == WITNESS_CONFIRMS,
        .is_cause = x->story.standing.standing == STANDING_CAUSE,
    };

    x->verdict = diagnosis_judge(&facts);
    if (!diagnosis_row(x->verdict)->may_lease)
        return;
    story_ask(&x->question, &x->story);
    x->doubts = story_doubts(&x->question, &x->story,
                             x->verdict == DIAGNOSIS_PRIVATE_PROVEN,
                             is_refused_by_us(x));
}

/* As the list answered; on a receiver's own list nobody can say more (issuer/leases/round.c). */
static bool is_clear(const struct examination *x, const struct address *address)
{
    if (x->is_private)
        return true;
    for (size_t i = 1; i < x->asked_count; i++)
        if (address_equal(address, &x->asked[i].address))
            return x->asked[i].listing.state == LISTING_CLEAR;
    return false;
}

/* The address that a lease would get now: would it work for this customer? Shown only: it neither
 * gives nor forbids one. */
static void check_reach(struct examination *x)
{
    struct address address;
    struct reach reach;

    for (size_t i = 0; i < x->pool_count; i++)
        x->pool[i].is_clear = address_parse(slice_from(x->pool[i].address), &address) &&
                              is_clear(x, &address);
    const struct pool_address *next = pool_choose(x->pool, x->pool_count);
    if (next == NULL || !address_parse(slice_from(next->address), &address))
        return;
    const struct reach_dns dns = {.resolver = app_resolver(x->app),
                                  .clock = &clock_system,
                                  .timeout_ms = app_config(x->app)->dns.timeout_s *
                                                1000};
    const struct reach_request request = {.address = address,
                                          .helo = next->helo,
                                          .sender = x->question.mailbox,
                                          .now = x->now};
    reach_check(&dns, x->mem, &request, &reach);
    for (size_t i = 0; i < REACH_CHECKS; i++)
        keep_check(x, reach.checks[i]);
}

int examine(const struct story_question *question, struct examination *out,
            struct error *err)
{
    struct examination x = {.question = *question,
                            .app = question->app,
                            .mem = question->mem,
                            .now = question->now,
                            .evidence = question->evidence};

    x.has_address = x.evidence->blocked_ip != NULL &&
                    address_parse(slice_from(x.evidence->blocked_ip), &x.address);
    x.zone = zones_find(app_zones(x.app), x.evidence->list);
    /* Known by name only: it proves nothing either way. */
    x.is_private = x.zone != NULL && x.zone->asker == ZONE_ASK_NOBODY;
    if (x.is_private)
        x.zone = NULL;
    x.is_zone_used = zone_is_used(app_zones(x.app), x.zone);
    if (find_ours(&x, err) != 0)
        return -1;
    ask(&x);
    x.checks = arena_array(x.mem, CHECKS_MAX, sizeof *x.checks);
    check_listed(&x);
    check_ours(&x);
    keep_check(&x, story_log_check(question, &x.story));
    keep_check(&x, story_customer_check(question, &x.story));
    check_others(&x);
    check_pool(&x);
    judge(&x);
    if (diagnosis_row(x.verdict)->may_lease)
        check_reach(&x);
    *out = x;
    return 0;
}
