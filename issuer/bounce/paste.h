/*
 * paste.h - what a text went through on its way into a form: encodings that nobody undid.
 *
 * Each function gives its input back when there is nothing to undo, and undoes one level only.
 */
#ifndef ISSUER_BOUNCE_PASTE_H
#define ISSUER_BOUNCE_PASTE_H

#include "base/arena.h"

/* Remains of quoted-printable (RFC 2045 6.7): a mail's source pasted without its header. Two soft
 * line breaks, or one and "=3D" or "=20", say that it is. */
struct slice paste_undo_quoted(struct arena *mem, struct slice text);

/* An event or log record in JSON as lines "key: value", an empty line between them; a mailbox under
 * a recipient's key as "to: MAILBOX". Strings are unescaped, nesting does not matter, and what is
 * cut off or broken is read as far as it goes. A reply code in a number of its own goes in front of
 * the text that starts with its enhanced code. */
struct slice paste_undo_json(struct arena *mem, struct slice text);

#endif
