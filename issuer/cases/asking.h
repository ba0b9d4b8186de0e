/*
 * asking.h - the questions of SPF and DMARC, put to our resolver: one deadline over all of them,
 * and each asked once.
 *
 * SPF asks one question after the other, and how many is the stranger's choice (at most
 * SPF_QUESTIONS_MAX): so the deadline is of the whole, and what comes after it is DNS_TIMEOUT
 * without being asked. A reply that is not whole (has_more), or that our resolvers do not agree
 * about, is DNS_FAILED: judging by half a reply could say "pass" or "fail" wrongly.
 */
#ifndef ISSUER_CASES_ASKING_H
#define ISSUER_CASES_ASKING_H

#include "base/clock.h"
#include "core/spf.h"
#include "issuer/dnsbl/resolver.h"

struct asked;
struct asking {
    const struct resolver *resolver;
    const struct clock *clock;
    struct arena *mem; /* holds every answer */
    int64_t deadline_ms;
    struct asked *newest;
};

void asking_start(struct asking *out, const struct resolver *resolver,
                  const struct clock *clock, struct arena *mem, int64_t timeout_ms);
/* The result points at asking, which must outlive it. Its answers live in asking's arena. */
struct spf_dns asking_dns(struct asking *asking);

struct asking_item {
    const char *name;
    enum spf_question question;
};
/* Ask these in one round, for whoever wants the answers later: it saves waiting in turn. */
void asking_ahead(struct asking *asking, const struct asking_item *items, size_t count);

#endif
