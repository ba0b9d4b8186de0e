/*
 * webhook.h - webhooks: adding, removing, switching, and sending what is on its way to them.
 *
 * Each is an administrator's act (ACT_CHANGE_WEBHOOKS) and leaves an audit record. A secret exists in
 * the answer that made it; afterwards only sealed (base/seal.h).
 */
#ifndef ISSUER_NOTIFY_WEBHOOK_H
#define ISSUER_NOTIFY_WEBHOOK_H

#include "base/secret.h"
#include "db/store_webhook.h"
#include "issuer/app.h"

enum {
    WEBHOOK_OVERLAP_S = 24 * 3600, /* unless told */
    WEBHOOK_OVERLAP_MAX_S = 30 * 86400
};

struct webhook_new {
    const char *url;
    const char *const *events; /* NULL-ended; empty: all */
};
/* *out_secret is "whsec_..."; the caller frees it. */
NODISCARD int webhook_add(struct app *app, struct arena *mem, const struct actor *actor,
                          const struct webhook_new *wanted, int64_t *out_id,
                          struct secret *out_secret, struct error *err);
/* A new secret; posts are signed with the old one too for overlap_s, 0 to WEBHOOK_OVERLAP_MAX_S, so
 * that the receiver can change over (the newest first in the header, as Standard Webhooks has it). */
NODISCARD int webhook_rotate(struct app *app, const struct actor *actor, int64_t id,
                             int64_t overlap_s, struct secret *out_secret,
                             struct error *err);
/* Until when the old secret signs too; 0: there is none, or its time is over. */
int64_t webhook_old_until(const struct webhook *hook, int64_t now);
NODISCARD int webhook_remove(struct app *app, const struct actor *actor, int64_t id,
                             struct error *err);
NODISCARD int webhook_enable(struct app *app, const struct actor *actor, int64_t id,
                             struct error *err);
NODISCARD int webhook_disable(struct app *app, const struct actor *actor, int64_t id,
                              struct error *err);
/* Put a post of WEBHOOK_EVENT_TEST on its way; ERROR_CONFLICT: it is switched off. */
NODISCARD int webhook_test(struct app *app, const struct actor *actor, int64_t id,
                           struct error *err);
NODISCARD int webhook_again(struct app *app, const struct actor *actor, int64_t id,
                            int64_t post_id, struct error *err);

/* Send what is due, one post of each webhook at once, again and again until nothing is; keep how it
 * went. A webhook that failed for WEBHOOK_FAILING_MAX_S, or answers 410, is switched off. Of one
 * thread at a time. */
NODISCARD int webhook_send_due(struct app *app, struct error *err);

#endif
