/*
 * listen.h - the doctor as a receiving mail server on one port, for as long as it is wanted.
 */
#ifndef ISSUER_CLI_DOCTOR_LISTEN_H
#define ISSUER_CLI_DOCTOR_LISTEN_H

#include "base/address.h"
#include "issuer/cli/doctor/sink.h"

enum {
    LISTEN_CONNECTIONS_MAX = 16,
    LISTEN_SESSION_MS = 60000 /* one connection, in all */
};

struct listener {
    int fd;
    const char *name, *mailbox, *run; /* of the sessions (sink.h) */
};
/* "203.0.113.25:25"; the address is bound at once, so that mail may come before it is waited for. */
NODISCARD int listener_open(const char *where, struct listener *out, struct error *err);
void listener_close(struct listener *listener);
/* Serve until on_message says true or timeout_ms are over. peer: where the connection came from,
 * by the kernel. */
NODISCARD int listener_run(const struct listener *listener, int64_t timeout_ms,
                           bool (*on_message)(void *context, const struct address *peer,
                                              const struct sink_message *message),
                           void *context, struct error *err);

#endif
