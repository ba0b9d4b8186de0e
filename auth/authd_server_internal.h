/*
 * authd_server_internal.h - what authd_server.c, authd_drain.c and authd_timers.c share; nobody else includes it.
 */
#ifndef AUTH_AUTHD_SERVER_INTERNAL_H
#define AUTH_AUTHD_SERVER_INTERNAL_H

#include "auth/authd_server.h"

#include <event2/event.h>
#include <sys/queue.h>

#include "auth/dialogue.h"
#include "auth/ticker.h"

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
    int64_t accepted_ms;
    int64_t last_tick;   /* in which the peer may still be silent; 0: always */
    struct piece *piece; /* what it said in this turn, or NULL */
    bool is_reading;     /* readable waits */
    bool is_partial;     /* last_tick is that of an unfinished request */
    bool has_spoken;     /* the peer has said something */
    bool is_ended;       /* the peer has said all it will say */
    bool is_closing;     /* write what is there, then close */
    bool is_hanging_up;  /* write what is there, then wait for the peer to close */
};

LIST_HEAD(connection_list, connection);

/* What one connection said in this turn. */
struct piece {
    struct connection *connection; /* NULL: it is gone */
    struct slice text;
};

struct listener {
    struct server *server;
    enum config_socket socket;
    struct event *readable; /* NULL: not listening */
    unsigned connections;
};

enum {
    SIGNALS = 5,
    TICK_MS = 1000,  /* of server->tick */
    PIECES_MAX = 64, /* connections that are read before their questions are answered */
    /* A few requests: of wrong logins, which cost most, a quarter of a millisecond. Who says more says it in
     * the next turn, so that nobody waits for a flood, but for its next piece. */
    PIECE_BYTES = 1024,
    READ_BYTES = PIECES_MAX * PIECE_BYTES
};

struct server {
    struct authd *authd;
    struct event_base *base;
    struct event *signals[SIGNALS], *drain;
    struct ticker *ticks, *notes, *reading;
    bool has_notes;  /* the timer of the notes runs */
    bool is_reading; /* the timer of what is read ahead runs */
    bool was_asked;  /* since it came last */
    bool may_stay_awake;
    int64_t tick; /* seconds that the server runs */
    struct listeners *sockets;
    struct listener listeners[CONFIG_SOCKET_COUNT];
    struct successor *successor;
    enum authd_server_end end;
    bool
        is_draining; /* no more connections; those that are there end when they are quiet */
    int64_t drain_until_ms;
    struct connection_list connections;
    unsigned connections_max; /* a socket */
    uint64_t last_connection;
    struct piece pieces[PIECES_MAX];
    size_t piece_count, read_bytes;
    char buffer[READ_BYTES];
};

/* Accept what waits there, a batch at most. */
void server_accept(struct listener *listener);
/* Accept again where there is room again. */
void server_listen_again(struct server *server);
/* Carry out the dialogue's fate; the connection may be gone then. */
void server_settle(struct connection *connection, enum dialogue_fate fate);

/* The timers (authd_timers.c). */
NODISCARD int server_start_timers(struct server *server, struct error *err);
void server_free_timers(struct server *server);
/* What the answers of a turn left to be noted: a write for each login would cost more than the login. */
void server_note_later(struct server *server);
void server_write_notes(struct server *server);

/* The signals that end us (authd_drain.c). */
void on_end(evutil_socket_t fd, short what, void *context);
void on_succession(evutil_socket_t fd, short what, void *context);
void on_child(evutil_socket_t fd, short what, void *context);
/* The timer of the end. */
void on_drain(evutil_socket_t fd, short what, void *context);
/* What became of a successor's trial; from the tick too, because its time may be over. */
void server_look_at_successor(struct server *server);

#endif
