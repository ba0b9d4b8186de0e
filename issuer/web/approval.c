/*
 * approval.c - the second person: what waits, why, and the answer.
 */
#include "base/base.h"

#include "issuer/leases/approve.h"
#include "issuer/web/case.h"
#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

json_t *approval_doubts(const struct page *page, doubts set)
{
    json_t *list = json_array();

    for (int i = 0; i < DOUBT_COUNT; i++) {
        if ((set & DOUBT(i)) == 0)
            continue;
        json_t *line = json_object();
        view_text(line, "sentence",
                  speak_sentence(page, doubt_sentence((enum doubt)i)));
        json_array_append_new(list, line);
    }
    return list;
}

json_t *approval_request(const struct page *page, const struct approval *approval,
                         const struct lease *lease)
{
    bool is_own = !approval_may_decide(approval, page->actor.name);
    json_t *request = json_object();

    view_text(request, "asked_by", line_person(page, approval->asked_by));
    view_text(request, "mailbox", lease->mailbox);
    view_text(request, "lasts", speak_span(page, approval->for_s));
    speak_put_when(page, request, "until", approval->until_at);
    view_text(request, "reason", lease->reason);
    view_take(request, "doubts", approval_doubts(page, approval->doubts));
    view_flag(request, "may_decide", !is_own && page_may(page, ACT_APPROVE));
    view_text(
        request, "who_may",
        speak(page, is_own ? "console.case.wait.own" : "console.case.wait.others"));
    view_text(
        request, "action",
        arena_printf(page->mem, "/approvals/%lld/answer", (long long)approval->id));
    return request;
}

static json_t *wait_panel(struct page *page, const struct case_facts *facts)
{
    const struct lease *lease = facts->live;
    json_t *wait = approval_request(page, &facts->approval, lease);

    view_flag(wait, "may_revoke", page_may(page, ACT_REVOKE));
    view_text(wait, "revoke_action",
              arena_printf(page->mem, "/leases/%lld/revoke", (long long)lease->id));
    return wait;
}

static json_t *agreed_panel(struct page *page, const struct case_facts *facts)
{
    const struct approval *approval = &facts->approval;
    const struct lease *lease = facts->live;
    json_t *agreed = json_object();

    view_text(agreed, "decided_by", line_person(page, approval->decided_by));
    view_text(agreed, "reason", approval->reason);
    view_text(agreed, "mailbox", lease->mailbox);
    view_text(agreed, "address", lease->reserved_address);
    speak_put_when(page, agreed, "until", lease->expires_at);
    view_flag(agreed, "may_link", page_may(page, ACT_MINT));
    view_text(agreed, "action",
              arena_printf(page->mem, "/leases/%lld/link", (long long)lease->id));
    return agreed;
}

bool approval_put_panel(struct page *page, const struct case_facts *facts)
{
    const struct lease *lease = facts->live;
    bool is_waiting = lease != NULL && lease->is_pending;
    bool is_agreed = lease != NULL && !is_waiting && facts->approval.id != 0 &&
                     lease->reveal_until == 0;

    view_take(page->view, "wait", is_waiting ? wait_panel(page, facts) : json_null());
    view_take(page->view, "agreed",
              is_agreed ? agreed_panel(page, facts) : json_null());
    return is_waiting || is_agreed;
}

int page_approval_answer(struct page *page, struct error *err)
{
    const char *answer = page_field(page, "do");
    struct decision decision = {.reason = page_field(page, "reason")};
    struct case_extra extra = {.field = "wait"};
    struct error why = {0};
    struct approval approval;
    struct store *store = NULL;
    struct lease lease;

    if (page_number(page, 0, &decision.id, err) != 0)
        return -1;
    if (answer == NULL ||
        (strcmp(answer, "approve") != 0 && strcmp(answer, "deny") != 0))
        return error_set(err, ERROR_INVALID, "%s",
                         speak(page, "console.error.incomplete"));
    decision.is_approved = strcmp(answer, "approve") == 0;
    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int found = store_approval_find(store, page->mem, decision.id, &approval, err);
    app_give_back(page->app, store);
    if (found != 0)
        return -1;
    if (approval_decide(page->app, page->mem, &page->actor, &decision, &lease, &why) !=
        0)
        return case_refused(page, approval.case_id, &extra, &why, err);
    const char *back = page_field(page, "back");
    bool is_queue = back != NULL && strcmp(back, "approvals") == 0;
    http_see_other(page->response, is_queue
                                       ? "/approvals"
                                       : arena_printf(page->mem, "/cases/%lld",
                                                      (long long)approval.case_id));
    return 0;
}
