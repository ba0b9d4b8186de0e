/*
 * mint.c - read, ask the list again, write once.
 *
 * What is decided is decided inside the writing transaction, from rows read there; the round of
 * DNS before it is the only thing taken along, because nobody may hold the writing handle while
 * a list is slow.
 */
#include "base/base.h"

#include "issuer/leases/mint.h"

#include "base/address.h"
#include "base/timetext.h"
#include "issuer/dnsbl/check.h"
#include "issuer/dnsbl/zones.h"
#include "issuer/leases/link.h"
#include "issuer/leases/terms.h"

enum {
    USERNAME_TRIES =
        8 /* 30^8 names: a second draw is rare, a third a sign of trouble */
};

struct minting {
    struct app *app;
    struct arena *mem;
    const struct actor *actor;
    const struct mint_request *request;
    int64_t now;
    uint8_t request_hash[DIGEST_BYTES];
    struct case_row row;
    struct terms terms;
    const struct zone *zone;
    struct address blocked;
    struct pool_address *pool;
    size_t pool_count;
    /* The round: the blocked address, then the active addresses of the pool. */
    struct dnsbl_check *asked;
    size_t asked_count;
    struct link link;
    struct lease lease;
    bool is_replay;
};

/* 1: this key made a lease before, which is now in m->lease; 0: it is new. */
static int find_replay(struct store *store, struct minting *m, struct error *err)
{
    struct error why = {0};
    int64_t id = 0;

    if (m->request->idempotency_key == NULL)
        return 0;
    if (store_lease_by_idempotency(store, m->request->idempotency_key, m->request_hash,
                                   &id, &why) != 0) {
        if (why.kind == ERROR_NOT_FOUND)
            return 0;
        *err = why;
        return -1;
    }
    if (store_lease_find(store, m->mem, id, &m->lease, err) != 0)
        return -1;
    m->is_replay = true;
    return 1;
}

static int read_facts(struct store *store, void *context, struct error *err)
{
    struct minting *m = context;
    int replay = find_replay(store, m, err);

    if (replay != 0)
        return replay < 0 ? -1 : 0;
    if (store_case_find(store, m->mem, m->request->case_id, &m->row, err) != 0)
        return -1;
    return store_pool_list(store, m->mem, m->now, &m->pool, &m->pool_count, err);
}

/* Does the case allow a lease, and is there something to ask? */
static int check_case(struct minting *m, struct error *err)
{
    const struct diagnosis_row *verdict = diagnosis_row(m->row.verdict);
    long long id = (long long)m->row.id;

    if (!verdict->may_lease)
        return error_set(err, ERROR_REFUSED,
                         "case %lld gives no reason for a lease: %s", id,
                         verdict->headline);
    m->zone = zone_find(m->row.zone);
    if (m->zone == NULL || !m->zone->may_grant ||
        !zone_is_used(app_config(m->app), m->zone))
        return error_set(err, ERROR_REFUSED,
                         "case %lld gives no reason for a lease: its list is not among "
                         "those that do",
                         id);
    if (m->row.address == NULL ||
        !address_parse(slice_from(m->row.address), &m->blocked))
        return error_set(err, ERROR_INTEGRITY, "case %lld has no readable address", id);
    return 0;
}

static void ask(struct minting *m)
{
    m->asked = arena_array(m->mem, 1 + m->pool_count, sizeof *m->asked);
    m->asked[m->asked_count++] = (struct dnsbl_check){.zone = m->zone,
                                                      .address = m->blocked};
    for (size_t i = 0; i < m->pool_count; i++) {
        struct dnsbl_check *check = &m->asked[m->asked_count];
        if (m->pool[i].state != POOL_ACTIVE ||
            !address_parse(slice_from(m->pool[i].address), &check->address))
            continue;
        check->zone = m->zone;
        m->asked_count++;
    }
    dnsbl_check_all(app_resolver(m->app), m->asked, m->asked_count,
                    app_config(m->app)->dns.timeout_s * 1000, m->now);
}

/* Unknown is never listed. */
static int check_listed(const struct minting *m, struct error *err)
{
    const struct listing *listing = &m->asked[0].listing;

    switch (listing->state) {
    case LISTING_LISTED: return 0;
    case LISTING_CLEAR:
        return error_set(
            err, ERROR_REFUSED,
            "%s is not listed on %s any more: ask the customer to send again",
            m->row.address, m->zone->name);
    case LISTING_UNKNOWN:
    case LISTING_STATE_COUNT: break;
    }
    return error_set(err, ERROR_UNAVAILABLE, "could not ask %s about %s: %.100s",
                     m->zone->name, m->row.address, listing->why);
}

/* What the round said about a pool address; an address that was not asked is unknown. */
static enum listing_state state_of(const struct minting *m, const char *text)
{
    struct address address;

    if (!address_parse(slice_from(text), &address))
        return LISTING_UNKNOWN;
    for (size_t i = 1; i < m->asked_count; i++)
        if (address_equal(&address, &m->asked[i].address))
            return m->asked[i].listing.state;
    return LISTING_UNKNOWN;
}

static int choose_address(struct store *store, struct minting *m, int64_t *out_id,
                          struct error *err)
{
    size_t unknown = 0;
    size_t active = 0;

    if (store_pool_list(store, m->mem, m->now, &m->pool, &m->pool_count, err) != 0)
        return -1;
    for (size_t i = 0; i < m->pool_count; i++) {
        enum listing_state state = state_of(m, m->pool[i].address);
        m->pool[i].is_clear = state == LISTING_CLEAR;
        active += m->pool[i].state == POOL_ACTIVE;
        unknown += m->pool[i].state == POOL_ACTIVE && state == LISTING_UNKNOWN;
    }
    const struct pool_address *chosen = pool_choose(m->pool, m->pool_count);
    if (chosen != NULL) {
        *out_id = chosen->id;
        return 0;
    }
    if (unknown > 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "could not ask %s about %zu of %zu reserved addresses",
                         m->zone->name, unknown, active);
    return error_set(
        err, ERROR_EXHAUSTED,
        "no reserved address is free: none of %zu active ones is clear on %s "
        "and has room",
        active, m->zone->name);
}

/* The blocked address may have been taken out of the shared ones since. */
static int check_shared(struct store *store, const struct minting *m, struct error *err)
{
    struct shared_range *shared = NULL;
    size_t count = 0;

    if (store_shared_list(store, m->mem, &shared, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct network network;
        if (network_parse(slice_from(shared[i].network), &network, NULL) == 0 &&
            network_contains(&network, &m->blocked))
            return 0;
    }
    return error_set(err, ERROR_REFUSED, "%s is not one of our shared addresses",
                     m->row.address);
}

static int check_no_live_lease(struct store *store, const struct minting *m,
                               struct error *err)
{
    struct error why = {0};
    struct lease live;

    if (store_lease_live_for(store, m->mem, m->terms.mailbox, m->now, &live, &why) ==
        0) {
        char until[TIMETEXT_RFC3339_MAX + 1];
        timetext_rfc3339(live.expires_at, until);
        return error_set(err, ERROR_REFUSED,
                         "\"%.100s\" has lease %lld already, until %s",
                         m->terms.mailbox, (long long)live.id, until);
    }
    if (why.kind == ERROR_NOT_FOUND)
        return 0;
    *err = why;
    return -1;
}

static int choose_username(struct store *store, const struct minting *m, char *out,
                           struct error *err)
{
    for (int i = 0; i < USERNAME_TRIES; i++) {
        struct error why = {0};
        struct login_row row = {0};
        username_make(app_random(m->app), out);
        if (store_login_find(store, m->mem, out, &row, &why) == 0)
            continue;
        if (why.kind == ERROR_NOT_FOUND)
            return 0;
        *err = why;
        return -1;
    }
    return error_set(err, ERROR_INTERNAL, "could not find an unused username");
}

static int audit_mint(struct store *store, const struct minting *m, struct error *err)
{
    const struct lease *lease = &m->lease;
    char until[TIMETEXT_RFC3339_MAX + 1];

    timetext_rfc3339(lease->expires_at, until);
    /* The reason is a sentence; it stands last, so that the rest stays key=value. */
    const char *detail = arena_printf(
        m->mem,
        "case=%lld mailbox=%s address=%s blocked=%s zone=%s until=%s messages=%u "
        "per_hour=%u reason=%s",
        (long long)lease->case_id, lease->mailbox, lease->reserved_address,
        m->row.address, m->zone->name, until, lease->messages_max,
        lease->messages_per_hour, lease->reason != NULL ? lease->reason : "");
    return store_audit(store, m->now, m->actor->name, "lease.mint",
                       arena_printf(m->mem, "lease:%lld", (long long)lease->id), detail,
                       err);
}

static int add_lease(struct store *store, struct minting *m, struct error *err)
{
    const struct config *config = app_config(m->app);
    char username[USERNAME_LEN + 1];
    struct lease_new new = {.idempotency_key = m->request->idempotency_key};
    int64_t id = 0;

    if (choose_address(store, m, &new.lease.pool_address_id, err) != 0 ||
        choose_username(store, m, username, err) != 0)
        return -1;
    link_make(app_random(m->app), &m->link);
    new.lease.case_id = m->row.id;
    new.lease.mailbox = m->terms.mailbox;
    new.lease.username = username;
    new.lease.link_id = m->link.id;
    new.lease.reason = m->terms.reason;
    new.lease.ticket = m->terms.ticket;
    new.lease.created_by = m->actor->name;
    new.lease.delivery = m->request->delivery;
    new.lease.messages_max = m->terms.messages_max;
    new.lease.messages_per_hour = m->terms.messages_per_hour;
    new.lease.reveal_tries_left = REVEAL_TRIES_MAX;
    new.lease.created_at = m->now;
    new.lease.expires_at = m->now + m->terms.for_s;
    new.lease.reveal_until = link_ends_at(config, m->now, new.lease.expires_at);
    new.lease.senders = m->terms.senders;
    new.lease.recipient_domains = m->terms.recipient_domains;
    memcpy(new.link_hash, m->link.hash, sizeof new.link_hash);
    memcpy(new.request_hash, m->request_hash, sizeof new.request_hash);
    if (store_lease_add(store, &new, &id, err) != 0)
        return -1;
    return store_lease_find(store, m->mem, id, &m->lease, err);
}

static int write_lease(struct store *store, void *context, struct error *err)
{
    struct minting *m = context;
    int replay = find_replay(store, m, err);

    if (replay != 0)
        return replay < 0 ? -1 : 0;
    if (check_shared(store, m, err) != 0 || check_no_live_lease(store, m, err) != 0 ||
        add_lease(store, m, err) != 0)
        return -1;
    return audit_mint(store, m, err);
}

static int read_all(struct minting *m, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(m->app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, read_facts, m, err);
    app_give_back(m->app, store);
    return result;
}

int lease_mint(struct app *app, struct arena *mem, const struct actor *actor,
               const struct mint_request *request, struct minted *out,
               struct error *err)
{
    struct minting m = {.app = app,
                        .mem = mem,
                        .actor = actor,
                        .request = request,
                        .now = app_now(app)};
    int result = -1;

    if (app_allow(actor, ACT_MINT, err) != 0)
        return -1;
    terms_request_hash(request, m.request_hash);
    if (read_all(&m, err) != 0)
        return -1;
    if (!m.is_replay) {
        if (terms_read(app_config(app), mem, request, m.row.mailbox, &m.terms, err) !=
                0 ||
            check_case(&m, err) != 0)
            return -1;
        ask(&m);
        if (check_listed(&m, err) != 0 || app_write(app, write_lease, &m, err) != 0)
            goto out;
    }
    *out = (struct minted){
        .lease = m.lease,
        .link = m.is_replay ? NULL : link_url(app_config(app), mem, &m.link),
        .is_replay = m.is_replay};
    result = 0;
out:
    secret_wipe(&m.link, sizeof m.link);
    return result;
}
