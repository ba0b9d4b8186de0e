/*
 * reveal.c - proof in, password out, decided and written in one transaction.
 *
 * Two requests at once cannot both take the last try or both make "the" password: whoever comes
 * second sees what the first one wrote. The password leaves only after the commit. A PIN takes
 * long to judge, so that is done before; the transaction holds it to what is stored by then.
 */
#include "base/base.h"

#include "issuer/leases/reveal.h"

#include "core/mailbox.h"
#include "issuer/leases/link.h"
#include "issuer/leases/pin.h"

struct revealing {
    struct app *app;
    struct arena *mem;
    int64_t now;
    const char *actor;
    const char *link_id;
    struct typed_proof typed;
    struct slice browser;
    const char *judged; /* the hash that the typed PIN was held against; NULL: none */
    bool is_pin_right;
    bool is_proof_only;
    enum lease_word word;
    int64_t lease_id; /* local reveal: no proof is asked */
    struct reveal_result result;
};

static int find_by_link(struct store *store, struct arena *mem, const char *link_id,
                        struct lease *out, struct lease_secrets *out_secrets,
                        struct error *err)
{
    /* What cannot be an id is not asked for, and answered as any other unknown one. */
    if (!link_id_is_valid(slice_from(link_id)))
        return error_set(err, ERROR_NOT_FOUND, "there is no such link");
    if (store_lease_by_link(store, mem, link_id, out, out_secrets, err) != 0)
        return -1;
    return 0;
}

/* Since when the address of the lease's case is clear on its list, as far as we asked after the lease
 * was made; 0: it is not. */
static int find_over(struct store *store, struct arena *mem, const struct lease *lease,
                     int64_t *out_since, struct error *err)
{
    struct listing_row *rows = NULL;
    struct case_row row = {0};
    size_t count = 0;

    *out_since = 0;
    if (store_case_find(store, mem, lease->case_id, &row, err) != 0)
        return -1;
    if (row.address == NULL || row.zone == NULL)
        return 0;
    if (store_listing_now(store, mem, row.address, &rows, &count, err) != 0)
        return -1;
    *out_since = listing_over_since(rows, count, row.zone, lease->created_at);
    return 0;
}

static int is_browser(struct store *store, int64_t lease_id, struct slice token,
                      bool *out, struct error *err)
{
    uint8_t known[DIGEST_BYTES];
    uint8_t hash[DIGEST_BYTES];

    *out = false;
    if (token.len != TOKEN_LEN)
        return 0;
    bool is_known = false;
    if (store_lease_browser(store, lease_id, known, &is_known, err) != 0)
        return -1;
    token_hash(token, hash);
    *out = is_known && secret_same_bytes(hash, known, sizeof hash);
    return 0;
}

static bool is_fresh(const struct lease *lease, int64_t now)
{
    return lease->revealed_at != 0 && now < lease->revealed_at + SHOW_AGAIN_S;
}

struct looking {
    struct arena *mem;
    const char *link_id;
    struct slice browser;
    int64_t now;
    struct reveal_view view;
};

static int look(struct store *store, void *context, struct error *err)
{
    struct looking *l = context;
    struct reveal_view *view = &l->view;
    struct lease_secrets secrets = {0};

    if (find_by_link(store, l->mem, l->link_id, &view->lease, &secrets, err) != 0 ||
        find_over(store, l->mem, &view->lease, &view->over_since, err) != 0 ||
        is_browser(store, view->lease.id, l->browser, &view->is_same_browser, err) != 0)
        return -1;
    view->may_show_again = view->is_same_browser && is_fresh(&view->lease, l->now);
    view->answer = view->may_show_again ? lease_reveal_answer(&view->lease, l->now)
                                        : lease_proof_answer(&view->lease, l->now);
    return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int reveal_look(struct app *app, struct arena *mem, const char *link_id,
                struct slice browser, struct reveal_view *out, struct error *err)
{
    struct looking l = {
        .mem = mem, .link_id = link_id, .browser = browser, .now = app_now(app)};
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, look, &l, err);
    app_give_back(app, store);
    *out = l.view;
    return result;
}

/* The same work whether the link exists (stored) or not (NULL). */
static bool key_is_right(const struct revealing *r, const struct lease_secrets *stored)
{
    static const uint8_t nothing[DIGEST_BYTES];
    char key[LINK_KEY_LEN + 1] = "";
    uint8_t hash[DIGEST_BYTES];

    bool is_key = link_key_normalise(r->typed.key, key);
    link_hash(r->link_id, is_key ? key : "", hash);
    bool is_same = secret_same_bytes(hash, stored != NULL ? stored->link_hash : nothing,
                                     sizeof hash);
    secret_wipe(key, sizeof key);
    return stored != NULL && is_key && is_same;
}

static bool proof_is_right(const struct revealing *r, const struct lease *lease,
                           const struct lease_secrets *stored)
{
    char typed[MAILBOX_MAX + 1] = "";

    bool is_key = key_is_right(r, stored);
    bool is_mailbox = mailbox_parse(r->typed.mailbox, typed) &&
                      strcmp(typed, lease->mailbox) == 0;
    bool is_judged = r->judged != NULL && stored->pin_hash != NULL &&
                     strcmp(r->judged, stored->pin_hash) == 0;
    bool is_pin = lease->proof != PROOF_PIN || (is_judged && r->is_pin_right);
    return is_key && is_mailbox && is_pin;
}

struct judging {
    struct revealing *r;
    bool is_due;
};

static int find_pin(struct store *store, void *context, struct error *err)
{
    struct judging *j = context;
    struct lease_secrets secrets = {0};
    struct lease lease = {0};
    struct error why = {0};

    if (find_by_link(store, j->r->mem, j->r->link_id, &lease, &secrets, &why) != 0) {
        if (why.kind == ERROR_NOT_FOUND)
            return 0; /* decide says so */
        *err = why;
        return -1;
    }
    j->is_due = lease.proof == PROOF_PIN && secrets.pin_hash != NULL &&
                lease_proof_answer(&lease, j->r->now) == REVEAL_READY &&
                key_is_right(j->r, &secrets);
    j->r->judged = j->is_due ? secrets.pin_hash : NULL;
    return 0;
}

/* Only with the right key: nobody else makes us work. */
static int judge_pin(struct revealing *r, struct error *err)
{
    struct judging judging = {.r = r};
    struct store *store = NULL;

    if (app_take_reader(r->app, &store, err) != 0)
        return -1;
    int result = store_snapshot(store, find_pin, &judging, err);
    app_give_back(r->app, store);
    if (result == 0 && judging.is_due)
        r->is_pin_right = pin_is_right(r->app, r->judged, r->typed.pin);
    return result;
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
    if (r->lease_id == 0) {
        uint8_t browser[DIGEST_BYTES];
        token_make(app_random(r->app), r->result.browser, browser);
        if (store_lease_set_browser(store, id, browser, err) != 0)
            return -1;
    }
    r->result.outcome = REVEAL_DONE;
    r->result.tries_left = lease->reveal_tries_left;
    return store_lease_find(store, r->mem, id, lease, err);
}

static int decide(struct store *store, void *context, struct error *err)
{
    struct revealing *r = context;
    struct lease *lease = &r->result.lease;
    struct lease_secrets secrets = {0};

    if (find_by_link(store, r->mem, r->link_id, lease, &secrets, err) != 0) {
        (void)key_is_right(r, NULL);
        return -1;
    }
    r->result.tries_left = lease->reveal_tries_left;
    r->result.answer = lease_proof_answer(lease, r->now);
    bool is_right = proof_is_right(r, lease, &secrets);
    if (r->result.answer != REVEAL_READY) {
        r->result.outcome = REVEAL_NOT_NOW;
        return 0;
    }
    if (!is_right)
        return count_wrong_try(store, r, err);
    if (!r->is_proof_only)
        return make_password(store, r, err);
    r->result.outcome = REVEAL_DONE;
    return 0;
}

/* The browser's own token stands for the proof. One that is not ours is no try: nobody typed it. */
static int decide_again(struct store *store, void *context, struct error *err)
{
    struct revealing *r = context;
    struct lease *lease = &r->result.lease;
    struct lease_secrets secrets = {0};
    bool is_ours = false;

    if (find_by_link(store, r->mem, r->link_id, lease, &secrets, err) != 0 ||
        is_browser(store, lease->id, r->browser, &is_ours, err) != 0)
        return -1;
    r->result.tries_left = lease->reveal_tries_left;
    r->result.answer = lease_reveal_answer(lease, r->now);
    if (r->result.answer == REVEAL_READY && is_ours && is_fresh(lease, r->now))
        return make_password(store, r, err);
    r->result.outcome = r->result.answer == REVEAL_READY ? REVEAL_WRONG_PROOF
                                                         : REVEAL_NOT_NOW;
    return 0;
}

/* ---- what the customer says ---- */

static int note_word(struct store *store, struct revealing *r, struct error *err)
{
    const struct lease *lease = &r->result.lease;
    bool is_live = lease_is_live(lease_state_at(lease, r->now));

    if (store_word_add(store, lease->id, r->word, r->now, err) != 0 ||
        (r->word == LEASE_WORD_BACK && is_live &&
         store_lease_end(store, lease->id, LEASE_END_GIVEN_BACK, r->actor,
                         "the customer switched back", r->now, err) != 0))
        return -1;
    r->result.outcome = REVEAL_DONE;
    return audit_reveal(store, r, "lease.customer_said",
                        arena_printf(r->mem, "said=%s", lease_word_name(r->word)), err);
}

static int decide_word(struct store *store, void *context, struct error *err)
{
    struct revealing *r = context;
    struct lease *lease = &r->result.lease;
    char typed[MAILBOX_MAX + 1] = "";
    struct lease_secrets secrets = {0};
    bool is_ours = false;

    if (find_by_link(store, r->mem, r->link_id, lease, &secrets, err) != 0 ||
        is_browser(store, lease->id, r->browser, &is_ours, err) != 0)
        return -1;
    r->result.tries_left = lease->reveal_tries_left;
    r->result.answer = lease_reveal_answer(lease, r->now);
    r->result.outcome = REVEAL_NOT_NOW;
    /* Before the details were shown there is nothing to say. */
    if (lease->revealed_at == 0 || (!is_ours && lease->reveal_tries_left == 0))
        return 0;
    if (!is_ours &&
        (!mailbox_parse(r->typed.mailbox, typed) || strcmp(typed, lease->mailbox) != 0))
        return count_wrong_try(store, r, err);
    return note_word(store, r, err);
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

static struct revealing begin(struct app *app, struct arena *mem, const char *actor,
                              const char *link_id)
{
    return (struct revealing){.app = app,
                              .mem = mem,
                              .now = app_now(app),
                              .actor = actor,
                              .link_id = link_id};
}

static int note_opened(struct store *store, void *context, struct error *err)
{
    struct revealing *r = context;
    struct lease *lease = &r->result.lease;
    struct lease_secrets secrets = {0};
    bool is_first = false;

    if (find_by_link(store, r->mem, r->link_id, lease, &secrets, err) != 0)
        return -1;
    if (lease_proof_answer(lease, r->now) != REVEAL_READY)
        return 0;
    if (store_link_opened(store, lease->id, lease->reveal_until, &is_first, err) != 0)
        return -1;
    return is_first ? audit_reveal(store, r, "link.opened", "", err) : 0;
}

int reveal_opened(struct app *app, struct arena *mem, const char *link_id,
                  struct error *err)
{
    struct revealing r = begin(app, mem, "customer", link_id);
    struct reveal_view view = {0};
    struct error why = {0};

    /* Strangers' guesses do not wait for the turn to write. */
    int result = reveal_look(app, mem, link_id, (struct slice){0}, &view, &why);
    if (result == 0 && view.answer == REVEAL_READY)
        result = app_write(app, note_opened, &r, &why);
    if (result == 0 || why.kind == ERROR_NOT_FOUND)
        return 0;
    *err = why;
    return -1;
}

static int run_proof(struct revealing *r, const struct typed_proof *typed,
                     struct reveal_result *out, struct error *err)
{
    r->typed = *typed;
    if (judge_pin(r, err) != 0)
        return -1;
    return run(r, decide, out, err);
}

int reveal(struct app *app, struct arena *mem, const char *link_id,
           const struct typed_proof *typed, struct reveal_result *out,
           struct error *err)
{
    struct revealing r = begin(app, mem, "customer", link_id);

    return run_proof(&r, typed, out, err);
}

int reveal_again(struct app *app, struct arena *mem, const char *link_id,
                 struct slice browser, struct reveal_result *out, struct error *err)
{
    struct revealing r = begin(app, mem, "customer", link_id);

    r.browser = browser;
    return run(&r, decide_again, out, err);
}

int reveal_prove(struct app *app, struct arena *mem, const char *link_id,
                 const struct typed_proof *typed, struct reveal_result *out,
                 struct error *err)
{
    struct revealing r = begin(app, mem, "customer", link_id);

    r.is_proof_only = true;
    return run_proof(&r, typed, out, err);
}

/* NOLINTNEXTLINE(readability-function-size): the request and where its answer goes */
int reveal_say(struct app *app, struct arena *mem, const char *link_id,
               struct slice browser, struct slice typed_mailbox, enum lease_word word,
               struct reveal_result *out, struct error *err)
{
    struct revealing r = begin(app, mem, "customer", link_id);

    r.browser = browser;
    r.typed.mailbox = typed_mailbox;
    r.word = word;
    return run(&r, decide_word, out, err);
}

int reveal_local(struct app *app, struct arena *mem, const struct actor *actor,
                 int64_t lease_id, struct reveal_result *out, struct error *err)
{
    struct revealing r = begin(app, mem, actor->name, NULL);

    r.lease_id = lease_id;
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
