/*
 * check.h - is this address on this list now? The question, the list's own test points in the
 * same moment, and its words about it.
 */
#ifndef ISSUER_DNSBL_CHECK_H
#define ISSUER_DNSBL_CHECK_H

#include "issuer/dnsbl/resolver.h"

struct dnsbl_check {
    const struct zone *zone;
    struct address address;
    struct listing listing; /* out */
    char
        text[TXT_MAX + 1]; /* out: the list's TXT record; untrusted, for display only */
    int64_t checked_at;    /* out */
};

/* Ask all of them in parallel within timeout_ms in all; late is unknown. The test points of one
 * zone are asked once for all its addresses. */
void dnsbl_check_all(const struct resolver *resolver, struct dnsbl_check *checks,
                     size_t count, int64_t timeout_ms, int64_t now);

#endif
