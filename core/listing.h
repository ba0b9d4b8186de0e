/*
 * listing.h - what an answer from a DNS block list means: listed, clear or unknown.
 *
 * A zone answers with 127.0.0.x and gives each x its own meaning; answers in 127.255.255.0/24
 * are about the asker (Spamhaus: wrong name, public resolver, too many queries), and an answer
 * outside 127/8 comes from a resolver that rewrites. An answer that the zone's table does not
 * name is never a listing, silence is never clear, and a zone that fails its own test points in
 * the same moment (RFC 5782 5: 127.0.0.2 listed, 127.0.0.1 not) is not believed either way.
 */
#ifndef CORE_LISTING_H
#define CORE_LISTING_H

#include "base/address.h"
#include "base/limits.h"
#include "core/sentence.h"
#include "core/zone.h"

enum listing_state {
    LISTING_UNKNOWN,
    LISTING_CLEAR,
    LISTING_LISTED,
    LISTING_STATE_COUNT
};
const char *listing_state_name(enum listing_state state);

enum dns_status {
    DNS_ANSWER,   /* at least one record of the type asked for */
    DNS_NXDOMAIN, /* the name does not exist */
    DNS_NODATA,   /* the name exists, without such a record; for a list as NXDOMAIN */
    DNS_FAILED,   /* SERVFAIL, REFUSED, malformed, truncated beyond use */
    DNS_TIMEOUT,
    DNS_CONFLICT, /* our resolvers gave answers that do not agree */
    DNS_STATUS_COUNT
};

enum {
    LISTING_CODES_MAX = 8,
    LISTING_WHY_MAX = 255 /* a title is far shorter (issuer/dnsbl/zone_row.h) */
};
struct dns_result {
    enum dns_status status;
    struct address answers[LISTING_CODES_MAX]; /* A records, IPv4 */
    size_t count;
    bool has_more; /* answers beyond LISTING_CODES_MAX were dropped */
};

struct zone {
    const char *name;  /* "bl.spamcop.net" */
    const char *title; /* "SpamCop" */
    /* Return codes that mean "this sending address is listed", as "127.0.0.2" or an inclusive
     * range of the last octet "127.0.0.2-11"; NULL-ended. */
    const char *listed_codes[8];
    const char *
        lookup_url; /* for people, "{ip}" is the address (zone_lookup_url); NULL: none */
    const char *expiry;   /* what the list says about its own clearing, a sentence */
    bool has_test_points; /* answers 127.0.0.2 and not 127.0.0.1 */
    bool lists_addresses; /* an address list, not a domain list */
    bool is_alive;
    bool may_grant; /* a listing here is grounds for a lease */
    enum zone_kind kind;
    enum zone_asker asker;
    const struct zone_code
        *codes; /* every answer that has a meaning, listed_codes too */
    size_t codes_count;
    struct zone_expiry clears;
    bool always_has_text;      /* a listing always comes with a TXT record */
    const char *delisting_url; /* where to ask for removal; NULL: none */
    const char *fate;       /* what happened to a list that is not alive; else NULL */
    const char *aliases;    /* other names in replies, a blank between; NULL: none */
    const char *stands_for; /* the list that this one answers in place of; NULL: none */
    const char *source;     /* where the row comes from, and when it was read */
    const char
        *asked_name; /* with the key; NULL: `name`. Never shown (zone_asked_name) */
};

struct listing_answers {
    struct dns_result address;                 /* the question itself */
    enum dns_status text;                      /* the TXT record at the same name */
    struct dns_result listed_test, clear_test; /* 127.0.0.2 and 127.0.0.1 */
};

struct listing {
    enum listing_state state;
    /* A listed code, one that may grant before others; or the odd answer; or "". */
    char code[ADDRESS_TEXT_MAX + 1];
    char why[LISTING_WHY_MAX + 1]; /* a sentence's line; unknown: what went wrong */
    bool may_grant;                /* listed, by a code that is grounds for a lease */
};

/* Its why; nothing when there is none. Borrowed from listing. */
struct sentence listing_why(const struct listing *listing);

/* A zone that always gives a TXT record has two witnesses: an address without its words, and words
 * without an address, are unknown. More answers than LISTING_CODES_MAX are no list's. */
void listing_judge(const struct zone *zone, const struct listing_answers *answers,
                   struct listing *out);
/* A listing is believed when it was seen twice: *listing was LISTED, second was asked after it.
 * Only when both are LISTED does it stay so. */
void listing_confirm(const struct zone *zone, const struct listing *second,
                     struct listing *listing);

#endif
