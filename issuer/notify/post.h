/*
 * post.h - posting to receivers on the Internet, several at once (libcurl, kept inside post.c).
 *
 * The URL comes from an administrator, its name from DNS, the answer from anybody. So the address is
 * looked at where the connection is made, by the very call that makes it: private, loopback,
 * link-local and the like are refused, whatever way they were written or resolved, unless the
 * configuration names them (webhooks.private); http:// goes to loopback addresses named there only. No
 * redirect is followed, no proxy of the environment is used, no cookie kept; a certificate must be
 * right for the name. 5 s to connect, 10 s in all, 64 KiB of answer.
 */
#ifndef ISSUER_NOTIFY_POST_H
#define ISSUER_NOTIFY_POST_H

#include "base/address.h"
#include "base/error.h"

enum {
    POST_AT_ONCE_MAX = 20,
    POST_ANSWER_MAX = 64 * 1024,
    POST_CONNECT_MS = 5000,
    POST_TOTAL_MS = 10000,
    POST_HEADERS_MAX = 6
};

struct post {
    const char *url;
    struct slice body;                     /* JSON */
    const char *headers[POST_HEADERS_MAX]; /* "webhook-id: ...", NULL behind the last */
    /* out */
    bool was_tried;        /* false: we were told to stop */
    unsigned status;       /* of HTTP; 0: there was no answer */
    int64_t retry_after_s; /* what the receiver asked for; 0: nothing */
    char why[160];         /* a sentence when it is no success; "" */
};

struct post_terms {
    const struct network *private; /* that may be posted to */
    size_t private_count;
    const char *ca_file; /* PEM; "": the system's */
    bool (*is_stopping)(void *context);
    void *context;
};

/* May this address be posted to? For a person, too, before a URL is kept. */
NODISCARD bool post_address_is_allowed(const struct post_terms *terms, bool is_plain,
                                       const struct address *address);

/* All of them, POST_AT_ONCE_MAX at most; comes back when the last is done. */
void post_all(const struct post_terms *terms, struct post *const *posts, size_t count);
/* A 2xx answer. */
bool post_is_delivered(const struct post *post);

#endif
