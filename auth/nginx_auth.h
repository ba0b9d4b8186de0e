/*
 * nginx_auth.h - the server side of nginx's mail authentication protocol, for one connection.
 *
 * nginx as a mail proxy asks about each login by an HTTP/1.0 request without a body: who he says he
 * is stands in headers, and so do our answer and the server that nginx shall go on with
 * (ngx_mail_auth_http_module; docs/protocols/nginx.md). This is no web server: one form of request,
 * one a connection, and what is not that form is closed without a word, which nginx tells its client
 * as a temporary failure.
 */
#ifndef AUTH_NGINX_AUTH_H
#define AUTH_NGINX_AUTH_H

#include "auth/verify.h"
#include "base/strbuf.h"

enum {
    /* nginx's own buffer for an SMTP line is 4 KiB, and three bytes may stand for one. */
    NGINX_REQUEST_MAX = 8192,
    NGINX_VALUE_MAX = 255 /* RFC 4616: octets of a login and of a password */
};

struct nginx_reader {
    struct strbuf text;
    char login[NGINX_VALUE_MAX], password[NGINX_VALUE_MAX];
    uint64_t attempt; /* nginx counts the attempts of a session from 1 */
    bool is_done;
};

enum nginx_step {
    NGINX_MORE,  /* input is used up */
    NGINX_READY, /* *out is filled; once a connection */
    NGINX_BROKEN /* not our protocol: close */
};

void nginx_reader_init(struct nginx_reader *reader);
/* Wipes what it held. */
void nginx_reader_release(struct nginx_reader *reader);
/* Take all that has arrived. The slices of *out live in the reader. A login by another method than
 * plain (which is LOGIN too), or longer than NGINX_VALUE_MAX, is none of ours: it has no name, so that
 * it is refused like any other. */
enum nginx_step nginx_reader_take(struct nginx_reader *reader, struct slice input,
                                  struct verify_request *out);
/* A request has begun and is not finished. */
bool nginx_reader_is_partial(const struct nginx_reader *reader);

struct nginx_answer {
    enum verdict verdict;
    const char
        *username; /* with VERDICT_OK: what the server behind nginx shall call him */
    const char *address; /* of that server: nginx takes no host name */
    unsigned port;
    uint64_t attempt;
};
/* The whole response; the connection is closed behind it. Wrong is 535 and may be tried again in the
 * session, a few times; our own fault is 454. */
void nginx_auth_answer(const struct nginx_answer *answer, struct strbuf *out);

#endif
