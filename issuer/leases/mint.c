/*
 * mint.c - read, ask the list again, write once.
 *
 * What is decided is decided inside the writing transaction, from rows read there; the round of
 * DNS before it (issuer/leases/round.h) is the only thing taken along.
 */
#include "base/base.h"

#include "issuer/leases/mint.h"

#include "base/timetext.h"
#include "core/mailbox.h"
#include "issuer/leases/link.h"
#include "issuer/leases/pin.h"
#include "issuer/leases/round.h"
#include "issuer/leases/terms.h"
#include "issuer/leases/username.h"

enum {
    HOUR_S = 3600,
    DAY_S = 86400,
    WEEK_S = 7 * DAY_S,
    MONTH_S = 30 * DAY_S,
    EARLIER_MAX = 100 /* leases of one case that are looked at */
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
    struct pool_address *pool;
    size_t pool_count;
    struct round round;
    doubts doubts;
    struct approval approval;
    struct link link;
    struct pin pin;
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
    return store_approval_of_lease(store, m->mem, id, &m->approval, err) != 0 ? -1 : 1;
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

static int audit_mint(struct store *store, const struct minting *m, struct error *err)
{
    const struct lease *lease = &m->lease;
    bool is_pending = m->approval.id != 0;
    char until[TIMETEXT_RFC3339_MAX + 1];
    char doubted[DOUBTS_TEXT_MAX + 1];

    timetext_rfc3339(lease->expires_at, until);
    doubts_format(m->doubts, doubted);
    /* The reason is a sentence; it stands last, so that the rest stays key=value. */
    const char *detail = arena_printf(
        m->mem,
        "case=%lld mailbox=%s address=%s blocked=%s zone=%s until=%s messages=%u "
        "per_hour=%u recipients=%u size=%llu proof=%s doubts=%s reason=%s",
        (long long)lease->case_id, lease->mailbox, lease->reserved_address,
        m->row.evidence.blocked_ip,
        m->round.zone != NULL ? m->round.zone->name : m->row.evidence.list, until,
        lease->messages_max, lease->messages_per_hour, lease->recipients_max,
        (unsigned long long)lease->message_size_max, lease_proof_name(lease->proof),
        doubted, lease->reason != NULL ? lease->reason : "");
    return store_audit(
        store, m->now, m->actor->name, is_pending ? "lease.request" : "lease.mint",
        arena_printf(m->mem, "lease:%lld", (long long)lease->id), detail, err);
}

static bool is_elsewhere(const char *who, const char *mailbox)
{
    return who != NULL && strchr(who, '@') != NULL &&
           strcmp(mailbox_domain(who), mailbox_domain(mailbox)) != 0;
}

/* A rejection gives one lease on one person's word; for the next the customer's mail must have been
 * refused again. One that nobody agreed to does not count. */
static int weigh_earlier(struct store *store, struct minting *m, struct error *err)
{
    const struct lease_filter filter = {.case_id = m->row.id, .max = EARLIER_MAX};
    struct lease *leases = NULL;
    size_t count = 0;

    if (store_lease_list(store, m->mem, &filter, &leases, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!leases[i].is_pending)
            m->doubts |= DOUBT(DOUBT_USED_BEFORE);
    return 0;
}

/* A stolen session or token would otherwise burn every reserved address within the hour. The command
 * line of the host is root's. */
static int weigh_agent(struct store *store, struct minting *m, struct error *err)
{
    const struct config *config = app_config(m->app);
    unsigned hour = 0;
    unsigned day = 0;

    if (m->actor->is_local)
        return 0;
    if (store_lease_count_by(store, m->actor->name, m->now - HOUR_S, &hour, err) != 0 ||
        store_lease_count_by(store, m->actor->name, m->now - DAY_S, &day, err) != 0)
        return -1;
    if (hour >= config->policy.agent_leases_per_hour ||
        day >= config->policy.agent_leases_per_day)
        m->doubts |= DOUBT(DOUBT_AGENT_QUOTA);
    return 0;
}

/* The doubts of the case, and those that only this request can raise. */
static int weigh(struct store *store, struct minting *m, struct error *err)
{
    const struct config *config = app_config(m->app);
    const char *sender = m->row.evidence.sender;
    unsigned week = 0;
    unsigned month = 0;

    m->doubts = m->row.doubts;
    if (weigh_earlier(store, m, err) != 0 || weigh_agent(store, m, err) != 0)
        return -1;
    /* The case was judged for its own customer: our log is not asked about another one again. */
    if (is_elsewhere(sender, m->terms.mailbox) ||
        is_elsewhere(m->row.mailbox, m->terms.mailbox))
        m->doubts |= DOUBT(DOUBT_OTHER_SENDER);
    if (store_lease_count_since(store, m->terms.mailbox, m->now - WEEK_S, &week, err) !=
            0 ||
        store_lease_count_since(store, m->terms.mailbox, m->now - MONTH_S, &month,
                                err) != 0)
        return -1;
    if (week >= config->policy.leases_per_week ||
        month >= config->policy.leases_per_month)
        m->doubts |= DOUBT(DOUBT_QUOTA);
    return 0;
}

static void fill_lease(struct minting *m, const char *username, struct lease *lease)
{
    bool is_pending = m->doubts != 0;
    int64_t lasts_s = is_pending ? APPROVAL_WAIT_S : m->terms.for_s;

    lease->case_id = m->row.id;
    lease->mailbox = m->terms.mailbox;
    lease->username = username;
    lease->link_id = m->link.id;
    lease->reason = m->terms.reason;
    lease->ticket = m->terms.ticket;
    lease->language = m->terms.language;
    lease->created_by = m->actor->name;
    lease->delivery = m->request->delivery;
    lease->proof = m->terms.proof;
    lease->messages_max = m->terms.messages_max;
    lease->messages_per_hour = m->terms.messages_per_hour;
    lease->recipients_max = m->terms.recipients_max;
    lease->recipients_per_message = m->terms.recipients_per_message;
    lease->message_size_max = m->terms.message_size_max;
    lease->reveal_tries_left = REVEAL_TRIES_MAX;
    lease->created_at = m->now;
    lease->is_pending = is_pending;
    lease->expires_at = m->now + lasts_s;
    /* Nobody gets the link of a pending lease; the approval makes a new one possible. */
    if (!is_pending)
        lease->reveal_until = link_ends_at(app_config(m->app), m->now,
                                           lease->expires_at);
    lease->senders = m->terms.senders;
    lease->recipient_domains = m->terms.recipient_domains;
}

static int add_lease(struct store *store, struct minting *m, struct error *err)
{
    char username[USERNAME_LEN + 1];
    struct lease_new new = {.idempotency_key = m->request->idempotency_key};
    int64_t id = 0;

    if (round_choose(store, &m->round, 0, &new.lease.pool_address_id, err) != 0 ||
        username_choose(m->app, store, m->mem, username, err) != 0)
        return -1;
    link_make(app_random(m->app), &m->link);
    fill_lease(m, username, &new.lease);
    memcpy(new.secrets.link_hash, m->link.hash, sizeof new.secrets.link_hash);
    if (m->terms.proof == PROOF_PIN && m->doubts == 0)
        new.secrets.pin_hash = m->pin.hash;
    memcpy(new.request_hash, m->request_hash, sizeof new.request_hash);
    if (store_lease_add(store, &new, &id, err) != 0)
        return -1;
    return store_lease_find(store, m->mem, id, &m->lease, err);
}

static int add_request(struct store *store, struct minting *m, struct error *err)
{
    if (m->doubts == 0)
        return 0;
    m->approval = (struct approval){.lease_id = m->lease.id,
                                    .case_id = m->row.id,
                                    .doubts = m->doubts,
                                    .for_s = m->terms.for_s,
                                    .asked_by = m->actor->name,
                                    .asked_at = m->now,
                                    .until_at = m->now + APPROVAL_WAIT_S,
                                    .mailbox = m->terms.mailbox};
    return store_approval_add(store, &m->approval, &m->approval.id, err);
}

static int write_lease(struct store *store, void *context, struct error *err)
{
    struct minting *m = context;
    int replay = find_replay(store, m, err);

    if (replay != 0)
        return replay < 0 ? -1 : 0;
    if (round_check_shared(store, &m->round, err) != 0 ||
        check_no_live_lease(store, m, err) != 0 || weigh(store, m, err) != 0 ||
        add_lease(store, m, err) != 0 || add_request(store, m, err) != 0)
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

/* Everything that takes its time is done before the transaction. */
static int mint_anew(struct minting *m, struct error *err)
{
    if (terms_read(app_config(m->app), m->mem, m->request, &m->row, &m->terms, err) !=
            0 ||
        round_ask(m->app, m->mem, &m->row, m->pool, m->pool_count, &m->round, err) != 0)
        return -1;
    if (m->terms.proof == PROOF_PIN && pin_new(m->app, &m->pin, err) != 0)
        return -1;
    return app_write(m->app, write_lease, m, err);
}

/* The link and the PIN exist in this answer only. */
static void tell(const struct minting *m, struct minted *out)
{
    bool has_link = !m->is_replay && m->approval.id == 0;

    *out = (struct minted){
        .lease = m->lease, .approval = m->approval, .is_replay = m->is_replay};
    if (has_link)
        out->link = link_url(app_config(m->app), m->mem, &m->link);
    if (has_link && m->lease.has_pin)
        out->pin = arena_strdup(m->mem, m->pin.digits);
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
    if (m.is_replay || mint_anew(&m, err) == 0) {
        tell(&m, out);
        result = 0;
    }
    secret_wipe(&m.link, sizeof m.link);
    secret_wipe(&m.pin, sizeof m.pin);
    return result;
}
