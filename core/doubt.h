/*
 * doubt.h - what speaks against giving a lease on one person's word.
 *
 * A verdict says whether a lease would help; doubts say whether the story behind it can be
 * believed. The bounce is a claim made by whoever pasted it: it can be edited, old, somebody
 * else's, or made by the customer's own server. None of that is proof of anything bad, so a doubt
 * never refuses: it asks for a second person (docs/decisions/second-person.md).
 */
#ifndef CORE_DOUBT_H
#define CORE_DOUBT_H

#include "core/delivery.h"
#include "core/diagnosis.h"

enum doubt {
    DOUBT_LOG_ABSENT, /* our mail log covers that time and does not know this rejection */
    DOUBT_LOG_DIFFERS, /* it knows the attempt, with another reply */
    DOUBT_LOG_UNKNOWN, /* it could not be asked, and policy wants its word */
    DOUBT_OLD, /* the rejection is older than BOUNCE_FRESH_S, or the bounce is dated so */
    DOUBT_ODD_TIME,     /* dated in the future */
    DOUBT_OTHER_SENDER, /* about mail of another domain than the customer's */
    DOUBT_OWN_SERVER, /* refused by a server of the customer himself, or by one of ours */
    DOUBT_ODD_SERVER, /* refused by a server that is no mail server of the recipient's domain */
    DOUBT_CONTRADICTS,  /* the bounce names more than one blocked address */
    DOUBT_QUOTED,       /* a bounce that somebody quoted */
    DOUBT_USED_BEFORE,  /* this bounce, or its message, led to a lease before */
    DOUBT_UNUSUAL,      /* the customer sent far more than usual */
    DOUBT_PRIVATE_LIST, /* nobody can ask the list; only our log speaks for it */
    DOUBT_QUOTA,        /* more leases of late than policy gives one customer */
    DOUBT_AGENT_QUOTA,  /* more leases of late than policy lets one person give */
    DOUBT_COUNT
};

enum {
    BOUNCE_FRESH_S = 48 * 3600, /* twice the life of a SpamCop listing */
    /* Postfix's maximal_queue_lifetime: a forwarded bounce may be dated by the message's arrival,
     * so long before the last attempt that our log has. */
    BOUNCE_QUEUE_S = 5 * 86400,
    BOUNCE_AHEAD_S =
        3600 /* clocks differ; an hour is a wrong zone, more is a forgery */
};

/* A set is a word of bits. */
typedef unsigned doubts;
#define DOUBT(doubt) (1U << (doubt))
_Static_assert(DOUBT_COUNT <= 16, "a set fits, and its names fit DOUBTS_TEXT_MAX");

enum {
    DOUBTS_TEXT_MAX = 255
};
const char *doubt_name(enum doubt doubt); /* "log_absent": JSON, database, audit */
/* For the agent and the second person. */
struct sentence doubt_sentence(enum doubt doubt);
/* "old,quoted": names with commas between; "" for none. */
void doubts_format(doubts set, char out[DOUBTS_TEXT_MAX + 1]);
/* false for a name that is none of ours: the set is then incomplete. */
NODISCARD bool doubts_parse(struct slice text, doubts *out);

enum doubt_log {
    DOUBT_LOG_OFF, /* policy does not ask it, or there is none and policy goes without */
    DOUBT_LOG_CONFIRMS, /* this very rejection */
    DOUBT_LOG_IS_ABSENT,
    DOUBT_LOG_HAS_OTHER,
    DOUBT_LOG_IS_UNKNOWN
};

struct doubt_facts {
    const struct evidence *evidence;
    const char *mailbox; /* the customer; NULL: not known */
    int64_t now;
    enum doubt_log log;
    /* The attempt that our log found for the bounce; NULL: none. Who sent it, who refused it and
     * when is then not only the bounce's word. */
    const struct delivery *logged;
    /* The recipient's mail servers by our own lookup; NULL-ended, NULL: not known. */
    const char *const *recipient_servers;
    bool is_refused_by_us; /* the refusing server has one of our addresses */
    bool was_used_before, is_unusual, is_private_list;
};
doubts doubts_of(const struct doubt_facts *facts);

#endif
