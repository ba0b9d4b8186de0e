/*
 * listen.c - poll, and a few connections with a deadline each. Strangers find an open port 25 in
 * minutes: they get refusals, and no more than their place.
 */
#include "base/base.h"

#include "issuer/cli/doctor/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/socket.h"

enum {
    READ_MAX = 4096
};

struct visitor {
    int fd; /* -1: the place is free */
    int64_t until_ms;
    struct address peer;
    struct sink sink;
    size_t sent; /* of sink.replies */
};

struct service {
    const struct listener *listener;
    bool (*on_message)(void *context, const struct address *peer,
                       const struct sink_message *message);
    void *context;
    struct visitor visitors[LISTEN_CONNECTIONS_MAX];
    bool is_done;
};

int listener_open(const char *where, struct listener *out, struct error *err)
{
    *out = (struct listener){.fd = -1};
    return socket_listen(where, &out->fd, err);
}

void listener_close(struct listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

static bool peer_of(const struct sockaddr_storage *from, struct address *out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    *out = (struct address){
        .bytes = {[10] = 0xff, [11] = 0xff}
    };
    if (from->ss_family == AF_INET) {
        memcpy(&v4, from, sizeof v4);
        memcpy(out->bytes + 12, &v4.sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        memcpy(&v6, from, sizeof v6);
        memcpy(out->bytes, &v6.sin6_addr, 16);
    } else {
        return false;
    }
    return true;
}

static void leave(struct visitor *visitor)
{
    close(visitor->fd);
    sink_release(&visitor->sink);
    *visitor = (struct visitor){.fd = -1};
}

static void welcome(struct service *service, int64_t now_ms)
{
    struct sockaddr_storage from = {0};
    socklen_t size = sizeof from;
    struct address peer;

    for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        struct visitor *visitor = &service->visitors[i];
        if (visitor->fd >= 0)
            continue;
        int fd = accept4(service->listener->fd, (struct sockaddr *)&from, &size,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        if (!peer_of(&from, &peer)) {
            close(fd);
            return;
        }
        *visitor = (struct visitor){
            .fd = fd, .until_ms = now_ms + LISTEN_SESSION_MS, .peer = peer};
        sink_init(&visitor->sink, service->listener->name, service->listener->mailbox,
                  service->listener->run);
        return;
    }
}

static void hear(struct service *service, struct visitor *visitor)
{
    char bytes[READ_MAX];
    struct sink_message message;
    ssize_t got = recv(visitor->fd, bytes, sizeof bytes, 0);

    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            leave(visitor);
        return;
    }
    struct slice input = slice_of(bytes, (size_t)got);
    while (sink_take(&visitor->sink, &input, &message))
        if (service->on_message(service->context, &visitor->peer, &message))
            service->is_done = true;
}

static void answer(struct visitor *visitor)
{
    struct strbuf *replies = &visitor->sink.replies;
    ssize_t sent = send(visitor->fd, replies->at + visitor->sent,
                        replies->len - visitor->sent, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        leave(visitor);
        return;
    }
    visitor->sent += sent > 0 ? (size_t)sent : 0;
    if (visitor->sent < replies->len)
        return;
    strbuf_reset(replies);
    visitor->sent = 0;
    if (visitor->sink.state == SINK_OVER)
        leave(visitor);
}

static bool has_answer(const struct visitor *visitor)
{
    return visitor->fd >= 0 && visitor->sink.replies.len > visitor->sent;
}

/* One round; false: nothing more will come. */
static int serve(struct service *service, int wait_ms)
{
    struct pollfd polled[LISTEN_CONNECTIONS_MAX + 1];

    for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
        polled[i] = (struct pollfd){
            .fd = service->visitors[i].fd,
            .events = has_answer(&service->visitors[i]) ? POLLOUT : POLLIN};
    polled[LISTEN_CONNECTIONS_MAX] = (struct pollfd){.fd = service->listener->fd,
                                                     .events = POLLIN};
    if (poll(polled, ARRAY_LEN(polled), wait_ms) < 0)
        return errno == EINTR ? 0 : -1;
    int64_t now_ms = clock_monotonic_ms(&clock_system);
    for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        struct visitor *visitor = &service->visitors[i];
        if (visitor->fd < 0)
            continue;
        if (visitor->until_ms <= now_ms)
            leave(visitor);
        else if ((polled[i].revents & POLLOUT) != 0)
            answer(visitor);
        else if (polled[i].revents != 0)
            hear(service, visitor);
    }
    if (polled[LISTEN_CONNECTIONS_MAX].revents != 0)
        welcome(service, now_ms);
    return 0;
}

static bool is_answering(const struct service *service)
{
    for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
        if (has_answer(&service->visitors[i]))
            return true;
    return false;
}

int listener_run(const struct listener *listener, int64_t timeout_ms,
                 bool (*on_message)(void *context, const struct address *peer,
                                    const struct sink_message *message),
                 void *context, struct error *err)
{
    struct service service = {
        .listener = listener, .on_message = on_message, .context = context};
    int64_t until_ms = clock_monotonic_ms(&clock_system) + timeout_ms;
    int64_t left_ms = timeout_ms;
    int result = 0;

    for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
        service.visitors[i].fd = -1;
    /* The last message is answered before we go, or its server would send it again. */
    while (result == 0 && left_ms > 0 &&
           !(service.is_done && !is_answering(&service))) {
        if (serve(&service, left_ms < 1000 ? (int)left_ms : 1000) != 0)
            result = error_set_errno(err, ERROR_INTERNAL, errno, "could not wait");
        left_ms = until_ms - clock_monotonic_ms(&clock_system);
    }
    for (size_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
        if (service.visitors[i].fd >= 0)
            leave(&service.visitors[i]);
    return result;
}
