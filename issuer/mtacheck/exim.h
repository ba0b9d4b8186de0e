/*
 * exim.h - what the two halves of the Exim check share: the configuration as blocks, and which of
 * them are ours.
 */
#ifndef ISSUER_MTACHECK_EXIM_H
#define ISSUER_MTACHECK_EXIM_H

#include "issuer/mtacheck/check.h"

#define EXIM_ADDRESS "acl_m_clean_address"
#define EXIM_OURS "\\N(?i)^cs-" /* how the pattern of our logins begins */

struct exim_look {
    const struct mtacheck_facts *facts;
    struct arena *mem;
    const char *router, *transport; /* scopes of ours; NULL: there is none */
    const char *addresses,
        *helos; /* "clean1=203.0.113.9 ..."; "" when there are none */
    /* out: */
    const char *where, *found, *wanted;
};

/* Our router is the first whose condition is the message's address; its transport is ours, when
 * that is an smtp transport. */
void exim_find_ours(struct exim_look *look);
/* An option of a block; "" when it is not set, or scope is NULL. */
const char *exim_value(const struct exim_look *look, const char *scope,
                       const char *name);
bool exim_mentions(const char *text, const char *what);
bool exim_starts(const char *text, const char *prefix);
/* The same, blanks aside. Advance both while they are the same; true: wanted is used up. */
bool exim_match(struct slice *found, struct slice *wanted);
bool exim_has(const char *text, const char *wanted);
/* The first block of a kind ("router "), from *index on. NULL: no more. */
const char *exim_next_block(const struct exim_look *look, const char *kind,
                            size_t *index);
/* The first line of an access control list that holds a text, from *index on; NULL: none. */
const char *exim_acl_line(const struct exim_look *look, const char *acl,
                          const char *text, size_t *index);
/* Does the authenticator ask cleansmtp-authd? */
bool exim_is_our_login(const struct exim_look *look, const char *authenticator);

/* exim_acl.c: our lists, where they are, as they were printed. */
void exim_check_acls(struct exim_look *look, struct mtacheck_findings *out);
/* exim_lanes.c */
void exim_check_lanes(const struct exim_look *look, struct mtacheck_findings *out);

#endif
