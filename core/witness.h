/*
 * witness.h - does our own mail log know the rejection that a bounce speaks of?
 *
 * A bounce is a claim that anybody can type. Our log is not: a rejection in it was said to our own
 * mail server. (What it was told is still the other side's word. Somebody who owns the
 * recipient's server can have it say anything; that is why the list is asked as well.)
 *
 * Which attempt the bounce speaks of, in this order; a recipient that the bounce names must be the
 * attempt's:
 *   1. our queue id, of the message or of the notice about it;
 *   2. the message id and the recipient;
 *   3. the recipient, the relay, the time within WITNESS_SLACK_S, and the reply.
 *
 * Of the attempts found so the one that confirms counts, else the last refused one. It confirms
 * when it was refused, codes do not contradict each other, and its reply names the blocked
 * address (or our log says that it left by that address) and the list. A list that is not named in
 * so many words counts as named when both replies are the same text (witness_normalise).
 *
 *   attempt found  confirms                                         WITNESS_CONFIRMS
 *                  sent, other code, or other words that do not
 *                  name address and list                            WITNESS_DIFFERS
 *                  same words, or no words to compare, but nothing
 *                  says by which address                            WITNESS_UNKNOWN
 *   none found     the log covers witness_span                      WITNESS_ABSENT
 *                  a gap, no log, too old, or nothing to look for   WITNESS_UNKNOWN
 *
 * Pure. Rows and coverage come from store_delivery_candidates and store_log_covers
 * (db/store_delivery.h); issuer/mtalog/testimony.h does both and judges in one call.
 */
#ifndef CORE_WITNESS_H
#define CORE_WITNESS_H

#include "base/strbuf.h"
#include "core/delivery.h"
#include "core/diagnosis.h"

enum {
    /* A bounce's time is when it was written or when the message came in, told by a clock that
     * may be wrong and a zone that may be missing. */
    WITNESS_SLACK_S = 2 * 3600,
    /* Postfix's maximal_queue_lifetime: the attempt of a bounce without time is not older. */
    WITNESS_QUEUE_S = 5 * 86400,
    /* A line may take so long from the mail server to our store. */
    WITNESS_LAG_S = 60,
    /* Shorter texts are found in everything. */
    WITNESS_WORDS_MIN = 16
};

enum witness_answer {
    WITNESS_CONFIRMS,
    WITNESS_DIFFERS,
    WITNESS_ABSENT,
    WITNESS_UNKNOWN,
    WITNESS_ANSWER_COUNT
};
const char *witness_answer_name(enum witness_answer answer); /* "confirms", … */
/* For the row of "What we checked": confirms is yes, differs and absent are no. */
enum check_result witness_check(enum witness_answer answer);

/* Why the answer is what it is; the sentence follows from it. */
enum witness_reason {
    WITNESS_SAME,        /* this very rejection */
    WITNESS_WAS_SENT,    /* the attempt was accepted */
    WITNESS_OTHER_REPLY, /* the attempt was refused with other words or another code */
    WITNESS_NO_ADDRESS, /* the attempt is known, but neither side's text says by which address */
    WITNESS_NOT_KNOWN, /* covered, and not there */
    WITNESS_NO_LOG,    /* not covered */
    WITNESS_NOTHING,   /* the bounce names no recipient and no message */
    WITNESS_REASON_COUNT
};

struct witness_facts {
    const struct evidence *evidence;
    const struct delivery
        *rows; /* candidates; others than those of the bounce do no harm */
    size_t count;
    bool is_covered; /* the log covers witness_span */
};

struct witness {
    enum witness_answer answer;
    enum witness_reason reason;
    const struct delivery
        *row; /* the attempt, of facts->rows; NULL when none was found */
};

void witness_judge(const struct witness_facts *facts, struct witness *out);

/* For the agent, with the row's time in it. Lives in mem. */
struct sentence witness_sentence(struct arena *mem, const struct witness *witness);

/* The span of time in which the attempt must lie: what the log has to cover for "absent", and where
 * candidates by recipient are looked for. Never beyond now. */
void witness_span(const struct evidence *evidence, int64_t now, int64_t *out_from,
                  int64_t *out_until);

/* The words of a reply without what transport does to them: case, blanks and line breaks (also
 * Exim's "\n"), quote marks, and the codes that each line of a reply repeats. */
void witness_normalise(struct slice reply, struct strbuf *out);

#endif
