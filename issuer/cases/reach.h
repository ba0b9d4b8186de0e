/*
 * reach.h - would a reserved address work for this customer? What a recipient's server finds out
 * about it: its name, the customer's SPF, his DMARC policy.
 *
 * Shown to people, never a reason to give or refuse a lease: each recipient weighs these as he
 * likes. What could not be asked in time is unknown, never "no".
 */
#ifndef ISSUER_CASES_REACH_H
#define ISSUER_CASES_REACH_H

#include "base/clock.h"
#include "core/diagnosis.h"
#include "issuer/dnsbl/resolver.h"

enum {
    REACH_CHECKS = 3
};

struct reach_request {
    struct address address; /* that would send */
    const char *helo;       /* the name it greets with */
    const char *sender;     /* mailbox (core/mailbox.h), or NULL: not known */
    int64_t now;
};
/* All questions together take at most timeout_ms. */
struct reach_dns {
    const struct resolver *resolver;
    const struct clock *clock;
    int64_t timeout_ms;
};

struct reach {
    /* "no" when the name is not in order or SPF speaks against the address, "unknown" also when
     * only a DKIM signature could carry the mail past a policy. */
    enum check_result will_work;
    const char *proposal; /* the TXT value that would make SPF pass; NULL: none */
    const char *spf; /* the result of RFC 7208: "pass", "softfail"; NULL: not asked */
    const char *domain; /* of the sender, where it belongs; NULL: not known */
    struct check checks[REACH_CHECKS];
};
/* Strings of *out live in mem. */
void reach_check(const struct reach_dns *dns, struct arena *mem,
                 const struct reach_request *request, struct reach *out);

/* The proposal in a check that was kept; its source is the domain it is for. NULL: none. */
const char *reach_proposal(struct arena *mem, const struct check *check);

#endif
