/*
 * diagnosis.h - from what a bounce claims and what we checked to one verdict.
 *
 * The bounce is a claim; an answer from a healthy list is evidence. The ladder is a table: the
 * first row whose conditions hold decides. Unknown never becomes a lease and never "clear".
 */
#ifndef CORE_DIAGNOSIS_H
#define CORE_DIAGNOSIS_H

#include "base/arena.h"
#include "core/listing.h"
#include "core/sentence.h"

enum evidence_class {
    CLASS_DNSBL,
    CLASS_PRIVATE,
    CLASS_DOMAIN,
    CLASS_AUTH,
    CLASS_CONTENT,
    CLASS_RECIPIENT,
    CLASS_RATE,
    CLASS_RESOLVER,
    CLASS_OTHER,
    CLASS_COUNT
};
const char *evidence_class_name(enum evidence_class evidence_class);
NODISCARD bool evidence_class_parse(struct slice text, enum evidence_class *out);

/* What a bounce claims (cleansmtp-bounce). Strings are NULL when not found. */
struct evidence {
    bool is_bounce, is_grantable;
    enum evidence_class class;
    const char *blocked_ip, *list, *lookup_url;
    const char *sender, *recipient, *reporting_mta, *remote_mta;
    unsigned smtp_code; /* 0: none */
    const char *enhanced_code, *message_id, *queue_id, *client, *excerpt;
    int64_t bounced_at; /* 0: not found */
    const char *flags;  /* blank-separated */
};

enum diagnosis_verdict {
    DIAGNOSIS_LISTED_NOW, /* our shared address, listed now: a lease would help */
    DIAGNOSIS_CLEAR_NOW,  /* was claimed listed, is clear: send again */
    DIAGNOSIS_NOT_OURS,   /* the blocked address is not one of our shared addresses */
    DIAGNOSIS_RESERVED, /* the blocked address is one of our reserved addresses: postmaster */
    DIAGNOSIS_NOT_ADDRESS,  /* domain, content, authentication: what to fix, no lease */
    DIAGNOSIS_RECIPIENT,    /* mailbox unknown, full, policy of the recipient */
    DIAGNOSIS_PRIVATE_LIST, /* the recipient's own list: nothing we can check */
    DIAGNOSIS_PRIVATE_PROVEN, /* the same, and our own log has the rejection */
    DIAGNOSIS_WIDE_LIST, /* listed on a list that another address of ours does not escape */
    DIAGNOSIS_CAUSE,     /* the customer's own mail looks like the reason */
    DIAGNOSIS_NO_BOUNCE, /* not a bounce, or nothing readable in it */
    DIAGNOSIS_CANNOT_TELL, /* a list did not answer, or the address is missing: try again */
    DIAGNOSIS_VERDICT_COUNT
};

/* What we know when we judge. */
struct diagnosis_facts {
    const struct evidence *evidence;
    bool is_shared, is_reserved; /* of evidence->blocked_ip */
    const struct zone *zone; /* the claimed list in our catalogue; NULL: not there */
    const struct listing *listing; /* our own question just now; NULL: not asked */
    bool is_in_log;                /* our mail log has this very rejection */
    bool is_cause; /* the customer's own mail looks like the reason for the listing */
};

struct diagnosis_row {
    const char *name;         /* "listed_now": JSON, audit, CSS */
    struct sentence headline; /* the one sentence */
    struct sentence advice; /* the next best step, one or two sentences for the agent */
    int exit_code;          /* of `cleansmtp diagnose`: 0, 10 or 11 */
    bool may_lease;
    const char *mark; /* listed | clear | unsure | rest: shape and colour on the page */
};
const struct diagnosis_row *diagnosis_row(enum diagnosis_verdict verdict);
NODISCARD bool diagnosis_verdict_parse(struct slice name, enum diagnosis_verdict *out);

enum diagnosis_verdict diagnosis_judge(const struct diagnosis_facts *facts);

enum check_result {
    CHECK_YES,
    CHECK_NO,
    CHECK_UNKNOWN,
    CHECK_RESULT_COUNT
};
const char *check_result_name(enum check_result result);
NODISCARD bool check_result_parse(struct slice text, enum check_result *out);

/* One thing we looked at: a row of "What we checked". */
struct check {
    struct sentence question; /* "Is it listed?" */
    struct sentence answer;   /* "yes, 127.0.0.2" */
    struct sentence source;   /* "bl.spamcop.net, passes its own test" */
    enum check_result result;
    int64_t checked_at;
};

#endif
