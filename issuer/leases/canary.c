/*
 * canary.c - the lease of the egress proof, made and revealed in one transaction.
 */
#include "base/base.h"

#include "issuer/leases/canary.h"

#include "base/timetext.h"
#include "core/mailbox.h"
#include "issuer/leases/link.h"
#include "issuer/leases/username.h"

enum {
    LOOK_BACK = 200 /* canaries that may still be alive: those of CANARY_S seconds */
};

/* Stands where a bounce's digest does: no bounce has it. */
static const char case_mark[] = "egress-proof";
static const char case_text[] =
    "No bounce: the leases of this case belong to \"cleansmtp doctor --canary\", which sends "
    "one test message by each reserved address.";
static const char reason[] = "egress proof by cleansmtp doctor";

struct making {
    struct app *app;
    struct arena *mem;
    const struct actor *actor;
    const char *address, *sender, *recipient;
    int64_t now, case_id;
    struct pool_address pool;
    struct link link;
    struct canary made;
};

static int find_case(struct store *store, struct making *m, struct error *err)
{
    const struct case_row row = {.created_at = m->now,
                                 .diagnosed_at = m->now,
                                 .created_by = m->actor->name,
                                 .bounce = case_text,
                                 .bounce_sha = case_mark,
                                 .evidence = {.class = CLASS_OTHER},
                                 .verdict = DIAGNOSIS_NO_BOUNCE};

    if (store_case_same_bounce(store, case_mark, &m->case_id, err) != 0)
        return -1;
    return m->case_id != 0 ? 0 : store_case_add(store, &row, &m->case_id, err);
}

/* The doctor that asked for an earlier one was interrupted, or two of them run: the newest counts. */
static int end_earlier(struct store *store, const struct making *m, struct error *err)
{
    const struct lease_filter filter = {.case_id = m->case_id, .max = LOOK_BACK};
    struct lease *leases = NULL;
    size_t count = 0;

    if (store_lease_list(store, m->mem, &filter, &leases, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (leases[i].pool_address_id == m->pool.id &&
            lease_is_live(lease_state_at(&leases[i], m->now)) &&
            store_lease_end(store, leases[i].id, LEASE_END_REVOKED, m->actor->name,
                            "a newer one took its place", m->now, err) != 0)
            return -1;
    return 0;
}

static int add_lease(struct store *store, struct making *m, struct error *err)
{
    const char *const senders[] = {m->sender, NULL};
    const char *const recipients[] = {m->recipient, NULL};
    char username[USERNAME_LEN + 1];
    struct lease_new new = {0};
    int64_t id = 0;

    if (username_choose(m->app, store, m->mem, username, err) != 0)
        return -1;
    /* Nobody gets this link; reveal_until of now means that it is over. */
    link_make(app_random(m->app), &m->link);
    memcpy(new.secrets.link_hash, m->link.hash, sizeof new.secrets.link_hash);
    new.lease = (struct lease){.case_id = m->case_id,
                               .pool_address_id = m->pool.id,
                               .mailbox = m->sender,
                               .username = username,
                               .link_id = m->link.id,
                               .reason = reason,
                               .created_by = m->actor->name,
                               .delivery = DELIVERY_LOGIN,
                               .messages_max = CANARY_MESSAGES,
                               .messages_per_hour = CANARY_MESSAGES,
                               .recipients_max = CANARY_MESSAGES,
                               .recipients_per_message = 1,
                               .message_size_max = CANARY_SIZE_MAX,
                               .created_at = m->now,
                               .reveal_until = m->now,
                               .expires_at = m->now + CANARY_S,
                               .senders = senders,
                               .recipient_domains = recipients};
    if (store_lease_add(store, &new, &id, err) != 0)
        return -1;
    return store_lease_find(store, m->mem, id, &m->made.lease, err);
}

static int add_password(struct store *store, struct making *m, struct error *err)
{
    const struct pepper *pepper = app_pepper(m->app);
    struct lease *lease = &m->made.lease;
    struct verifier verifier;
    int64_t id = lease->id;

    m->made.password = password_make(app_random(m->app));
    if (!verifier_make(pepper, pepper_newest(pepper), slice_from(lease->username),
                       slice_of(m->made.password.at, m->made.password.len), &verifier))
        return error_set(err, ERROR_INTERNAL,
                         "cannot make a verifier: the pepper is lost");
    if (store_lease_reveal(store, id, &verifier, m->now, err) != 0)
        return -1;
    return store_lease_find(store, m->mem, id, lease, err);
}

static int audit(struct store *store, const struct making *m, struct error *err)
{
    const struct lease *lease = &m->made.lease;
    char until[TIMETEXT_RFC3339_MAX + 1];

    timetext_rfc3339(lease->expires_at, until);
    return store_audit(store, m->now, m->actor->name, "lease.canary",
                       arena_printf(m->mem, "lease:%lld", (long long)lease->id),
                       arena_printf(m->mem, "address=%s lane=%s recipient=%s until=%s",
                                    m->pool.address, m->pool.lane, m->recipient, until),
                       err);
}

static int make(struct store *store, void *context, struct error *err)
{
    struct making *m = context;

    if (store_pool_find(store, m->mem, m->address, m->now, &m->pool, err) != 0)
        return -1;
    if (!pool_state_may_send(m->pool.state))
        return error_set(err, ERROR_REFUSED, "%s sends nothing now: it is %s",
                         m->pool.address, pool_state_name(m->pool.state));
    if (find_case(store, m, err) != 0 || end_earlier(store, m, err) != 0 ||
        add_lease(store, m, err) != 0 || add_password(store, m, err) != 0)
        return -1;
    return audit(store, m, err);
}

int canary_make(struct app *app, struct arena *mem, const struct actor *actor,
                const char *address, const char *recipient, struct canary *out,
                struct error *err)
{
    char sender[MAILBOX_MAX + 1];
    char to[MAILBOX_MAX + 1];
    struct making m = {.app = app,
                       .mem = mem,
                       .actor = actor,
                       .address = address,
                       .sender = sender,
                       .recipient = to,
                       .now = app_now(app)};

    if (app_allow(actor, ACT_REVEAL, err) != 0)
        return -1;
    if (!actor->is_local)
        return error_set(err, ERROR_DENIED,
                         "a login for the egress proof is given on the local socket "
                         "only");
    if (!mailbox_parse(slice_from(recipient), to))
        return error_set(err, ERROR_INVALID, "\"%.100s\" is not a mailbox", recipient);
    if (!mailbox_parse(slice_from(app_config(app)->submission.canary), sender))
        return error_set(err, ERROR_INVALID, "submission.canary is not a mailbox");
    int result = app_write(app, make, &m, err);
    secret_wipe(&m.link, sizeof m.link);
    if (result != 0)
        secret_free(&m.made.password);
    else
        *out = m.made;
    return result;
}
