/*
 * throttle.h - how often has this happened lately, for a bounded number of names.
 *
 * Three uses: refusals are answered more slowly to a client that keeps guessing, a flood of
 * refusals writes no more than a few journal records, and the recipients that were approved of a
 * message are known at its end. The table is fixed: when it is full the entry that was quiet for
 * longest gives way, so a flood of names can make us forget, never grow. Nobody is locked out,
 * and a right password is answered at once.
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/random.h"
#include "base/slice.h"

enum {
    THROTTLE_WINDOW_MS = 60 * 1000,
    THROTTLE_FREE_FAILURES =
        10, /* a mail program with an old password retries a few times */
    THROTTLE_DELAY_MAX_MS =
        4000 /* Postfix gives an answer 10 s, Dovecot adds 2 s of its own */
};

struct throttle;

/* Free with throttle_free. random keys the table, so that nobody can aim at one slot. A name's count
 * begins anew window_ms after its first event. */
struct throttle *throttle_new(const struct random *random, int64_t window_ms);
void throttle_free(struct throttle *throttle);

/* Count one event of name and return how many the window holds, this one included. An empty
 * name is nobody: 0. */
unsigned throttle_count(struct throttle *throttle, struct slice name, int64_t now_ms);
/* How many the window holds. Counts nothing. */
unsigned throttle_look(const struct throttle *throttle, struct slice name,
                       int64_t now_ms);

/* Count a failure of client and return how long its answer waits: base_ms for the first
 * THROTTLE_FREE_FAILURES in a minute, then twice as long each time up to THROTTLE_DELAY_MAX_MS.
 * IPv6 clients count as their /64. */
int64_t throttle_failure_delay_ms(struct throttle *throttle, struct slice client,
                                  int64_t base_ms, int64_t now_ms);

#endif
