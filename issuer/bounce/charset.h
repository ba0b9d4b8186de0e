/*
 * charset.h - other charsets as UTF-8.
 *
 * The converters of the charsets that mail uses are opened once, before the jail closes: opening
 * one later would load a file. An unknown charset, or bytes that do not fit the one named, are
 * read as UTF-8 if they are valid, else as windows-1252, which takes any byte.
 */
#ifndef ISSUER_BOUNCE_CHARSET_H
#define ISSUER_BOUNCE_CHARSET_H

#include "base/arena.h"

struct charsets;

struct charsets *charsets_new(void);
void charsets_free(struct charsets *charsets);

/* name may be empty. The result lives in mem, or is the input itself. */
struct slice charset_to_utf8(const struct charsets *charsets, struct arena *mem,
                             struct slice name, struct slice bytes);

#endif
