/*
 * store_delivery.h - the mail server's log, as it was taken in (docs/decisions/log-witness.md).
 *
 * cleansmtpd writes; what was read of the log and how far it was read change in one transaction, so
 * that no line is taken in twice and none is lost, whenever the process ends. Conventions and
 * errors as in store.h.
 */
#ifndef DB_STORE_DELIVERY_H
#define DB_STORE_DELIVERY_H

#include "core/delivery.h"
#include "core/standing.h"
#include "core/witness.h"
#include "db/store.h"

/* Where the log was read to. The place is known again by the bytes before it, whatever the file is
 * called by then. */
struct log_position {
    int64_t inode, offset;
    int64_t mark_bytes; /* the digest is of so many bytes before offset */
    uint8_t mark[DIGEST_BYTES];
    bool is_inside_line;      /* of one that was cut: the rest of it is skipped */
    int64_t line_at;          /* of the newest line */
    int64_t complete_until;   /* the end of the log was seen at that time */
    int64_t lines, cut_lines; /* taken in so far; of them longer than we read */
};
/* inode 0: nothing was read yet. */
NODISCARD int store_log_position(struct store *store, struct log_position *out,
                                 struct error *err);

enum log_gap {
    LOG_GAP_NONE,
    LOG_GAP_STARTED_LATE, /* the log begins later than we ask */
    LOG_GAP_MISSING,      /* there was no file */
    LOG_GAP_UNREADABLE,   /* there was one, and we could not read it */
    LOG_GAP_LOST, /* it went on elsewhere: truncated, or rotated and gone before we read it */
    LOG_GAP_KEPT, /* older than what is kept */
    LOG_GAP_COUNT
};
const char *log_gap_name(enum log_gap gap);

struct log_batch {
    struct log_position
        before; /* must be the store's: else ERROR_CONFLICT, nothing written */
    struct log_position after;
    const struct delivery_event *events;
    size_t count;
    /* In this order: a span begins of which we have no log; a file that was missing or unreadable is
     * there again, whole; what is still open ends. */
    enum log_gap opens;
    int64_t opens_at; /* with opens */
    bool drops_missing;
    int64_t closes_at; /* 0: does not end */
};
/* One transaction: events, gaps, position. An event that a closed row cannot take (an attempt for an
 * unknown message) makes its message. */
NODISCARD int store_log_apply(struct store *store, const struct log_batch *batch,
                              struct error *err);

struct log_gap_row {
    int64_t from, until; /* until 0: goes on */
    enum log_gap why;
};
/* The newest max, newest first. */
NODISCARD int store_log_gaps(struct store *store, struct arena *mem, size_t max,
                             struct log_gap_row **out, size_t *out_count,
                             struct error *err);
/* Is every moment from `from` to `until` in the log, without a gap? */
NODISCARD int store_log_covers(struct store *store, int64_t from, int64_t until,
                               bool *out, struct error *err);

/* Attempts that may be the one of the evidence: by queue id, message id, and recipient within
 * witness_span; at most DELIVERY_CANDIDATES_MAX, the newest of each kind. */
enum {
    DELIVERY_CANDIDATES_MAX = 50
};
NODISCARD int store_delivery_candidates(struct store *store, struct arena *mem,
                                        const struct evidence *evidence, int64_t now,
                                        struct delivery **out, size_t *out_count,
                                        struct error *err);

/* What became of what this login sent: the newest max attempts, newest first. */
NODISCARD int store_delivery_of_login(struct store *store, struct arena *mem,
                                      const char *login, size_t max,
                                      struct delivery **out, size_t *out_count,
                                      struct error *err);

/* What `who` sent: messages of this login, and those of this envelope sender that nobody signed in
 * for (an inbound forgery of a customer's address is such a one too, where the server takes it). */
NODISCARD int store_delivery_counts(struct store *store, const char *who, int64_t now,
                                    struct standing_counts *out, struct error *err);

/* Remove what is older than before, at most max rows of each table; *out_removed says how many. The
 * time before it is no longer covered. */
NODISCARD int store_delivery_prune(struct store *store, int64_t before, size_t max,
                                   size_t *out_removed, struct error *err);

#endif
