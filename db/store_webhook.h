/*
 * store_webhook.h - webhooks, and what is on its way to them (docs/protocols/webhooks.md).
 *
 * Posts are written by store_audit, in the transaction of what happened, for every webhook that is
 * switched on and wants the event: what is committed is told, what is rolled back is not. Conventions
 * and errors as in store.h.
 */
#ifndef DB_STORE_WEBHOOK_H
#define DB_STORE_WEBHOOK_H

#include "core/webhook.h"
#include "db/store.h"

enum {
    STORE_WEBHOOKS_MAX = 20,
    STORE_SECRET_BYTES = 72 /* sealed (base/seal.h) */
};

struct webhook {
    int64_t id;
    const char *url;
    const char *events; /* " lease.created lease.ended "; "": all */
    uint8_t secret[STORE_SECRET_BYTES];
    int64_t created_at;
    const char *created_by;
    int64_t disabled_at; /* 0: switched on */
    const char *disabled_why;
    int64_t failing_since; /* 0: the last try went well */
    int64_t old_until; /* until then the secret before signs too; 0: there is none */
    uint8_t old_secret[STORE_SECRET_BYTES];
};
/* ERROR_EXHAUSTED: there are STORE_WEBHOOKS_MAX. The secret comes after, because it is sealed for the
 * number. */
NODISCARD int store_webhook_add(struct store *store, const struct webhook *row,
                                int64_t *out_id, struct error *err);
NODISCARD int store_webhook_set_secret(struct store *store, int64_t id,
                                       const uint8_t secret[STORE_SECRET_BYTES],
                                       struct error *err);
/* A new one; the present one becomes the old one until old_until, 0: at once. One before that ends. */
NODISCARD int store_webhook_rotate(struct store *store, int64_t id,
                                   const uint8_t secret[STORE_SECRET_BYTES],
                                   int64_t old_until, struct error *err);
/* Old secrets that are over leave the database. */
NODISCARD int store_webhook_forget_old(struct store *store, int64_t now,
                                       struct error *err);
NODISCARD int store_webhook_find(struct store *store, struct arena *mem, int64_t id,
                                 struct webhook *out, struct error *err);
NODISCARD int store_webhook_list(struct store *store, struct arena *mem,
                                 struct webhook **out, size_t *out_count,
                                 struct error *err);
/* With everything that was on its way. */
NODISCARD int store_webhook_remove(struct store *store, int64_t id, struct error *err);
/* Off (at, why) or on again (0, ""), which forgets that it was failing. What waits goes on waiting. */
NODISCARD int store_webhook_switch(struct store *store, int64_t id, int64_t at,
                                   const char *why, struct error *err);

enum post_state {
    POST_WAITING,
    POST_DELIVERED,
    POST_FAILED, /* and is not tried again */
    POST_STATE_COUNT
};
const char *post_state_name(enum post_state state);

struct webhook_post {
    int64_t id, webhook_id;
    const char *event;
    enum post_state state;
    int64_t created_at, due_at, tried_at;
    unsigned attempts;
    unsigned status; /* of HTTP at the last try; 0: no answer */
    const char *why; /* what went wrong at it; "" */
    struct audit_record record;
};
/* A post of the newest audit record to one webhook only, in the transaction that wrote it. */
NODISCARD int store_post_add(struct store *store, int64_t webhook_id, const char *event,
                             int64_t now, struct error *err);
/* The oldest that is due of each webhook that is switched on. */
NODISCARD int store_post_due(struct store *store, struct arena *mem, int64_t now,
                             size_t max, struct webhook_post **out, size_t *out_count,
                             struct error *err);
/* How a try ended: id, state, due_at, tried_at, status and why; counts the attempt, and whether the
 * webhook is failing. */
NODISCARD int store_post_tried(struct store *store, const struct webhook_post *post,
                               struct error *err);
/* The newest of one webhook, newest first. */
NODISCARD int store_post_list(struct store *store, struct arena *mem,
                              int64_t webhook_id, size_t max, struct webhook_post **out,
                              size_t *out_count, struct error *err);
/* Try it again now, from the first attempt; ERROR_NOT_FOUND unless it is one of that webhook. */
NODISCARD int store_post_again(struct store *store, int64_t webhook_id, int64_t id,
                               int64_t now, struct error *err);
/* What waits, all webhooks together. */
NODISCARD int store_post_waiting(struct store *store, int64_t *out, struct error *err);
/* Forget what ended before. */
NODISCARD int store_post_prune(struct store *store, int64_t before, size_t max,
                               size_t *out_removed, struct error *err);

/* Write "lease.expiring" for leases in use or shown that end within soon_s, and "lease.expired" for
 * those that ended by themselves within the last day, each once. */
NODISCARD int store_lease_notices(struct store *store, int64_t now, int64_t soon_s,
                                  struct error *err);

#endif
