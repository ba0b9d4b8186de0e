/*
 * evidence.h - the JSON of cleansmtp-bounce, believed in nothing.
 *
 * It was printed by a process that read strangers' bytes. Each field is checked as if a stranger
 * had sent it: a form that is not in the contract makes the whole unreadable, a value that cannot
 * be true (an address that is none, a code out of range) is left out.
 */
#ifndef ISSUER_CASES_EVIDENCE_H
#define ISSUER_CASES_EVIDENCE_H

#include "base/arena.h"
#include "core/diagnosis.h"

enum {
    EVIDENCE_EXCERPT_MAX = 2000
};

/* false when it is not the object of contract.md. Strings live in mem. */
NODISCARD bool evidence_decode(struct arena *mem, struct slice json,
                               struct evidence *out);
/* What stands for a bounce that could not be read. */
void evidence_unreadable(struct evidence *out);

#endif
