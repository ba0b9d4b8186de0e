/*
 * inherit.h - listening sockets from whoever started us, and for whoever comes after us
 * (sd_listen_fds(3), without libsystemd).
 *
 * Descriptors from 3 upwards, LISTEN_FDS of them, meant for the process LISTEN_PID. A socket is
 * known by the place it is bound to, not by its name: one .socket unit may hold several, and a
 * socket whose place has left the configuration is nobody's. The names in LISTEN_FDNAMES say one
 * thing only: "own" marks a socket that one of us made and handed on, and whose file goes with the
 * last of us. All others belong to the supervisor.
 */
#ifndef BASE_INHERIT_H
#define BASE_INHERIT_H

#include "base/error.h"

enum {
    INHERIT_MAX = 32 /* more than we have sockets; what is beyond is closed unseen */
};

struct inherited_socket {
    int fd;
    bool is_own; /* made by one of us: its file is removed at the end */
};

struct inherited {
    struct inherited_socket at[INHERIT_MAX];
    size_t count;
};

/* What we were given; the environment is cleared of it, so that no child takes it for its own.
 * Close-on-exec, non-blocking. */
void inherit_read(struct inherited *out);
/* Take the socket that listens at this place (as for socket_listen, or a path) out of the set;
 * false: there is none. */
NODISCARD bool inherit_take(struct inherited *inherited, const char *where,
                            struct inherited_socket *out);
/* The socket that listens there: an inherited one, or (for socket_listen's forms) a new one. */
NODISCARD int inherit_or_listen(struct inherited *inherited, const char *where,
                                struct inherited_socket *out, struct error *err);
/* Close what nobody took, and remove the files of own ones. */
void inherit_release(struct inherited *inherited);

/* Put the sockets where the program that takes our place by exec looks for them. After success the
 * old descriptors are closed, and inherit_read finds them in this process too (when exec failed). */
NODISCARD int inherit_pass_on(const struct inherited *sockets, struct error *err);

#endif
