/*
 * case_panel.c - the right side of a case: give, deliver, watch, or advise.
 *
 * The place never changes, what stands in it does. One main button a view.
 */
#include "base/base.h"

#include "issuer/web/case.h"

#include "issuer/leases/refused.h"
#include "issuer/web/lines.h"
#include "issuer/web/speak.h"

enum {
    HOUR_S = 3600,
    CHOICES_MAX = 4,
    MORE_S = 24 * HOUR_S /* offered at once */
};

/* ---- give ---- */

static const char *span_label(const struct page *page, int64_t seconds)
{
    if (seconds % HOUR_S == 0)
        return speak_with(page, "console.time.hours", "hours",
                          speak_number(page, seconds / HOUR_S), NULL);
    return speak_span(page, seconds);
}

/* The policy's default and the usual days, ascending, none above what policy allows. */
static json_t *how_long(struct page *page, int64_t chosen_s)
{
    const int64_t usual[] = {INT64_C(24) * HOUR_S, INT64_C(48) * HOUR_S,
                             INT64_C(72) * HOUR_S};
    const int64_t max_s = page->config->policy.lease_max_s;
    const int64_t default_s = page->config->policy.lease_default_s;
    int64_t choices[CHOICES_MAX];
    size_t count = 0;
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        bool is_first_above = default_s < usual[i] &&
                              (i == 0 || default_s > usual[i - 1]);
        if (is_first_above)
            choices[count++] = default_s;
        if (usual[i] <= max_s)
            choices[count++] = usual[i];
    }
    if (count == 0 || default_s > choices[count - 1])
        choices[count++] = default_s;
    for (size_t i = 0; i < count; i++) {
        json_t *choice = json_object();
        view_text(choice, "value",
                  arena_printf(page->mem, "%llds", (long long)choices[i]));
        view_text(choice, "label", span_label(page, choices[i]));
        view_flag(choice, "is_chosen",
                  choices[i] == (chosen_s != 0 ? chosen_s : default_s));
        json_array_append_new(list, choice);
    }
    return list;
}

static unsigned free_places(const struct case_facts *facts, unsigned *out_addresses)
{
    unsigned places = 0;

    *out_addresses = 0;
    for (size_t i = 0; i < facts->pool_count; i++) {
        const struct pool_address *a = &facts->pool[i];
        if (a->state != POOL_ACTIVE || a->live_leases >= a->capacity)
            continue;
        places += a->capacity - a->live_leases;
        (*out_addresses)++;
    }
    return places;
}

static json_t *mint_panel(struct page *page, const struct case_facts *facts,
                          const struct case_extra *extra)
{
    const struct config *config = page->config;
    json_t *mint = json_object();
    unsigned addresses;
    unsigned places = free_places(facts, &addresses);
    char key[33];

    /* One key a page view: the same form sent twice is one lease, a second visit is another. */
    random_text(app_random(page->app), "abcdefghijklmnopqrstuvwxyz234567", key, 32);
    view_text(mint, "action",
              arena_printf(page->mem, "/cases/%lld/leases", (long long)facts->row.id));
    view_text(mint, "key", key);
    view_text(mint, "mailbox", facts->row.mailbox);
    view_text(mint, "typed_mailbox", extra->mailbox != NULL ? extra->mailbox : "");
    view_text(mint, "reason", extra->reason != NULL ? extra->reason : "");
    view_take(mint, "choices", how_long(page, extra->for_s));
    view_flag(mint, "has_room", places > 0);
    view_flag(mint, "may_choose_proof", !config->policy.needs_pin);
    view_flag(mint, "is_pin",
              extra->proof != NULL &&
                  strcmp(extra->proof, lease_proof_name(PROOF_PIN)) == 0);
    view_flag(mint, "has_languages", config->languages.count > 1);
    /* What the page and the reply may be in; the customer's browser chooses where nobody did. */
    view_take(mint, "languages",
              speak_languages(page, extra->language != NULL ? extra->language
                                                            : config->languages.at[0]));
    view_text(
        mint, "room",
        speak_with(
            page, "console.case.mint.room", "places",
            speak_count(page, "console.count.places", "count", places), "addresses",
            speak_count(page, "console.count.addresses", "count", addresses), NULL));
    view_text(mint, "limits",
              speak_with(page, "console.case.mint.limits", "messages",
                         speak_number(page, config->policy.messages_max), "hourly",
                         speak_number(page, config->policy.messages_per_hour),
                         "recipients",
                         speak_number(page, config->policy.recipients_max), NULL));
    view_take(mint, "doubts", approval_doubts(page, facts->row.doubts));
    view_flag(mint, "has_doubts", facts->row.doubts != 0);
    view_text(mint, "button",
              speak(page, facts->row.doubts != 0 ? "console.case.mint.ask"
                                                 : "console.case.mint.create"));
    return mint;
}

/* ---- watch ---- */

enum step_kind {
    STEP_DONE,
    STEP_NOW,
    STEP_TO_COME
};

struct step {
    enum step_kind kind;
    const char *text;
    int64_t when; /* 0: none */
    const char *note;
};

static void add_step(struct page *page, json_t *list, const struct step *step)
{
    static const struct {
        const char *shape, *said;
    } kinds[] = {
        [STEP_DONE] = {"●", "console.case.step.done"   },
        [STEP_NOW] = {"◐", "console.case.step.now"    },
        [STEP_TO_COME] = {"○", "console.case.step.to_come"},
    };
    json_t *item = json_object();

    view_text(item, "shape", kinds[step->kind].shape);
    view_text(item, "said", speak(page, kinds[step->kind].said));
    view_flag(item, "is_now", step->kind == STEP_NOW);
    view_flag(item, "is_to_come", step->kind == STEP_TO_COME);
    view_text(item, "text", step->text);
    speak_put_when(page, item, "when", step->when);
    view_text(item, "note", step->note);
    json_array_append_new(list, item);
}

/* Why the link shows nothing; ready: what to say while it does. */
static const char *link_note(const struct page *page, const struct lease *lease,
                             const char *ready)
{
    switch (lease_proof_answer(lease, page->now)) {
    case REVEAL_READY: return ready;
    case REVEAL_LOCKED: return speak(page, "console.case.watch.link_locked");
    case REVEAL_LINK_OVER: return speak(page, "console.case.watch.link_over");
    case REVEAL_NOT_READY: return speak(page, "console.case.watch.link_held");
    case REVEAL_PIN_USED: return speak(page, "console.case.watch.pin_used");
    case REVEAL_SHOWN_ENOUGH:
    case REVEAL_IN_USE:
    case REVEAL_EXPIRED:
    case REVEAL_REVOKED:
    case REVEAL_ANSWER_COUNT: break;
    }
    return NULL;
}

static const char *limits_note(const struct page *page, const struct lease *lease)
{
    const char *most = speak_number(page, lease->messages_max);
    const char *hourly = speak_number(page, lease->messages_per_hour);

    if (lease->recipients_max == 0)
        return speak_with(page, "console.case.watch.limits", "messages", most, "hourly",
                          hourly, NULL);
    return speak_with(page, "console.case.watch.limits_all", "messages", most, "hourly",
                      hourly, "used", speak_number(page, lease->recipients_used),
                      "recipients", speak_number(page, lease->recipients_max), NULL);
}

/* Before the first login: why there is none. */
static const char *login_note(struct page *page, const struct case_facts *facts,
                              bool is_shown)
{
    const char *refused = speak_sentence(
        page, refused_newest(page->mem, facts->usage, facts->usage_count));

    if (refused != NULL)
        return speak_with(page, "console.case.watch.refused", "refusal", refused, NULL);
    return is_shown ? speak(page, "console.case.watch.call") : NULL;
}

/* What the customer told us, oldest first; being stuck is what somebody has to answer now. */
static void add_words(struct page *page, json_t *list, const struct case_facts *facts)
{
    for (size_t i = facts->said_count; i > 0; i--) {
        const struct lease_said *said = &facts->said[i - 1];
        bool is_stuck = said->word == LEASE_WORD_STUCK && i == 1;
        add_step(page, list,
                 &(struct step){
                     is_stuck ? STEP_NOW : STEP_DONE,
                     speak(page, arena_printf(page->mem, "console.case.watch.%s",
                                              lease_word_name(said->word))),
                     said->at,
                     is_stuck ? speak(page, "console.case.watch.stuck_note") : NULL});
    }
}

/* A browser without JavaScript does not tell that it opened the link; wrong tries do. */
static bool is_opened(const struct case_facts *facts)
{
    return facts->opened_at != 0 || facts->live->reveal_tries_left < REVEAL_TRIES_MAX;
}

static struct step opened_step(const struct page *page, const struct case_facts *facts,
                               const char *until)
{
    if (is_opened(facts))
        return (struct step){STEP_DONE, speak(page, "console.case.watch.opened"),
                             facts->opened_at, NULL};
    const char *ready = speak_with(page, "console.case.watch.arrived", "time", until,
                                   NULL);
    return (struct step){STEP_NOW, speak(page, "console.case.watch.not_opened"), 0,
                         link_note(page, facts->live, ready)};
}

static struct step shown_step(const struct page *page, const struct case_facts *facts,
                              const char *until)
{
    const struct lease *lease = facts->live;
    const char *shown = speak(page, "console.case.watch.shown");
    const char *again = speak_with(page, "console.case.watch.link_until", "time", until,
                                   NULL);
    const char *ready = speak_with(page, "console.case.watch.proof", "time", until,
                                   NULL);

    if (lease->revealed_at != 0)
        return (struct step){
            STEP_DONE, shown, lease->revealed_at,
            lease->first_login_at != 0 ? NULL : link_note(page, lease, again)};
    if (!is_opened(facts))
        return (struct step){STEP_TO_COME, shown, 0, NULL};
    return (struct step){STEP_NOW, speak(page, "console.case.watch.not_shown"), 0,
                         link_note(page, lease, ready)};
}

static void add_link_steps(struct page *page, json_t *list,
                           const struct case_facts *facts)
{
    const char *until = speak_when(page, facts->live->reveal_until);
    const struct step opened = opened_step(page, facts, until);
    const struct step shown = shown_step(page, facts, until);

    /* An agent who shows the details himself opens no link. */
    if (is_opened(facts) || facts->live->revealed_at == 0)
        add_step(page, list, &opened);
    add_step(page, list, &shown);
}

/* Of a block whose list can be asked. Details that were shown are still in use: who has switched back says so,
 * and that ends them. */
static void add_block_step(struct page *page, json_t *list,
                           const struct case_facts *facts)
{
    const char *over = speak(page, "console.case.watch.over");
    int64_t since = listing_over_since(facts->listings, facts->listings_count,
                                       facts->row.zone, facts->live->created_at);

    if (facts->row.zone == NULL)
        return;
    if (since == 0)
        add_step(page, list, &(struct step){STEP_TO_COME, over, 0, NULL});
    else if (facts->live->revealed_at == 0)
        add_step(page, list, &(struct step){STEP_DONE, over, since, NULL});
    else
        add_step(page, list,
                 &(struct step){STEP_NOW, over, since,
                                speak(page, "console.case.watch.switch_back")});
}

static json_t *watch_steps(struct page *page, const struct case_facts *facts)
{
    const struct lease *lease = facts->live;
    bool is_shown = lease->revealed_at != 0;
    bool is_used = lease->first_login_at != 0;
    json_t *list = json_array();

    add_step(page, list,
             &(struct step){STEP_DONE, speak(page, "console.case.watch.created"),
                            lease->created_at,
                            speak_with(page, "console.case.watch.created_by", "who",
                                       line_person(page, lease->created_by), "address",
                                       lease->reserved_address, NULL)});
    add_link_steps(page, list, facts);
    add_step(page, list,
             &(struct step){is_used    ? STEP_DONE
                            : is_shown ? STEP_NOW
                                       : STEP_TO_COME,
                            speak(page, is_used || !is_shown
                                            ? "console.case.watch.login"
                                            : "console.case.watch.no_login"),
                            lease->first_login_at,
                            is_used ? NULL : login_note(page, facts, is_shown)});
    add_step(page, list,
             &(struct step){
                 is_used ? STEP_NOW : STEP_TO_COME,
                 is_used ? speak_plural(
                               page, "console.case.watch.sent", lease->messages_used,
                               "count", speak_number(page, lease->messages_used),
                               "refused", speak_number(page, lease->refusals), NULL)
                         : speak(page, "console.case.watch.messages"),
                 is_used ? lease->last_message_at : 0, limits_note(page, lease)});
    add_words(page, list, facts);
    add_block_step(page, list, facts);
    add_step(page, list,
             &(struct step){STEP_TO_COME, speak(page, "console.case.watch.ends"),
                            lease->expires_at, NULL});
    return list;
}

static json_t *usage_list(struct page *page, const struct case_facts *facts)
{
    static const struct {
        const char *kind, *word;
    } words[] = {
        {"login",           "console.case.usage.login"          },
        {"message",         "console.case.usage.message"        },
        {"refused_login",   "console.case.usage.refused_login"  },
        {"refused_message", "console.case.usage.refused_message"},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < facts->usage_count; i++) {
        const struct usage_row *row = &facts->usage[i];
        json_t *line = json_object();
        const char *word = row->kind;
        for (size_t w = 0; w < ARRAY_LEN(words); w++)
            if (strcmp(words[w].kind, row->kind) == 0)
                word = speak(page, words[w].word);
        speak_put_when(page, line, "when", row->at);
        view_text(line, "what", word);
        view_text(line, "detail", speak_sentence(page, refused_line(page->mem, row)));
        view_text(line, "client", row->client);
        view_text(line, "program", row->program);
        json_array_append_new(list, line);
    }
    return list;
}

static void put_watch(struct page *page, const struct case_facts *facts,
                      const struct case_extra *extra, bool has_panel)
{
    const struct lease *lease = facts->live;

    if (lease == NULL || has_panel) {
        view_take(page->view, "watch", json_null());
        return;
    }
    json_t *watch = json_object();
    long long id = (long long)lease->id;
    view_take(watch, "mark", line_lease_mark(page, lease));
    view_text(watch, "mailbox", lease->mailbox);
    view_text(watch, "username", lease->username);
    view_text(watch, "address", lease->reserved_address);
    view_text(watch, "until", speak_time_long(page, lease->expires_at));
    view_take(watch, "steps", watch_steps(page, facts));
    view_flag(watch, "is_replay", extra->is_replay);
    view_flag(watch, "may_link",
              page_may(page, ACT_MINT) && lease->first_login_at == 0 &&
                  lease->reveals < REVEALS_MAX);
    int64_t left_s = lease->created_at + page->config->policy.lease_max_s -
                     lease->expires_at;
    int64_t more_s = left_s < MORE_S ? left_s : MORE_S;
    view_flag(watch, "may_extend", page_may(page, ACT_MINT) && more_s > 0);
    view_text(watch, "more", span_label(page, more_s));
    view_text(watch, "more_s", arena_printf(page->mem, "%llds", (long long)more_s));
    view_text(watch, "extend_action",
              arena_printf(page->mem, "/leases/%lld/extend", id));
    view_flag(watch, "may_revoke", page_may(page, ACT_REVOKE));
    view_text(watch, "link_action", arena_printf(page->mem, "/leases/%lld/link", id));
    view_text(watch, "revoke_action",
              arena_printf(page->mem, "/leases/%lld/revoke", id));
    view_take(page->view, "watch", watch);
}

/* ---- all of them ---- */

static json_t *earlier_list(struct page *page, const struct case_facts *facts)
{
    json_t *list = json_array();

    for (size_t i = 0; i < facts->leases_count; i++) {
        const struct lease *lease = &facts->leases[i];
        if (lease == facts->live)
            continue;
        json_t *line = json_object();
        view_take(line, "mark", line_lease_mark(page, lease));
        speak_put_when(page, line, "created", lease->created_at);
        speak_put_when(page, line, "ended",
                       lease->ended_at != 0 ? lease->ended_at : lease->expires_at);
        view_text(line, "address", lease->reserved_address);
        view_text(line, "username", lease->username);
        view_number(line, "messages", lease->messages_used);
        view_text(line, "reason", lease->ended_reason);
        json_array_append_new(list, line);
    }
    return list;
}

static int put_advise(struct page *page, const struct case_facts *facts,
                      const struct case_extra *extra, struct error *err)
{
    const struct diagnosis_row *verdict = diagnosis_row(facts->row.verdict);
    json_t *advise = json_object();

    view_take(page->view, "advise", advise);
    if (verdict->may_lease) {
        view_text(advise, "heading", speak(page, "console.case.advise.role"));
        view_text(advise, "text", speak(page, "console.case.advise.role_why"));
        view_text(advise, "reply", NULL);
        return 0;
    }
    if (case_put_reply(page, facts, extra, advise, err) != 0)
        return -1;
    /* The advice stands under the headline already. */
    bool has_reply = !json_is_null(json_object_get(advise, "reply"));
    view_text(advise, "heading",
              speak(page, has_reply ? "console.case.reply.heading"
                                    : "console.case.advise.heading"));
    view_text(advise, "text", has_reply ? NULL : speak_sentence(page, verdict->advice));
    return 0;
}

int case_put_panels(struct page *page, const struct case_facts *facts,
                    const struct case_extra *extra, struct error *err)
{
    bool has_panel = approval_put_panel(page, facts);
    bool may_mint = facts->live == NULL &&
                    diagnosis_row(facts->row.verdict)->may_lease &&
                    page_may(page, ACT_MINT);

    view_take(page->view, "mint",
              may_mint ? mint_panel(page, facts, extra) : json_null());
    view_flag(page->view, "has_usage", facts->usage_count > 0);
    view_take(page->view, "usage", usage_list(page, facts));
    view_take(page->view, "advise", json_null());
    if (!may_mint && facts->live == NULL && put_advise(page, facts, extra, err) != 0)
        return -1;
    put_watch(page, facts, extra, has_panel);
    json_t *earlier = earlier_list(page, facts);
    view_flag(page->view, "has_earlier", json_array_size(earlier) > 0);
    view_take(page->view, "earlier", earlier);
    return case_put_deliver(page, facts, extra, err);
}
