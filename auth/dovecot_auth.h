/*
 * dovecot_auth.h - the server side of the Dovecot auth protocol, version 1.1, for one connection.
 *
 * Bytes in, lines out, no sockets and no clock: the server feeds what it read, verifies the
 * attempts that come out, and hands the verdicts back, in any order. Postfix and Exim speak it
 * to us directly (docs/protocols/dovecot-auth.md). What a mail server sends is not trusted: lines
 * and pending requests have ceilings, and a peer that breaks the protocol is dropped.
 */
#ifndef AUTH_DOVECOT_AUTH_H
#define AUTH_DOVECOT_AUTH_H

#include "auth/verify.h"
#include "base/config.h"
#include "base/strbuf.h"

enum {
    DOVECOT_AUTH_PENDING_MAX = 16, /* smtpd has one, a Dovecot login process a few */
    DOVECOT_AUTH_ABANDONED_MS = 150 *
                                1000 /* Dovecot forgets a request after 150 s too */
};

struct dovecot_auth;

struct dovecot_auth_hello {
    pid_t pid;
    uint64_t connection;   /* our number of this connection */
    const uint8_t *cookie; /* 16 random bytes */
    enum config_peer peer; /* how our own fault is told */
};

/* One complete attempt to log in; slices live until the next call. */
struct dovecot_auth_attempt {
    uint64_t ticket; /* names it in dovecot_auth_answer */
    struct verify_request request;
};

enum dovecot_auth_step {
    DOVECOT_AUTH_MORE,    /* input is used up */
    DOVECOT_AUTH_ATTEMPT, /* *out is filled: verify it, then go on */
    DOVECOT_AUTH_DROP     /* not our protocol, or beyond a limit: close */
};

/* Free with dovecot_auth_free. The handshake goes to out at once: Exim waits for it. */
struct dovecot_auth *dovecot_auth_new(const struct dovecot_auth_hello *hello,
                                      struct strbuf *out);
void dovecot_auth_free(struct dovecot_auth *auth);

/* Work on *input (advanced over what was used) until an attempt is complete; lines for the peer
 * go to out. now_ms is monotonic. */
enum dovecot_auth_step dovecot_auth_step(struct dovecot_auth *auth, struct slice *input,
                                         int64_t now_ms, struct strbuf *out,
                                         struct dovecot_auth_attempt *attempt);

/* A line has begun and is not finished. */
bool dovecot_auth_is_partial(const struct dovecot_auth *auth);
/* A request waits for the peer's next line, or for our answer. */
bool dovecot_auth_is_busy(const struct dovecot_auth *auth);

/* Tell the peer the verdict. username is the canonical one, or "" to name the login as it was
 * given. false: close the connection instead (peer postfix or exim and VERDICT_TEMPORARY: they
 * read every FAIL as a wrong password). A ticket that was cancelled is nothing. */
NODISCARD bool dovecot_auth_answer(struct dovecot_auth *auth, uint64_t ticket,
                                   enum verdict verdict, const char *username,
                                   struct strbuf *out);

#endif
