/*
 * refused.h - a refused login or message, told to an agent.
 *
 * authd's record has a word and its circumstances (core/refusal.h, core/message.h); here they become
 * the sentence that answers "why was I refused?".
 */
#ifndef ISSUER_LEASES_REFUSED_H
#define ISSUER_LEASES_REFUSED_H

#include "db/store.h"

struct refused {
    unsigned code;       /* of SMTP: 535, 454, 550, 450; 0: the record is no refusal */
    struct sentence why; /* "the password of the first reveal, replaced at 10:02" */
    int64_t replaced_at; /* 0: it was no earlier password */
};

/* A word that this version does not know is told as it is. Lives in mem, or is row's. */
struct refused refused_tell(struct arena *mem, const struct usage_row *row);
/* "535: the password of the first reveal, replaced at 10:02"; of a record that is no refusal what
 * authd noted: "with TLS", "to anna@kunde.example". */
struct sentence refused_line(struct arena *mem, const struct usage_row *row);
/* The newest refusal in rows (newest first), or NULL. */
const struct usage_row *refused_last(struct arena *mem, const struct usage_row *rows,
                                     size_t count);
/* "535 at 10:14: the password of the first reveal, replaced at 10:02", of the newest refusal in rows
 * (newest first); nothing when there is none. */
struct sentence refused_newest(struct arena *mem, const struct usage_row *rows,
                               size_t count);

#endif
