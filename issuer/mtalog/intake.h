/*
 * intake.h - from a log file to the store: lines in batches, each with the position behind it.
 *
 * Everything that must survive is in the position that `commit` keeps with the events; what an
 * intake remembers between rounds (the open file, what is amiss) makes it only faster and quieter.
 */
#ifndef ISSUER_MTALOG_INTAKE_H
#define ISSUER_MTALOG_INTAKE_H

#include "base/error.h"
#include "db/store_delivery.h"
#include "issuer/mtalog/follow.h"
#include "issuer/mtalog/line.h"

enum {
    INTAKE_BATCH_LINES = 500, /* one transaction */
    INTAKE_BATCHES =
        20, /* one round, so that other jobs of the thread get their turn */
    /* Between "renamed" and "created" a log is missing for a moment: longer is a gap. */
    INTAKE_GRACE_S = 60,
    /* How old "the end was seen" may become while nothing is logged: each renewal is a write. */
    INTAKE_SEEN_S = 15
};

struct intake;
struct intake *intake_new(void);
void intake_free(struct intake *intake); /* NULL is fine */

struct intake_terms {
    const char *path;
    void (*read)(struct slice text, int64_t now, struct mtalog_line *out);
    int64_t now;
    struct log_position position; /* the store's */
    int (*commit)(void *context, const struct log_batch *batch, struct error *err);
    void *context;
};
struct intake_report {
    enum follow_found found;
    struct error why; /* with FOLLOW_MISSING, FOLLOW_UNREADABLE */
    int64_t lines;    /* taken in in this round */
    bool is_behind;   /* there is more: the next round goes on */
};
/* One round. -1 when reading or commit failed: nothing is lost, the next round starts at the position
 * of the store. */
NODISCARD int intake_round(struct intake *intake, const struct intake_terms *terms,
                           struct intake_report *out, struct error *err);

/* Is it time to say again that the file is missing or unreadable? Yes at first, then every hour;
 * after trouble, "it is over" is said once. */
enum intake_saying {
    INTAKE_SAYS_NOTHING,
    INTAKE_SAYS_AMISS,
    INTAKE_SAYS_OVER
};
enum intake_saying intake_says(struct intake *intake,
                               const struct intake_report *report, int64_t now);

#endif
