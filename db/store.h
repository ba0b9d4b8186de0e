/*
 * store.h - what is kept, in the words of the domain. The only door to the database.
 *
 * One process writes (cleansmtpd, one writing handle, taken in turn); every other handle, in
 * cleansmtpd and in cleansmtp-authd, is read-only (docs/decisions/one-writer.md). A handle
 * belongs to one thread at a time. Functions that must be atomic are one call, or run inside
 * store_transaction; the audit record of a change is written in the same transaction as the
 * change (store_audit inside it). `now` is always an argument. Strings in results live in mem.
 *
 * Errors: ERROR_NOT_FOUND where one thing was asked for; ERROR_CONFLICT for a unique key that is
 * taken; ERROR_UNAVAILABLE when the database is busy, full or gone; ERROR_INTEGRITY when what is
 * there cannot be right; ERROR_INTERNAL otherwise.
 */
#ifndef DB_STORE_H
#define DB_STORE_H

#include "base/arena.h"
#include "base/error.h"
#include "core/approval.h"
#include "core/audit.h"
#include "core/delivery.h"
#include "core/diagnosis.h"
#include "core/lease.h"
#include "core/pool.h"
#include "core/role.h"
#include "core/verifier.h"

struct store;

enum store_mode {
    STORE_CREATE, /* make the file when absent, migrate */
    STORE_WRITE,  /* migrate; the file must be there */
    STORE_READ /* read-only; the schema must be ours: ERROR_UNAVAILABLE while it is older */
};
/* A new handle; store_close frees it. Not thread-safe by itself. */
NODISCARD int store_open(const char *path, enum store_mode mode, struct store **out,
                         struct error *err);
void store_close(struct store *store);
/* PRAGMA quick_check: ERROR_INTEGRITY when the file is damaged. */
NODISCARD int store_check(struct store *store, struct error *err);

/* Run act inside one immediate transaction: commits when it returns 0, rolls back on -1 or when
 * the commit fails. Not nestable. Functions below that change something may be called inside or
 * outside of one (outside, each is its own transaction). */
NODISCARD int store_transaction(struct store *store,
                                int (*act)(struct store *store, void *context,
                                           struct error *err),
                                void *context, struct error *err);
/* The same for a consistent view of several reads (deferred). */
NODISCARD int store_snapshot(struct store *store,
                             int (*act)(struct store *store, void *context,
                                        struct error *err),
                             void *context, struct error *err);

/* The newest change of what a login or a message is judged by. The same in two views: nothing of it
 * differs between them. mark is chosen by chance for each change, so that the history of a backup
 * that was put back is not taken for the one that was. */
struct login_change {
    int64_t seq, mark;
};
/* Until store_view_end every read sees the database as it is now: who reads many small things need
 * not take a view for each. Does not nest, and begins outside of transactions. */
NODISCARD int store_view_begin(struct store *store, struct login_change *out_newest,
                               struct error *err);
void store_view_end(struct store *store);
/* Who took a stamp, then began a view, and later finds the same stamp, would see in a new view what was
 * in that one: nothing was committed since, by any process. It costs next to nothing. false: none can
 * be had now. */
struct store_stamp {
    uint32_t words[24];
};
NODISCARD bool store_stamp(struct store *store, struct store_stamp *out);

/* ---- audit (store_audit.c) ---------------------------------------------------------------- */

/* Append a record to the chain; seq and hashes are made here. Call it inside the transaction of
 * the change. */
NODISCARD int store_audit(struct store *store, int64_t now, const char *actor,
                          const char *action, const char *object, const char *detail,
                          struct error *err);
/* Records with seq > after, oldest first, at most max. */
NODISCARD int store_audit_list(struct store *store, struct arena *mem, int64_t after,
                               size_t max, struct audit_record **out, size_t *out_count,
                               struct error *err);
/* The newest max records, newest first; of one object ("case:4") when object is not NULL. */
NODISCARD int store_audit_tail(struct store *store, struct arena *mem,
                               const char *object, size_t max,
                               struct audit_record **out, size_t *out_count,
                               struct error *err);
/* Walk the whole chain: ERROR_INTEGRITY names the first record that is wrong. */
NODISCARD int store_audit_verify(struct store *store, int64_t *out_records,
                                 struct error *err);

/* ---- what people look for (in the files of cases, leases and the audit log) ------------------- */

/* Zeroed: everything. Each field narrows it; newest first. */
struct search {
    int64_t before; /* id or seq below this one: the next page */
    /* A part, in any case of letters, of what a person would type: mailbox or domain, ticket, address,
     * recipient, username; or the number of the case. */
    const char *text;
    const char *person;   /* a part of the actor: "ana" */
    const char *state;    /* exactly: a verdict, a lease's state, an action */
    int64_t since, until; /* made in [since, until); until 0: open */
    int64_t now;          /* for the states of leases */
    size_t max;
};
NODISCARD int store_audit_search(struct store *store, struct arena *mem,
                                 const struct search *search, struct audit_record **out,
                                 size_t *out_count, struct error *err);

/* ---- shared addresses (store_shared.c) ----------------------------------------------------- */

struct shared_range {
    int64_t id;
    const char *network, *label;
    int64_t created_at;
};
/* network is canonical (network_format). ERROR_CONFLICT when it is there already. */
NODISCARD int store_shared_add(struct store *store, const char *network,
                               const char *label, int64_t now, struct error *err);
NODISCARD int store_shared_remove(struct store *store, const char *network,
                                  struct error *err);
NODISCARD int store_shared_list(struct store *store, struct arena *mem,
                                struct shared_range **out, size_t *out_count,
                                struct error *err);

/* Is this one of them? false for what is not an address. */
bool shared_ranges_hold(const struct shared_range *ranges, size_t count,
                        const char *address);

/* ---- pool (store_pool.c) --------------------------------------------------------------------- */

/* live_leases is counted at `now`; is_clear is left false. Ordered by id. */
NODISCARD int store_pool_list(struct store *store, struct arena *mem, int64_t now,
                              struct pool_address **out, size_t *out_count,
                              struct error *err);
NODISCARD int store_pool_add(struct store *store, const struct pool_address *address,
                             int64_t now, struct error *err);
NODISCARD int store_pool_find(struct store *store, struct arena *mem,
                              const char *address, int64_t now,
                              struct pool_address *out, struct error *err);
NODISCARD int store_pool_set_state(struct store *store, int64_t id,
                                   enum pool_state state, struct error *err);
/* Bind every live lease of one pool address to another; *out_moved says how many. */
NODISCARD int store_pool_move_leases(struct store *store, int64_t from, int64_t to,
                                     int64_t now, unsigned *out_moved,
                                     struct error *err);

/* ---- listings (store_listing.c) ---------------------------------------------------------------- */

struct listing_row {
    const char *address, *zone;
    enum listing_state state;
    const char *code;
    struct sentence why;
    int64_t since, checked_at, until_at; /* until_at 0: the present row */
};
/* What a new answer means for the address: "unknown" neither begins a listing nor ends one. */
enum listing_turn {
    LISTING_GOES_ON, /* as it was */
    LISTING_STARTED, /* listed, and was not */
    LISTING_ENDED    /* clear, and was listed, whatever was unknown between */
};
struct listing_change {
    enum listing_turn turn;
    int64_t since; /* LISTING_ENDED: when it was listed first */
};
/* Keep the newest answer of one address on one zone; a change of state closes the old row and
 * opens a new one, so the rows are its history. */
NODISCARD int store_listing_put(struct store *store, const struct listing_row *row,
                                struct listing_change *out, struct error *err);
/* The present rows (the newest of each address and zone); of one address unless NULL. */
NODISCARD int store_listing_now(struct store *store, struct arena *mem,
                                const char *address, struct listing_row **out,
                                size_t *out_count, struct error *err);
/* Since when the zone says clear, asked later than after; 0: it does not, or was not asked. */
int64_t listing_over_since(const struct listing_row *rows, size_t count,
                           const char *zone, int64_t after);
NODISCARD int store_listing_history(struct store *store, struct arena *mem,
                                    const char *address, size_t max,
                                    struct listing_row **out, size_t *out_count,
                                    struct error *err);

/* The rows that reach beyond `since`, of all addresses unless one is named, by address, zone and time;
 * at most STORE_STRETCHES_MAX, the newest ones. */
enum {
    STORE_STRETCHES_MAX = 20000
};
NODISCARD int store_listing_since(struct store *store, struct arena *mem,
                                  const char *address, int64_t since,
                                  struct listing_row **out, size_t *out_count,
                                  struct error *err);

/* Listed, from the first look that said so to the first that said clear; "unknown" between is no
 * end. until_at 0: it lasts. */
struct listing_stretch {
    const char *address, *zone;
    int64_t since, last_listed_at, until_at;
};
/* Those that last, by address: also of one that is unknown now. until_at is 0. */
NODISCARD int store_listing_open(struct store *store, struct arena *mem,
                                 struct listing_stretch **out, size_t *out_count,
                                 struct error *err);
bool listing_stretches_hold(const struct listing_stretch *stretches, size_t count,
                            const char *address);
/* Past stretches of our addresses (shared or in the pool today) on one zone, newest first. */
NODISCARD int store_listing_past(struct store *store, struct arena *mem,
                                 const char *zone, size_t max,
                                 struct listing_stretch **out, size_t *out_count,
                                 struct error *err);
/* The present stretch of one address; since 0: it is not known to be listed. */
NODISCARD int store_listing_stretch(struct store *store, const char *address,
                                    const char *zone, struct listing_stretch *out,
                                    struct error *err);

/* ---- cases (store_case.c) ---------------------------------------------------------------------- */

struct case_row {
    int64_t id, created_at, diagnosed_at;
    const char *created_by, *ticket;
    const char *mailbox;    /* the customer; NULL when not known yet */
    const char *bounce;     /* as it came, may hold any byte but NUL (kept as U+FFFD) */
    const char *bounce_sha; /* hex digest of it, without regard to line ends */
    struct evidence evidence; /* as cleansmtp-bounce read it */
    enum diagnosis_verdict verdict;
    doubts doubts;              /* what asks for a second person */
    const char *address, *zone; /* what was checked; NULL when nothing could be */
    const struct check *checks;
    size_t checks_count;
};
/* Writes the case with its checks; *out_id is its number. */
NODISCARD int store_case_add(struct store *store, const struct case_row *row,
                             int64_t *out_id, struct error *err);
/* A new diagnosis of an existing case: verdict, doubts, checks, diagnosed_at, address, zone. */
NODISCARD int store_case_set_diagnosis(struct store *store, const struct case_row *row,
                                       struct error *err);
NODISCARD int store_case_find(struct store *store, struct arena *mem, int64_t id,
                              struct case_row *out, struct error *err);
/* Newest first, without bounce and checks; with id < before unless before is 0. */
NODISCARD int store_case_list(struct store *store, struct arena *mem, int64_t before,
                              size_t max, struct case_row **out, size_t *out_count,
                              struct error *err);
NODISCARD int store_case_search(struct store *store, struct arena *mem,
                                const struct search *search, struct case_row **out,
                                size_t *out_count, struct error *err);
/* The earlier case with the same bounce bytes, or 0. */
NODISCARD int store_case_same_bounce(struct store *store, const char *bounce_sha,
                                     int64_t *out_id, struct error *err);

/* ---- leases (store_lease.c) --------------------------------------------------------------------- */

/* What the proof at the page of a link is held against. */
struct lease_secrets {
    uint8_t link_hash[DIGEST_BYTES];
    const char *pin_hash; /* "$argon2id$…"; NULL: no PIN was made, or it was used */
};
struct lease_new {
    struct lease lease; /* id, reserved_address and lane are ignored */
    struct lease_secrets secrets;
    const char *idempotency_key; /* NULL: none */
    uint8_t request_hash[DIGEST_BYTES];
};
/* Writes lease, senders, recipient domains, username (never used twice) and idempotency key. */
NODISCARD int store_lease_add(struct store *store, const struct lease_new *row,
                              int64_t *out_id, struct error *err);
/* The lease an idempotency key made: ERROR_NOT_FOUND when the key is new, ERROR_CONFLICT when it
 * came with another request. */
NODISCARD int store_lease_by_idempotency(struct store *store, const char *key,
                                         const uint8_t request_hash[DIGEST_BYTES],
                                         int64_t *out_id, struct error *err);
NODISCARD int store_lease_find(struct store *store, struct arena *mem, int64_t id,
                               struct lease *out, struct error *err);
NODISCARD int store_lease_by_link(struct store *store, struct arena *mem,
                                  const char *link_id, struct lease *out,
                                  struct lease_secrets *out_secrets, struct error *err);
/* The live lease of a mailbox, or ERROR_NOT_FOUND. */
NODISCARD int store_lease_live_for(struct store *store, struct arena *mem,
                                   const char *mailbox, int64_t now, struct lease *out,
                                   struct error *err);
/* Leases in use that end by then, the first to end first. */
NODISCARD int store_lease_ending(struct store *store, struct arena *mem, int64_t now,
                                 int64_t until, size_t max, struct lease **out,
                                 size_t *out_count, struct error *err);
/* Newest first; with id < before unless 0; of one case, or of one pool address, unless 0. */
struct lease_filter {
    int64_t before, case_id, pool_address_id;
    size_t max;
};
NODISCARD int store_lease_search(struct store *store, struct arena *mem,
                                 const struct search *search, struct lease **out,
                                 size_t *out_count, struct error *err);
NODISCARD int store_lease_list(struct store *store, struct arena *mem,
                               const struct lease_filter *filter, struct lease **out,
                               size_t *out_count, struct error *err);
/* A new link for a lease; the old one's secrets are gone, and tries start again. */
NODISCARD int store_lease_set_link(struct store *store, int64_t id, const char *link_id,
                                   const struct lease_secrets *secrets,
                                   int64_t reveal_until, struct error *err);
/* One wrong proof; *out_left says how many are left. */
NODISCARD int store_lease_count_try(struct store *store, int64_t id, unsigned *out_left,
                                    struct error *err);
/* The password was made: keep its verifier, count the reveal, forget the PIN. The one it replaces lets nobody in any
 * more; its verifier is kept for store_login_earlier, the newest STORE_EARLIER_MAX of them. */
NODISCARD int store_lease_reveal(struct store *store, int64_t id,
                                 const struct verifier *verifier, int64_t now,
                                 struct error *err);
/* ERROR_CONFLICT when it ended already. */
NODISCARD int store_lease_end(struct store *store, int64_t id, enum lease_end end,
                              const char *by, const char *reason, int64_t now,
                              struct error *err);

/* The second person agreed: not pending any more, sends by this address until then. No link works
 * until one is made. ERROR_CONFLICT unless it is pending. */
NODISCARD int store_lease_approve(struct store *store, int64_t id,
                                  int64_t pool_address_id, int64_t expires_at,
                                  struct error *err);
NODISCARD int store_lease_extend(struct store *store, int64_t id, int64_t expires_at,
                                 struct error *err);
/* How many leases of this mailbox were made since then, pending ones left out. */
NODISCARD int store_lease_count_since(struct store *store, const char *mailbox,
                                      int64_t since, unsigned *out, struct error *err);
/* How many leases this person made since then, with programs of his (core/actor.h) as well. */
NODISCARD int store_lease_count_by(struct store *store, const char *actor,
                                   int64_t since, unsigned *out, struct error *err);
/* By what a rejection is known again; strings may be NULL. A bounce can be edited, so the attempt that
 * our log found for it counts as well: its ids, and that a lease was made after it for the
 * customer's domain because of the same recipient. */
struct rejection_key {
    const char *bounce_sha, *message_id, *mailbox;
    const struct delivery *logged; /* NULL: none */
};
/* The newest lease, pending or given, of an earlier case about the same rejection; 0: none. Case
 * except is left out. */
NODISCARD int store_lease_of_rejection(struct store *store,
                                       const struct rejection_key *key, int64_t except,
                                       int64_t *out_id, struct error *err);

/* ---- the customer's side (store_customer.c) -------------------------------------------------- */

/* The digest of the token that the browser got with the details; the newest counts. */
NODISCARD int store_lease_set_browser(struct store *store, int64_t id,
                                      const uint8_t hash[DIGEST_BYTES],
                                      struct error *err);
NODISCARD int store_lease_browser(struct store *store, int64_t id,
                                  uint8_t out_hash[DIGEST_BYTES], bool *out_is_known,
                                  struct error *err);
/* The link that ends at link_until was opened; *out_is_first: for the first time. */
NODISCARD int store_link_opened(struct store *store, int64_t lease_id,
                                int64_t link_until, bool *out_is_first,
                                struct error *err);
/* When the link that the lease has now was opened; 0: not yet, or nobody told. */
NODISCARD int store_link_opened_at(struct store *store, int64_t lease_id,
                                   int64_t *out_at, struct error *err);
struct lease_said {
    enum lease_word word;
    int64_t at;
};
NODISCARD int store_word_add(struct store *store, int64_t lease_id,
                             enum lease_word word, int64_t now, struct error *err);
/* Newest first. */
NODISCARD int store_word_list(struct store *store, struct arena *mem, int64_t lease_id,
                              size_t max, struct lease_said **out, size_t *out_count,
                              struct error *err);

/* What we had to do with a mailbox before: by our own records, which begin with the first case. */
struct customer_past {
    unsigned cases; /* other ones */
    int64_t newest_case, first_case_at;
    unsigned leases_7d, leases_30d, leases, revoked; /* that did not wait for anybody */
    int64_t newest_lease_case, newest_lease_at;
};
/* Without the case `except` and its leases. */
NODISCARD int store_customer_past(struct store *store, const char *mailbox,
                                  int64_t except, int64_t now,
                                  struct customer_past *out, struct error *err);

/* What happened with a lease's login, as authd saw it (newest first). */
struct usage_row {
    int64_t at;
    const char *kind;   /* "login", "message", "refused_login", "refused_message" */
    const char *detail; /* a sentence part for people: program, recipient, reason; "" */
    const char *client; /* address of the mail program; "" */
    const char *program; /* which socket asked, for which service; "" when not told */
    unsigned recipients; /* of a message */
};
NODISCARD int store_usage_list(struct store *store, struct arena *mem, int64_t lease_id,
                               size_t max, struct usage_row **out, size_t *out_count,
                               struct error *err);

/* ---- approvals (store_approval.c) ------------------------------------------------------------------ */

enum {
    STORE_APPROVALS_MAX = 200
};
/* id, answer and the joined fields of row are ignored. */
NODISCARD int store_approval_add(struct store *store, const struct approval *row,
                                 int64_t *out_id, struct error *err);
NODISCARD int store_approval_find(struct store *store, struct arena *mem, int64_t id,
                                  struct approval *out, struct error *err);
/* id 0 in *out: nobody was asked about this lease. */
NODISCARD int store_approval_of_lease(struct store *store, struct arena *mem,
                                      int64_t lease_id, struct approval *out,
                                      struct error *err);
/* Those that wait, oldest first, at most STORE_APPROVALS_MAX. */
NODISCARD int store_approval_open(struct store *store, struct arena *mem, int64_t now,
                                  struct approval **out, size_t *out_count,
                                  struct error *err);
/* ERROR_CONFLICT when it was answered before. */
NODISCARD int store_approval_answer(struct store *store, int64_t id,
                                    enum approval_answer answer, const char *by,
                                    const char *reason, int64_t now, struct error *err);

/* ---- logins, for authd (store_login.c, store_lease.c) --------------------------------------------- */

struct credential_row {
    struct lease
        lease; /* only id, pool_address_id, lane, reserved_address and what lease_state_at reads */
    struct verifier verifier; /* pepper_id 0: not revealed yet, no password exists */
};
/* What a login needs; ERROR_NOT_FOUND for an unknown username. */
NODISCARD int store_credential_find(struct store *store, struct arena *mem,
                                    const char *username, struct credential_row *out,
                                    struct error *err);
struct credential_visitor {
    /* The row and its strings live until it returns. */
    void (*visit)(void *context, const char *username,
                  const struct credential_row *row);
    void *context;
};
/* Show max of them at most, in an order of their own, behind the login `after`; NULL: from the first. */
NODISCARD int store_credential_visit(struct store *store, const char *after, size_t max,
                                     const struct credential_visitor *visitor,
                                     struct error *err);
/* The id of the newest lease, 0 without any: there are no more logins than that. */
NODISCARD int store_lease_newest(struct store *store, int64_t *out, struct error *err);

/* What a message needs. */
struct login_row {
    struct lease lease;
    enum pool_state pool_state;
    int64_t journal_seq; /* authd records up to this one are in lease.messages_used */
};
/* One consistent read; ERROR_NOT_FOUND for an unknown username. */
NODISCARD int store_login_find(struct store *store, struct arena *mem,
                               const char *username, struct login_row *out,
                               struct error *err);

/* The usernames of the logins that differ from what they were at `since`, NULL-ended, one perhaps
 * more than once; *out NULL: nobody can say, any may differ (a pool address changed, it is long ago,
 * or `since` is of another history). A login that was not there at `since` need not be named. */
NODISCARD int store_login_changed(struct store *store, struct arena *mem,
                                  const struct login_change *since,
                                  const char *const **out, struct error *err);

/* Leases whose login may send as a sender now, but for what holds them up. */
struct sender_question {
    const char
        *mailbox;       /* "anna@kunde.example"; "": only leases for the whole domain */
    const char *domain; /* "@kunde.example" */
    int64_t now;
    size_t max;
};
struct sender_row {
    const char *username, *lane;
    enum pool_state pool_state;
    bool is_suspended;
};
/* Those for the mailbox itself first, then the newest first. */
NODISCARD int store_sender_find(struct store *store, struct arena *mem,
                                const struct sender_question *question,
                                struct sender_row **out, size_t *out_count,
                                struct error *err);

enum {
    STORE_EARLIER_MAX = REVEALS_MAX - 1
};
/* A password that was right until the details were shown again. */
struct earlier_verifier {
    struct verifier verifier;
    unsigned reveal; /* the first is 1 */
    int64_t replaced_at;
};
/* The replaced verifiers of a lease, newest first. */
NODISCARD int store_login_earlier(struct store *store, int64_t lease_id,
                                  struct earlier_verifier out[STORE_EARLIER_MAX],
                                  size_t *out_count, struct error *err);

/* ---- usage journal, taken in by cleansmtpd (store_usage.c) ----------------------------------------- */

struct usage_record {
    int64_t seq; /* of authd's journal, from 1, without gaps */
    int64_t at;
    const char *kind; /* as in usage_row */
    const char *username, *detail, *client, *program;
    unsigned recipients; /* of a message */
};
/* The newest seq taken in; 0 before the first. */
NODISCARD int store_usage_position(struct store *store, int64_t *out_seq,
                                   struct error *err);
/* Apply records in order, in one transaction, each once: those with seq at or below the position
 * are skipped; counters, first and last times and the position move together. */
NODISCARD int store_usage_apply(struct store *store, const struct usage_record *records,
                                size_t count, struct error *err);

/* ---- agents (store_agent.c) ------------------------------------------------------------------------- */

struct agent {
    int64_t id;
    const char *name;
    enum role role;
    const char *password_hash; /* "$argon2id$…", NULL before set-up */
    int64_t created_at, disabled_at, setup_until;
    const char *theme; /* "light", "dark", "": the device's */
    const char *zone;  /* "Europe/Berlin", "": the host's */
};
NODISCARD int store_agent_add(struct store *store, const char *name, enum role role,
                              const uint8_t setup_hash[DIGEST_BYTES],
                              int64_t setup_until, int64_t now, struct error *err);
NODISCARD int store_agent_find(struct store *store, struct arena *mem, const char *name,
                               struct agent *out, struct error *err);
NODISCARD int store_agent_by_setup(struct store *store, struct arena *mem,
                                   const uint8_t setup_hash[DIGEST_BYTES], int64_t now,
                                   struct agent *out, struct error *err);
NODISCARD int store_agent_list(struct store *store, struct arena *mem,
                               struct agent **out, size_t *out_count,
                               struct error *err);
/* Sets the password, uses up the set-up link, ends all sessions of the agent. */
NODISCARD int store_agent_set_password(struct store *store, int64_t id,
                                       const char *password_hash, struct error *err);
/* The same from within: the session with this hash stays. */
NODISCARD int store_agent_change_password(struct store *store, int64_t id,
                                          const char *password_hash,
                                          const uint8_t kept[DIGEST_BYTES],
                                          struct error *err);
NODISCARD int store_agent_set_look(struct store *store, int64_t id, const char *theme,
                                   const char *zone, struct error *err);
/* A new set-up link: the old password stops working, sessions and API tokens end, a disabled agent
 * may come back by it. */
NODISCARD int store_agent_reset(struct store *store, int64_t id,
                                const uint8_t setup_hash[DIGEST_BYTES],
                                int64_t setup_until, int64_t now, struct error *err);
/* Sessions and API tokens go on, with what the new role allows. */
NODISCARD int store_agent_set_role(struct store *store, int64_t id, enum role role,
                                   struct error *err);
/* Ends all sessions and API tokens in the same transaction. */
NODISCARD int store_agent_disable(struct store *store, int64_t id, int64_t now,
                                  struct error *err);

struct session {
    struct agent agent;
    int64_t created_at, seen_at;
    char form_token[65]; /* hex; guards forms against requests made elsewhere */
};
NODISCARD int store_session_add(struct store *store, const uint8_t hash[DIGEST_BYTES],
                                int64_t agent_id, const char *form_token,
                                const char *client, int64_t now, struct error *err);
/* ERROR_NOT_FOUND when unknown, idle for idle_s or more, life_s old or more,
 * or of a disabled agent. */
NODISCARD int store_session_find(struct store *store, struct arena *mem,
                                 const uint8_t hash[DIGEST_BYTES], int64_t now,
                                 int64_t idle_s, int64_t life_s, struct session *out,
                                 struct error *err);
struct session_filter {
    int64_t agent_id;
    const uint8_t *own_hash; /* of the session that asks */
    int64_t seen_after, created_after;
};
struct session_line {
    bool is_own;
    int64_t created_at, seen_at;
    const char *client; /* where it was begun; "" for one from before we kept it */
};
/* The own one first, then the last used. */
NODISCARD int store_session_list(struct store *store, struct arena *mem,
                                 const struct session_filter *filter,
                                 struct session_line **out, size_t *out_count,
                                 struct error *err);
NODISCARD int store_session_end_others(struct store *store, int64_t agent_id,
                                       const uint8_t kept[DIGEST_BYTES],
                                       int64_t *out_count, struct error *err);
NODISCARD int store_session_touch(struct store *store, const uint8_t hash[DIGEST_BYTES],
                                  int64_t now, struct error *err);
NODISCARD int store_session_end(struct store *store, const uint8_t hash[DIGEST_BYTES],
                                struct error *err);

#endif
