/*
 * lines.c - cases, leases and addresses as lines of lists.
 */
#include "base/base.h"

#include "issuer/web/lines.h"
#include "issuer/web/speak.h"

#include "base/escape.h"
#include "base/timetext.h"
#include "issuer/dnsbl/zones.h"

json_t *line_verdict_mark(const struct page *page, enum diagnosis_verdict verdict)
{
    const struct diagnosis_row *row = diagnosis_row(verdict);

    return view_mark(
        row->mark,
        speak(page, arena_printf(page->mem, "console.verdict.%s", row->name)));
}

json_t *line_lease_mark(const struct page *page, const struct lease *lease)
{
    static const char *const classes[LEASE_STATE_COUNT] = {
        [LEASE_PENDING_APPROVAL] = "unsure",
        [LEASE_OFFERED] = "open",
        [LEASE_REVEALED] = "used",
        [LEASE_IN_USE] = "used",
        [LEASE_SUSPENDED] = "unsure",
        [LEASE_EXPIRED] = "rest",
        [LEASE_REVOKED] = "rest",
        [LEASE_ENDED] = "rest",
    };
    enum lease_state state = lease_state_at(lease, page->now);

    /* In use says too little where a number says how much. */
    return view_mark(
        classes[state],
        state == LEASE_IN_USE
            ? speak_count(page, "console.lease.sent", "count", lease->messages_used)
            : speak(page, arena_printf(page->mem, "console.lease.state.%s",
                                       lease_state_name(state))));
}

static int newest_lease(struct page *page, struct store *store, int64_t case_id,
                        const struct lease **out, struct error *err)
{
    const struct lease_filter filter = {.case_id = case_id, .max = 1};
    struct lease *leases = NULL;
    size_t count = 0;

    if (store_lease_list(store, page->mem, &filter, &leases, &count, err) != 0)
        return -1;
    *out = count > 0 ? &leases[0] : NULL;
    return 0;
}

int line_cases(struct page *page, struct store *store, const struct case_row *rows,
               size_t count, json_t **out, struct error *err)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct lease *lease = NULL;
        if (newest_lease(page, store, rows[i].id, &lease, err) != 0) {
            json_decref(list);
            return -1;
        }
        json_t *line = json_object();
        view_number(line, "n", rows[i].id);
        view_text(line, "mailbox",
                  rows[i].mailbox != NULL ? rows[i].mailbox
                                          : speak(page, "console.case.no_mailbox"));
        view_text(line, "ticket", rows[i].ticket);
        view_text(line, "by", line_person(page, rows[i].created_by));
        speak_put_when(page, line, "opened", rows[i].created_at);
        view_take(line, "mark",
                  lease != NULL ? line_lease_mark(page, lease)
                                : line_verdict_mark(page, rows[i].verdict));
        json_array_append_new(list, line);
    }
    *out = list;
    return 0;
}

/* Listed counts more than unknown, unknown more than clear. */
static int badness(enum listing_state state)
{
    static const int worth[LISTING_STATE_COUNT] = {
        [LISTING_CLEAR] = 1,
        [LISTING_UNKNOWN] = 2,
        [LISTING_LISTED] = 3,
    };

    return worth[state];
}

const struct listing_row *line_worst(const struct listing_row *rows, size_t count,
                                     const char *address)
{
    const struct listing_row *worst = NULL;

    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].address, address) == 0 &&
            (worst == NULL || badness(rows[i].state) > badness(worst->state)))
            worst = &rows[i];
    return worst;
}

json_t *line_check(const struct page *page, const struct check *check)
{
    static const struct {
        const char *shape, *class_name;
    } rows[] = {
        [CHECK_YES] = {"✓", ""      },
 /* An answer, whatever it is good for: some questions hope for "no". */
        [CHECK_NO] = {"–", ""      },
        [CHECK_UNKNOWN] = {"?",   "unsure"},
    };
    json_t *line = json_object();

    view_text(line, "question", speak_sentence(page, check->question));
    view_text(line, "answer", speak_sentence(page, check->answer));
    view_text(line, "source", speak_sentence(page, check->source));
    view_text(line, "shape", rows[check->result].shape);
    view_text(line, "class", rows[check->result].class_name);
    speak_put_when(page, line, "when", check->checked_at);
    return line;
}

int64_t line_fresh_s(const struct page *page)
{
    enum {
        FRESH_S = 15 * 60
    };
    int64_t round_s = page->config->zones.check_every_s * 3 / 2;

    return round_s > FRESH_S ? round_s : FRESH_S;
}

bool line_is_stale(const struct page *page, const struct listing_row *worst)
{
    return worst == NULL || page->now - worst->checked_at > line_fresh_s(page);
}

/* What the address is for, first; how it is, second; how full, last. */
json_t *line_pool_mark(const struct page *page, const struct pool_address *address,
                       const struct listing_row *worst)
{
    switch (address->state) {
    case POOL_DRAINING:
        return view_mark("rest", speak(page, "console.pool.state.draining"));
    case POOL_RESTING:
        return view_mark("rest", speak(page, "console.pool.state.resting"));
    case POOL_RETIRED:
        return view_mark("rest", speak(page, "console.pool.state.retired"));
    case POOL_ACTIVE:
    case POOL_STATE_COUNT: break;
    }
    if (worst != NULL && worst->state == LISTING_LISTED)
        return view_mark("listed", speak(page, "console.listing.listed"));
    if (line_is_stale(page, worst) || worst->state == LISTING_UNKNOWN)
        return view_mark("unsure",
                         speak(page, worst == NULL ? "console.listing.not_asked"
                                                   : "console.listing.unknown"));
    if (address->live_leases >= address->capacity)
        return view_mark("full", speak(page, "console.pool.state.full"));
    return address->live_leases > 0
               ? view_mark("used", speak(page, "console.pool.state.in_use"))
               : view_mark("clear", speak(page, "console.pool.state.clean"));
}

const char *line_pool_path(struct arena *mem, const char *address)
{
    struct strbuf path;

    strbuf_init(&path, 256);
    strbuf_puts(&path, "/pool/");
    escape_append(&path, ESCAPE_URL, slice_from(address));
    const char *text = arena_slice(mem, strbuf_slice(&path));
    strbuf_release(&path);
    return text;
}

const char *line_zone(const struct page *page, const char *zone)
{
    const struct zone *found = zones_find(app_zones(page->app), zone);

    return found != NULL ? found->title : zone;
}

/* "ana" as it is, "ana token:3 for:ben" as "ana (token 3, for ben)". */
static const char *agent_of(const struct page *page, struct slice words)
{
    struct slice name = {0};
    struct slice token = {0};
    struct slice behalf = {0};

    if (!slice_cut(&words, ' ', &name) || !slice_cut(&words, ' ', &token))
        return arena_slice(page->mem, name);
    (void)slice_cut(&words, ' ', &behalf);
    return speak_with(
        page, behalf.len > 0 ? "console.person.token_for" : "console.person.token",
        "name", arena_slice(page->mem, name), "token",
        arena_slice(page->mem, slice_skip(token, strlen("token:"))), "behalf",
        arena_slice(page->mem, slice_skip(behalf, strlen("for:"))), NULL);
}

const char *line_person(const struct page *page, const char *actor)
{
    struct slice text = slice_from(actor);

    if (slice_starts(text, "agent:"))
        return agent_of(page, slice_skip(text, strlen("agent:")));
    if (slice_starts(text, "local:"))
        return speak_with(page, "console.person.local", "name",
                          actor + strlen("local:"), NULL);
    if (slice_is(text, "system"))
        return speak(page, "console.person.system");
    if (slice_is(text, "customer"))
        return speak(page, "console.person.customer");
    return actor;
}
