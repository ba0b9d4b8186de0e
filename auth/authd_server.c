/*
 * authd_server.c - listening, reading, writing, time limits.
 *
 * The loop goes in turns. First everything that has come is read, into one buffer of the server; then
 * all of it is answered from one view of the database, which is younger than any of the questions;
 * the messages of a turn share one sync of the journal; what only needs to be noted is written a little
 * later, that of many turns at once. The buffer is wiped: it carries passwords. A connection is freed in one place (drop), and never while one of
 * its handlers runs: handlers say what shall become of it.
 */
#include "base/base.h"

#include "auth/authd_server_internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/sandbox.h"
#include "base/secret.h"

enum {
    CONNECTIONS_MAX = 2000, /* a socket; a large Postfix runs 1000 smtpd */
    DESCRIPTORS_RESERVED = 64,
    ACCEPTS_AT_ONCE = 64,
    AWAKE_NS = 20000
};

/* ---- the end of a connection ----------------------------------------------------------------- */

static void free_delayed(struct delayed *delayed)
{
    LIST_REMOVE(delayed, link);
    event_free(delayed->timer);
    free(delayed);
}

void server_listen_again(struct server *server)
{
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        struct listener *listener = &server->listeners[i];
        if (listener->readable != NULL && !server->is_draining &&
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
    if (connection->piece != NULL)
        connection->piece->connection = NULL;
    LIST_REMOVE(connection, link);
    server->listeners[connection->socket].connections--;
    event_free(connection->readable);
    event_free(connection->writable);
    (void)close(connection->fd);
    dialogue_free(connection->dialogue);
    free(connection);
    server_listen_again(server);
    if (server->is_draining && LIST_EMPTY(&server->connections))
        (void)event_base_loopbreak(server->base);
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

static bool stop_reading(struct connection *connection)
{
    connection->is_reading = connection->is_partial = false;
    connection->last_tick = 0;
    return event_del(connection->readable) == 0;
}

/* Wait for the peer, within what its kind of connection may take, begun with each answer or with the
 * first byte of a request. */
static bool wait_for_peer(struct connection *connection)
{
    const struct dialogue_kind *kind = dialogue_kind(connection->socket);
    bool is_partial = dialogue_is_partial(connection->dialogue);

    if (dialogue_is_paused(connection->dialogue))
        return stop_reading(connection);
    if (!is_partial || !connection->is_partial) {
        int64_t limit_ms = is_partial ? kind->partial_ms : kind->idle_ms;
        connection->last_tick = limit_ms == 0
                                    ? 0
                                    : connection->server->tick + limit_ms / TICK_MS;
    }
    connection->is_partial = is_partial;
    if (!connection->is_reading)
        connection->is_reading = event_add(connection->readable, NULL) == 0;
    return connection->is_reading;
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
        return stop_reading(connection);
    return wait_for_peer(connection);
}

void server_settle(struct connection *connection, enum dialogue_fate fate)
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
    server_settle(connection, fate);
}

static void hold_back(void *context, uint64_t ticket, const struct authd_login *login)
{
    struct connection *connection = context;
    struct delayed *delayed = xcalloc(1, sizeof *delayed);
    struct timeval delay = {.tv_sec = login->delay_ms / 1000,
                            .tv_usec = login->delay_ms % 1000 * 1000};

    if (connection->server->is_draining)
        delay = (struct timeval){0};
    delayed->connection = connection;
    delayed->ticket = ticket;
    delayed->login = *login;
    delayed->timer = evtimer_new(connection->server->base, on_delay_over, delayed);
    if (delayed->timer == NULL || evtimer_add(delayed->timer, &delay) != 0)
        abort(); /* out of memory, as in alloc.h */
    LIST_INSERT_HEAD(&connection->delayed, delayed, link);
}

/* ---- a turn -------------------------------------------------------------------------------------------- */

static void settle_piece(struct piece *piece, enum dialogue_fate fate)
{
    struct connection *connection = piece->connection;

    connection->piece = NULL;
    piece->connection = NULL;
    server_settle(connection, fate);
}

/* Tell the messages that were let go, when their records are on the disk. What came behind one may
 * be another. */
static bool keep_promises(struct server *server)
{
    bool is_committed = authd_commit(server->authd) == 0;
    bool has_more = false;

    for (size_t i = 0; i < server->piece_count; i++) {
        struct piece *piece = &server->pieces[i];
        if (piece->connection == NULL)
            continue;
        struct dialogue *dialogue = piece->connection->dialogue;
        enum dialogue_fate fate = dialogue_committed(dialogue, is_committed);
        if (fate == DIALOGUE_GO_ON && dialogue_has_promise(dialogue))
            has_more = true;
        else
            settle_piece(piece, fate);
    }
    return has_more;
}

/* Answer what was read. */
static void answer_all(struct server *server)
{
    bool has_promises = false;

    if (server->piece_count == 0)
        return;
    authd_begin_view(server->authd);
    for (size_t i = 0; i < server->piece_count; i++) {
        struct piece *piece = &server->pieces[i];
        if (piece->connection == NULL)
            continue;
        struct dialogue *dialogue = piece->connection->dialogue;
        enum dialogue_fate fate = dialogue_take(dialogue, piece->text);
        if (fate == DIALOGUE_GO_ON && dialogue_has_promise(dialogue))
            has_promises = true;
        else
            settle_piece(piece, fate);
    }
    authd_end_view(server->authd);
    while (has_promises)
        has_promises = keep_promises(server);
    authd_note_logins(server->authd);
    secret_wipe(server->buffer, server->read_bytes);
    server->read_bytes = 0;
    server->piece_count = 0;
}

/* ---- events ------------------------------------------------------------------------------------------ */

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    struct server *server = connection->server;

    (void)what;
    assert(connection->piece == NULL); /* one event of each a turn */
    if (server->piece_count == PIECES_MAX)
        answer_all(server);
    char *at = server->buffer + server->read_bytes;
    ssize_t count = recv(fd, at, PIECE_BYTES, 0);
    if (count > 0) {
        connection->has_spoken = true;
        connection->piece = &server->pieces[server->piece_count++];
        *connection->piece = (struct piece){connection, slice_of(at, (size_t)count)};
        server->read_bytes += (size_t)count;
        return;
    }
    if (count < 0) {
        bool may_go_on = errno == EAGAIN || errno == EINTR;
        server_settle(connection, may_go_on ? DIALOGUE_GO_ON : DIALOGUE_DROP);
        return;
    }
    connection->is_ended = true;
    server_settle(connection, dialogue_end(connection->dialogue));
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    server_settle(context, DIALOGUE_GO_ON);
}

static void serve(struct listener *listener, int fd)
{
    struct server *server = listener->server;
    struct connection *connection = xcalloc(1, sizeof *connection);

    connection->server = server;
    connection->socket = listener->socket;
    connection->fd = fd;
    connection->accepted_ms = authd_monotonic_ms(server->authd);
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
    server_settle(connection, DIALOGUE_GO_ON);
}

void server_accept(struct listener *listener)
{
    int listening_fd = listener->server->sockets->at[listener->socket].fd;

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

static void on_connect(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    server_accept(context);
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

static int watch_sockets(struct server *server, struct error *err)
{
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        struct listener *listener = &server->listeners[i];
        int fd = server->sockets->at[i].fd;
        listener->server = server;
        listener->socket = (enum config_socket)i;
        if (fd < 0)
            continue;
        listener->readable = event_new(server->base, fd, EV_READ | EV_PERSIST,
                                       on_connect, listener);
        if (listener->readable == NULL || event_add(listener->readable, NULL) != 0)
            return error_set(err, ERROR_INTERNAL, "cannot watch \"%s\"",
                             server->sockets->at[i].path);
    }
    return 0;
}

static const struct {
    int number;
    event_callback_fn act;
} signals[SIGNALS] = {
    {SIGTERM, on_end       },
    {SIGINT,  on_end       },
    {SIGHUP,  on_reload    },
    {SIGUSR2, on_succession},
    {SIGCHLD, on_child     },
};

/* Hold them back while nobody takes them: one that comes while a successor starts must not end it.
 * The mask outlives exec. */
static int hold_signals(int how, struct error *err)
{
    sigset_t held;
    bool is_filled = sigemptyset(&held) == 0;

    for (size_t i = 0; i < SIGNALS; i++)
        is_filled = sigaddset(&held, signals[i].number) == 0 && is_filled;
    /* One thread. */
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (!is_filled || sigprocmask(how, &held, NULL) != 0)
        return error_set(err, ERROR_INTERNAL, "cannot hold signals");
    return 0;
}

static int watch_signals(struct server *server, struct error *err)
{
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < SIGNALS; i++) {
        server->signals[i] = evsignal_new(server->base, signals[i].number,
                                          signals[i].act, server);
        if (server->signals[i] == NULL || event_add(server->signals[i], NULL) != 0)
            return error_set(err, ERROR_INTERNAL, "cannot watch signals");
    }
    return hold_signals(SIG_UNBLOCK, err);
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
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++)
        forget_event(server->listeners[i].readable);
    for (size_t i = 0; i < SIGNALS; i++)
        forget_event(server->signals[i]);
    server_free_timers(server);
    if (server->base != NULL)
        event_base_free(server->base);
    free(server);
}

/* Whoever asks again within AWAKE_NS finds us awake: to be woken costs more than to answer
 * (docs/decisions/awake-for-a-moment.md). */
static bool is_awake(const struct server *server, int64_t since_ns)
{
    return server->may_stay_awake && since_ns != 0 &&
           clock_monotonic_ns() - since_ns < AWAKE_NS;
}

static int take_turns(struct server *server, struct error *err)
{
    int64_t answered_ns = 0; /* 0: sleep until there is something */
    int result;

    log_collect(true);
    do {
        if (!is_awake(server, answered_ns))
            answered_ns = 0;
        result = event_base_loop(
            server->base, EVLOOP_ONCE | (answered_ns != 0 ? EVLOOP_NONBLOCK : 0));
        bool has_answered = server->piece_count > 0;
        bool is_alone = server->piece_count == 1;
        server->was_asked |= has_answered;
        answer_all(server);
        if (has_answered) {
            answered_ns = is_alone ? clock_monotonic_ns() : 0;
            server_note_later(server);
        } else if (answered_ns == 0) {
            server_write_notes(server);
        }
    } while (result == 0 && !event_base_got_break(server->base));
    server_write_notes(server);
    log_collect(false);
    return result >= 0 ? 0 : error_set(err, ERROR_INTERNAL, "the event loop failed");
}

static int run(struct server *server, struct error *err)
{
    server->base = event_base_new();
    if (server->base == NULL)
        return error_set(err, ERROR_INTERNAL, "cannot make an event loop");
    if (server_start_timers(server, err) != 0 || watch_signals(server, err) != 0 ||
        listeners_open(server->sockets, authd_config(server->authd), err) != 0 ||
        watch_sockets(server, err) != 0 || sandbox_basics(err) != 0)
        return -1;
    notify_state("READY=1");
    log_event(LOG_LEVEL_INFO, "authd.ready", "version", CLEANSMTP_VERSION, NULL);
    if (take_turns(server, err) != 0)
        return -1;
    log_event(LOG_LEVEL_INFO,
              server->end == AUTHD_SERVER_SUCCEEDED ? "authd.succeeded"
                                                    : "authd.stopped",
              "version", CLEANSMTP_VERSION, NULL);
    return 0;
}

int authd_server_run(struct authd *authd, struct listeners *listeners,
                     struct successor *successor, enum authd_server_end *out,
                     struct error *err)
{
    struct server *server = xcalloc(1, sizeof *server);

    server->authd = authd;
    listeners_init(listeners);
    server->sockets = listeners;
    server->successor = successor;
    LIST_INIT(&server->connections);
    server->connections_max = allow_connections();
    /* On one processor it would keep the other side from asking. */
    server->may_stay_awake = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    int result = run(server, err);
    if (result == 0)
        result = hold_signals(SIG_BLOCK, err);
    successor_forget(successor);
    if (result != 0 || server->end == AUTHD_SERVER_STOPPED)
        listeners_close(listeners);
    *out = server->end;
    server_free(server);
    return result;
}
