/*
 * resolver.h - asking DNS: many questions at once, one deadline.
 *
 * Every record of an answer is given, up to the ceilings below. What is beyond one is dropped and
 * said with has_more: whoever needs all records (SPF) or judges by them (a block list) treats such
 * a reply as failed. What is beyond use, a reply that is not about the question, a referral, a
 * chain of aliases that ends nowhere, is DNS_FAILED, never "no such record".
 *
 * Of several servers each is asked every question at once, and their usable replies must agree
 * (resolver_agree.h). As soon as every question has a usable reply the others have 400 ms left to
 * object: a dead server must not hold up every check, and a slow one may still disagree.
 */
#ifndef ISSUER_DNSBL_RESOLVER_H
#define ISSUER_DNSBL_RESOLVER_H

#include "base/arena.h"
#include "base/error.h"
#include "core/listing.h"

enum dns_type {
    DNS_TYPE_A,
    DNS_TYPE_AAAA,
    DNS_TYPE_TXT,
    DNS_TYPE_MX,
    DNS_TYPE_PTR,
    DNS_TYPE_COUNT
};

enum {
    DNS_RECORDS_MAX = 32,
    DNS_TXT_MAX = 4096,        /* one TXT record, its strings joined */
    DNS_REPLY_MAX = 16 * 1024, /* text of all records of one reply */
    DNS_CHAIN_MAX = 8          /* aliases (CNAME) followed within one reply */
};

struct dns_question {
    /* Absolute, no search list, no dot at the end; printable labels without a backslash, or the
     * reply is DNS_FAILED. */
    char name[DOMAIN_MAX + 1];
    enum dns_type type;
};

struct dns_record {
    struct address address; /* A, AAAA */
    /* TXT: the record's strings joined, any bytes. MX, PTR: a host name, lower case, no dot at the
     * end; the root, an MX that says "no mail" (RFC 7505), is "". A NUL follows the text. */
    struct slice text;
    unsigned preference; /* MX */
};

struct dns_reply {
    enum dns_status status;
    const struct dns_record *records; /* in the order of the reply; only DNS_ANSWER */
    size_t count;
    /* Records were dropped: beyond a ceiling, or MX and PTR that are no host name. */
    bool has_more;
};

struct resolver {
    /* Fills replies[i] for questions[i], records in mem; what has no answer at the deadline is
     * DNS_TIMEOUT. Safe to call from several threads, each with a mem of its own. */
    void (*ask)(void *context, struct arena *mem, const struct dns_question *questions,
                size_t count, int64_t timeout_ms, struct dns_reply *replies);
    void *context;
};

/* Through c-ares, with exactly these servers (8 at most) and port. Freed with resolver_cares_free. */
NODISCARD int resolver_cares_new(const char *const *servers, size_t count,
                                 unsigned port, struct resolver **out,
                                 struct error *err);
void resolver_cares_free(struct resolver *resolver);

#endif
