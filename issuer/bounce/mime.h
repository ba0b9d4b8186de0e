/*
 * mime.h - a message as a flat list of clean texts, each with its meaning.
 *
 * Nothing of application, image or the like is decoded. What came back of the customer's message
 * is kept apart: it never gives a verdict.
 */
#ifndef ISSUER_BOUNCE_MIME_H
#define ISSUER_BOUNCE_MIME_H

#include "base/error.h"
#include "issuer/bounce/charset.h"
#include "issuer/bounce/text.h"

enum {
    MIME_PARTS_MAX = 64,
    MIME_DEPTH_MAX = 8,
    MIME_NESTING_MAX =
        200 /* boundaries or enclosed messages that the parser may meet */
};

enum part_kind {
    PART_TEXT,     /* the words of the notice */
    PART_DSN,      /* message/delivery-status */
    PART_REPORT,   /* message/feedback-report */
    PART_RECEIPT,  /* message/disposition-notification */
    PART_RETURNED, /* of the message that came back */
    PART_KIND_COUNT
};

struct mime_part {
    enum part_kind kind;
    struct slice text; /* clean */
};

struct mime_mail {
    struct slice headers; /* unfolded, clean; empty: none */
    struct slice content_type;
    struct mime_part parts[MIME_PARTS_MAX];
    size_t count;
    unsigned flags; /* enum bounce_flag */
};

/* Does it start like a mail: three known fields in the first block? */
bool mime_is_mail(struct slice bytes);

/* A mail, with all that hangs below it. More nesting than MIME_NESTING_MAX is ERROR_EXHAUSTED. */
NODISCARD int mime_read(const struct charsets *charsets, struct arena *mem,
                        struct slice bytes, struct mime_mail *out, struct error *err);
/* Text or HTML without a mail around it; a tail that is a returned message becomes a part of its
 * own. */
void mime_read_text(struct arena *mem, struct slice text, struct mime_mail *out);

/* For mime_gmime.c: the leaves of a mail. */
struct mime_leaf {
    struct slice type, subtype, charset;
    struct slice bytes; /* transfer encoding undone */
};
/* Does a leaf of this type say anything about delivery? */
bool mime_wants(struct slice type, struct slice subtype);
void mime_add_leaf(const struct charsets *charsets, struct arena *mem,
                   const struct mime_leaf *leaf, struct mime_mail *out);
/* Start GMime, before the jail. */
void mime_library_init(void);
/* mime_gmime.c: walk the parts; headers and flags were read by mime_read. */
void mime_walk(const struct charsets *charsets, struct arena *mem, struct slice bytes,
               struct mime_mail *out);

#endif
