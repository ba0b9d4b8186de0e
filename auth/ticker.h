/*
 * ticker.h - a timer that nearly always runs, and costs nothing while others are waited for.
 *
 * libevent gives the next of its own timers to each epoll_wait(2) as a limit, and the kernel starts
 * and stops a clock for it at each wait: a microsecond, of the twenty of a login. This is a
 * descriptor instead (timerfd_create(2)), which is set once.
 */
#ifndef AUTH_TICKER_H
#define AUTH_TICKER_H

#include "base/error.h"

struct event_base; /* libevent's */
struct ticker;

/* act(context) is called in the loop of base. */
NODISCARD int ticker_new(struct event_base *base, void (*act)(void *context),
                         void *context, struct ticker **out, struct error *err);
void ticker_free(struct ticker *ticker); /* before its base; NULL is fine */

/* Once after so many milliseconds; then, unless every_ms is 0, again and again. false: it could not be
 * set, and what was set before stays. 0 and 0 end it. */
NODISCARD bool ticker_start(struct ticker *ticker, unsigned after_ms,
                            unsigned every_ms);

#endif
