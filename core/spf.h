/*
 * spf.h - may this address send for this domain? check_host() of RFC 7208, and the line that
 * would make it so.
 *
 * Pure: DNS is a function handed in. However a record and the domains it includes are written,
 * one evaluation asks at most SPF_QUESTIONS_MAX questions; how long they may take is the asker's
 * business. "exp" is read but never asked for: nobody here needs the refusing domain's own words.
 *
 * Where RFC 7208 leaves a choice: a name that DNS could not carry (an empty label, a label beyond
 * 63) makes a mechanism not match and an include or redirect a permerror (4.8); void lookups are
 * counted by term, and the third is a permerror (4.6.4).
 */
#ifndef CORE_SPF_H
#define CORE_SPF_H

#include "base/address.h"
#include "base/arena.h"
#include "core/listing.h"

enum {
    SPF_RECORD_MAX =
        4096, /* one TXT record, its strings joined; nobody publishes more */
    SPF_LOOKUPS_MAX = 10,   /* RFC 7208 4.6.4: terms that ask DNS */
    SPF_VOIDS_MAX = 2,      /* 4.6.4: of those, terms that were answered with nothing */
    SPF_NAMES_MAX = 10,     /* 4.6.4: MX hosts of a term, PTR names of the address */
    SPF_PROPOSAL_MAX = 450, /* 3.4: what surely fits an answer over UDP */
    /* The record itself; ten terms with ten hosts each; the PTR names, validated once. */
    SPF_QUESTIONS_MAX = 1 + SPF_LOOKUPS_MAX * (1 + SPF_NAMES_MAX) + 1 + SPF_NAMES_MAX
};

enum spf_result { /* RFC 7208 2.6 */
    SPF_NONE,
    SPF_NEUTRAL,
    SPF_PASS,
    SPF_FAIL,
    SPF_SOFTFAIL,
    SPF_TEMPERROR,
    SPF_PERMERROR,
    SPF_RESULT_COUNT
};
const char *spf_result_name(enum spf_result result);

enum spf_question {
    SPF_ASK_TXT,
    SPF_ASK_A,
    SPF_ASK_AAAA,
    SPF_ASK_MX,
    SPF_ASK_PTR,
    SPF_QUESTION_COUNT
};
/* What is filled depends on the question. It lives in the arena handed to ask. */
struct spf_answer {
    enum dns_status status; /* DNS_NXDOMAIN also when the name has no such record */
    const struct slice
        *texts; /* TXT: a record each, its strings joined without blanks */
    size_t texts_count;
    const struct address *addresses; /* A, AAAA */
    size_t addresses_count;
    const char *const
        *names; /* MX in the order of preference, PTR; no final dot needed */
    size_t names_count;
};
struct spf_dns {
    /* name is absolute, without a final dot, at most DOMAIN_MAX, its labels 1 to 63 bytes of
     * visible ASCII. *out starts as zeroes, which is an answer without records. */
    void (*ask)(void *context, struct arena *mem, const char *name,
                enum spf_question question, struct spf_answer *out);
    void *context;
};

struct spf_request {
    struct address address; /* of the sending host */
    const char *domain; /* of the envelope sender; the HELO name for the null sender */
    const char *sender; /* "local@domain", or "" for postmaster at domain */
    const char *helo;
};

struct spf_outcome {
    enum spf_result result;
    const char
        *term; /* that decided, as published: "ip4:192.0.2.0/24"; NULL: none did */
    const char *domain;  /* in whose record it stands */
    struct sentence why; /* half a sentence: "ip4:192.0.2.0/24 of example.com" */
    unsigned lookups, voids;
};
/* *out lives in mem. */
void spf_check(const struct spf_request *request, const struct spf_dns *dns,
               struct arena *mem, struct spf_outcome *out);

enum spf_advice {
    SPF_ADVICE_NONE_NEEDED, /* passes, or there is no record that could refuse */
    SPF_ADVICE_PUBLISH,     /* record and line are the change */
    SPF_ADVICE_CANNOT,      /* why says what stands in the way */
    SPF_ADVICE_COUNT
};
struct spf_proposal {
    enum spf_advice advice;
    const char *record; /* the TXT value to publish instead of the present one */
    const char *line;   /* the same for a zone file, in strings of at most 255 bytes */
    struct sentence why;
};
/* The change that lets request->address pass: an ip4: or ip6: before the term that says what
 * happens to the rest. Proposed only after an evaluation with it has passed. */
void spf_propose(const struct spf_request *request, const struct spf_dns *dns,
                 struct arena *mem, struct spf_proposal *out);

#endif
