/*
 * resolver.h - asking DNS: many questions at once, one deadline.
 */
#ifndef ISSUER_DNSBL_RESOLVER_H
#define ISSUER_DNSBL_RESOLVER_H

#include "base/error.h"
#include "core/listing.h"

enum dns_type {
    DNS_TYPE_A,
    DNS_TYPE_TXT
};

struct dns_question {
    char name[DOMAIN_MAX + 1]; /* absolute, no search list */
    enum dns_type type;
};
struct dns_reply {
    struct dns_result a; /* for A; for TXT only its status */
    char text[TXT_MAX +
              1]; /* for TXT: the first record's strings joined, printable, cut */
};

struct resolver {
    /* Fills replies[i] for questions[i]; what has no answer at the deadline is DNS_TIMEOUT. Safe
     * to call from several threads. */
    void (*ask)(void *context, const struct dns_question *questions, size_t count,
                int64_t timeout_ms, struct dns_reply *replies);
    void *context;
};

/* Through c-ares, with exactly these servers and port. Freed with resolver_cares_free. */
NODISCARD int resolver_cares_new(const char *const *servers, size_t count,
                                 unsigned port, struct resolver **out,
                                 struct error *err);
void resolver_cares_free(struct resolver *resolver);

#endif
