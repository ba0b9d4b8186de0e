/*
 * floor_echo.c - the least a line server can be: "DONE" to who connects, then each piece of input
 * back. What the auth socket is measured against; built by bench_auth.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    CLIENTS = 64
};

static struct pollfd fds[CLIENTS + 1];
static nfds_t count;

/* Give back what came; false when the client is gone. */
static int echo(int fd)
{
    static char buffer[16384];
    ssize_t len = read(fd, buffer, sizeof buffer);

    return len > 0 && send(fd, buffer, (size_t)len, MSG_NOSIGNAL) == len;
}

static void serve_round(void)
{
    nfds_t kept = 1;

    for (nfds_t i = 1; i < count; i++) {
        if (fds[i].revents == 0 || echo(fds[i].fd))
            fds[kept++] = fds[i];
        else
            close(fds[i].fd);
    }
    count = kept;
    if (fds[0].revents != 0 && count <= CLIENTS) {
        int fd = accept(fds[0].fd, NULL, NULL);
        if (fd >= 0 && send(fd, "DONE\n", 5, MSG_NOSIGNAL) == 5)
            fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    if (argc != 2 || strlen(argv[1]) >= sizeof at.sun_path)
        return 2;
    memcpy(at.sun_path, argv[1], strlen(argv[1]) + 1);
    fds[0] = (struct pollfd){.fd = socket(AF_UNIX, SOCK_STREAM, 0), .events = POLLIN};
    count = 1;
    if (fds[0].fd < 0 || bind(fds[0].fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fds[0].fd, 128) != 0)
        return 1;
    while (poll(fds, count, -1) > 0)
        serve_round();
    return 1;
}
