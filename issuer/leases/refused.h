/*
 * refused.h - a refused login or message, in words for an agent.
 *
 * authd's record has a word and its circumstances (core/refusal.h, core/message.h); here they become
 * the sentence that answers "why was I refused?".
 */
#ifndef ISSUER_LEASES_REFUSED_H
#define ISSUER_LEASES_REFUSED_H

#include "db/store.h"

struct refused {
    unsigned code;       /* of SMTP: 535, 454, 550, 450; 0: the record is no refusal */
    const char *why;     /* "the password of the first reveal, replaced at 10:02" */
    int64_t replaced_at; /* 0: it was no earlier password */
};

/* Times are in the zone of TZ. A word that this version does not know is told as it is. Strings live
 * in mem, or are row's. */
struct refused refused_tell(struct arena *mem, const struct usage_row *row,
                            int64_t now);
/* "535 at 10:14: the password of the first reveal, replaced at 10:02", of the newest refusal in rows
 * (newest first); NULL when there is none. */
const char *refused_newest(struct arena *mem, const struct usage_row *rows,
                           size_t count, int64_t now);

#endif
