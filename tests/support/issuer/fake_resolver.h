/*
 * fake_resolver.h - DNS as a table: what is not in it does not exist.
 */
#ifndef TESTS_SUPPORT_FAKE_RESOLVER_H
#define TESTS_SUPPORT_FAKE_RESOLVER_H

#include "issuer/dnsbl/resolver.h"
#include "tests/support/fake_clock.h"

enum {
    FAKE_RESOLVER_ROWS = 64
};

struct fake_resolver {
    struct {
        char name[DOMAIN_MAX + 1];
        enum dns_status status;
        const char *code;            /* "127.0.0.2", or several with a blank between */
        const char *text;            /* NULL: no TXT record */
        enum dns_status text_status; /* another end of the TXT question */
    } rows[FAKE_RESOLVER_ROWS];
    size_t count;
    /* Records outside of block lists, each in the order it was added. */
    struct {
        const char *name;
        enum dns_type type;
        enum dns_status status;
        const char *value; /* DNS_ANSWER: as fake_resolver_add has it */
        bool has_more;
    } records[FAKE_RESOLVER_ROWS];
    size_t records_count;
    /* Each round moves this clock on, where there is one. */
    struct fake_clock *clock;
    int64_t round_ms;
    /* How often it was asked, perhaps by several threads. */
    _Atomic size_t rounds, questions;
    _Atomic int64_t last_timeout_ms;
    /* Called before round 1, 2, ...: the world changes. */
    void (*before_round)(struct fake_resolver *fake, size_t round);
};

/* Empty: every name is NXDOMAIN. The result points at fake, which must outlive it. */
struct resolver fake_resolver(struct fake_resolver *fake);
/* The zone lists address with code; text NULL: some text, "": no TXT record. A later row for a name replaces it. */
void fake_resolver_list(struct fake_resolver *fake, const char *zone,
                        const char *address, const char *code, const char *text);
/* Questions about address on zone end like this. */
void fake_resolver_fail(struct fake_resolver *fake, const char *zone,
                        const char *address, enum dns_status status);
/* Only the TXT question about address on zone, which has a row, ends like this. */
void fake_resolver_fail_text(struct fake_resolver *fake, const char *zone,
                             const char *address, enum dns_status status);
/* A record: an address, text, a host name, and for MX "10 host". Name and value are borrowed. A name
 * with records of other types only has no data; one that fake_resolver_list knows as well is this. */
void fake_resolver_add(struct fake_resolver *fake, const char *name, enum dns_type type,
                       const char *value);
/* From now on the question ends like this; DNS_ANSWER: with its records, but not all of them. */
void fake_resolver_end(struct fake_resolver *fake, const char *name, enum dns_type type,
                       enum dns_status status);
/* A zone that passes its own tests, of IPv4 and of IPv6. */
void fake_resolver_healthy(struct fake_resolver *fake, const char *zone);

#endif
