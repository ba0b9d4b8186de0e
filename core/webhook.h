/*
 * webhook.h - what other systems are told: which audit records are events, when a post that failed is
 * tried again, and which URLs may be posted to.
 *
 * A post is one event on its way to one webhook.
 */
#ifndef CORE_WEBHOOK_H
#define CORE_WEBHOOK_H

#include "base/slice.h"

enum {
    WEBHOOK_EVENT_COUNT = 13,      /* kinds of them */
    WEBHOOK_EVENTS_OF_ONE_MAX = 2, /* events of one audit record */
    WEBHOOK_URL_MAX = 500,
    WEBHOOK_SECRET_BYTES = 32,
    WEBHOOK_ATTEMPTS_MAX = 10,         /* over about three days */
    WEBHOOK_FAILING_MAX_S = 5 * 86400, /* then it is switched off */
    WEBHOOK_RETRY_AFTER_MAX_S = 86400  /* longer is a receiver's mistake */
};
/* Of a post that a person asked for, to one webhook; no audit record is one. */
#define WEBHOOK_EVENT_TEST "webhook.test"

/* "lease.created", 0 to WEBHOOK_EVENT_COUNT - 1, in the order for people; NULL behind the last. */
const char *webhook_event_name(size_t number);
NODISCARD bool webhook_event_is_known(struct slice name);

/* The events that an audit record is; mostly none. */
size_t webhook_events_of(const char *action, const char *object, const char *detail,
                         const char *out[WEBHOOK_EVENTS_OF_ONE_MAX]);

/* Seconds until the next try, when attempt tries (from 1) have failed: 5 s, 5 min, half an hour, 2, 5,
 * 10, 14, 20, 24 h, each a tenth shorter or longer by jitter (-1000 to 1000), and not before what the
 * receiver asked for (Retry-After; 0: nothing). 0: it was the last. */
int64_t webhook_retry_s(unsigned attempts, int jitter, int64_t retry_after_s);

/* https://, or http:// where may_be_plain, and a host; a port, path and query where wanted. No name or
 * password, no fragment, nothing that needs quoting. out_host: a part of url. */
NODISCARD bool webhook_url_is_valid(struct slice url, bool may_be_plain,
                                    struct slice *out_host);

#endif
