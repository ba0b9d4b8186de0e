/*
 * saslauthd_mux.h - the server side of Cyrus saslauthd's socket ("mux"), for one connection.
 *
 * One request a connection: login, password, service and realm, each a 16-bit length in network
 * order and its bytes (cyrus-sasl lib/checkpw.c, saslauthd/ipc_unix.c). Cyrus SASL later than 2.1.28
 * adds the client as "address;port". Nothing announces the fifth, and Exim waits for its answer
 * after four, so the fifth counts only when it has begun to arrive together with the end of the
 * fourth: libsasl sends all of them in one writev (docs/protocols/saslauthd.md).
 */
#ifndef AUTH_SASLAUTHD_MUX_H
#define AUTH_SASLAUTHD_MUX_H

#include "auth/verify.h"
#include "base/strbuf.h"

enum {
    SASLAUTHD_FIELD_MAX = 256, /* MAX_REQ_LEN of Cyrus's own server */
    /* A fifth field that came too late; more than that behind a request is not this protocol. */
    SASLAUTHD_SURPLUS_MAX = 2 + SASLAUTHD_FIELD_MAX
};

enum saslauthd_field {
    SASLAUTHD_LOGIN,
    SASLAUTHD_PASSWORD,
    SASLAUTHD_SERVICE,
    SASLAUTHD_REALM,
    SASLAUTHD_CLIENT,
    SASLAUTHD_FIELD_COUNT
};

struct saslauthd_reader {
    /* The login has room behind it for "@" and the realm. */
    char login[2 * SASLAUTHD_FIELD_MAX + 1];
    char others[SASLAUTHD_FIELD_COUNT - 1][SASLAUTHD_FIELD_MAX];
    size_t wanted[SASLAUTHD_FIELD_COUNT]; /* the length that was announced */
    unsigned field;                       /* where we are: field, then byte of it, */
    size_t got;                           /* the two of the length counted */
    size_t surplus;
    bool is_done;
};

enum saslauthd_step {
    SASLAUTHD_MORE,  /* input is used up */
    SASLAUTHD_READY, /* *out is filled; once a connection */
    SASLAUTHD_BROKEN /* not our protocol: close */
};

void saslauthd_reader_init(struct saslauthd_reader *reader);
/* Wipe the values. The request stays read: what comes now is surplus. */
void saslauthd_reader_forget(struct saslauthd_reader *reader);

/* Take all that has arrived. The slices of *out live in the reader until it forgets them. A value
 * longer than SASLAUTHD_FIELD_MAX is none of ours: it is read past, and the request has no login, so
 * that it is refused like any other. The realm is joined to the login; which one is good is
 * for verify_login to say. */
enum saslauthd_step saslauthd_reader_take(struct saslauthd_reader *reader,
                                          struct slice input,
                                          struct verify_request *out);

/* A request has begun and is not finished. */
bool saslauthd_reader_is_partial(const struct saslauthd_reader *reader);

/* "OK" or "NO" with its length. false: close instead, which both libsasl and Exim tell as a
 * temporary failure; there is no word for it. */
NODISCARD bool saslauthd_answer(enum verdict verdict, struct strbuf *out);

#endif
