/*
 * check.h - is this address on this list now? The question, the list's own test points in the
 * same moment, and its words about it.
 *
 * A list must pass its own test for the family of the address: 127.0.0.2 listed and 127.0.0.1 not,
 * for IPv6 ::ffff:7f00:2 and ::ffff:7f00:1 (RFC 5782 section 5). So a list without IPv6 leaves
 * IPv6 addresses unknown. 127.0.0.1 is the only address that must never be listed that we ask
 * about: it catches a zone that lists the world, and an address of the postmaster's own would tell
 * the list whom to answer well.
 *
 * A listing that could ground a lease (zone may_grant) is asked about a second time, test points
 * and all, after the first answer; unless both looks say listed it is unknown.
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

/* How many questions the first look at checks[at] takes, when it is asked together with those before
 * it: address and words, and test points that none of them needs as well. */
enum {
    DNSBL_CHECK_COST_MAX = 4
};
size_t dnsbl_check_cost(const struct dnsbl_check *checks, size_t at);
/* Ask all of them in parallel within timeout_ms in all; late is unknown. Two thirds of it are for
 * the first look when there may be a second one. The test points of one zone are asked once for
 * all its addresses of one family. */
void dnsbl_check_all(const struct resolver *resolver, struct dnsbl_check *checks,
                     size_t count, int64_t timeout_ms, int64_t now);

#endif
