/*
 * authd_server.h - the sockets of cleansmtp-authd: one process, one loop (libevent).
 *
 * Moves bytes between connections and the protocols, keeps their time limits, and holds refusals
 * back until their time without blocking anybody. Decides nothing.
 */
#ifndef AUTH_AUTHD_SERVER_H
#define AUTH_AUTHD_SERVER_H

#include "auth/authd.h"

/* Bind the sockets of the configuration, give rights away, say READY, and serve until SIGTERM or
 * SIGINT; SIGHUP reads the configuration again. The sockets are removed at the end. */
NODISCARD int authd_server_run(struct authd *authd, struct error *err);

#endif
