/*
 * authd_timers.c - what the server does when its time has come: notes, reading ahead, and once a second the
 * peers that are silent for too long.
 */
#include "base/base.h"

#include "auth/authd_server_internal.h"

enum {
    NOTES_MS = 10, /* notes are at most so old before they are written */
    READ_AHEAD_MS = 1,
    READ_AHEAD = 64, /* logins at once */
    TIDY_TICKS = 60
};

/* ---- notes ---------------------------------------------------------------------------------------- */

void server_write_notes(struct server *server)
{
    server->has_notes = false;
    authd_write_notes(server->authd);
}

static void on_notes(void *context)
{
    server_write_notes(context);
}

void server_note_later(struct server *server)
{
    if (server->has_notes)
        return;
    server->has_notes = ticker_start(server->notes, NOTES_MS, 0);
    if (!server->has_notes)
        server_write_notes(server);
}

/* ---- reading ahead -------------------------------------------------------------------------------- */

/* Read ahead when pause_ms are over, if there is anything left to read. */
static void read_ahead_after(struct server *server, int64_t pause_ms)
{
    if (!server->is_reading && !server->is_draining &&
        authd_has_more_to_read(server->authd))
        server->is_reading = ticker_start(server->reading, (unsigned)pause_ms, 0);
}

/* One step when there are questions, steps for a millisecond when there are none; then a pause that is as
 * long, because a disk may take its time for each. */
static void on_read_ahead(void *context)
{
    struct server *server = context;
    int64_t began_ms = authd_monotonic_ms(server->authd), took_ms;

    do {
        authd_read_ahead(server->authd, READ_AHEAD);
        took_ms = authd_monotonic_ms(server->authd) - began_ms;
    } while (!server->was_asked && took_ms < READ_AHEAD_MS &&
             authd_has_more_to_read(server->authd));
    server->was_asked = server->is_reading = false;
    read_ahead_after(server, took_ms < READ_AHEAD_MS ? READ_AHEAD_MS : took_ms);
}

/* ---- once a second ---------------------------------------------------------------------------------- */

/* Who was silent for too long. An answer that is held back is no silence of the peer's, but in the
 * middle of a request. */
static void end_overdue(struct server *server)
{
    for (struct connection *next, *at = LIST_FIRST(&server->connections); at != NULL;
         at = next) {
        next = LIST_NEXT(at, link);
        if (at->last_tick == 0 || at->last_tick >= server->tick || at->piece != NULL)
            continue;
        server_settle(at, !at->is_partial && dialogue_is_waiting(at->dialogue)
                              ? DIALOGUE_GO_ON
                              : DIALOGUE_DROP);
    }
}

static void on_tick(void *context)
{
    struct server *server = context;

    server->tick++;
    end_overdue(server);
    server_listen_again(server);
    server_look_at_successor(server); /* its time may be over */
    server_write_notes(server);
    read_ahead_after(server, READ_AHEAD_MS);
    if (server->tick % TIDY_TICKS == 0)
        authd_tidy(server->authd);
}

/* ---- life ------------------------------------------------------------------------------------------ */

int server_start_timers(struct server *server, struct error *err)
{
    server->drain = event_new(server->base, -1, EV_PERSIST, on_drain, server);
    if (server->drain == NULL)
        return error_set(err, ERROR_INTERNAL, "cannot make a timer");
    if (ticker_new(server->base, on_tick, server, &server->ticks, err) != 0 ||
        ticker_new(server->base, on_notes, server, &server->notes, err) != 0 ||
        ticker_new(server->base, on_read_ahead, server, &server->reading, err) != 0)
        return -1;
    read_ahead_after(server, READ_AHEAD_MS);
    return ticker_start(server->ticks, TICK_MS, TICK_MS)
               ? 0
               : error_set(err, ERROR_INTERNAL, "cannot start a timer");
}

void server_free_timers(struct server *server)
{
    if (server->drain != NULL)
        event_free(server->drain);
    ticker_free(server->ticks);
    ticker_free(server->notes);
    ticker_free(server->reading);
}
