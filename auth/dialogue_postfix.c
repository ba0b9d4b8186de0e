/*
 * dialogue_postfix.c - what only Postfix asks: about a message, and its tables.
 */
#include "base/base.h"

#include "auth/dialogue_internal.h"

#include "base/alloc.h"

/* ---- Postfix's policy delegation ----------------------------------------------------------------- */

static void *begin_policy(struct dialogue *dialogue, uint64_t number)
{
    struct policy_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    policy_reader_init(reader);
    return reader;
}

static void end_policy(void *state)
{
    policy_reader_release(state);
    free(state);
}

static bool is_policy_partial(const void *state)
{
    return policy_reader_is_partial(state);
}

static enum dialogue_fate take_policy(struct dialogue *dialogue, struct slice *input)
{
    struct policy_request request;

    while (!dialogue->has_promise) {
        switch (policy_reader_take(dialogue->state, input, &request)) {
        case POLICY_MORE: return DIALOGUE_GO_ON;
        case POLICY_BROKEN:
            dialogue_log_foreign(dialogue, "policy.protocol");
            return DIALOGUE_CLOSE;
        case POLICY_READY: break;
        }
        size_t from = dialogue->out.len;
        if (authd_policy(dialogue->authd, &request, &dialogue->out)) {
            dialogue->has_promise = true;
            dialogue->promised_from = from;
            dialogue->delayed++;
        }
    }
    return DIALOGUE_GO_ON;
}

/* 300 s is Postfix's own limit. */
const struct protocol protocol_policy = {
    .kind = {"policy", .idle_ms = 300000, .partial_ms = 30000},
    .is_in_order = true,
    .begin = begin_policy,
    .end = end_policy,
    .is_partial = is_policy_partial,
    .take = take_policy,
};

/* ---- Postfix's socketmap tables ------------------------------------------------------------------ */

static void *begin_socketmap(struct dialogue *dialogue, uint64_t number)
{
    struct socketmap_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    socketmap_reader_init(reader);
    return reader;
}

static void end_socketmap(void *state)
{
    socketmap_reader_release(state);
    free(state);
}

static bool is_socketmap_partial(const void *state)
{
    return socketmap_reader_is_partial(state);
}

static enum dialogue_fate take_socketmap(struct dialogue *dialogue, struct slice *input)
{
    struct socketmap_request request;

    for (;;) {
        switch (socketmap_reader_take(dialogue->state, input, &request)) {
        case SOCKETMAP_MORE: return DIALOGUE_GO_ON;
        case SOCKETMAP_BROKEN:
            dialogue_log_foreign(dialogue, "socketmap.protocol");
            return DIALOGUE_CLOSE;
        case SOCKETMAP_READY: break;
        }
        authd_map(dialogue->authd, &request, &dialogue->out);
    }
}

const struct protocol protocol_socketmap = {
    .kind = {"socketmap", .idle_ms = 300000, .partial_ms = 30000},
    .begin = begin_socketmap,
    .end = end_socketmap,
    .is_partial = is_socketmap_partial,
    .take = take_socketmap,
};
