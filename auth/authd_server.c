/*
 * authd_server.c - listening, reading, writing, time limits.
 *
 * Bytes are read into one buffer of the server, handed to the protocol of the connection, and
 * wiped: they carry passwords. A connection is freed in one place (drop), and never while one of
 * its handlers runs: handlers say what shall become of it.
 */
#include "base/base.h"

#include "auth/authd_server.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/dialogue.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "base/socket.h"

enum {
    CONNECTIONS_MAX = 2000, /* a socket; a large Postfix runs 1000 smtpd */
    DESCRIPTORS_RESERVED = 64,
    ACCEPTS_AT_ONCE = 64,
    TICK_S = 1,
    TIDY_TICKS = 60,
    SOCKET_MODE = 0660,
    RUNTIME_DIR_MODE = 0755
};

struct server;
struct connection;

/* A refusal that waits for its time. */
struct delayed {
    LIST_ENTRY(delayed) link;
    struct connection *connection;
    struct event *timer;
    uint64_t ticket;
    struct authd_login login;
};

LIST_HEAD(delayed_list, delayed);

struct connection {
    LIST_ENTRY(connection) link;
    struct server *server;
    enum config_socket socket;
    struct dialogue *dialogue;
    int fd;
    struct event *readable, *writable;
    size_t out_sent;
    struct delayed_list delayed;
    int64_t partial_since_ms; /* 0: no unfinished request */
    bool is_ended;            /* the peer has said all it will say */
    bool is_closing;          /* write what is there, then close */
    bool is_hanging_up;       /* write what is there, then wait for the peer to close */
};

LIST_HEAD(connection_list, connection);

struct listener {
    struct server *server;
    enum config_socket socket;
    char *path; /* ours: the configuration's own goes with a reload */
    int fd;
    struct event *readable;
    unsigned connections;
};

struct server {
    struct authd *authd;
    struct event_base *base;
    struct event *ends[2], *reloads, *ticks;
    struct listener listeners[CONFIG_SOCKET_COUNT];
    struct connection_list connections;
    unsigned connections_max; /* a socket */
    unsigned ticks_until_tidy;
    uint64_t last_connection;
    char buffer[DIALOGUE_INPUT_MAX];
};

/* ---- the end of a connection ----------------------------------------------------------------- */

static void free_delayed(struct delayed *delayed)
{
    LIST_REMOVE(delayed, link);
    event_free(delayed->timer);
    free(delayed);
}

static void listen_again(struct server *server)
{
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        struct listener *listener = &server->listeners[i];
        if (listener->readable != NULL &&
            listener->connections < server->connections_max)
            (void)event_add(listener->readable, NULL);
    }
}

static void drop(struct connection *connection)
{
    struct server *server = connection->server;

    for (struct delayed *next, *at = LIST_FIRST(&connection->delayed); at != NULL;
         at = next) {
        next = LIST_NEXT(at, link);
        free_delayed(at);
    }
    LIST_REMOVE(connection, link);
    server->listeners[connection->socket].connections--;
    event_free(connection->readable);
    event_free(connection->writable);
    (void)close(connection->fd);
    dialogue_free(connection->dialogue);
    free(connection);
    listen_again(server);
}

/* ---- writing and waiting ----------------------------------------------------------------------- */

/* Send what can be sent; false when the peer is gone or does not read. */
static bool flush(struct connection *connection)
{
    struct strbuf *out = dialogue_out(connection->dialogue);

    if (out->full)
        return false;
    while (connection->out_sent < out->len) {
        ssize_t sent = send(connection->fd, out->at + connection->out_sent,
                            out->len - connection->out_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return event_add(connection->writable, NULL) == 0;
        if (sent <= 0)
            return false;
        connection->out_sent += (size_t)sent;
    }
    strbuf_reset(out);
    connection->out_sent = 0;
    return true;
}

/* Wait for the peer, within what its kind of connection may take. */
static bool wait_for_peer(struct connection *connection)
{
    const struct dialogue_kind *kind = dialogue_kind(connection->socket);
    int64_t now_ms = authd_monotonic_ms(connection->server->authd);
    int64_t limit_ms = kind->idle_ms;

    if (dialogue_is_paused(connection->dialogue))
        return event_del(connection->readable) == 0;
    if (!dialogue_is_partial(connection->dialogue)) {
        connection->partial_since_ms = 0;
    } else {
        if (connection->partial_since_ms == 0)
            connection->partial_since_ms = now_ms;
        limit_ms = connection->partial_since_ms + kind->partial_ms - now_ms;
        if (limit_ms <= 0)
            return false;
    }
    const struct timeval limit = {.tv_sec = limit_ms / 1000,
                                  .tv_usec = limit_ms % 1000 * 1000};
    /* Deleted first, or a limit that ended with the partial request would stay. */
    return event_del(connection->readable) == 0 &&
           event_add(connection->readable, limit_ms > 0 ? &limit : NULL) == 0;
}

/* false: nothing more will come of this connection. */
static bool carry_on(struct connection *connection)
{
    bool is_done = connection->is_closing ||
                   (connection->is_ended && !dialogue_is_waiting(connection->dialogue));

    if (!flush(connection))
        return false;
    if (is_done && dialogue_out(connection->dialogue)->len == 0)
        return false;
    if (connection->is_hanging_up && dialogue_out(connection->dialogue)->len == 0)
        (void)shutdown(connection->fd, SHUT_WR);
    if (is_done || connection->is_ended)
        return event_del(connection->readable) == 0;
    return wait_for_peer(connection);
}

/* Carry out the dialogue's fate. */
static void settle(struct connection *connection, enum dialogue_fate fate)
{
    if (fate == DIALOGUE_CLOSE)
        connection->is_closing = true;
    if (fate == DIALOGUE_HANG_UP)
        connection->is_hanging_up = true;
    if (fate == DIALOGUE_DROP || !carry_on(connection))
        drop(connection);
}

/* ---- answers that wait --------------------------------------------------------------------------- */

static void on_delay_over(evutil_socket_t fd, short what, void *context)
{
    struct delayed *delayed = context;
    struct connection *connection = delayed->connection;

    (void)fd;
    (void)what;
    enum dialogue_fate fate = dialogue_answer(connection->dialogue, delayed->ticket,
                                              &delayed->login);
    free_delayed(delayed);
    settle(connection, fate);
}

static void hold_back(void *context, uint64_t ticket, const struct authd_login *login)
{
    struct connection *connection = context;
    struct delayed *delayed = xcalloc(1, sizeof *delayed);
    const struct timeval delay = {.tv_sec = login->delay_ms / 1000,
                                  .tv_usec = login->delay_ms % 1000 * 1000};

    delayed->connection = connection;
    delayed->ticket = ticket;
    delayed->login = *login;
    delayed->timer = evtimer_new(connection->server->base, on_delay_over, delayed);
    if (delayed->timer == NULL || evtimer_add(delayed->timer, &delay) != 0)
        abort(); /* out of memory, as in alloc.h */
    LIST_INSERT_HEAD(&connection->delayed, delayed, link);
}

/* ---- events ------------------------------------------------------------------------------------------ */

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    struct server *server = connection->server;

    if ((what & EV_TIMEOUT) != 0) {
        settle(connection, dialogue_is_waiting(connection->dialogue) ? DIALOGUE_GO_ON
                                                                     : DIALOGUE_DROP);
        return;
    }
    ssize_t count = recv(fd, server->buffer, sizeof server->buffer, 0);
    if (count < 0) {
        bool may_go_on = errno == EAGAIN || errno == EINTR;
        settle(connection, may_go_on ? DIALOGUE_GO_ON : DIALOGUE_DROP);
        return;
    }
    connection->is_ended = count == 0;
    enum dialogue_fate fate = count == 0 ? dialogue_end(connection->dialogue)
                                         : dialogue_take(
                                               connection->dialogue,
                                               slice_of(server->buffer, (size_t)count));
    secret_wipe(server->buffer, (size_t)count);
    settle(connection, fate);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    settle(context, DIALOGUE_GO_ON);
}

static void serve(struct listener *listener, int fd)
{
    struct server *server = listener->server;
    struct connection *connection = xcalloc(1, sizeof *connection);

    connection->server = server;
    connection->socket = listener->socket;
    connection->fd = fd;
    connection->dialogue = dialogue_new(
        server->authd, listener->socket, ++server->last_connection,
        &(struct dialogue_host){.delay = hold_back, .context = connection});
    connection->readable = event_new(server->base, fd, EV_READ | EV_PERSIST,
                                     on_readable, connection);
    connection->writable = event_new(server->base, fd, EV_WRITE, on_writable,
                                     connection);
    if (connection->readable == NULL || connection->writable == NULL)
        abort(); /* out of memory, as in alloc.h */
    LIST_INIT(&connection->delayed);
    LIST_INSERT_HEAD(&server->connections, connection, link);
    listener->connections++;
    settle(connection, DIALOGUE_GO_ON);
}

static void on_connect(evutil_socket_t listening_fd, short what, void *context)
{
    struct listener *listener = context;

    (void)what;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        if (listener->connections >= listener->server->connections_max) {
            (void)event_del(listener->readable); /* the rest wait in the backlog */
            return;
        }
        int fd = accept4(listening_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            serve(listener, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
            (void)event_del(listener->readable); /* until the next tick */
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void on_end(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd;
    (void)what;
    (void)event_base_loopbreak(server->base);
}

static void on_reload(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    struct config *config = NULL;
    struct error err = {0};

    (void)fd;
    (void)what;
    if (config_load(authd_config(server->authd)->path, &config, &err) == 0 &&
        authd_reload(server->authd, config, &err) == 0) {
        log_event(LOG_LEVEL_INFO, "config.reloaded", "path", config->path, NULL);
        return;
    }
    log_event(LOG_LEVEL_ERROR, "config.refused", "error", err.text, NULL);
    config_free(config);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd;
    (void)what;
    listen_again(server);
    if (--server->ticks_until_tidy == 0) {
        server->ticks_until_tidy = TIDY_TICKS;
        authd_tidy(server->authd);
    }
}

/* ---- life --------------------------------------------------------------------------------------------- */

/* Room for descriptors: as many as we may have, and no more connections than that. */
static unsigned allow_connections(void)
{
    const rlim_t wanted = CONFIG_SOCKET_COUNT * CONNECTIONS_MAX + DESCRIPTORS_RESERVED;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return CONNECTIONS_MAX / CONFIG_SOCKET_COUNT;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted)
        return CONNECTIONS_MAX;
    if (limit.rlim_cur <= DESCRIPTORS_RESERVED + CONFIG_SOCKET_COUNT)
        return 1;
    return (unsigned)(limit.rlim_cur - DESCRIPTORS_RESERVED) / CONFIG_SOCKET_COUNT;
}

static int bind_socket(struct listener *listener, const char *path, struct error *err)
{
    struct server *server = listener->server;

    if (socket_listen_unix(path, SOCKET_MODE, authd_config(server->authd)->auth.group,
                           &listener->fd, err) != 0)
        return -1;
    listener->path = xstrdup(path);
    listener->readable = event_new(server->base, listener->fd, EV_READ | EV_PERSIST,
                                   on_connect, listener);
    if (listener->readable == NULL || event_add(listener->readable, NULL) != 0)
        return error_set(err, ERROR_INTERNAL, "cannot watch \"%s\"", path);
    log_event(LOG_LEVEL_INFO, "socket.listening", "socket",
              dialogue_kind(listener->socket)->name, "path", path, NULL);
    return 0;
}

static int bind_sockets(struct server *server, struct error *err)
{
    const struct config *config = authd_config(server->authd);
    unsigned bound = 0;

    if (file_mkdirs(config->runtime_dir, RUNTIME_DIR_MODE, err) != 0)
        return -1;
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        struct listener *listener = &server->listeners[i];
        listener->server = server;
        listener->socket = (enum config_socket)i;
        const char *path = config_socket_path(config, listener->socket);
        if (path[0] == '\0')
            continue;
        if (bind_socket(listener, path, err) != 0)
            return -1;
        bound++;
    }
    if (bound == 0)
        return error_set(err, ERROR_INVALID,
                         "no socket is configured in section \"auth\"");
    return 0;
}

static int watch_signals(struct server *server, struct error *err)
{
    const struct timeval tick = {.tv_sec = TICK_S};

    (void)signal(SIGPIPE, SIG_IGN);
    server->ends[0] = evsignal_new(server->base, SIGTERM, on_end, server);
    server->ends[1] = evsignal_new(server->base, SIGINT, on_end, server);
    server->reloads = evsignal_new(server->base, SIGHUP, on_reload, server);
    server->ticks = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    if (server->ends[0] == NULL || server->ends[1] == NULL || server->reloads == NULL ||
        server->ticks == NULL || event_add(server->ends[0], NULL) != 0 ||
        event_add(server->ends[1], NULL) != 0 ||
        event_add(server->reloads, NULL) != 0 || event_add(server->ticks, &tick) != 0)
        return error_set(err, ERROR_INTERNAL, "cannot watch signals");
    return 0;
}

static void forget_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void server_free(struct server *server)
{
    for (struct connection *next, *at = LIST_FIRST(&server->connections); at != NULL;
         at = next) {
        next = LIST_NEXT(at, link);
        drop(at);
    }
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        struct listener *listener = &server->listeners[i];
        forget_event(listener->readable);
        if (listener->fd >= 0)
            (void)close(listener->fd);
        if (listener->path != NULL)
            (void)unlink(listener->path);
        free(listener->path);
    }
    forget_event(server->ends[0]);
    forget_event(server->ends[1]);
    forget_event(server->reloads);
    forget_event(server->ticks);
    if (server->base != NULL)
        event_base_free(server->base);
    free(server);
}

int authd_server_run(struct authd *authd, struct error *err)
{
    struct server *server = xcalloc(1, sizeof *server);
    int result = -1;

    server->authd = authd;
    server->ticks_until_tidy = TIDY_TICKS;
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++)
        server->listeners[i].fd = -1;
    LIST_INIT(&server->connections);
    server->connections_max = allow_connections();
    server->base = event_base_new();
    if (server->base == NULL) {
        (void)error_set(err, ERROR_INTERNAL, "cannot make an event loop");
        goto out;
    }
    if (watch_signals(server, err) != 0 || bind_sockets(server, err) != 0 ||
        sandbox_basics(err) != 0)
        goto out;
    notify_state("READY=1");
    log_event(LOG_LEVEL_INFO, "authd.ready", "version", CLEANSMTP_VERSION, NULL);
    if (event_base_dispatch(server->base) < 0) {
        (void)error_set(err, ERROR_INTERNAL, "the event loop failed");
        goto out;
    }
    notify_state("STOPPING=1");
    log_event(LOG_LEVEL_INFO, "authd.stopped", "version", CLEANSMTP_VERSION, NULL);
    result = 0;
out:
    server_free(server);
    return result;
}
