/*
 * approve.c - judge anew, then write the answer and its consequence in one transaction.
 */
#include "base/base.h"

#include "issuer/leases/approve.h"

#include "base/timetext.h"
#include "core/words.h"
#include "issuer/leases/round.h"

struct deciding {
    struct app *app;
    struct arena *mem;
    const struct actor *actor;
    const struct decision *decision;
    int64_t now;
    struct approval approval;
    struct case_row row;
    struct pool_address *pool;
    size_t pool_count;
    struct round round;
    struct lease lease;
};

static int check_open(const struct deciding *d, struct error *err)
{
    long long id = (long long)d->approval.id;

    if (!approval_may_decide(&d->approval, d->actor->name))
        return error_set(err, ERROR_DENIED,
                         "request %lld is your own: another person has to answer it",
                         id);
    switch (approval_state_at(&d->approval, d->now)) {
    case APPROVAL_WAITS: return 0;
    case APPROVAL_IS_APPROVED:
        return error_set(err, ERROR_CONFLICT, "request %lld was approved already", id);
    case APPROVAL_IS_DENIED:
        return error_set(err, ERROR_CONFLICT, "request %lld was denied already", id);
    case APPROVAL_LAPSED:
    case APPROVAL_STATE_COUNT: break;
    }
    return error_set(err, ERROR_CONFLICT,
                     "request %lld waited too long: check the case again and ask anew",
                     id);
}

static int read_facts(struct store *store, void *context, struct error *err)
{
    struct deciding *d = context;

    if (store_approval_find(store, d->mem, d->decision->id, &d->approval, err) != 0 ||
        check_open(d, err) != 0 ||
        store_case_find(store, d->mem, d->approval.case_id, &d->row, err) != 0)
        return -1;
    return store_pool_list(store, d->mem, d->now, &d->pool, &d->pool_count, err);
}

static int audit(struct store *store, const struct deciding *d, const char *action,
                 struct error *err)
{
    char until[TIMETEXT_RFC3339_MAX + 1];
    char doubted[DOUBTS_TEXT_MAX + 1];
    const char *reason = d->decision->reason != NULL ? d->decision->reason : "";

    timetext_rfc3339(d->lease.expires_at, until);
    doubts_format(d->approval.doubts, doubted);
    return store_audit(
        store, d->now, d->actor->name, action,
        arena_printf(d->mem, "lease:%lld", (long long)d->lease.id),
        arena_printf(d->mem, "asked_by=%s doubts=%s address=%s until=%s reason=%s",
                     d->approval.asked_by, doubted, d->lease.reserved_address, until,
                     reason),
        err);
}

static int approve(struct store *store, struct deciding *d, struct error *err)
{
    int64_t address_id = 0;

    if (round_check_shared(store, &d->round, err) != 0 ||
        round_choose(store, &d->round, d->lease.pool_address_id, &address_id, err) != 0)
        return -1;
    return store_lease_approve(store, d->lease.id, address_id,
                               d->now + d->approval.for_s, err);
}

static int deny(struct store *store, struct deciding *d, struct error *err)
{
    const char *reason = d->decision->reason;

    return store_lease_end(store, d->lease.id, LEASE_END_REVOKED, d->actor->name,
                           reason != NULL ? reason : "", d->now, err);
}

static int write_answer(struct store *store, void *context, struct error *err)
{
    struct deciding *d = context;
    bool is_approved = d->decision->is_approved;

    /* Somebody else may have answered since it was read. */
    if (store_approval_find(store, d->mem, d->decision->id, &d->approval, err) != 0 ||
        check_open(d, err) != 0 ||
        store_lease_find(store, d->mem, d->approval.lease_id, &d->lease, err) != 0)
        return -1;
    if ((is_approved ? approve(store, d, err) : deny(store, d, err)) != 0)
        return -1;
    if (store_approval_answer(store, d->approval.id,
                              is_approved ? APPROVAL_APPROVED : APPROVAL_DENIED,
                              d->actor->name, d->decision->reason, d->now, err) != 0 ||
        store_lease_find(store, d->mem, d->lease.id, &d->lease, err) != 0)
        return -1;
    return audit(store, d, is_approved ? "lease.approve" : "lease.deny", err);
}

int approval_decide(struct app *app, struct arena *mem, const struct actor *actor,
                    const struct decision *decision, struct lease *out,
                    struct error *err)
{
    struct deciding d = {.app = app,
                         .mem = mem,
                         .actor = actor,
                         .decision = decision,
                         .now = app_now(app)};
    struct store *store = NULL;

    if (app_allow(actor, ACT_APPROVE, err) != 0 ||
        words_check("reason", decision->reason, REASON_MAX, err) != 0 ||
        app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, read_facts, &d, err);
    app_give_back(app, store);
    if (result != 0)
        return -1;
    /* A no needs no list. */
    if (decision->is_approved &&
        round_ask(app, mem, &d.row, d.pool, d.pool_count, &d.round, err) != 0)
        return -1;
    if (app_write(app, write_answer, &d, err) != 0)
        return -1;
    *out = d.lease;
    return 0;
}
