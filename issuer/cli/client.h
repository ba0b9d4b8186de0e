/*
 * client.h - HTTP over the daemon's unix socket (libcurl, kept inside client.c).
 */
#ifndef ISSUER_CLI_CLIENT_H
#define ISSUER_CLI_CLIENT_H

#include "base/error.h"
#include "base/strbuf.h"

enum {
    CLIENT_ANSWER_MAX = 16 * 1024 * 1024
};

struct client_request {
    const char *socket, *method, *path;
    struct slice body;           /* JSON; at == NULL: none */
    const char *idempotency_key; /* or NULL */
};

/* *out_body (initialised by the caller) gets the body. ERROR_UNAVAILABLE: nobody answers or not
 * in time; ERROR_DENIED: the socket may not be opened. */
NODISCARD int client_call(const struct client_request *request, long *out_status,
                          struct strbuf *out_body, struct error *err);

#endif
