/*
 * story.h - can what the bounce tells be believed? Our log, the customer's standing, and the
 * recipient's mail servers asked about it.
 */
#ifndef ISSUER_CASES_STORY_H
#define ISSUER_CASES_STORY_H

#include "core/standing.h"
#include "core/witness.h"
#include "issuer/app.h"

struct story {
    bool has_log; /* one is configured */
    struct witness witness;
    struct standing_report
        standing;          /* of the customer, by mailbox or by login, the worse */
    const char *counted;   /* the one of them that it is of; NULL: nobody is known */
    int64_t earlier_lease; /* that this bounce led to, or 0 */
    /* The question's mailbox; where there is none, the sender that our log has. NULL: not known. */
    const char *customer;
    /* By our own lookup; NULL-ended, NULL: not known. */
    const char *const *recipient_servers;
};

struct story_question {
    struct app *app;
    struct arena *mem;
    int64_t now;
    const struct evidence *evidence;
    const char *mailbox, *bounce_sha; /* the customer, or NULL */
    int64_t case_id;                  /* 0: there is none yet */
};

/* What the database knows; inside a snapshot. */
NODISCARD int story_read(struct store *store, const struct story_question *question,
                         struct story *out, struct error *err);
/* What DNS knows; silence leaves it unknown. */
void story_ask(const struct story_question *question, struct story *story);

/* The words for "What we checked". */
struct check story_log_check(const struct story_question *question,
                             const struct story *story);
struct check story_customer_check(const struct story_question *question,
                                  const struct story *story);

/* What asks for a second person. ours: does an address belong to us? */
doubts story_doubts(const struct story_question *question, const struct story *story,
                    bool is_private_list, bool is_refused_by_us);

#endif
