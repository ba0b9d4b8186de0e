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
#include "core/words.h"
#include "issuer/cases/examine.h"
#include "issuer/cases/intake.h"
#include "issuer/dnsbl/keep.h"
#include "issuer/dnsbl/zones.h"

int diagnosis_explain(const struct app *app, struct store *store, struct arena *mem,
                      struct diagnosis *out, struct error *err)
{
    const struct zone *zone = zones_find(app_zones(app), out->row.zone);
    struct address address;

    out->meaning = zone_code_meaning(zone, out->listing.code);
    out->lookup_url = NULL;
    if (out->row.address != NULL &&
        address_parse(slice_from(out->row.address), &address))
        out->lookup_url = zone_lookup_url(mem, zone, &address);
    out->clears = (struct clears){0};
    if (out->listing.state != LISTING_LISTED || zone == NULL)
        return 0;
    const struct clears_question question = {.zone = zone,
                                             .address = out->row.address,
                                             .code = out->listing.code,
                                             .checked_at = out->listing_checked_at,
                                             .now = app_now(app)};
    return clears_read(store, mem, &question, &out->clears, err);
}

static int explain(const struct examination *x, struct diagnosis *out,
                   struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(x->app, &store, err) != 0)
        return -1;
    int result = diagnosis_explain(x->app, store, x->mem, out, err);
    app_give_back(x->app, store);
    return result;
}

/* What an examination found, as the parts that a diagnosis makes anew. */
static int take_found(const struct examination *x, struct diagnosis *out,
                      struct error *err)
{
    out->row.verdict = x->verdict;
    out->row.doubts = x->doubts;
    out->row.diagnosed_at = x->now;
    out->row.checks = x->checks;
    out->row.checks_count = x->checks_count;
    out->row.address = NULL;
    out->row.zone = NULL;
    out->listing = (struct listing){.state = LISTING_UNKNOWN};
    out->listing_checked_at = 0;
    if (x->asked_count > 0) {
        out->row.address = x->evidence->blocked_ip;
        out->row.zone = x->zone->name;
        out->listing = x->asked[0].listing;
        out->listing_checked_at = x->asked[0].checked_at;
    }
    return explain(x, out, err);
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

/* The same for the same text: a browser sends CRLF where a file has LF, and a paste ends where the
 * hand let go. */
static void digest_text(struct slice bounce, uint8_t out[DIGEST_BYTES])
{
    struct slice rest = slice_trim(bounce);
    struct slice piece;
    struct strbuf text;

    strbuf_init(&text, BOUNCE_MAX);
    while (slice_cut(&rest, '\r', &piece))
        strbuf_add_slice(&text, piece);
    digest_bytes(strbuf_slice(&text), out);
    strbuf_release(&text);
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

    if (words_check("ticket", request->ticket, TICKET_MAX, err) != 0)
        return -1;
    /* A mailbox that is none is said before a child is started. */
    if (given_mailbox(mem, request->mailbox, &made->row.mailbox, err) != 0)
        return -1;
    int taken = request->explains
                    ? intake_explain(app, mem, request->bounce, &made->row.evidence,
                                     &made->explained, err)
                    : intake_read(app, mem, request->bounce, &made->row.evidence, err);
    if (taken != 0)
        return -1;
    if (made->row.mailbox == NULL)
        made->row.mailbox = made->row.evidence.sender;
    digest_text(request->bounce, digest);
    hex_encode(digest, sizeof digest, sha);
    made->row.bounce_sha = sha;
    made->row.bounce = keep_text(mem, request->bounce);
    made->row.ticket = arena_strdup(mem, request->ticket);
    made->row.created_at = app_now(app);
    if (find_same(app, sha, &made->same_bounce_case, err) != 0)
        return -1;
    const struct story_question question = {.app = app,
                                            .mem = mem,
                                            .now = made->row.created_at,
                                            .evidence = &made->row.evidence,
                                            .mailbox = made->row.mailbox,
                                            .bounce_sha = sha};
    if (examine(&question, x, err) != 0 || take_found(x, made, err) != 0)
        return -1;
    made->row.mailbox = x->story.customer;
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
    if (dnsbl_keep(store, keeping->x->asked,
                   keeping->x->asked_count + keeping->x->others_count, err) != 0)
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
    if (dnsbl_keep(store, keeping->x->asked,
                   keeping->x->asked_count + keeping->x->others_count, err) != 0)
        return -1;
    return audit_case(store, keeping, "case.check", err);
}

int case_check_again(struct app *app, struct arena *mem, const struct actor *actor,
                     int64_t case_id, struct diagnosis *out, struct error *err)
{
    struct examination x;
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
    const struct story_question question = {.app = app,
                                            .mem = mem,
                                            .now = app_now(app),
                                            .evidence = &made.row.evidence,
                                            .mailbox = made.row.mailbox,
                                            .bounce_sha = made.row.bounce_sha,
                                            .case_id = case_id};
    if (examine(&question, &x, err) != 0 || take_found(&x, &made, err) != 0)
        return -1;
    made.row.mailbox = x.story.customer;
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

    if (dnsbl_keep(store, keeping->asked, keeping->asked_count, err) != 0)
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
    size_t count = zones_used(app_zones(app), zones);
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
