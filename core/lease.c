/*
 * lease.c - the state of a lease at a moment, and what it permits.
 */
#include "base/base.h"

#include "core/lease.h"

static const char *const state_names[] = {
    [LEASE_PENDING_APPROVAL] = "pending_approval",
    [LEASE_OFFERED] = "offered",
    [LEASE_REVEALED] = "revealed",
    [LEASE_IN_USE] = "in_use",
    [LEASE_SUSPENDED] = "suspended",
    [LEASE_EXPIRED] = "expired",
    [LEASE_REVOKED] = "revoked",
    [LEASE_ENDED] = "ended",
};
_Static_assert(ARRAY_LEN(state_names) == LEASE_STATE_COUNT, "one name a state");

static const char *const delivery_names[] = {
    [DELIVERY_LOGIN] = "login",
    [DELIVERY_ROUTE] = "route",
};
_Static_assert(ARRAY_LEN(delivery_names) == DELIVERY_COUNT, "one name a delivery");

static const char *const word_names[] = {
    [LEASE_WORD_CHANGED] = "changed",
    [LEASE_WORD_STUCK] = "stuck",
    [LEASE_WORD_BACK] = "back",
};
_Static_assert(ARRAY_LEN(word_names) == LEASE_WORD_COUNT, "one name a word");

static const char *const proof_names[] = {
    [PROOF_MAILBOX] = "mailbox",
    [PROOF_PIN] = "pin",
};
_Static_assert(ARRAY_LEN(proof_names) == PROOF_COUNT, "one name a proof");

const char *lease_proof_name(enum lease_proof proof)
{
    assert((size_t)proof < ARRAY_LEN(proof_names));
    return proof_names[proof];
}

bool lease_proof_from(struct slice name, enum lease_proof *out)
{
    for (size_t i = 0; i < ARRAY_LEN(proof_names); i++)
        if (slice_is(name, proof_names[i])) {
            *out = (enum lease_proof)i;
            return true;
        }
    return false;
}

const char *lease_word_name(enum lease_word word)
{
    assert((size_t)word < ARRAY_LEN(word_names));
    return word_names[word];
}

bool lease_word_from(struct slice name, enum lease_word *out)
{
    for (size_t i = 0; i < ARRAY_LEN(word_names); i++)
        if (slice_is(name, word_names[i])) {
            *out = (enum lease_word)i;
            return true;
        }
    return false;
}

const char *lease_state_name(enum lease_state state)
{
    assert((size_t)state < ARRAY_LEN(state_names));
    return state_names[state];
}

const char *lease_delivery_name(enum lease_delivery delivery)
{
    assert((size_t)delivery < ARRAY_LEN(delivery_names));
    return delivery_names[delivery];
}

enum lease_state lease_state_at(const struct lease *lease, int64_t now)
{
    if (lease->end == LEASE_END_REVOKED)
        return LEASE_REVOKED;
    if (lease->end != LEASE_END_NONE)
        return LEASE_ENDED;
    if (now >= lease->expires_at)
        return LEASE_EXPIRED;
    if (lease->is_pending)
        return LEASE_PENDING_APPROVAL;
    if (lease->is_suspended)
        return LEASE_SUSPENDED;
    if (lease->revealed_at == 0)
        return LEASE_OFFERED;
    return lease->first_login_at == 0 ? LEASE_REVEALED : LEASE_IN_USE;
}

bool lease_is_live(enum lease_state state)
{
    switch (state) {
    case LEASE_PENDING_APPROVAL:
    case LEASE_OFFERED:
    case LEASE_REVEALED:
    case LEASE_IN_USE:
    case LEASE_SUSPENDED: return true;
    case LEASE_EXPIRED:
    case LEASE_REVOKED:
    case LEASE_ENDED:
    case LEASE_STATE_COUNT: break;
    }
    return false;
}

enum verdict lease_login_verdict(const struct lease *lease, int64_t now)
{
    switch (lease_state_at(lease, now)) {
    case LEASE_REVEALED:
    case LEASE_IN_USE: return VERDICT_OK;
    case LEASE_PENDING_APPROVAL:
    case LEASE_OFFERED: return VERDICT_WRONG_PASSWORD; /* there is none yet */
    case LEASE_SUSPENDED:
        return VERDICT_TEMPORARY; /* it may go on: keep the password */
    case LEASE_EXPIRED: return VERDICT_EXPIRED;
    case LEASE_REVOKED:
    case LEASE_ENDED: return VERDICT_REVOKED;
    case LEASE_STATE_COUNT: break;
    }
    return VERDICT_TEMPORARY;
}

enum reveal_answer lease_reveal_answer(const struct lease *lease, int64_t now)
{
    switch (lease_state_at(lease, now)) {
    case LEASE_REVOKED:
    case LEASE_ENDED: return REVEAL_REVOKED;
    case LEASE_EXPIRED: return REVEAL_EXPIRED;
    case LEASE_PENDING_APPROVAL:
    case LEASE_SUSPENDED: return REVEAL_NOT_READY;
    case LEASE_IN_USE: return REVEAL_IN_USE;
    case LEASE_OFFERED:
    case LEASE_REVEALED:
    case LEASE_STATE_COUNT: break;
    }
    /* A login without a reveal cannot be; if it is, it counts. */
    if (lease->first_login_at != 0)
        return REVEAL_IN_USE;
    if (lease->reveal_tries_left == 0)
        return REVEAL_LOCKED;
    if (lease->reveals >= REVEALS_MAX)
        return REVEAL_SHOWN_ENOUGH;
    if (now >= lease->reveal_until)
        return REVEAL_LINK_OVER;
    return REVEAL_READY;
}

enum reveal_answer lease_proof_answer(const struct lease *lease, int64_t now)
{
    enum reveal_answer answer = lease_reveal_answer(lease, now);
    bool is_used = lease->proof == PROOF_PIN && !lease->has_pin;

    return answer == REVEAL_READY && is_used ? REVEAL_PIN_USED : answer;
}
