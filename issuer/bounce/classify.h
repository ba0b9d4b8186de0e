/*
 * classify.h - what one reply means: a refused address, or something a clean address would not
 * help with.
 */
#ifndef ISSUER_BOUNCE_CLASSIFY_H
#define ISSUER_BOUNCE_CLASSIFY_H

#include "issuer/bounce/rules.h"

struct finding {
    const struct rule_row *rule; /* NULL: no row holds */
    const struct list_row *list; /* NULL: the reply names none we know */
    enum evidence_class class;
    enum ip_block ip_block;
    const char *list_name; /* ours, or the zone as the reply spells it; NULL: none */
    struct slice rule_matched, list_matched; /* what the rows' patterns matched */
};

/* reply: one line, joined. Mailboxes are not looked at: one at a list's own domain is not a
 * list. Strings live in mem or in rules. */
void classify_reply(const struct rules *rules, struct arena *mem, struct slice reply,
                    struct finding *out);

/* Blocked by a list of single addresses that is public and alive. */
bool finding_is_public(const struct finding *finding);

#endif
