/*
 * load.h - clients that ask a server on a UNIX socket, one request at a time each, for benchmarks.
 *
 * One thread. With one client it waits in read(2), as an smtpd does, so that the time is the
 * latency; with more it goes round those that have an answer. An answer that does not begin as it
 * should ends the run: no server wins by saying no.
 */
#ifndef TESTS_SUPPORT_LOAD_H
#define TESTS_SUPPORT_LOAD_H

#include "base/error.h"
#include "base/strbuf.h"

enum {
    LOAD_CLIENTS_MAX = 64
};

/* How a server is asked. */
struct load_protocol {
    const char *greeting; /* the end of its greeting; NULL: it says nothing first */
    bool is_polite; /* the client says VERSION and CPID after it, which Dovecot wants */
    const char *good; /* how a good answer begins */
    const char
        *end; /* what ends an answer; NULL: the connection, which is for one request */
    size_t skip; /* bytes in front of what `good` is compared with */
    /* Append the request with this number of this login. */
    void (*ask)(unsigned request, unsigned login, struct strbuf *out);
};

struct load {
    const char *path;
    const struct load_protocol *protocol;
    unsigned clients, requests;
    unsigned first; /* number of the first request: others in each round */
    unsigned
        logins; /* leases in the database; of 4 to logins - 1 of seed.h, which are all good,
                      * another one for each request, far from the one before */
};

/* Seconds that all requests took, in *out_s. */
NODISCARD int load_run(const struct load *load, double *out_s, struct error *err);

/* The requests of the protocols that are measured; load_echo is load_auth where it comes back. */
extern const struct load_protocol load_auth, load_echo, load_saslauthd,
    load_policy_rcpt, load_policy_end;

#endif
