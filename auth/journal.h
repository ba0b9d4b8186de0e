/*
 * journal.h - authd's own record of logins, messages and refusals, on disk.
 *
 * Segments of lines (core/usage.h) below one folder; appended by this process only, read by
 * cleansmtpd. Records are collected and written together, so that one sync serves all messages of
 * a moment; a message is acknowledged to the mail server after its record is on the disk. A line that a crash left unfinished is cut off at the next start; what was acknowledged stays.
 * Sequence numbers are never given twice.
 */
#ifndef AUTH_JOURNAL_H
#define AUTH_JOURNAL_H

#include "base/error.h"
#include "core/usage.h"

enum {
    JOURNAL_PENDING_MAX = 64 * 1024 /* bytes of records between two flushes */
};

struct journal;

/* Called for each record found at start, oldest first. */
struct journal_visitor {
    void (*visit)(void *context, const struct usage_line *line);
    void *context;
};

/* Open (making the folder when absent), cut an unfinished last line, show every record to the
 * visitor. ERROR_CONFLICT while another process has it; ERROR_INTEGRITY for a damaged line that
 * is not the last one. journal_close ends it. */
NODISCARD int journal_open(const char *folder, const struct journal_visitor *visitor,
                           struct journal **out, struct error *err);
void journal_close(struct journal *journal);

/* Number one record (line->seq) and keep it for the next flush. Only a line that is too long
 * fails, or a flush of those before it when there is no more room (JOURNAL_PENDING_MAX). */
NODISCARD int journal_append(struct journal *journal, struct usage_line *line,
                             struct error *err);
/* Write what was appended; with is_durable it is on the disk when this returns 0. After a failure
 * nothing of it was acknowledged (records whose sync failed may still be read later, never twice),
 * and the next call tries afresh. */
NODISCARD int journal_flush(struct journal *journal, bool is_durable,
                            struct error *err);

/* The newest sequence number given, flushed or not; 0 before the first. */
int64_t journal_last_seq(const struct journal *journal);

/* What cleansmtpd has taken in. Records continue behind it even when our own files were lost, and
 * segments that lie wholly at or before it are removed, but for the newest. */
NODISCARD int journal_set_taken(struct journal *journal, int64_t seq,
                                struct error *err);

#endif
