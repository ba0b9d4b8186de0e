/*
 * reveal.c - proof in, password out, decided and written in one transaction.
 *
 * Two requests at once cannot both take the last try or both make "the" password: whoever comes
 * second sees what the first one wrote. The password leaves only after the commit.
 */
#include "base/base.h"

#include "issuer/leases/reveal.h"

#include "core/mailbox.h"
#include "issuer/leases/link.h"

struct revealing {
    struct app *app;
    struct arena *mem;
    int64_t now;
    const char *actor;
    const char *link_id;
    struct slice typed_key, typed_mailbox;
    int64_t lease_id; /* local reveal: no proof is asked */
    struct reveal_result result;
};

static int find_by_link(struct store *store, struct arena *mem, const char *link_id,
                        struct lease *out, uint8_t hash[DIGEST_BYTES],
                        struct error *err)
{
    /* What cannot be an id is not asked for, and answered as any other unknown one. */
    if (!link_id_is_valid(slice_from(link_id)))
        return error_set(err, ERROR_NOT_FOUND, "there is no such link");
    if (store_lease_by_link(store, mem, link_id, out, hash, err) != 0)
        return -1;
    return 0;
}

int reveal_look(struct app *app, struct arena *mem, const char *link_id,
                struct reveal_view *out, struct error *err)
{
    struct store *store = NULL;
    uint8_t hash[DIGEST_BYTES];
    struct lease lease;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = find_by_link(store, mem, link_id, &lease, hash, err);
    app_give_back(app, store);
    if (result != 0)
        return -1;
    *out = (struct reveal_view){.answer = lease_reveal_answer(&lease, app_now(app)),
                                .lease = lease};
    return 0;
}

/* The same work whether the link exists (stored, mailbox) or not (NULL). */
static bool proof_is_right(const struct revealing *r, const uint8_t *stored,
                           const char *mailbox)
{
    static const uint8_t nothing[DIGEST_BYTES];
    char key[LINK_KEY_LEN + 1] = "";
    char typed[MAILBOX_MAX + 1] = "";
    uint8_t hash[DIGEST_BYTES];

    bool is_key = link_key_normalise(r->typed_key, key);
    bool is_mailbox = mailbox_parse(r->typed_mailbox, typed);
    link_hash(r->link_id, is_key ? key : "", hash);
    bool is_same_key = secret_same_bytes(hash, stored != NULL ? stored : nothing,
                                         sizeof hash);
    bool is_same_mailbox = strcmp(typed, mailbox != NULL ? mailbox : "") == 0;
    secret_wipe(key, sizeof key);
    return stored != NULL && mailbox != NULL && is_key && is_mailbox && is_same_key &&
           is_same_mailbox;
}

static int audit_reveal(struct store *store, const struct revealing *r,
                        const char *action, const char *detail, struct error *err)
{
    return store_audit(
        store, r->now, r->actor, action,
        arena_printf(r->mem, "lease:%lld", (long long)r->result.lease.id), detail, err);
}

static int count_wrong_try(struct store *store, struct revealing *r, struct error *err)
{
    if (store_lease_count_try(store, r->result.lease.id, &r->result.tries_left, err) !=
        0)
        return -1;
    r->result.outcome = REVEAL_WRONG_PROOF;
    if (r->result.tries_left == 0)
        r->result.answer = REVEAL_LOCKED;
    return audit_reveal(store, r, "lease.reveal_refused",
                        arena_printf(r->mem, "tries_left=%u", r->result.tries_left),
                        err);
}

static int make_password(struct store *store, struct revealing *r, struct error *err)
{
    const struct pepper *pepper = app_pepper(r->app);
    struct lease *lease = &r->result.lease;
    struct verifier verifier;
    int64_t id = lease->id;

    r->result.password = password_make(app_random(r->app));
    if (!verifier_make(pepper, pepper_newest(pepper), slice_from(lease->username),
                       slice_of(r->result.password.at, r->result.password.len),
                       &verifier))
        return error_set(err, ERROR_INTERNAL,
                         "cannot make a verifier: the pepper is lost");
    if (store_lease_reveal(store, id, &verifier, r->now, err) != 0)
        return -1;
    if (audit_reveal(store, r, "lease.reveal",
                     arena_printf(r->mem, "reveal=%u of %d", lease->reveals + 1,
                                  (int)REVEALS_MAX),
                     err) != 0)
        return -1;
    r->result.outcome = REVEAL_DONE;
    r->result.tries_left = lease->reveal_tries_left;
    return store_lease_find(store, r->mem, id, lease, err);
}

static int decide(struct store *store, void *context, struct error *err)
{
    struct revealing *r = context;
    struct lease *lease = &r->result.lease;
    uint8_t hash[DIGEST_BYTES];

    if (find_by_link(store, r->mem, r->link_id, lease, hash, err) != 0) {
        (void)proof_is_right(r, NULL, NULL);
        return -1;
    }
    r->result.tries_left = lease->reveal_tries_left;
    r->result.answer = lease_reveal_answer(lease, r->now);
    bool is_right = proof_is_right(r, hash, lease->mailbox);
    if (r->result.answer != REVEAL_READY) {
        r->result.outcome = REVEAL_NOT_NOW;
        return 0;
    }
    return is_right ? make_password(store, r, err) : count_wrong_try(store, r, err);
}

static int decide_local(struct store *store, void *context, struct error *err)
{
    struct revealing *r = context;
    struct lease *lease = &r->result.lease;

    if (store_lease_find(store, r->mem, r->lease_id, lease, err) != 0)
        return -1;
    r->result.tries_left = lease->reveal_tries_left;
    r->result.answer = lease_reveal_answer(lease, r->now);
    if (r->result.answer != REVEAL_READY) {
        r->result.outcome = REVEAL_NOT_NOW;
        return 0;
    }
    return make_password(store, r, err);
}

static int run(struct revealing *r,
               int (*act)(struct store *store, void *context, struct error *err),
               struct reveal_result *out, struct error *err)
{
    if (app_write(r->app, act, r, err) != 0) {
        secret_free(&r->result.password);
        return -1;
    }
    *out = r->result;
    return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int reveal(struct app *app, struct arena *mem, const char *link_id,
           struct slice typed_key, struct slice typed_mailbox,
           struct reveal_result *out, struct error *err)
{
    struct revealing r = {.app = app,
                          .mem = mem,
                          .now = app_now(app),
                          .actor = "customer",
                          .link_id = link_id,
                          .typed_key = typed_key,
                          .typed_mailbox = typed_mailbox};

    return run(&r, decide, out, err);
}

int reveal_local(struct app *app, struct arena *mem, const struct actor *actor,
                 int64_t lease_id, struct reveal_result *out, struct error *err)
{
    struct revealing r = {.app = app,
                          .mem = mem,
                          .now = app_now(app),
                          .actor = actor->name,
                          .lease_id = lease_id};

    if (app_allow(actor, ACT_REVEAL, err) != 0)
        return -1;
    if (!actor->is_local)
        return error_set(err, ERROR_DENIED,
                         "a credential is revealed on the local socket only");
    if (!app_config(app)->policy.console_reveal)
        return error_set(
            err, ERROR_REFUSED,
            "policy.console_reveal does not allow it: send the link to the "
            "customer");
    return run(&r, decide_local, out, err);
}
