/*
 * floor_policy.c - the least a policy server can be: a constant for each empty line. What the policy
 * socket is measured against; built by bench_policy. With a second argument it also makes one line
 * durable in that file for the questions of a round, before it answers them.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    CLIENTS = 64
};

static struct pollfd fds[CLIENTS + 1];
static int ends[CLIENTS + 1]; /* the last byte of each client was an LF */
static int answers[CLIENTS + 1];
static nfds_t count;
static int record = -1;

/* How many requests ended; -1 when the client is gone. */
static int hear(nfds_t i)
{
    static char buffer[16384];
    ssize_t len = read(fds[i].fd, buffer, sizeof buffer);
    int ended = 0;

    if (len <= 0)
        return -1;
    for (ssize_t at = 0; at < len; at++) {
        ended += buffer[at] == '\n' && ends[i];
        ends[i] = buffer[at] == '\n';
    }
    return ended;
}

static int answer(int fd, int times)
{
    static const char go[] = "action=FILTER clean01:\n\n";

    for (; times > 0; times--)
        if (send(fd, go, sizeof go - 1, MSG_NOSIGNAL) != sizeof go - 1)
            return -1;
    return 0;
}

/* One line for each answer, and one sync for all. */
static void keep(int lines)
{
    static const char line[] =
        "0000000\t1795000000\tmessage\tcs-aaaaaaaa\t192.0.2.50\t4d2.6745.0.0\t"
        "to anna@remote.example\t1\tpolicy\t0123456789abcdef\n";

    for (int i = 0; i < lines; i++)
        if (write(record, line, sizeof line - 1) != sizeof line - 1)
            _exit(1);
    if (lines > 0 && fdatasync(record) != 0)
        _exit(1);
}

static void serve_round(void)
{
    nfds_t kept = 1;
    int all = 0;

    for (nfds_t i = 1; i < count; i++) {
        answers[i] = fds[i].revents == 0 ? 0 : hear(i);
        all += answers[i] > 0 ? answers[i] : 0;
        if (record < 0 && answers[i] > 0)
            answers[i] = answer(fds[i].fd, answers[i]);
    }
    if (record >= 0)
        keep(all);
    for (nfds_t i = 1; i < count; i++) {
        if (answers[i] >= 0 && answer(fds[i].fd, answers[i]) == 0) {
            ends[kept] = ends[i];
            fds[kept++] = fds[i];
        } else {
            close(fds[i].fd);
        }
    }
    count = kept;
    if (fds[0].revents != 0 && count <= CLIENTS) {
        int fd = accept(fds[0].fd, NULL, NULL);
        if (fd >= 0) {
            ends[count] = 0;
            fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    if (argc < 2 || strlen(argv[1]) >= sizeof at.sun_path)
        return 2;
    memcpy(at.sun_path, argv[1], strlen(argv[1]) + 1);
    if (argc > 2 && (record = open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0)
        return 1;
    fds[0] = (struct pollfd){.fd = socket(AF_UNIX, SOCK_STREAM, 0), .events = POLLIN};
    count = 1;
    if (fds[0].fd < 0 || bind(fds[0].fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fds[0].fd, 128) != 0)
        return 1;
    while (poll(fds, count, -1) > 0)
        serve_round();
    return 1;
}
