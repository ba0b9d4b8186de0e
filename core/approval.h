/*
 * approval.h - a second person's word on a lease.
 *
 * What was answered is stored; whether it still waits follows from the clock, so that nothing has
 * to tick for a request to lapse.
 */
#ifndef CORE_APPROVAL_H
#define CORE_APPROVAL_H

#include "core/doubt.h"

enum approval_answer {
    APPROVAL_NONE,
    APPROVAL_APPROVED,
    APPROVAL_DENIED,
    APPROVAL_ANSWER_COUNT
};
const char *approval_answer_name(enum approval_answer answer);
NODISCARD bool approval_answer_parse(struct slice text, enum approval_answer *out);

enum {
    APPROVAL_WAIT_S =
        3600 /* the block is judged anew then; a request from yesterday is stale */
};

/* Strings are owned by whoever filled it. */
struct approval {
    int64_t id, lease_id, case_id;
    doubts doubts;
    int64_t for_s; /* how long the lease shall last from the approval on */
    const char *asked_by, *decided_by, *reason;
    int64_t asked_at, until_at, decided_at;
    enum approval_answer answer;
    const char *mailbox; /* of the lease, joined for reading */
};

enum approval_state {
    APPROVAL_WAITS,
    APPROVAL_IS_APPROVED,
    APPROVAL_IS_DENIED,
    APPROVAL_LAPSED,
    APPROVAL_STATE_COUNT
};
const char *approval_state_name(enum approval_state state);
/* At until_at itself it has lapsed. */
enum approval_state approval_state_at(const struct approval *approval, int64_t now);

/* A person never agrees with himself, nor with a program of his own (core/actor.h). */
bool approval_may_decide(const struct approval *approval, const char *actor_name);

#endif
