/*
 * extract.h - the addresses of a reply and what each one is.
 *
 * An address that is printed stood in the input. Which one was blocked is decided by the words
 * around it, and by the caller's ranges where those are known; where two are equally likely none
 * is chosen. Loopback, private and other special addresses are never the answer.
 */
#ifndef ISSUER_BOUNCE_EXTRACT_H
#define ISSUER_BOUNCE_EXTRACT_H

#include "base/address.h"
#include "issuer/bounce/rules.h"

enum {
    CANDIDATES_MAX = 32,
    SCORE_NAMED = 1, /* in the reply, with nothing that says what it is */
    SCORE_SURE = 5   /* from here on two different addresses contradict each other */
};

struct candidate {
    struct address address;
    char text[ADDRESS_TEXT_MAX + 1];
    const char *role;
    int score;
    bool is_reply;              /* stands in the refusing server's own words */
    const struct role_row *row; /* that gave the role; NULL: none */
    struct slice matched;       /* what the row's pattern matched, in the context */
};

struct candidates {
    struct candidate items[CANDIDATES_MAX];
    size_t count;
};

/* Add the addresses of context; those from offset reply_at on stand in the reply. */
void extract_addresses(const struct rules *rules, struct slice context, size_t reply_at,
                       struct candidates *out);

struct choice {
    const struct candidate *blocked; /* NULL: none, or none sure */
    bool is_conflict, is_not_shared;
};

/* Among the candidates that stand in a reply; shared may be empty. */
struct choice extract_choose(const struct candidates *candidates,
                             const struct network *shared, size_t shared_count);

/* Is an address hidden in this text: "192.0.2.xxx", "x.x.x.x"? */
bool extract_is_masked(struct slice text);

#endif
