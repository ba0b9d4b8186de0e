/*
 * header.h - "Name: value" lines: of a mail, of a returned message, of a delivery status.
 *
 * Tolerant where mail software is sloppy: a blank before the colon, no blank behind it.
 */
#ifndef ISSUER_BOUNCE_HEADER_H
#define ISSUER_BOUNCE_HEADER_H

#include "base/arena.h"

/* Text of LF lines with continuation lines (leading blank) joined to their first by a blank. */
struct slice header_unfold(struct arena *mem, struct slice text);

/* The next line of unfolded text. name is empty for a line that is no field; such a line is in
 * value, empty for an empty line. false at the end. */
bool header_next(struct slice text, size_t *at, struct slice *name,
                 struct slice *value);

/* The first field of that name; false: none. */
bool header_find(struct slice text, const char *name, struct slice *out);

/* "mx.example" of "dns; mx.example"; a value without a type is returned as it is. */
struct slice header_untyped(struct slice value);

/* "a@b.example" of "Name <a@b.example>" or " <a@b.example> ": the first thing that looks like a
 * mailbox, the empty slice when there is none. */
struct slice header_mailbox(struct slice value);

#endif
