/*
 * webhooks.c - say what of a lease is told by time alone, send what is on its way, forget what is over.
 */
#include "base/base.h"

#include "issuer/jobs/jobs.h"
#include "issuer/notify/webhook.h"

enum {
    SOON_S = 3600, /* before the end of a lease */
    KEEP_S = 30 * 86400,
    PRUNE_ROWS = 2000
};

static int notice(struct store *store, void *context, struct error *err)
{
    const int64_t *now = context;

    return store_lease_notices(store, *now, SOON_S, err);
}

int job_notices(struct app *app, struct error *err)
{
    int64_t now = app_now(app);

    return app_write(app, notice, &now, err);
}

int job_webhooks(struct app *app, struct error *err)
{
    return webhook_send_due(app, err);
}

static int prune(struct store *store, void *context, struct error *err)
{
    const int64_t *now = context;
    size_t removed = 0;

    if (store_webhook_forget_old(store, *now, err) != 0)
        return -1;
    return store_post_prune(store, *now - KEEP_S, PRUNE_ROWS, &removed, err);
}

int job_webhook_prune(struct app *app, struct error *err)
{
    int64_t now = app_now(app);

    return app_write(app, prune, &now, err);
}
