/*
 * connections.h - the connections of one listener, and the reaper that ends those that take too long.
 *
 * The reaper knows every connection. The library's own timeout starts again with every byte;
 * ours does not: a connection without a whole request is shut down after 10 s, a body that comes
 * at a decent pace earns more time, and nothing lasts longer than 60 s. It shuts down and does not
 * close: the descriptor is the library's.
 *
 * Each function may be called from any thread, and takes a lock of its own.
 */
#ifndef ISSUER_HTTP_CONNECTIONS_H
#define ISSUER_HTTP_CONNECTIONS_H

#include <sys/socket.h>
#include <sys/types.h>

#include "base/address.h"
#include "base/error.h"

struct connections;

/* One connection, from accept to close. What stands here before `connections` never changes; the
 * rest is connections.c's. */
struct peer {
    int fd;
    char client[ADDRESS_TEXT_MAX + 1]; /* its address; "unix" on a unix socket */
    bool has_peer;                     /* unix socket: who connected */
    uid_t uid;
    struct connections *connections;
    struct peer *previous, *next;
    int64_t since_ms; /* waiting for a request, or working on one, since */
    int64_t body_bytes;
    bool is_whole; /* the request is complete: we are working or sending */
};

/* With the reaper. ERROR_INTERNAL, ERROR_UNAVAILABLE (no thread). */
NODISCARD int connections_start(struct connections **out, struct error *err);
/* When every peer is closed. */
void connections_stop(struct connections *connections);

/* Accepted just now. fd is the caller's, -1: unknown, and then never shut down; from may be NULL. */
struct peer *peer_open(struct connections *connections, int fd,
                       const struct sockaddr *from);
/* Before its descriptor is closed. */
void peer_close(struct peer *peer);

/* What happens on a connection; peer NULL: on none that we know. Bytes of a body came, the whole
 * request is here, its answer is over: the next request starts its own time. */
void peer_sent_body(struct peer *peer, size_t len);
void peer_sent_all(struct peer *peer);
void peer_is_answered(struct peer *peer);

#endif
