/*
 * lines.c - cases, leases and addresses as lines of lists.
 */
#include "base/base.h"

#include "issuer/web/lines.h"

#include "base/escape.h"
#include "base/timetext.h"
#include "issuer/dnsbl/zones.h"

json_t *line_verdict_mark(enum diagnosis_verdict verdict)
{
    static const char *const words[DIAGNOSIS_VERDICT_COUNT] = {
        [DIAGNOSIS_LISTED_NOW] = "listed now",
        [DIAGNOSIS_CLEAR_NOW] = "clear now",
        [DIAGNOSIS_NOT_OURS] = "not our address",
        [DIAGNOSIS_RESERVED] = "reserved address listed",
        [DIAGNOSIS_NOT_ADDRESS] = "not about an address",
        [DIAGNOSIS_RECIPIENT] = "recipient’s side",
        [DIAGNOSIS_PRIVATE_LIST] = "private list",
        [DIAGNOSIS_PRIVATE_PROVEN] = "private list, proven",
        [DIAGNOSIS_WIDE_LIST] = "wide list",
        [DIAGNOSIS_CAUSE] = "the customer’s own mail",
        [DIAGNOSIS_NO_BOUNCE] = "no bounce found",
        [DIAGNOSIS_CANNOT_TELL] = "unknown",
    };

    return view_mark(diagnosis_row(verdict)->mark, words[verdict]);
}

json_t *line_lease_mark(struct arena *mem, const struct lease *lease, int64_t now)
{
    static const struct {
        const char *class_name, *word;
    } rows[LEASE_STATE_COUNT] = {
        [LEASE_PENDING_APPROVAL] = {"unsure", "waiting for approval"   },
        [LEASE_OFFERED] = {"unsure", "link made, not used yet"},
        [LEASE_REVEALED] = {"used",   "details shown"          },
        [LEASE_IN_USE] = {"used",   NULL                     },
        [LEASE_SUSPENDED] = {"unsure", "held by us"             },
        [LEASE_EXPIRED] = {"rest",   "expired"                },
        [LEASE_REVOKED] = {"rest",   "revoked"                },
        [LEASE_ENDED] = {"rest",   "switched back"          },
    };
    enum lease_state state = lease_state_at(lease, now);
    const char *word = rows[state].word;

    if (word == NULL)
        word = arena_printf(mem, "%u message%s sent", lease->messages_used,
                            lease->messages_used == 1 ? "" : "s");
    return view_mark(rows[state].class_name, word);
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
                  rows[i].mailbox != NULL ? rows[i].mailbox : "mailbox not known yet");
        view_text(line, "ticket", rows[i].ticket);
        view_text(line, "by", line_person(page->mem, rows[i].created_by));
        view_time(line, "opened", page->mem, rows[i].created_at, page->now);
        view_take(line, "mark",
                  lease != NULL ? line_lease_mark(page->mem, lease, page->now)
                                : line_verdict_mark(rows[i].verdict));
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

    view_text(line, "question", check->question);
    view_text(line, "answer", check->answer);
    view_text(line, "source", check->source);
    view_text(line, "shape", rows[check->result].shape);
    view_text(line, "class", rows[check->result].class_name);
    view_time(line, "when", page->mem, check->checked_at, page->now);
    return line;
}

bool line_is_stale(const struct page *page, const struct listing_row *worst)
{
    enum {
        FRESH_S = 15 * 60
    };

    return worst == NULL || page->now - worst->checked_at > FRESH_S;
}

/* What the address is for, first; how it is, second; how full, last. */
json_t *line_pool_mark(const struct page *page, const struct pool_address *address,
                       const struct listing_row *worst)
{
    switch (address->state) {
    case POOL_DRAINING: return view_mark("rest", "draining");
    case POOL_RESTING: return view_mark("rest", "resting");
    case POOL_RETIRED: return view_mark("rest", "retired");
    case POOL_ACTIVE:
    case POOL_STATE_COUNT: break;
    }
    if (worst != NULL && worst->state == LISTING_LISTED)
        return view_mark("listed", "listed");
    if (line_is_stale(page, worst) || worst->state == LISTING_UNKNOWN)
        return view_mark("unsure", worst == NULL ? "not asked yet" : "unknown");
    if (address->live_leases >= address->capacity)
        return view_mark("full", "full");
    return address->live_leases > 0 ? view_mark("used", "in use")
                                    : view_mark("clear", "clean");
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

const char *line_ago(const struct page *page, int64_t when)
{
    enum {
        JUST_NOW_S = 10
    };

    if (page->now - when < JUST_NOW_S)
        return "just now";
    return arena_printf(page->mem, "%s ago",
                        timetext_span(page->mem, page->now - when));
}

const char *line_zone(const struct page *page, const char *zone)
{
    const struct zone *found = zones_find(app_zones(page->app), zone);

    return found != NULL ? found->title : zone;
}

const char *line_person(struct arena *mem, const char *actor)
{
    struct slice text = slice_from(actor);

    if (slice_starts(text, "agent:"))
        return arena_slice(mem, slice_skip(text, strlen("agent:")));
    if (slice_starts(text, "local:"))
        return arena_printf(mem, "%s (command line)", actor + strlen("local:"));
    if (slice_is(text, "customer"))
        return "the customer";
    return actor;
}
