/*
 * authd_drain.c - the end of the server, without refusing anybody.
 *
 * No more connections are taken: who comes later waits in the backlog for whoever comes after us.
 * What is in hand is answered, idle connections are closed in a way that loses no request, and
 * after DRAIN_MS the loop ends whatever is left. SIGUSR2 does so for a successor, which is tried
 * first.
 */
#include "base/base.h"

#include "auth/authd_server_internal.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/notify.h"

enum {
    DRAIN_MS =
        3000, /* a LOGIN whose client has gone must not hold up the others for long */
    DRAIN_LOOK_US = 10000,
    /* A new connection is expected to ask something: a helper connects, and then writes. Postfix asks again
     * once when its connection has gone, and answers 454 when the second goes too, so the grace is
     * what a process may have to wait for its turn on a host that is busy. */
    DRAIN_FRESH_MS = 1000,
    DRAIN_SILENT_MS = 2000 /* one that has not said its first word */
};

/* Let a connection end when nothing is in hand. The peer's next write fails at once, and a client
 * that keeps its connection (Postfix) makes a new one within the same login or message; what it
 * wrote before is read and answered. */
static void end_when_quiet(struct connection *connection, int64_t now_ms)
{
    int unread = 0;
    int64_t grace_ms = connection->has_spoken ? DRAIN_FRESH_MS : DRAIN_SILENT_MS;

    if (dialogue_is_quiet(connection->dialogue) && connection->piece == NULL &&
        now_ms - connection->accepted_ms >= grace_ms &&
        ioctl(connection->fd, FIONREAD, &unread) == 0 && unread == 0)
        (void)shutdown(connection->fd, SHUT_RD);
}

void on_drain(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    int64_t now_ms = authd_monotonic_ms(server->authd);

    (void)fd;
    (void)what;
    if (now_ms >= server->drain_until_ms || LIST_EMPTY(&server->connections)) {
        (void)event_base_loopbreak(server->base);
        return;
    }
    for (struct connection *at = LIST_FIRST(&server->connections); at != NULL;
         at = LIST_NEXT(at, link))
        end_when_quiet(at, now_ms);
}

/* A refusal that is held back is told now: waiting would hold up everybody else. */
static void answer_delayed(struct server *server)
{
    const struct timeval now = {0};

    for (struct connection *at = LIST_FIRST(&server->connections); at != NULL;
         at = LIST_NEXT(at, link))
        for (struct delayed *one = LIST_FIRST(&at->delayed); one != NULL;
             one = LIST_NEXT(one, link))
            (void)evtimer_add(one->timer, &now);
}

static void stop_listening(struct server *server)
{
    for (size_t i = 0; i < CONFIG_SOCKET_COUNT; i++) {
        struct listener *listener = &server->listeners[i];
        const struct listening *socket = &server->sockets->at[i];
        if (listener->readable == NULL)
            continue;
        /* Nobody comes after us: who is in the backlog is still served. */
        if (server->end == AUTHD_SERVER_STOPPED && socket->is_own)
            server_accept(listener);
        event_free(listener->readable);
        listener->readable = NULL;
        if (server->end == AUTHD_SERVER_STOPPED)
            listeners_close_one(server->sockets, listener->socket);
    }
}

static void start_drain(struct server *server, enum authd_server_end end)
{
    const struct timeval look = {.tv_usec = DRAIN_LOOK_US};

    server->end = end;
    stop_listening(server);
    server->is_draining = true;
    server->drain_until_ms = authd_monotonic_ms(server->authd) + DRAIN_MS;
    answer_delayed(server);
    if (event_add(server->drain, &look) != 0)
        (void)event_base_loopbreak(server->base);
}

void on_end(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd;
    (void)what;
    notify_state("STOPPING=1");
    if (!server->is_draining) {
        start_drain(server, AUTHD_SERVER_STOPPED);
        return;
    }
    server->end = AUTHD_SERVER_STOPPED; /* said twice, or on the way to a successor */
    (void)event_base_loopbreak(server->base);
}

static void refuse_successor(const char *why)
{
    log_event(LOG_LEVEL_ERROR, "successor.refused", "error", why, NULL);
}

void on_succession(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    int64_t now_ms = authd_monotonic_ms(server->authd);
    struct error err = {0};

    (void)fd;
    (void)what;
    if (server->is_draining || server->successor->pid != 0)
        return;
    if (successor_try(server->successor, now_ms, &err) != 0)
        refuse_successor(err.text);
}

void server_look_at_successor(struct server *server)
{
    switch (successor_state(server->successor, authd_monotonic_ms(server->authd))) {
    case SUCCESSOR_NONE:
    case SUCCESSOR_TRIED: return;
    case SUCCESSOR_BAD:
        refuse_successor("it does not accept the configuration");
        return;
    case SUCCESSOR_GOOD: break;
    }
    if (!server->is_draining)
        start_drain(server, AUTHD_SERVER_SUCCEEDED);
}

void on_child(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    server_look_at_successor(context);
}
