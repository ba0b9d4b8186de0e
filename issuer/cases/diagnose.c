/*
 * diagnose.c - look, ask, judge; and keep it as a case.
 *
 * Reading comes first, then DNS, then one transaction that only writes: nobody waits for the
 * writing handle while a list is asked.
 */
#include "base/base.h"

#include "issuer/cases/diagnose.h"

#include "base/address.h"
#include "base/encode.h"
#include "core/mailbox.h"
#include "issuer/cases/intake.h"
#include "issuer/cases/words.h"
#include "issuer/dnsbl/check.h"
#include "issuer/dnsbl/zones.h"

enum {
    CHECKS_MAX = 4
};

/* One diagnosis being made. */
struct examination {
    struct app *app;
    struct arena *mem;
    int64_t now;
    const struct evidence *evidence;
    struct address address;
    bool has_address;
    struct shared_range *shared;
    size_t shared_count;
    const struct shared_range *range; /* the one that holds the address, or NULL */
    struct pool_address *pool;
    size_t pool_count;
    const struct pool_address *reserved; /* the address is this one, or NULL */
    const struct zone *zone;
    bool is_zone_used;
    /* What was asked: first the address itself, then the active addresses of the pool. */
    struct dnsbl_check *asked;
    size_t asked_count;
    struct check *checks;
    size_t checks_count;
};

static int read_ours(struct store *store, void *context, struct error *err)
{
    struct examination *x = context;

    if (store_shared_list(store, x->mem, &x->shared, &x->shared_count, err) != 0)
        return -1;
    return store_pool_list(store, x->mem, x->now, &x->pool, &x->pool_count, err);
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
    for (size_t i = 0; x->has_address && i < x->shared_count; i++) {
        struct network network;
        if (network_parse(slice_from(x->shared[i].network), &network, NULL) == 0 &&
            network_contains(&network, &x->address))
            x->range = &x->shared[i];
    }
    for (size_t i = 0; x->has_address && i < x->pool_count; i++) {
        struct address address;
        if (address_parse(slice_from(x->pool[i].address), &address) &&
            address_equal(&address, &x->address))
            x->reserved = &x->pool[i];
    }
    return 0;
}

/* Only about addresses of ours, and only lists of the configuration: whoever writes the bounce
 * does not choose whom we ask about what. */
static void ask(struct examination *x)
{
    if (x->zone == NULL || !x->is_zone_used || !x->has_address ||
        (x->range == NULL && x->reserved == NULL))
        return;
    x->asked = arena_array(x->mem, 1 + x->pool_count, sizeof *x->asked);
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
    dnsbl_check_all(app_resolver(x->app), x->asked, x->asked_count,
                    app_config(x->app)->dns.timeout_s * 1000, x->now);
}

static void add_check(struct examination *x, const char *question,
                      enum check_result result, const char *answer, const char *source)
{
    assert(x->checks_count < CHECKS_MAX);
    x->checks[x->checks_count++] = (struct check){.question = question,
                                                  .answer = answer,
                                                  .source = source,
                                                  .result = result,
                                                  .checked_at = x->now};
}

/* Why the list was not asked. */
static const char *unasked_why(const struct examination *x)
{
    if (!x->has_address)
        return "not asked: the bounce names no address";
    if (x->evidence->list == NULL)
        return "not asked: the bounce names no list";
    if (x->zone == NULL)
        return "not asked: we do not know this list";
    if (!x->zone->is_alive)
        return "not asked: this list has closed";
    if (!x->is_zone_used)
        return "not asked: this list is not among the configured ones";
    return "not asked: the address is not ours";
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
        add_check(x, question, CHECK_YES,
                  arena_printf(x->mem, "yes, %s", listing->code), source);
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

/* Judge x->evidence; fills the parts of out that a diagnosis makes anew. */
static int examine(struct examination *x, struct diagnosis *out, struct error *err)
{
    x->has_address = x->evidence->blocked_ip != NULL &&
                     address_parse(slice_from(x->evidence->blocked_ip), &x->address);
    x->zone = zone_find(x->evidence->list);
    x->is_zone_used = zone_is_used(app_config(x->app), x->zone);
    if (find_ours(x, err) != 0)
        return -1;
    ask(x);
    x->checks = arena_array(x->mem, CHECKS_MAX, sizeof *x->checks);
    check_listed(x);
    check_ours(x);
    add_check(x, "Did it happen?", CHECK_UNKNOWN, "our mail log is not connected",
              "the mail log");
    check_pool(x);

    struct diagnosis_facts facts = {
        .evidence = x->evidence,
        .is_shared = x->range != NULL,
        .is_reserved = x->reserved != NULL,
        .zone = x->zone,
        .listing = x->asked_count > 0 ? &x->asked[0].listing : NULL,
    };
    out->row.verdict = diagnosis_judge(&facts);
    out->row.diagnosed_at = x->now;
    out->row.checks = x->checks;
    out->row.checks_count = x->checks_count;
    out->row.address = NULL;
    out->row.zone = NULL;
    out->listing = (struct listing){.state = LISTING_UNKNOWN};
    if (x->asked_count > 0) {
        out->row.address = x->evidence->blocked_ip;
        out->row.zone = x->zone->name;
        out->listing = x->asked[0].listing;
    }
    return 0;
}

/* As a C string: a NUL is kept as U+FFFD. */
static const char *keep_text(struct arena *mem, struct slice bounce)
{
    static const char replacement[] = "\xef\xbf\xbd";
    struct strbuf text;
    struct slice piece;

    strbuf_init(&text, 3 * (size_t)BOUNCE_MAX);
    for (bool is_first = true; slice_cut(&bounce, '\0', &piece); is_first = false) {
        if (!is_first)
            strbuf_puts(&text, replacement);
        strbuf_add_slice(&text, piece);
    }
    const char *copy = arena_slice(mem, strbuf_slice(&text));
    strbuf_release(&text);
    return copy;
}

static int find_same(struct app *app, const char *bounce_sha, int64_t *out_id,
                     struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_case_same_bounce(store, bounce_sha, out_id, err);
    app_give_back(app, store);
    return result;
}

/* The customer as given; NULL leaves it to the bounce. */
static int given_mailbox(struct arena *mem, const char *given, const char **out,
                         struct error *err)
{
    char mailbox[MAILBOX_MAX + 1];

    if (given == NULL || given[0] == '\0')
        return 0;
    if (!mailbox_parse(slice_from(given), mailbox))
        return error_set(err, ERROR_INVALID, "\"%.100s\" is not a mailbox", given);
    *out = arena_strdup(mem, mailbox);
    return 0;
}

static int look(struct app *app, struct arena *mem,
                const struct diagnosis_request *request, struct examination *x,
                struct diagnosis *out, struct error *err)
{
    struct diagnosis *made = ARENA_NEW(mem, struct diagnosis);
    uint8_t digest[DIGEST_BYTES];
    char *sha = arena_alloc(mem, 2 * DIGEST_BYTES + 1);

    *x = (struct examination){.app = app, .mem = mem, .now = app_now(app)};
    if (words_check("ticket", request->ticket, TICKET_MAX, err) != 0)
        return -1;
    /* A mailbox that is none is said before a child is started. */
    if (given_mailbox(mem, request->mailbox, &made->row.mailbox, err) != 0)
        return -1;
    if (intake_read(app, mem, request->bounce, &made->row.evidence, err) != 0)
        return -1;
    if (made->row.mailbox == NULL)
        made->row.mailbox = made->row.evidence.sender;
    digest_bytes(request->bounce, digest);
    hex_encode(digest, sizeof digest, sha);
    made->row.bounce_sha = sha;
    made->row.bounce = keep_text(mem, request->bounce);
    made->row.ticket = arena_strdup(mem, request->ticket);
    made->row.created_at = x->now;
    if (find_same(app, sha, &made->same_bounce_case, err) != 0)
        return -1;
    x->evidence = &made->row.evidence;
    if (examine(x, made, err) != 0)
        return -1;
    *out = *made;
    return 0;
}

int diagnose(struct app *app, struct arena *mem,
             const struct diagnosis_request *request, struct diagnosis *out,
             struct error *err)
{
    struct examination x;

    return look(app, mem, request, &x, out, err);
}

/* Keep every answer of the round, also those about the pool. */
static int keep_answers(struct store *store, const struct dnsbl_check *asked,
                        size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        char address[ADDRESS_TEXT_MAX + 1];
        address_format(&asked[i].address, address);
        struct listing_row row = {.address = address,
                                  .zone = asked[i].zone->name,
                                  .state = asked[i].listing.state,
                                  .code = asked[i].listing.code,
                                  .why = asked[i].listing.why,
                                  .since = asked[i].checked_at,
                                  .checked_at = asked[i].checked_at};
        if (store_listing_put(store, &row, err) != 0)
            return -1;
    }
    return 0;
}

struct keeping {
    const struct examination *x;
    const struct actor *actor;
    struct diagnosis *diagnosis;
};

static int audit_case(struct store *store, const struct keeping *keeping,
                      const char *action, struct error *err)
{
    const struct case_row *row = &keeping->diagnosis->row;
    struct arena *mem = keeping->x->mem;
    const char *detail = arena_printf(
        mem, "verdict=%s address=%s zone=%s mailbox=%s",
        diagnosis_row(row->verdict)->name, row->address != NULL ? row->address : "-",
        row->zone != NULL ? row->zone : "-", row->mailbox != NULL ? row->mailbox : "-");

    return store_audit(store, keeping->x->now, keeping->actor->name, action,
                       arena_printf(mem, "case:%lld", (long long)row->id), detail, err);
}

static int keep_case(struct store *store, void *context, struct error *err)
{
    struct keeping *keeping = context;

    if (store_case_add(store, &keeping->diagnosis->row, &keeping->diagnosis->row.id,
                       err) != 0)
        return -1;
    if (keep_answers(store, keeping->x->asked, keeping->x->asked_count, err) != 0)
        return -1;
    return audit_case(store, keeping, "case.open", err);
}

int case_open(struct app *app, struct arena *mem, const struct actor *actor,
              const struct diagnosis_request *request, struct diagnosis *out,
              struct error *err)
{
    struct examination x;
    struct diagnosis made;

    if (app_allow(actor, ACT_DIAGNOSE, err) != 0)
        return -1;
    if (look(app, mem, request, &x, &made, err) != 0)
        return -1;
    made.row.created_by = arena_strdup(mem, actor->name);
    struct keeping keeping = {.x = &x, .actor = actor, .diagnosis = &made};
    if (app_write(app, keep_case, &keeping, err) != 0)
        return -1;
    *out = made;
    return 0;
}

static int keep_again(struct store *store, void *context, struct error *err)
{
    struct keeping *keeping = context;

    if (store_case_set_diagnosis(store, &keeping->diagnosis->row, err) != 0)
        return -1;
    if (keep_answers(store, keeping->x->asked, keeping->x->asked_count, err) != 0)
        return -1;
    return audit_case(store, keeping, "case.check", err);
}

int case_check_again(struct app *app, struct arena *mem, const struct actor *actor,
                     int64_t case_id, struct diagnosis *out, struct error *err)
{
    struct examination x = {.app = app, .mem = mem, .now = app_now(app)};
    struct diagnosis made = {0};
    struct store *store = NULL;

    if (app_allow(actor, ACT_DIAGNOSE, err) != 0)
        return -1;
    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_case_find(store, mem, case_id, &made.row, err);
    app_give_back(app, store);
    if (result != 0)
        return -1;
    x.evidence = &made.row.evidence;
    if (examine(&x, &made, err) != 0)
        return -1;
    struct keeping keeping = {.x = &x, .actor = actor, .diagnosis = &made};
    if (app_write(app, keep_again, &keeping, err) != 0)
        return -1;
    *out = made;
    return 0;
}

struct listing_keeping {
    struct arena *mem;
    const struct dnsbl_check *asked;
    size_t asked_count;
    const char *address;
    struct listing_row *rows;
    size_t count;
};

static int keep_listings(struct store *store, void *context, struct error *err)
{
    struct listing_keeping *keeping = context;

    if (keep_answers(store, keeping->asked, keeping->asked_count, err) != 0)
        return -1;
    return store_listing_now(store, keeping->mem, keeping->address, &keeping->rows,
                             &keeping->count, err);
}

int listing_check(struct app *app, struct arena *mem, const char *address,
                  struct listing_row **out, size_t *out_count, struct error *err)
{
    const struct zone *zones[CONFIG_LIST_MAX];
    struct dnsbl_check asked[CONFIG_LIST_MAX] = {0};
    char canonical[ADDRESS_TEXT_MAX + 1];
    struct address parsed;

    if (!address_parse(slice_from(address), &parsed))
        return error_set(err, ERROR_INVALID, "\"%.60s\" is not an address", address);
    if (address_is_special(&parsed))
        return error_set(err, ERROR_INVALID,
                         "\"%s\" is not a public address, no list knows it", address);
    address_format(&parsed, canonical);
    size_t count = zones_used(app_config(app), zones);
    for (size_t i = 0; i < count; i++)
        asked[i] = (struct dnsbl_check){.zone = zones[i], .address = parsed};
    dnsbl_check_all(app_resolver(app), asked, count,
                    app_config(app)->dns.timeout_s * 1000, app_now(app));
    struct listing_keeping keeping = {
        .mem = mem, .asked = asked, .asked_count = count, .address = canonical};
    if (app_write(app, keep_listings, &keeping, err) != 0)
        return -1;
    *out = keeping.rows;
    *out_count = keeping.count;
    return 0;
}
