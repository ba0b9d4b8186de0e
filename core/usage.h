/*
 * usage.h - one line of authd's journal: what happened with a login, written once, taken in once.
 *
 * cleansmtp-authd appends lines to segments below state_dir/journal, cleansmtpd reads them and
 * hands them to store_usage_apply; this is the format both agree on (docs/protocols/journal.md).
 * A line is ten fields separated by TAB, values escaped as in the Dovecot protocol:
 *
 *     seq at kind username client instance detail recipients program check
 *
 * Older lines lack recipients and program; they are read, too.
 * check is the first 8 bytes, in hex, of BLAKE2b-256 over the line before the last TAB: a line
 * that was cut or overwritten is not believed. Pure: the files belong to the two programs.
 */
#ifndef CORE_USAGE_H
#define CORE_USAGE_H

#include "base/limits.h"
#include "base/slice.h"
#include "base/strbuf.h"
#include "core/credential.h"

enum usage_kind {
    USAGE_LOGIN,
    USAGE_MESSAGE,
    USAGE_REFUSED_LOGIN,
    USAGE_REFUSED_MESSAGE,
    USAGE_KIND_COUNT
};
/* "login", "message", "refused_login", "refused_message": as in struct usage_row of the store. */
const char *usage_kind_name(enum usage_kind kind);
NODISCARD bool usage_kind_parse(struct slice text, enum usage_kind *out);

enum {
    USAGE_INSTANCE_MAX = 63, /* Postfix: pid.seconds.microseconds.count, below 48 */
    USAGE_DETAIL_MAX = 300,  /* a few words and a mailbox */
    USAGE_PROGRAM_MAX = 79,  /* a socket and a HELO name */
    USAGE_LINE_MAX = 1280,   /* with LF; every value escaped still fits */
    USAGE_SEGMENT_BYTES = 4 * 1024 *
                          1024, /* the writer begins a new file beyond this */
    USAGE_SEGMENT_NAME_LEN = 26 /* "usage-0000000000000001.log" */
};

struct usage_line {
    int64_t seq; /* from 1, grows by one a record */
    int64_t at;
    enum usage_kind kind;
    char username[USERNAME_LEN + 1];
    char client[ADDRESS_TEXT_MAX + 1]; /* address of the mail program; "" */
    char instance[USAGE_INSTANCE_MAX +
                  1];                    /* the mail server's name of the message; "" */
    char detail[USAGE_DETAIL_MAX + 1];   /* for people; "" */
    unsigned recipients;                 /* of a message; 0: none, or not told */
    char program[USAGE_PROGRAM_MAX + 1]; /* which socket asked, for which service; "" */
};

/* The line with its LF. false, and nothing appended, when it would exceed USAGE_LINE_MAX. */
NODISCARD bool usage_format(const struct usage_line *line, struct strbuf *out);
/* A line without its LF; false when it is not exactly one that usage_format writes, or wrote. */
NODISCARD bool usage_parse(struct slice text, struct usage_line *out);

enum usage_take {
    USAGE_TAKEN,
    USAGE_END,    /* nothing, or the beginning of a line that is not finished yet */
    USAGE_DAMAGED /* a whole line that cannot be believed; *rest stands before it */
};
/* The next line of a segment; *rest advances only with USAGE_TAKEN. */
enum usage_take usage_take(struct slice *rest, struct usage_line *out);

/* Copy at most size - 1 bytes, whole UTF-8 characters, controls as blanks: for client and detail. */
void usage_copy(char *out, size_t size, struct slice text);

/* Segments are named for their first record, so that names sort as records do. text holds
 * USAGE_SEGMENT_NAME_LEN + 1. */
void usage_segment_name(int64_t first_seq, char *text);
NODISCARD bool usage_segment_parse(struct slice name, int64_t *out_first_seq);

#endif
