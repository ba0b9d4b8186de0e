/*
 * compose.h - the words of a post, made from an audit record and what it is about.
 *
 * Made anew for each try, from what does not change: the record, the lease's and the case's mailbox,
 * number and ticket. So a second try says what the first one said, and nothing secret is in any: the
 * audit log holds none.
 */
#ifndef ISSUER_NOTIFY_COMPOSE_H
#define ISSUER_NOTIFY_COMPOSE_H

#include "db/store_webhook.h"

enum {
    COMPOSE_ID_MAX = 64
};

/* The same for every try; another for each event of one record. id holds COMPOSE_ID_MAX + 1. */
void compose_id(const struct webhook_post *post, char *id);
/* {"type", "timestamp", "data": {...}} in mem. console_url: for the link to the case. */
NODISCARD int compose_body(struct store *store, struct arena *mem,
                           const struct webhook_post *post, const char *console_url,
                           const char **out, struct error *err);

#endif
