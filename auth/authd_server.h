/*
 * authd_server.h - the sockets of cleansmtp-authd: one process, one loop (libevent).
 *
 * Moves bytes between connections and the protocols, keeps their time limits, and holds refusals
 * back until their time without blocking anybody. Decides nothing.
 */
#ifndef AUTH_AUTHD_SERVER_H
#define AUTH_AUTHD_SERVER_H

#include "auth/authd.h"
#include "auth/listeners.h"
#include "auth/successor.h"

enum authd_server_end {
    AUTHD_SERVER_STOPPED,
    AUTHD_SERVER_SUCCEEDED /* a good successor takes the sockets, which are open still */
};

/* Open the sockets of the configuration, give rights away, say READY, and serve until SIGTERM or
 * SIGINT; SIGHUP reads the configuration again; SIGUSR2 tries the successor and ends for it when
 * it is good. At either end what is in hand is answered first, within a few seconds. The sockets
 * are closed unless a successor takes them. */
NODISCARD int authd_server_run(struct authd *authd, struct listeners *listeners,
                               struct successor *successor, enum authd_server_end *out,
                               struct error *err);

#endif
