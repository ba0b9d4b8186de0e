/*
 * follow.h - read on in a log file that others write, cut and rename.
 *
 * A place in the log is an inode, an offset and a digest of the bytes before it (the last lines).
 * The digest is what counts: the file in which those bytes stand at that offset is the one we
 * read, be it FILE, FILE renamed (FILE.1, FILE-20261124), or the copy that copytruncate left. So a
 * restart goes on where it ended, also behind a rotation. Compressed files are not read.
 *
 * When FILE is a new one, the old one is read to its end first, and left once it was quiet for some
 * rounds while the new one grows: the logger may write to it until it is told.
 */
#ifndef ISSUER_MTALOG_FOLLOW_H
#define ISSUER_MTALOG_FOLLOW_H

#include "base/error.h"
#include "base/slice.h"
#include "db/store_delivery.h"

struct follow;
struct follow *follow_new(void);
void follow_free(struct follow *follow); /* NULL is fine */

enum follow_found {
    FOLLOW_GOES_ON, /* where the position says */
    FOLLOW_BEGINS,  /* at the start of FILE: nothing was read before */
    FOLLOW_LOST, /* at the start of the oldest file that may be new: the place is gone */
    FOLLOW_MISSING,    /* there is no FILE */
    FOLLOW_UNREADABLE, /* *err says why */
    FOLLOW_FOUND_COUNT
};
/* Once a round, before follow_next. */
enum follow_found follow_find(struct follow *follow, const char *path,
                              const struct log_position *position, struct error *err);

struct follow_line {
    struct slice text; /* without LF; valid until the next call */
    bool is_cut;       /* MTALOG_LINE_MAX bytes of a longer one */
};
/* 1: a line; 0: the end for now, a line that is not finished waits (takes_rest: it is a line, for
 * nobody will finish it); -1: *err. */
NODISCARD int follow_next(struct follow *follow, bool takes_rest,
                          struct follow_line *out, struct error *err);

/* inode, offset, mark and is_inside_line of where we stand. */
NODISCARD int follow_position(const struct follow *follow, struct log_position *io,
                              struct error *err);

/* At the end (follow_next gave 0): what now? */
enum follow_end {
    FOLLOW_CURRENT, /* the file is FILE: all was read that there is */
    FOLLOW_QUIET,   /* another file follows: its turn (follow_leave) */
    FOLLOW_WAITS    /* another file follows or must come; this one may still grow */
};
enum follow_end follow_end(struct follow *follow, const char *path);
/* Is there no FILE? */
bool follow_is_deserted(const char *path);
/* To the start of the file that follows. */
NODISCARD int follow_leave(struct follow *follow, const char *path, struct error *err);

#endif
