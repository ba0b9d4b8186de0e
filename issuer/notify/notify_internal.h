/*
 * notify_internal.h - what the files of webhooks share.
 */
#ifndef ISSUER_NOTIFY_NOTIFY_INTERNAL_H
#define ISSUER_NOTIFY_NOTIFY_INTERNAL_H

#include "base/seal.h"
#include "issuer/notify/post.h"
#include "issuer/notify/webhook.h"

enum {
    WEBHOOK_PURPOSE_MAX = 40
};
/* "webhook:3": what the secret is sealed for, and the audit log's name of it. */
void webhook_purpose(int64_t id, char purpose[WEBHOOK_PURPOSE_MAX + 1]);

#endif
