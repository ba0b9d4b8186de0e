/*
 * dialogue_internal.h - what a protocol is to a dialogue, and what it asks of it.
 *
 * One row a socket; what a protocol remembers of a connection is its own struct, made by its begin
 * and freed by its end. dialogue.c knows no protocol but by its row.
 */
#ifndef AUTH_DIALOGUE_INTERNAL_H
#define AUTH_DIALOGUE_INTERNAL_H

#include "auth/dialogue.h"

struct protocol {
    struct dialogue_kind kind;
    bool is_in_order; /* nothing is read while an answer waits */
    /* What the protocol remembers of this connection; it may greet. */
    void *(*begin)(struct dialogue *dialogue, uint64_t number);
    void (*end)(void *state);
    bool (*is_partial)(const void *state);
    /* A question of several lines is half way. NULL: there are none. */
    bool (*is_busy)(const void *state);
    enum dialogue_fate (*take)(struct dialogue *dialogue, struct slice *input);
    /* Write the answer to a login. NULL: this protocol asks for none. */
    enum dialogue_fate (*answer)(struct dialogue *dialogue, uint64_t ticket,
                                 const struct authd_login *login);
    /* The peer will say no more. NULL: answers may still be written. */
    enum dialogue_fate (*hear_end)(struct dialogue *dialogue);
};

struct dialogue {
    const struct protocol *protocol;
    void *state; /* the protocol's own */
    struct authd *authd;
    struct dialogue_host host;
    struct strbuf out;
    struct strbuf held; /* what came behind a question that waits (is_in_order) */
    unsigned delayed;   /* answers that wait, a promise among them */
    bool has_promise;   /* out holds one, from promised_from on */
    size_t promised_from;
};

/* dialogue_login.c */
extern const struct protocol protocol_dovecot;
extern const struct protocol protocol_verify;
extern const struct protocol protocol_saslauthd;
extern const struct protocol protocol_nginx;
/* dialogue_postfix.c */
extern const struct protocol protocol_policy;
extern const struct protocol protocol_socketmap;

/* Ask authd about a login, and answer now or when the time has come. */
NODISCARD enum dialogue_fate dialogue_judge(struct dialogue *dialogue, uint64_t ticket,
                                            const struct verify_request *request);
/* What the peer says is not the socket's protocol. */
void dialogue_log_foreign(const struct dialogue *dialogue, const char *event);

#endif
