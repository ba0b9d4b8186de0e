/*
 * text.h - strangers' text in a form that can be matched and shown.
 *
 * Lines end in LF, control and direction-changing characters are blanks, invalid UTF-8 is
 * U+FFFD, a quote prefix is gone. What is cut is said in the flags. Nothing is ever joined into
 * a word that did not stand in the input: an address in the output stood there.
 */
#ifndef ISSUER_BOUNCE_TEXT_H
#define ISSUER_BOUNCE_TEXT_H

#include "base/arena.h"

enum {
    TEXT_KEPT_MAX = 256 * 1024, /* decoded text kept for matching, in all */
    TEXT_LINE_MAX = 16 * 1024,
    TEXT_LINES_MAX = 20000
};

enum bounce_flag {
    FLAG_TRUNCATED = 1U << 0,  /* a limit cut something off */
    FLAG_MASKED = 1U << 1,     /* the address is hidden: 192.0.2.xxx */
    FLAG_QUOTED = 1U << 2,     /* a bounce inside somebody's mail */
    FLAG_CONFLICT = 1U << 3,   /* two addresses claim to be the blocked one */
    FLAG_TEMPORARY = 1U << 4,  /* delayed, not failed */
    FLAG_NOT_SHARED = 1U << 5, /* the blocked address is in none of the ranges given */
    FLAG_PASTED = 1U << 6,     /* no mail around it */
    FLAG_BINARY = 1U << 7,     /* NUL or control bytes */
    FLAG_EMPTY = 1U << 8,
    FLAG_UNREADABLE = 1U << 9,
    FLAG_COMPLAINT = 1U << 10, /* a feedback report */
    FLAG_RECEIPT = 1U << 11,   /* a disposition notification or delivery confirmation */
    FLAG_AUTO_REPLY = 1U << 12,
    FLAG_FORWARDED = 1U << 13, /* the bounce was attached to a mail */
    FLAG_NESTED = 1U << 14,    /* deeper than the limit, not followed */
    FLAG_LIST_DEAD = 1U << 15  /* the list named has closed */
};

/* Adds FLAG_TRUNCATED and FLAG_BINARY to *flags. */
struct slice text_clean(struct arena *mem, struct slice text, unsigned *flags);

/* One SMTP reply of several lines as one: the repeated codes ("550-5.7.1 ") go. */
struct slice text_join_reply(struct arena *mem, struct slice reply);

/* UTF-16 with a byte order mark as UTF-8; anything else is returned as it is. */
struct slice text_from_utf16(struct arena *mem, struct slice bytes);

/* Offset of the line from which on the message that came back is quoted; text.len: none. */
size_t text_returned_at(struct slice text);

/* At most len bytes, not cut inside a UTF-8 character or inside what may be an address: half an
 * address is another one. */
struct slice text_cut(struct slice text, size_t len);

/* The line that starts at *at without its LF; *at advances behind it. false at the end. */
bool text_next_line(struct slice text, size_t *at, struct slice *line);

#endif
