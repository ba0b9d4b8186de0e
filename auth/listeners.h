/*
 * listeners.h - the sockets on which cleansmtp-authd listens, whoever made them.
 *
 * systemd may hold them, the authd before this one may have handed them on, or they are made here.
 * A socket outlives the process in the first two cases, so that a restart refuses nobody: who
 * connects in between waits in its backlog.
 */
#ifndef AUTH_LISTENERS_H
#define AUTH_LISTENERS_H

#include "base/config.h"

struct listening {
    int fd;      /* -1: not configured */
    char *path;  /* a copy: the configuration's own goes with a reload */
    bool is_own; /* ours to remove; else the supervisor keeps it */
};

struct listeners {
    struct listening at[CONFIG_SOCKET_COUNT];
};

/* None is open. */
void listeners_init(struct listeners *listeners);
/* Open every socket of section "auth". Where some were inherited, one that cannot be opened beside
 * them is logged and left out: the others have callers already. End with one of the two below. */
NODISCARD int listeners_open(struct listeners *listeners, const struct config *config,
                             struct error *err);
/* Close one; its file goes when it is ours. */
void listeners_close_one(struct listeners *listeners, enum config_socket socket);
void listeners_close(struct listeners *listeners);
/* For the program that takes our place by exec (base/inherit.h). */
NODISCARD int listeners_pass_on(struct listeners *listeners, struct error *err);

#endif
