/*
 * change.c - revoking, new links, more time.
 */
#include "base/base.h"

#include "issuer/leases/change.h"

#include "base/log.h"
#include "base/timetext.h"
#include "core/words.h"
#include "issuer/leases/link.h"
#include "issuer/leases/pin.h"
#include "issuer/leases/round.h"

struct ending {
    struct arena *mem;
    const struct actor *actor;
    int64_t id, now;
    const char *reason;
};

static int end_lease(struct store *store, void *context, struct error *err)
{
    const struct ending *e = context;

    return store_lease_end(store, e->id, LEASE_END_REVOKED, e->actor->name, e->reason,
                           e->now, err);
}

static int end_and_audit(struct store *store, void *context, struct error *err)
{
    const struct ending *e = context;

    if (end_lease(store, context, err) != 0)
        return -1;
    return store_audit(store, e->now, e->actor->name, "lease.revoke",
                       arena_printf(e->mem, "lease:%lld", (long long)e->id),
                       arena_printf(e->mem, "reason=%s", e->reason), err);
}

int lease_revoke(struct app *app, const struct actor *actor, int64_t id,
                 const char *reason, struct error *err)
{
    struct arena mem;
    struct error why = {0};
    int result = -1;

    if (app_allow(actor, ACT_REVOKE, err) != 0 ||
        words_check("reason", reason, REASON_MAX, err) != 0)
        return -1;
    arena_init(&mem);
    struct ending e = {.mem = &mem,
                       .actor = actor,
                       .id = id,
                       .now = app_now(app),
                       .reason = reason != NULL ? reason : ""};
    if (app_write(app, end_and_audit, &e, &why) == 0) {
        result = 0;
    } else if (why.kind == ERROR_NOT_FOUND || why.kind == ERROR_CONFLICT ||
               app_write(app, end_lease, &e, NULL) != 0) {
        *err = why;
    } else {
        /* It succeeded, so there is no error to return; but somebody must hear that the log has
         * a hole (docs/architecture.md, rule 2). */
        char text[24];
        (void)snprintf(text, sizeof text, "%lld", (long long)id);
        log_event(LOG_LEVEL_ERROR, "audit.lost", "action", "lease.revoke", "lease",
                  text, "actor", actor->name, "why", why.text, NULL);
        result = 0;
    }
    arena_release(&mem);
    return result;
}

struct linking {
    struct app *app;
    struct arena *mem;
    const struct actor *actor;
    int64_t id, now;
    struct lease lease;
    struct link link;
    struct pin pin;
};

static int check_linkable(const struct lease *lease, int64_t now, struct error *err)
{
    enum lease_state state = lease_state_at(lease, now);
    long long id = (long long)lease->id;

    if (lease->first_login_at != 0)
        return error_set(err, ERROR_REFUSED,
                         "lease %lld is in use: its details were set up already", id);
    if (state != LEASE_OFFERED && state != LEASE_REVEALED)
        return error_set(err, ERROR_REFUSED,
                         "lease %lld is %s: it cannot get a new link", id,
                         lease_state_name(state));
    if (lease->reveals >= REVEALS_MAX)
        return error_set(
            err, ERROR_REFUSED,
            "lease %lld was revealed %d times: revoke it and give a new one", id,
            (int)REVEALS_MAX);
    return 0;
}

static int read_linked(struct store *store, void *context, struct error *err)
{
    struct linking *l = context;

    if (store_lease_find(store, l->mem, l->id, &l->lease, err) != 0)
        return -1;
    return check_linkable(&l->lease, l->now, err);
}

static int set_link(struct store *store, void *context, struct error *err)
{
    struct linking *l = context;
    struct lease_secrets secrets = {0};

    /* It may have ended, or been opened, since it was read. What it asks for never changes. */
    if (read_linked(store, l, err) != 0)
        return -1;
    memcpy(secrets.link_hash, l->link.hash, sizeof secrets.link_hash);
    secrets.pin_hash = l->lease.proof == PROOF_PIN ? l->pin.hash : NULL;
    int64_t until = link_ends_at(app_config(l->app), l->now, l->lease.expires_at);
    if (store_lease_set_link(store, l->id, l->link.id, &secrets, until, err) != 0)
        return -1;
    return store_audit(
        store, l->now, l->actor->name, "lease.link",
        arena_printf(l->mem, "lease:%lld", (long long)l->id),
        arena_printf(l->mem, "proof=%s", lease_proof_name(l->lease.proof)), err);
}

int lease_new_link(struct app *app, struct arena *mem, const struct actor *actor,
                   int64_t id, struct new_link *out, struct error *err)
{
    struct linking l = {
        .app = app, .mem = mem, .actor = actor, .id = id, .now = app_now(app)};
    struct store *store = NULL;

    if (app_allow(actor, ACT_MINT, err) != 0 || app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, read_linked, &l, err);
    app_give_back(app, store);
    if (result != 0)
        return -1;
    link_make(app_random(app), &l.link);
    if ((l.lease.proof == PROOF_PIN && pin_new(app, &l.pin, err) != 0) ||
        app_write(app, set_link, &l, err) != 0)
        result = -1;
    if (result == 0)
        *out = (struct new_link){
            .url = link_url(app_config(app), mem, &l.link),
            .pin = l.lease.proof == PROOF_PIN ? arena_strdup(mem, l.pin.digits) : NULL};
    secret_wipe(&l.link, sizeof l.link);
    secret_wipe(&l.pin, sizeof l.pin);
    return result;
}

/* ---- more time ---- */

struct extending {
    struct app *app;
    struct arena *mem;
    const struct actor *actor;
    int64_t id, now, by_s;
    struct lease lease;
    struct case_row row;
    struct round round;
};

static int check_extendable(const struct extending *e, struct error *err)
{
    const struct lease *lease = &e->lease;
    enum lease_state state = lease_state_at(lease, e->now);
    int64_t max_s = app_config(e->app)->policy.lease_max_s;

    if (state != LEASE_OFFERED && state != LEASE_REVEALED && state != LEASE_IN_USE)
        return error_set(err, ERROR_REFUSED,
                         "lease %lld is %s: it cannot be given more time",
                         (long long)lease->id, lease_state_name(state));
    if (e->by_s > max_s || lease->expires_at + e->by_s > lease->created_at + max_s)
        return error_set(err, ERROR_REFUSED, "a lease lasts at most %s in all",
                         timetext_span(e->mem, max_s));
    return 0;
}

static int read_lease(struct store *store, void *context, struct error *err)
{
    struct extending *e = context;

    if (store_lease_find(store, e->mem, e->id, &e->lease, err) != 0 ||
        check_extendable(e, err) != 0)
        return -1;
    return store_case_find(store, e->mem, e->lease.case_id, &e->row, err);
}

static int write_extension(struct store *store, void *context, struct error *err)
{
    struct extending *e = context;
    char until[TIMETEXT_RFC3339_MAX + 1];

    /* It may have ended, or been extended, since it was read. */
    if (store_lease_find(store, e->mem, e->id, &e->lease, err) != 0 ||
        check_extendable(e, err) != 0 ||
        round_check_shared(store, &e->round, err) != 0 ||
        store_lease_extend(store, e->id, e->lease.expires_at + e->by_s, err) != 0 ||
        store_lease_find(store, e->mem, e->id, &e->lease, err) != 0)
        return -1;
    timetext_rfc3339(e->lease.expires_at, until);
    return store_audit(store, e->now, e->actor->name, "lease.extend",
                       arena_printf(e->mem, "lease:%lld", (long long)e->id),
                       arena_printf(e->mem, "until=%s", until), err);
}

int lease_extend(struct app *app, struct arena *mem, const struct actor *actor,
                 int64_t id, int64_t by_s, struct lease *out, struct error *err)
{
    struct extending e = {.app = app,
                          .mem = mem,
                          .actor = actor,
                          .id = id,
                          .now = app_now(app),
                          .by_s = by_s};
    struct store *store = NULL;

    if (app_allow(actor, ACT_MINT, err) != 0)
        return -1;
    if (by_s <= 0)
        return error_set(err, ERROR_INVALID, "more time is at least a second");
    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, read_lease, &e, err);
    app_give_back(app, store);
    if (result != 0 || round_ask(app, mem, &e.row, NULL, 0, &e.round, err) != 0 ||
        app_write(app, write_extension, &e, err) != 0)
        return -1;
    *out = e.lease;
    return 0;
}
