/*
 * actor.h - who acts, as one line of text: in the audit log and on what somebody made.
 *
 *     agent:ana                       a person who is signed in
 *     agent:ana token:3               a program that has a token of hers
 *     agent:ana token:3 for:ben@d.ex  the same, which says for whom
 *     local:root, customer, system
 *
 * The first word answers for what was done: two lines with the same first word are one person, so
 * nobody agrees as the second person with a program of his own.
 */
#ifndef CORE_ACTOR_H
#define CORE_ACTOR_H

#include "base/slice.h"

enum {
    ACTOR_FOR_MAX = 64
};

/* The first word. */
struct slice actor_person(const char *actor);
bool actor_is_same_person(const char *a, const char *b);
/* What may stand behind "for:": 1 to ACTOR_FOR_MAX characters of visible ASCII. */
bool actor_for_is_valid(struct slice name);

#endif
