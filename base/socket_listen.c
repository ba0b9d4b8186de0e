/*
 * socket_listen.c - the listening side: unix sockets and TCP.
 */
#include "base/base.h"

#include "base/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"
#include "base/number.h"

static int find_group(const char *name, gid_t *out, struct error *err)
{
    struct group entry;
    struct group *found = NULL;
    char buffer[16384];

    if (getgrnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
        return error_set(err, ERROR_INVALID, "there is no group \"%s\"", name);
    *out = found->gr_gid;
    return 0;
}

/* Nobody answers there. Only ECONNREFUSED says so: a full backlog (EAGAIN) or a socket that is
 * not ours to ask (EACCES) belongs to a running process. */
static bool is_dead(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return false;
    bool dead = connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 &&
                errno == ECONNREFUSED;
    close(fd);
    return dead;
}

/* Take a dead socket away; one that answers belongs to a running process. */
static int clear_path(const struct sockaddr_un *at, struct error *err)
{
    const char *path = at->sun_path;
    struct stat about;

    if (lstat(path, &about) != 0)
        return 0;
    if (!S_ISSOCK(about.st_mode))
        return error_set(err, ERROR_CONFLICT, "\"%s\" is there and is not a socket",
                         path);
    if (!is_dead(at))
        return error_set(err, ERROR_CONFLICT, "another process answers on \"%s\"",
                         path);
    if (unlink(path) != 0 && errno != ENOENT)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not replace \"%s\"", path);
    return 0;
}

int socket_give(const char *path, mode_t mode, const char *group, struct error *err)
{
    gid_t gid = (gid_t)-1;

    if (group != NULL && group[0] != '\0' && find_group(group, &gid, err) != 0)
        return -1;
    if ((gid != (gid_t)-1 && chown(path, (uid_t)-1, gid) != 0) ||
        chmod(path, mode) != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not give \"%s\" to its group", path);
    return 0;
}

int socket_listen_unix(const char *path, mode_t mode, const char *group, int *out_fd,
                       struct error *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    gid_t gid = (gid_t)-1;
    int fd = -1;

    if (len == 0 || len >= sizeof at.sun_path)
        return error_set(err, ERROR_INVALID, "\"%.100s\" is no path for a socket",
                         path);
    memcpy(at.sun_path, path, len + 1);
    if (group != NULL && group[0] != '\0' && find_group(group, &gid, err) != 0)
        return -1;
    if (clear_path(&at, err) != 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not make a socket");
    /* fchmod before bind sets the mode with which the file appears: no moment with a wider one. */
    if (fchmod(fd, mode) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        (gid != (gid_t)-1 && chown(path, (uid_t)-1, gid) != 0) ||
        chmod(path, mode) != 0 || listen(fd, SOCKET_BACKLOG) != 0) {
        int why = errno;
        close(fd);
        return error_set_errno(err, ERROR_UNAVAILABLE, why,
                               "could not listen on \"%s\"", path);
    }
    *out_fd = fd;
    return 0;
}

/* "host:port" with a literal address; IPv6 in brackets. */
static int split_endpoint(struct slice where, struct address *out_address,
                          uint64_t *out_port, struct error *err)
{
    size_t colon = where.len;

    while (colon > 0 && where.at[colon - 1] != ':')
        colon--;
    struct slice host = slice_take(where, colon > 0 ? colon - 1 : 0);
    bool in_brackets = host.len > 2 && host.at[0] == '[' &&
                       host.at[host.len - 1] == ']';
    if (in_brackets)
        host = slice_of(host.at + 1, host.len - 2);
    /* "::1:25" could be an address without a port: IPv6 needs its brackets. */
    if (colon == 0 || !address_parse(host, out_address) ||
        in_brackets != (slice_find_byte(host, ':') >= 0) ||
        !number_u64(slice_skip(where, colon), 65535, out_port)) {
        int shown = (int)(where.len > 80 ? 80 : where.len);
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" is not an address and port such as 127.0.0.1:8025",
                         shown, where.at == NULL ? "" : where.at);
    }
    return 0;
}

static int bind_tcp(int fd, const struct address *address, uint64_t port)
{
    if (address_is_v4(address)) {
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port)};
        memcpy(&at.sin_addr, address->bytes + 12, 4);
        return bind(fd, (struct sockaddr *)&at, sizeof at);
    }
    struct sockaddr_in6 at = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port)};
    memcpy(&at.sin6_addr, address->bytes, 16);
    return bind(fd, (struct sockaddr *)&at, sizeof at);
}

int socket_listen(const char *where, int *out_fd, struct error *err)
{
    struct address address;
    uint64_t port = 0;
    const int yes = 1;

    if (strncmp(where, "unix:", 5) == 0)
        return socket_listen_unix(where + 5, 0660, NULL, out_fd, err);
    if (split_endpoint(slice_from(where), &address, &port, err) != 0)
        return -1;
    int fd = socket(address_is_v4(&address) ? AF_INET : AF_INET6,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno,
                               "could not make a socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind_tcp(fd, &address, port) != 0 || listen(fd, SOCKET_BACKLOG) != 0) {
        int why = errno;
        close(fd);
        return error_set_errno(err,
                               why == EADDRINUSE ? ERROR_CONFLICT : ERROR_UNAVAILABLE,
                               why, "could not listen on \"%s\"", where);
    }
    *out_fd = fd;
    return 0;
}

/* ---- sockets that others made --------------------------------------------------------------- */

static bool is_same_file(const char *one, const char *other)
{
    struct stat first, second;

    return stat(one, &first) == 0 && stat(other, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static bool is_same_endpoint(const struct sockaddr_storage *at, const char *where)
{
    struct address wanted, bound;
    uint64_t port;

    if (split_endpoint(slice_from(where), &wanted, &port, NULL) != 0)
        return false;
    if (at->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)at;
        return address_is_v4(&wanted) && ntohs(v4->sin_port) == port &&
               memcmp(&v4->sin_addr, wanted.bytes + 12, 4) == 0;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)at;
    memcpy(bound.bytes, &v6->sin6_addr, sizeof bound.bytes);
    return at->ss_family == AF_INET6 && ntohs(v6->sin6_port) == port &&
           memcmp(bound.bytes, wanted.bytes, sizeof bound.bytes) == 0;
}

bool socket_listens_at(int fd, const char *where)
{
    struct sockaddr_storage at = {0};
    socklen_t size = sizeof at, one = sizeof(int);
    int is_listening = 0, type = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &one) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &one) != 0 || is_listening == 0 ||
        type != SOCK_STREAM || getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return false;
    if (strncmp(where, "unix:", 5) == 0)
        where += 5;
    if (at.ss_family == AF_UNIX) /* zeroed and larger than sockaddr_un: ends with NUL */
        return is_same_file(((const struct sockaddr_un *)&at)->sun_path, where);
    return where[0] != '/' && is_same_endpoint(&at, where);
}
