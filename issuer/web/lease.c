/*
 * lease.c - what a person does with the lease of a case: give, give a new link, take back.
 *
 * Giving and a new link answer with the page itself, not with a redirect: the link exists in
 * this one answer and cannot be fetched again. The form's key makes a reload harmless.
 */
#include "base/base.h"

#include "issuer/leases/change.h"
#include "issuer/leases/mint.h"
#include "issuer/web/case.h"
#include "issuer/web/pages.h"
#include "issuer/web/speak.h"

#include "base/number.h"

int page_lease_mint(struct page *page, struct error *err)
{
    struct mint_request request = {.mailbox = page_field(page, "mailbox"),
                                   .delivery = DELIVERY_LOGIN,
                                   .reason = page_field(page, "reason"),
                                   .proof = page_field(page, "proof"),
                                   .language = page_field(page, "language"),
                                   .idempotency_key = page_field(page, "key")};
    struct case_extra extra = {.field = "give",
                               .reason = request.reason,
                               .mailbox = request.mailbox,
                               .proof = request.proof,
                               .language = request.language};
    struct error why = {0};
    struct minted minted;

    if (page_number(page, 0, &request.case_id, err) != 0)
        return -1;
    if (number_duration_s(form_slice(&page->form, "for"), &request.for_s, &why) != 0)
        return case_refused(page, request.case_id, &extra, &why, err);
    extra.for_s = request.for_s;
    if (request.idempotency_key == NULL) {
        (void)!error_set(&why, ERROR_INVALID, "%s",
                         speak(page, "console.error.incomplete"));
        return case_refused(page, request.case_id, &extra, &why, err);
    }
    if (lease_mint(page->app, page->mem, &page->actor, &request, &minted, &why) != 0)
        return case_refused(page, request.case_id, &extra, &why, err);
    extra = (struct case_extra){
        .link = minted.link, .pin = minted.pin, .is_replay = minted.is_replay};
    return case_show(page, request.case_id, &extra, err);
}

static int find_case(struct page *page, int64_t *out_lease, int64_t *out_case,
                     struct error *err)
{
    struct store *store = NULL;
    struct lease lease;

    if (page_number(page, 0, out_lease, err) != 0 ||
        app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_lease_find(store, page->mem, *out_lease, &lease, err);
    app_give_back(page->app, store);
    if (result == 0)
        *out_case = lease.case_id;
    return result;
}

int page_lease_link(struct page *page, struct error *err)
{
    struct case_extra extra = {.field = "watch"};
    struct error why = {0};
    int64_t id = 0;
    struct new_link made;
    int64_t case_id = 0;

    if (find_case(page, &id, &case_id, err) != 0)
        return -1;
    if (lease_new_link(page->app, page->mem, &page->actor, id, &made, &why) != 0)
        return case_refused(page, case_id, &extra, &why, err);
    extra.link = made.url;
    extra.pin = made.pin;
    return case_show(page, case_id, &extra, err);
}

int page_lease_revoke(struct page *page, struct error *err)
{
    const char *reason = page_field(page, "reason");
    struct case_extra extra = {.field = "watch"};
    struct error why = {0};
    int64_t id = 0;
    int64_t case_id = 0;

    if (find_case(page, &id, &case_id, err) != 0)
        return -1;
    if (lease_revoke(page->app, &page->actor, id, reason, &why) != 0)
        return case_refused(page, case_id, &extra, &why, err);
    http_see_other(page->response,
                   arena_printf(page->mem, "/cases/%lld", (long long)case_id));
    return 0;
}

int page_lease_extend(struct page *page, struct error *err)
{
    struct case_extra extra = {.field = "watch"};
    struct error why = {0};
    struct lease lease;
    int64_t id = 0;
    int64_t case_id = 0;
    int64_t by_s = 0;

    if (find_case(page, &id, &case_id, err) != 0)
        return -1;
    if (number_duration_s(form_slice(&page->form, "for"), &by_s, &why) != 0 ||
        lease_extend(page->app, page->mem, &page->actor, id, by_s, &lease, &why) != 0)
        return case_refused(page, case_id, &extra, &why, err);
    http_see_other(page->response,
                   arena_printf(page->mem, "/cases/%lld", (long long)case_id));
    return 0;
}
