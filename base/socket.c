/*
 * socket.c - the connecting side of unix sockets.
 *
 * Apart from socket_listen.c, so that the static checkpassword helper does not carry name
 * lookups.
 */
#include "base/base.h"

#include "base/socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int socket_connect_unix(const char *path, int timeout_ms, int *out_fd,
                        struct error *err)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = timeout_ms / 1000,
                            .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof to.sun_path)
        return error_set(err, ERROR_INVALID, "\"%.100s\" is no path for a socket",
                         path);
    memcpy(to.sun_path, path, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not make a socket");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        int why = errno;
        close(fd);
        return error_set_errno(err, ERROR_UNAVAILABLE, why,
                               "could not connect to \"%s\"", path);
    }
    *out_fd = fd;
    return 0;
}

bool socket_peer(int fd, uid_t *out_uid, gid_t *out_gid, pid_t *out_pid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        size != sizeof peer)
        return false;
    *out_uid = peer.uid;
    *out_gid = peer.gid;
    *out_pid = peer.pid;
    return true;
}
