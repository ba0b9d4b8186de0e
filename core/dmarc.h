/*
 * dmarc.h - what a domain asks of mail that carries its name: RFC 7489.
 *
 * Pure: DNS is a function handed in, and organisational domains are arguments, because the list of
 * public suffixes is data that changes (issuer/cases/organisation.h).
 *
 * The question answered here is "would DMARC pass by SPF alone". DKIM could carry a mail that SPF
 * does not, and what a customer signs cannot be known before he sends: a failure is therefore
 * "not by SPF", never "refused".
 */
#ifndef CORE_DMARC_H
#define CORE_DMARC_H

#include "core/spf.h"

enum {
    DMARC_RECORD_MAX = 4096, /* one TXT record, its strings joined */
    DMARC_QUESTIONS_MAX = 2  /* the domain, its organisation */
};

enum dmarc_policy {
    DMARC_POLICY_NONE,
    DMARC_POLICY_QUARANTINE,
    DMARC_POLICY_REJECT,
    DMARC_POLICY_COUNT
};
const char *dmarc_policy_name(enum dmarc_policy policy);

struct dmarc_record {
    enum dmarc_policy policy, subdomain_policy;
    bool is_spf_strict, is_dkim_strict;
    unsigned percent;
};
/* "v=DMARC1" as the first tag: what else a TXT record says is not about DMARC (6.6.3). */
bool dmarc_is_record(struct slice text);
/* Faulty tags count as absent (6.3), but without a policy there is no record, unless reports are
 * wanted: then it is "none" (6.6.3). */
NODISCARD int dmarc_parse(struct slice text, struct dmarc_record *out,
                          struct error *err);

/* Domains as DNS compares them; the organisations are those of the two (3.1.2). */
bool dmarc_is_aligned(const char *domain, const char *domain_organisation,
                      const char *from, const char *from_organisation, bool is_strict);

enum dmarc_result {
    DMARC_NO_POLICY, /* nothing is published: nothing to fail */
    DMARC_PASS,      /* by SPF, whatever becomes of DKIM */
    DMARC_BY_DKIM,   /* SPF does not carry it; only an aligned DKIM signature could */
    DMARC_UNKNOWN,   /* SPF or the policy could not be read just now */
    DMARC_RESULT_COUNT
};
const char *dmarc_result_name(enum dmarc_result result);

struct dmarc_request {
    const char *from;              /* domain of the From: header */
    const char *from_organisation; /* its organisational domain */
    const char *spf_domain;        /* whose SPF was checked */
    const char *spf_organisation;
    enum spf_result spf;
};
struct dmarc_outcome {
    enum dmarc_result result;
    enum dmarc_policy policy; /* for from; NONE when there is none */
    bool is_aligned;          /* of spf_domain with from */
    const char *domain;       /* where the policy stands; NULL: nowhere */
    struct sentence why;      /* half a sentence */
};
/* *out lives in mem. */
void dmarc_check(const struct dmarc_request *request, const struct spf_dns *dns,
                 struct arena *mem, struct dmarc_outcome *out);

#endif
