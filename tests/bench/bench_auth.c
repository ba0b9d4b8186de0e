/*
 * bench_auth.c - logins a second on the auth socket, against an echo server on the same kind of
 * socket, by the same client.
 */
#include "base/base.h"

#include <unistd.h>

#include "base/encode.h"
#include "base/secret.h"
#include "base/socket.h"
#include "tests/support/authd_process.h"
#include "tests/support/seed.h"

enum {
    LEASES = 100000,
    CONNECTIONS = 4,
    ROUNDS = 7,
    LOGINS = 20000 /* a round */
};

struct client {
    int fd;
    char buffer[4096];
    size_t len;
};

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Wait for one line; does it begin so? */
static bool hear(struct client *client, const char *begin)
{
    for (;;) {
        struct slice rest = slice_of(client->buffer, client->len);
        ptrdiff_t end = slice_find_byte(rest, '\n');
        if (end >= 0) {
            bool is_good = slice_starts(rest, begin);
            client->len -= (size_t)end + 1;
            memmove(client->buffer, client->buffer + end + 1, client->len);
            return is_good;
        }
        ssize_t count = read(client->fd, client->buffer + client->len,
                             sizeof client->buffer - client->len);
        if (count <= 0)
            return false;
        client->len += (size_t)count;
    }
}

static bool greet(struct client *client, const char *path, struct error *err)
{
    *client = (struct client){.fd = -1};
    if (socket_connect_unix(path, 10000, &client->fd, err) != 0)
        return false;
    while (!hear(client, "DONE"))
        if (client->len == 0)
            return false;
    return true;
}

static bool ask(const struct client *client, unsigned id, unsigned number)
{
    char username[USERNAME_LEN + 1], password[PASSWORD_SHOWN_LEN + 1], message[64];
    struct strbuf line;

    seed_username(number, username);
    seed_password(number, password);
    int len = snprintf(message, sizeof message, "%c%s%c%s", 0, username, 0, password);
    strbuf_init(&line, 512);
    strbuf_printf(&line,
                  "AUTH\t%u\tPLAIN\tservice=smtp\tnologin\tlip=198.51.100.10\t"
                  "rip=192.0.2.50\tsecured\tresp=",
                  id);
    base64_append(&line, message, (size_t)len);
    strbuf_putc(&line, '\n');
    bool is_sent = write(client->fd, line.at, line.len) == (ssize_t)line.len;
    strbuf_release(&line);
    return is_sent;
}

/* Logins a second, or a negative number. */
static double measure(const char *path, const char *good, struct error *err)
{
    struct client clients[CONNECTIONS];
    unsigned number = 4;
    double rate = -1;

    for (size_t i = 0; i < CONNECTIONS; i++)
        if (!greet(&clients[i], path, err))
            return -1;
    double start = now_s();
    for (unsigned id = 1; id <= LOGINS / CONNECTIONS; id++) {
        for (size_t i = 0; i < CONNECTIONS; i++) {
            number = 4 + (number * 7919 + 17) % (LEASES - 4);
            if (!ask(&clients[i], id, number))
                goto out;
        }
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (!hear(&clients[i], good))
                goto out;
    }
    rate = LOGINS / (now_s() - start);
out:
    for (size_t i = 0; i < CONNECTIONS; i++)
        (void)close(clients[i].fd);
    if (rate < 0)
        (void)error_set(err, ERROR_INTERNAL, "a login failed on \"%s\"", path);
    return rate;
}

static int compare_servers(const struct authd_process *authd, struct error *err)
{
    char auth[128], echo[128], floor[128];
    double auth_rate[ROUNDS], echo_rate[ROUNDS], ratio[ROUNDS];
    int result = -1;
    pid_t pid = 0;

    (void)snprintf(auth, sizeof auth, "%s/run/auth", authd->folder);
    (void)snprintf(echo, sizeof echo, "%s/echo", authd->folder);
    (void)snprintf(floor, sizeof floor, "%s/floor", authd->folder);
    const char *const compile[] = {"cc", "-O2", "-o", floor, "tests/bench/floor_echo.c",
                                   NULL};
    const char *const serve[] = {floor, echo, NULL};
    if (process_run(compile, err) != 0 || process_start(serve, &pid, err) != 0 ||
        process_wait_socket(echo, err) != 0)
        goto out;
    for (size_t i = 0; i < ROUNDS; i++) {
        echo_rate[i] = measure(echo, "AUTH\t", err);
        auth_rate[i] = measure(auth, "OK\t", err);
        if (echo_rate[i] < 0 || auth_rate[i] < 0)
            goto out;
        ratio[i] = auth_rate[i] / echo_rate[i];
    }
    (void)printf(
        "auth socket: %.2f of an echo server's rate (medians of %d rounds of %d "
        "logins on %d connections, %d leases: %.0f and %.0f a second)\n",
        median(ratio, ROUNDS), ROUNDS, LOGINS, CONNECTIONS, LEASES,
        median(auth_rate, ROUNDS), median(echo_rate, ROUNDS));
    result = 0;
out:
    process_stop(pid);
    return result;
}

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build/release";
    struct authd_process authd;
    struct error err = {0};

    secret_startup();
    int result = authd_process_start(build, LEASES, &authd, &err);
    if (result == 0) {
        result = compare_servers(&authd, &err);
        authd_process_stop(&authd);
    }
    if (result != 0)
        (void)fprintf(stderr, "bench_auth: %s\n", err.text);
    return result == 0 ? 0 : 1;
}
