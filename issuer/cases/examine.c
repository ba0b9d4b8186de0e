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

static void add_check(struct examination *x, const char *question,
                      enum check_result result, const char *answer, const char *source)
{
    keep_check(x, (struct check){.question = question,
                                 .answer = answer,
                                 .source = source,
                                 .result = result,
                                 .checked_at = x->now});
}

/* Why the list was not asked. */
static const char *unasked_why(const struct examination *x)
{
    if (!x->has_address)
        return "not asked: the bounce names no address";
    if (x->evidence->list == NULL)
        return "not asked: the bounce names no list";
    if (x->is_private)
        return "not asked: the list is a receiver's own, and cannot be asked by DNS";
    if (x->zone == NULL)
        return "not asked: we do not know this list";
    if (!x->zone->is_alive)
        return "not asked: this list has closed";
    if (!x->is_zone_used)
        return "not asked: this list is not among the configured ones";
    return "not asked: the address is not ours";
}

/* "yes, 127.0.0.4 (XBL: exploited host)" */
static const char *listed_words(const struct examination *x)
{
    const char *code = x->asked[0].listing.code;
    const char *meaning = zone_code_meaning(x->zone, code);

    if (meaning == NULL)
        return arena_printf(x->mem, "yes, %s", code);
    return arena_printf(x->mem, "yes, %s (%s)", code, meaning);
}

static void check_listed(struct examination *x)
{
    const char *question = "Is it listed?";
    const char *list = x->evidence->list != NULL ? x->evidence->list : "the bounce";

    if (x->asked_count == 0) {
        add_check(x, question, CHECK_UNKNOWN, unasked_why(x), list);
        return;
    }
    const struct listing *listing = &x->asked[0].listing;
    const char *source = x->zone->name;
    if (listing->state != LISTING_UNKNOWN && x->zone->has_test_points)
        source = arena_printf(x->mem, "%s, passes its own test", x->zone->name);
    switch (listing->state) {
    case LISTING_LISTED:
        add_check(x, question, CHECK_YES, listed_words(x), source);
        return;
    case LISTING_CLEAR: add_check(x, question, CHECK_NO, "no", source); return;
    case LISTING_UNKNOWN:
    case LISTING_STATE_COUNT: break;
    }
    add_check(x, question, CHECK_UNKNOWN,
              arena_printf(x->mem, "cannot tell: %s", listing->why), source);
}

static void check_ours(struct examination *x)
{
    const char *question = "Is it ours?";

    if (!x->has_address)
        add_check(x, question, CHECK_UNKNOWN, "the bounce names no address",
                  "the bounce");
    else if (x->reserved != NULL)
        add_check(x, question, CHECK_YES, "yes, reserved",
                  arena_printf(x->mem, "the pool, lane %s", x->reserved->lane));
    else if (x->range == NULL)
        add_check(x, question, CHECK_NO, "no", "the shared addresses");
    else if (x->range->label != NULL && x->range->label[0] != '\0')
        add_check(x, question, CHECK_YES, "yes, shared",
                  arena_printf(x->mem, "%s, %s", x->range->network, x->range->label));
    else
        add_check(x, question, CHECK_YES, "yes, shared", x->range->network);
}

/* What else the customer will meet: shown, and kept as listings; the named list decides. */
static void check_others(struct examination *x)
{
    const char *question = "On other lists?";
    const char *source = arena_printf(x->mem, "%zu more list%s", x->others_count,
                                      x->others_count == 1 ? "" : "s");
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
        add_check(x, question, CHECK_YES, arena_printf(x->mem, "yes: %s", listed),
                  source);
    else if (clear == x->others_count)
        add_check(x, question, CHECK_NO,
                  arena_printf(x->mem, "no, clear on %zu of %zu", clear, clear),
                  source);
    else
        add_check(x, question, CHECK_UNKNOWN,
                  arena_printf(x->mem, "clear on %zu of %zu, the rest did not say",
                               clear, x->others_count),
                  source);
}

static void check_pool(struct examination *x)
{
    const char *question = "Would a clean address work?";
    size_t clear = 0;
    size_t unknown = 0;

    if (x->pool_count == 0) {
        add_check(x, question, CHECK_NO, "no, the pool is empty", "the pool");
        return;
    }
    if (x->asked_count == 0) {
        add_check(x, question, CHECK_UNKNOWN, "not asked", "the pool");
        return;
    }
    size_t count = x->asked_count - 1;
    for (size_t i = 1; i < x->asked_count; i++) {
        clear += x->asked[i].listing.state == LISTING_CLEAR;
        unknown += x->asked[i].listing.state == LISTING_UNKNOWN;
    }
    const char *source = arena_printf(x->mem, "the pool and %s", x->zone->name);
    if (clear > 0)
        add_check(x, question, CHECK_YES,
                  arena_printf(x->mem, "yes, %zu of %zu are clear there", clear, count),
                  source);
    else if (unknown > 0)
        add_check(x, question, CHECK_UNKNOWN, "cannot tell: the list did not answer",
                  source);
    else
        add_check(x, question, CHECK_NO,
                  arena_printf(x->mem, "no, %zu of %zu are clear there", clear, count),
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
