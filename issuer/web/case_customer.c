/*
 * case_customer.c - the customer of a case: what is usual, what was refused, what we gave before.
 *
 * Each line says where it comes from and how far back that goes. What nobody saw is not known; it is
 * never nought.
 */
#include "base/base.h"

#include "issuer/web/case.h"

#include "core/mailbox.h"
#include "issuer/web/speak.h"

/* ---- loading ---- */

struct loading {
    struct page *page;
    struct case_facts *facts;
};

/* The mailbox of the case, else the sender that the bounce names, in the form that is compared. */
static const char *mailbox_of(struct arena *mem, const struct case_row *row)
{
    const char *text = row->mailbox != NULL ? row->mailbox : row->evidence.sender;
    char mailbox[MAILBOX_MAX + 1];

    if (text == NULL || !mailbox_parse(slice_from(text), mailbox))
        return NULL;
    return arena_strdup(mem, mailbox);
}

static int load_past(const struct loading *l, struct store *store, const char *mailbox,
                     struct error *err)
{
    struct case_facts *facts = l->facts;
    struct lease *live = ARENA_NEW(l->page->mem, struct lease);
    struct error why = {0};

    if (store_customer_past(store, mailbox, facts->row.id, l->page->now, &facts->past,
                            err) != 0)
        return -1;
    if (store_lease_live_for(store, l->page->mem, mailbox, l->page->now, live, &why) ==
        0) {
        if (live->case_id != facts->row.id)
            facts->other_live = live;
        return 0;
    }
    if (why.kind == ERROR_NOT_FOUND)
        return 0;
    *err = why;
    return -1;
}

static int load(struct store *store, void *context, struct error *err)
{
    const struct loading *l = context;
    struct case_facts *facts = l->facts;
    const struct story_question question = {
        .app = l->page->app,
        .mem = l->page->mem,
        .now = l->page->now,
        .evidence = &facts->row.evidence,
        .mailbox = mailbox_of(l->page->mem, &facts->row),
        .bounce_sha = facts->row.bounce_sha,
        .case_id = facts->row.id};

    if (story_read(store, &question, &facts->story, err) != 0)
        return -1;
    if (facts->story.customer == NULL)
        return 0;
    return load_past(l, store, facts->story.customer, err);
}

int case_load_customer(struct page *page, struct store *store, struct case_facts *facts,
                       struct error *err)
{
    struct loading l = {page, facts};

    return store_snapshot(store, load, &l, err);
}

/* ---- words ---- */

struct fact {
    const char *name, *text, *source; /* keys of the catalogue, but text */
    bool is_known, is_bad;
    int64_t case_id; /* to go to; 0: none */
};

static void add(const struct page *page, json_t *list, const struct fact *fact)
{
    json_t *line = json_object();
    const char *class_name = !fact->is_known ? "unsure"
                             : fact->is_bad  ? "listed"
                                             : NULL;

    view_text(line, "name", speak(page, fact->name));
    view_text(line, "text", fact->text);
    view_text(line, "source", fact->source);
    view_text(line, "class", class_name);
    view_text(line, "shape", fact->is_known ? "▲" : "?");
    if (fact->case_id != 0) {
        const char *number = speak_number(page, fact->case_id);
        view_text(line, "case", number);
        view_text(line, "case_name",
                  speak_with(page, "console.case.customer.case", "case", number, NULL));
    } else {
        view_take(line, "case", json_null());
    }
    json_array_append_new(list, line);
}

/* "our mail log, 28 of 28 days, by anna@kunde.example" */
static const char *log_source(const struct page *page, const struct story *story)
{
    if (!story->has_log)
        return speak(page, "console.case.customer.no_log");
    if (story->counted == NULL)
        return speak(page, "console.case.customer.log");
    return speak_plural(page, "console.case.customer.log_days",
                        story->standing.covered_days, "count",
                        speak_number(page, story->standing.covered_days), "days",
                        speak_number(page, STANDING_DAYS), "who", story->counted, NULL);
}

static void add_sends(const struct page *page, json_t *list, const struct story *story)
{
    const struct standing_report *s = &story->standing;
    const char *today = speak_count(page, "console.case.customer.today", "count",
                                    s->messages_24h);
    struct fact fact = {.name = "console.case.customer.sends",
                        .source = log_source(page, story)};

    if (!story->has_log || story->counted == NULL || !s->has_day) {
        fact.text = speak(page, "console.case.customer.unknown");
    } else {
        fact.is_known = true;
        fact.is_bad = s->standing == STANDING_UNUSUAL;
        fact.text = s->has_usual
                        ? speak_with(page, "console.case.customer.usual", "today",
                                     today, "usual", speak_number(page, s->usual), NULL)
                        : speak_with(page, "console.case.customer.no_usual", "today",
                                     today, NULL);
    }
    add(page, list, &fact);
}

static void add_refused(const struct page *page, json_t *list,
                        const struct story *story)
{
    const struct standing_report *s = &story->standing;
    bool is_seen = story->has_log && story->counted != NULL;
    struct fact fact = {.name = "console.case.customer.refused",
                        .source = log_source(page, story),
                        .is_bad = s->refused_7d > 0};

    /* What was seen was seen, also in a log with gaps. */
    fact.is_known = is_seen && (s->has_week || s->refused_7d > 0);
    if (!fact.is_known)
        fact.text = speak(page, "console.case.customer.unknown");
    else if (s->refused_7d == 0)
        fact.text = speak_with(page, "console.case.customer.none_refused", "attempts",
                               speak_number(page, s->attempts_7d), NULL);
    else
        fact.text = speak_with(page, "console.case.customer.some_refused", "refused",
                               speak_number(page, s->refused_7d), "attempts",
                               speak_number(page, s->attempts_7d), "today",
                               speak_number(page, s->refused_24h), NULL);
    add(page, list, &fact);
}

static void add_earlier(const struct page *page, json_t *list,
                        const struct case_facts *facts)
{
    const struct customer_past *past = &facts->past;
    struct fact fact = {.name = "console.case.customer.earlier",
                        .text = speak(page, "console.case.customer.none"),
                        .source = speak(page, "console.case.customer.records"),
                        .is_known = true,
                        .case_id = past->newest_lease_case};

    if (past->leases > 0)
        fact.text = speak_with(page, "console.case.customer.leases", "week",
                               speak_number(page, past->leases_7d), "month",
                               speak_number(page, past->leases_30d), "all",
                               speak_number(page, past->leases), "revoked",
                               speak_number(page, past->revoked), "when",
                               speak_when(page, past->newest_lease_at), NULL);
    add(page, list, &fact);
}

static void add_cases(const struct page *page, json_t *list,
                      const struct case_facts *facts)
{
    const struct customer_past *past = &facts->past;
    struct fact fact = {.name = "console.case.customer.cases",
                        .text = speak(page, "console.case.customer.none"),
                        .source = speak(page, "console.case.customer.records"),
                        .is_known = true,
                        .case_id = past->newest_case};

    if (past->cases > 0)
        fact.text = speak_plural(page, "console.case.customer.cases_since", past->cases,
                                 "count", speak_number(page, past->cases), "since",
                                 speak_when(page, past->first_case_at), NULL);
    add(page, list, &fact);
}

/* The same trouble, or its answer, in another case. */
static void add_duplicates(const struct page *page, json_t *list,
                           const struct case_facts *facts)
{
    struct fact fact = {.name = "console.case.customer.duplicates",
                        .text = speak(page, "console.case.customer.no_duplicates"),
                        .source = speak(page, "console.case.customer.records"),
                        .is_known = true};

    if (facts->other_live != NULL) {
        fact.is_bad = true;
        fact.text = speak_with(page, "console.case.customer.live", "until",
                               speak_when(page, facts->other_live->expires_at), NULL);
        fact.case_id = facts->other_live->case_id;
    } else if (facts->same_bounce_case != 0 &&
               facts->same_bounce_case != facts->row.id) {
        fact.text = speak(page, "console.case.customer.same_bounce");
        fact.case_id = facts->same_bounce_case;
    } else if (facts->story.earlier_lease != 0) {
        fact.text = speak_with(page, "console.case.customer.used_before", "lease",
                               speak_number(page, facts->story.earlier_lease), NULL);
    }
    add(page, list, &fact);
}

static void add_program(const struct page *page, json_t *list,
                        const struct evidence *evidence)
{
    bool is_known = evidence->client != NULL;

    add(page, list,
        &(struct fact){
            .name = "console.case.customer.program",
            .text = is_known ? evidence->client
                             : speak(page, "console.case.customer.unknown"),
            .source = speak(page, is_known ? "console.case.customer.says_bounce"
                                           : "console.case.customer.bounce_silent"),
            .is_known = is_known});
}

void case_put_customer(struct page *page, const struct case_facts *facts)
{
    json_t *list = json_array();

    add_sends(page, list, &facts->story);
    add_refused(page, list, &facts->story);
    if (facts->story.customer != NULL) {
        add_earlier(page, list, facts);
        add_cases(page, list, facts);
    }
    add_duplicates(page, list, facts);
    add_program(page, list, &facts->row.evidence);
    view_take(page->view, "customer", list);
}
