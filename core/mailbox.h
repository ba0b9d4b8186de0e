/*
 * mailbox.h - mailbox addresses (RFC 5321 4.1.2), parsed once and compared in one form.
 *
 * The compared form is lower case as a whole: hosts treat local parts without case, and a
 * sender limit that "Anna@" could slip through or fail on would serve nobody. Quoted local
 * parts and address literals are refused: no customer of a mail host has one.
 */
#ifndef CORE_MAILBOX_H
#define CORE_MAILBOX_H

#include "base/limits.h"
#include "base/slice.h"

/* out holds MAILBOX_MAX + 1; blanks around and one pair of <> are taken off. UTF-8 is accepted in
 * both parts (RFC 6531), compared bytewise. */
NODISCARD bool mailbox_parse(struct slice text, char *out);
/* Behind the '@' of a parsed mailbox. */
const char *mailbox_domain(const char *mailbox);
NODISCARD bool domain_parse(struct slice text, char out[DOMAIN_MAX + 1]);
/* pattern: "a@b" or "@b" (every mailbox of that domain). Both in the compared form. */
bool mailbox_matches(const char *mailbox, const char *pattern);

#endif
