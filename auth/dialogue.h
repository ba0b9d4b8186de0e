/*
 * dialogue.h - one connection of a mail server, without its descriptor.
 *
 * Bytes in, bytes out, and refusals that ask to be held back: what the event loop does for a
 * connection, apart from the loop, so that tests can feed it byte by byte.
 */
#ifndef AUTH_DIALOGUE_H
#define AUTH_DIALOGUE_H

#include "auth/authd.h"

enum {
    DIALOGUE_INPUT_MAX = 16 * 1024, /* at most this much at once */
    DIALOGUE_OUT_MAX = 256 * 1024   /* a peer that asks and does not read is dropped */
};

/* What a socket speaks, for who moves its bytes. */
struct dialogue_kind {
    const char *name; /* in logs */
    /* How long a connection may say nothing; 0: as long as it likes. */
    int64_t idle_ms;
    int64_t partial_ms; /* how long a request may take to arrive */
};
const struct dialogue_kind *dialogue_kind(enum config_socket socket);

/* What shall become of the connection. */
enum dialogue_fate {
    DIALOGUE_GO_ON,
    DIALOGUE_CLOSE, /* write what is there, then close */
    /* Write what is there, say that it was all, then read until the peer closes: it must not find
     * the connection gone while it still writes. */
    DIALOGUE_HANG_UP,
    DIALOGUE_DROP /* close without a further word */
};

/* Hold an answer back: call dialogue_answer with the same ticket and login after
 * login->delay_ms. login is borrowed for the call. */
struct dialogue_host {
    void (*delay)(void *context, uint64_t ticket, const struct authd_login *login);
    void *context;
};

struct dialogue;

/* Free with dialogue_free. number tells connections apart. */
struct dialogue *dialogue_new(struct authd *authd, enum config_socket socket,
                              uint64_t number, const struct dialogue_host *host);
void dialogue_free(struct dialogue *dialogue);

/* What the peer said: at most DIALOGUE_INPUT_MAX bytes, never while dialogue_is_paused. The caller
 * wipes them. */
NODISCARD enum dialogue_fate dialogue_take(struct dialogue *dialogue,
                                           struct slice input);
/* The time of a held answer has come. */
NODISCARD enum dialogue_fate dialogue_answer(struct dialogue *dialogue, uint64_t ticket,
                                             const struct authd_login *login);
/* The last answer in dialogue_out lets a message go: nothing of it may be written before
 * authd_commit was asked and dialogue_committed was told. */
bool dialogue_has_promise(const struct dialogue *dialogue);
NODISCARD enum dialogue_fate dialogue_committed(struct dialogue *dialogue,
                                                bool is_committed);
/* The peer will say no more. */
NODISCARD enum dialogue_fate dialogue_end(struct dialogue *dialogue);

/* What is to be written; the caller resets it when it is. */
struct strbuf *dialogue_out(struct dialogue *dialogue);
/* A request has begun and is not finished. */
bool dialogue_is_partial(const struct dialogue *dialogue);
/* Answers are held back. */
bool dialogue_is_waiting(const struct dialogue *dialogue);
/* Nothing is in hand: no request begun, half way or unanswered. The connection may end here. */
bool dialogue_is_quiet(const struct dialogue *dialogue);
/* Nothing may be read: on some sockets answers keep the order of the questions. */
bool dialogue_is_paused(const struct dialogue *dialogue);

#endif
