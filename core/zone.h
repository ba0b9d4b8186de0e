/*
 * zone.h - what is known about a block list beside how it is asked: words for its codes, the
 * addresses of its pages, and how it clears.
 */
#ifndef CORE_ZONE_H
#define CORE_ZONE_H

#include "base/address.h"
#include "base/arena.h"

struct zone;

enum zone_kind {
    ZONE_ADDRESS, /* single sending addresses */
    ZONE_WIDE,    /* whole networks: another address of the same house is listed too */
    ZONE_POLICY,  /* addresses that should not send at all, or lack a host name */
    ZONE_REPUTATION, /* gives marks: an answer by itself is not a listing */
    ZONE_DOMAIN,     /* names or links */
    ZONE_WHITE,      /* good senders */
    ZONE_PRIVATE,    /* a receiver's or a vendor's own: no DNS answers for it */
    ZONE_KIND_COUNT
};

enum zone_asker {
    ZONE_ASK_ANYONE,     /* through a resolver of one's own */
    ZONE_ASK_REGISTERED, /* the resolver's address must be known to the list */
    ZONE_ASK_KEY,        /* a key is part of the name that is asked */
    ZONE_ASK_NOBODY,
    ZONE_ASKER_COUNT
};

enum zone_expires {
    ZONE_EXPIRES_UNKNOWN,
    ZONE_EXPIRES_ITSELF,
    ZONE_EXPIRES_BY_HAND, /* when somebody asks for it, or mends the cause */
    ZONE_EXPIRES_COUNT
};
/* By itself after_s behind the last report, and up to slack_s more until every mirror knows. */
struct zone_expiry {
    enum zone_expires how;
    int64_t after_s, slack_s;
};

/* The answers a.b.c.first to a.b.c.last of a list. */
struct zone_code {
    uint8_t octets[4]; /* of the first */
    uint8_t last;
    bool is_listing; /* else praise, a mark, or words about the asker */
    bool may_grant;  /* a listing with it is grounds for a lease */
    const char *meaning;
    struct zone_expiry expiry; /* UNKNOWN: as the zone's */
};

/* What an answer ("127.0.0.4") means there: "XBL: exploited host"; NULL when the list has not
 * said. */
const char *zone_code_meaning(const struct zone *zone, const char *code);
/* Is this answer grounds for a lease? Not where the list's codes are not known. */
bool zone_answer_may_grant(const struct zone *zone, const struct address *answer);
/* How a listing with this code clears; code may be NULL or "". */
struct zone_expiry zone_code_expiry(const struct zone *zone, const char *code);
/* The list's own page about this address: "{ip}" in its URL replaced. Lives in mem; NULL when the
 * list has no page. */
const char *zone_lookup_url(struct arena *mem, const struct zone *zone,
                            const struct address *address);
/* The name DNS is asked under. It may hold a key: for questions, never for people. */
const char *zone_asked_name(const struct zone *zone);

#endif
