/*
 * ticker.c - a timer as a descriptor.
 */
#include "base/base.h"

#include "auth/ticker.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/alloc.h"

struct ticker {
    int fd;
    struct event *readable;
    void (*act)(void *context);
    void *context;
};

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct ticker *ticker = context;
    uint64_t times;

    (void)what;
    if (read(fd, &times, sizeof times) == (ssize_t)sizeof times)
        ticker->act(ticker->context);
}

int ticker_new(struct event_base *base, void (*act)(void *context), void *context,
               struct ticker **out, struct error *err)
{
    struct ticker *ticker = xcalloc(1, sizeof *ticker);

    ticker->act = act;
    ticker->context = context;
    ticker->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (ticker->fd >= 0)
        ticker->readable = event_new(base, ticker->fd, EV_READ | EV_PERSIST,
                                     on_readable, ticker);
    if (ticker->readable == NULL || event_add(ticker->readable, NULL) != 0) {
        int why = errno;
        ticker_free(ticker);
        return error_set_errno(err, ERROR_INTERNAL, why, "could not make a timer");
    }
    *out = ticker;
    return 0;
}

void ticker_free(struct ticker *ticker)
{
    if (ticker == NULL)
        return;
    if (ticker->readable != NULL)
        event_free(ticker->readable);
    if (ticker->fd >= 0)
        (void)close(ticker->fd);
    free(ticker);
}

static struct timespec time_of(unsigned ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
}

bool ticker_start(struct ticker *ticker, unsigned after_ms, unsigned every_ms)
{
    const struct itimerspec set = {.it_value = time_of(after_ms),
                                   .it_interval = time_of(every_ms)};

    return timerfd_settime(ticker->fd, 0, &set, NULL) == 0;
}
