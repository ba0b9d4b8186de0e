/*
 * socket.h - listening and connecting: unix sockets and loopback TCP.
 */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include <sys/types.h>

#include "base/error.h"

enum {
    SOCKET_BACKLOG = 512
}; /* bursts of a mail server: every smtpd connects at once */

/* Listen on path; a socket that nobody answers on is replaced, one that answers is
 * ERROR_CONFLICT. group may be NULL or ""; mode as chmod. Non-blocking, close-on-exec. */
NODISCARD int socket_listen_unix(const char *path, mode_t mode, const char *group,
                                 int *out_fd, struct error *err);
/* "127.0.0.1:8025", "[::1]:8025" or "unix:/path". Port 0 lets the kernel choose. */
NODISCARD int socket_listen(const char *where, int *out_fd, struct error *err);
/* Is this a stream socket that listens at that place? One whose file is gone does not. */
NODISCARD bool socket_listens_at(int fd, const char *where);
/* Give the file of a unix socket this group (NULL or "": as it is) and mode. */
NODISCARD int socket_give(const char *path, mode_t mode, const char *group,
                          struct error *err);
/* Blocking socket with send and receive time limits. */
NODISCARD int socket_connect_unix(const char *path, int timeout_ms, int *out_fd,
                                  struct error *err);
/* Who is at the other end of a unix socket. */
NODISCARD bool socket_peer(int fd, uid_t *out_uid, gid_t *out_gid, pid_t *out_pid);

#endif
