/*
 * approval.c - state from facts.
 */
#include "base/base.h"

#include "core/approval.h"

#include "core/actor.h"

static const char *const answers[] = {
    [APPROVAL_NONE] = "none",
    [APPROVAL_APPROVED] = "approved",
    [APPROVAL_DENIED] = "denied",
};
_Static_assert(ARRAY_LEN(answers) == APPROVAL_ANSWER_COUNT, "one name an answer");

static const char *const states[] = {
    [APPROVAL_WAITS] = "waiting",
    [APPROVAL_IS_APPROVED] = "approved",
    [APPROVAL_IS_DENIED] = "denied",
    [APPROVAL_LAPSED] = "lapsed",
};
_Static_assert(ARRAY_LEN(states) == APPROVAL_STATE_COUNT, "one name a state");

const char *approval_answer_name(enum approval_answer answer)
{
    assert((size_t)answer < ARRAY_LEN(answers));
    return answers[answer];
}

bool approval_answer_parse(struct slice text, enum approval_answer *out)
{
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (slice_is(text, answers[i])) {
            *out = (enum approval_answer)i;
            return true;
        }
    }
    return false;
}

const char *approval_state_name(enum approval_state state)
{
    assert((size_t)state < ARRAY_LEN(states));
    return states[state];
}

enum approval_state approval_state_at(const struct approval *approval, int64_t now)
{
    switch (approval->answer) {
    case APPROVAL_APPROVED: return APPROVAL_IS_APPROVED;
    case APPROVAL_DENIED: return APPROVAL_IS_DENIED;
    case APPROVAL_NONE:
    case APPROVAL_ANSWER_COUNT: break;
    }
    return now < approval->until_at ? APPROVAL_WAITS : APPROVAL_LAPSED;
}

bool approval_may_decide(const struct approval *approval, const char *actor_name)
{
    return approval->asked_by != NULL && actor_name != NULL &&
           !actor_is_same_person(approval->asked_by, actor_name);
}
