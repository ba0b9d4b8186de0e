/*
 * connections.c - a list of what is open, and the thread that walks it.
 */
#include "base/base.h"

#include "issuer/http/connections.h"

#include <netinet/in.h>
#include <pthread.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/socket.h"
#include "issuer/http/monitor.h"

enum {
    REQUEST_DEADLINE_MS = 10 * 1000,
    CONNECTION_DEADLINE_MS = 60 * 1000,
    BODY_BYTES_PER_MS = 32, /* a body must keep 32 KB a second to earn time */
    REAP_EVERY_MS = 500
};

struct connections {
    struct monitor monitor; /* of all below, and of what changes in a peer */
    struct peer *peers;
    bool is_stopping; /* the monitor is told */
    pthread_t reaper;
};

static int64_t now_ms(void)
{
    return clock_monotonic_ms(&clock_system);
}

static void name_peer(struct peer *peer, const struct sockaddr *from)
{
    struct address address = {
        .bytes = {[10] = 0xff, [11] = 0xff}
    };
    gid_t gid;
    pid_t pid;

    if (from != NULL && from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        memcpy(address.bytes + 12, &v4.sin_addr, 4);
        address_format(&address, peer->client);
    } else if (from != NULL && from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(address.bytes, &v6.sin6_addr, 16);
        address_format(&address, peer->client);
    } else {
        memcpy(peer->client, "unix", sizeof "unix");
        peer->has_peer = socket_peer(peer->fd, &peer->uid, &gid, &pid);
    }
}

struct peer *peer_open(struct connections *connections, int fd,
                       const struct sockaddr *from)
{
    struct peer *peer = xcalloc(1, sizeof *peer);

    peer->connections = connections;
    peer->fd = fd;
    peer->since_ms = now_ms();
    name_peer(peer, from);
    monitor_lock(&connections->monitor);
    peer->next = connections->peers;
    if (peer->next != NULL)
        peer->next->previous = peer;
    connections->peers = peer;
    monitor_unlock(&connections->monitor);
    return peer;
}

/* While a peer is in the list its descriptor is its own. */
void peer_close(struct peer *peer)
{
    struct connections *connections = peer->connections;

    monitor_lock(&connections->monitor);
    if (peer->previous != NULL)
        peer->previous->next = peer->next;
    else
        connections->peers = peer->next;
    if (peer->next != NULL)
        peer->next->previous = peer->previous;
    monitor_unlock(&connections->monitor);
    free(peer);
}

void peer_sent_body(struct peer *peer, size_t len)
{
    if (peer == NULL)
        return;
    monitor_lock(&peer->connections->monitor);
    peer->body_bytes += (int64_t)len;
    monitor_unlock(&peer->connections->monitor);
}

void peer_sent_all(struct peer *peer)
{
    if (peer == NULL)
        return;
    monitor_lock(&peer->connections->monitor);
    peer->is_whole = true;
    monitor_unlock(&peer->connections->monitor);
}

void peer_is_answered(struct peer *peer)
{
    if (peer == NULL)
        return;
    monitor_lock(&peer->connections->monitor);
    peer->since_ms = now_ms();
    peer->body_bytes = 0;
    peer->is_whole = false;
    monitor_unlock(&peer->connections->monitor);
}

/* ---- the reaper ---- */

static int64_t deadline_ms(const struct peer *peer)
{
    int64_t allowed = REQUEST_DEADLINE_MS + peer->body_bytes / BODY_BYTES_PER_MS;

    if (peer->is_whole || allowed > CONNECTION_DEADLINE_MS)
        allowed = CONNECTION_DEADLINE_MS;
    return peer->since_ms + allowed;
}

static void *reap(void *context)
{
    struct connections *connections = context;

    monitor_lock(&connections->monitor);
    while (!connections->is_stopping) {
        int64_t now = now_ms();
        for (struct peer *peer = connections->peers; peer != NULL; peer = peer->next)
            if (peer->fd >= 0 && now > deadline_ms(peer))
                (void)shutdown(peer->fd, SHUT_RDWR);
        monitor_wait(&connections->monitor, REAP_EVERY_MS);
    }
    monitor_unlock(&connections->monitor);
    return NULL;
}

int connections_start(struct connections **out, struct error *err)
{
    struct connections *connections = xcalloc(1, sizeof *connections);

    if (monitor_init(&connections->monitor, err) != 0) {
        free(connections);
        return -1;
    }
    if (pthread_create(&connections->reaper, NULL, reap, connections) != 0) {
        monitor_destroy(&connections->monitor);
        free(connections);
        return error_set(err, ERROR_UNAVAILABLE, "could not start a thread");
    }
    *out = connections;
    return 0;
}

void connections_stop(struct connections *connections)
{
    monitor_lock(&connections->monitor);
    connections->is_stopping = true;
    monitor_tell(&connections->monitor);
    monitor_unlock(&connections->monitor);
    (void)pthread_join(connections->reaper, NULL);
    monitor_destroy(&connections->monitor);
    free(connections);
}
