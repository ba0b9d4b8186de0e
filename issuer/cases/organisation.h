/*
 * organisation.h - the organisational domain of a domain: RFC 7489 3.2.
 *
 * "mail.example.co.uk" belongs to "example.co.uk", because "co.uk" is a public suffix. The list is the
 * one built into libpsl: it comes with the distribution's updates, and nothing is read while asked.
 */
#ifndef ISSUER_CASES_ORGANISATION_H
#define ISSUER_CASES_ORGANISATION_H

#include "base/arena.h"

/* In lower case, in mem. A public suffix, and what the list cannot read, is its own. */
const char *organisation_of(struct arena *mem, const char *domain);

#endif
