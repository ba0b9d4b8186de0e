/*
 * monitor.c - a mutex and a condition on the monotonic clock.
 */
#include "base/base.h"

#include "issuer/http/monitor.h"

#include <time.h>

int monitor_init(struct monitor *monitor, struct error *err)
{
    pthread_condattr_t monotonic;

    if (pthread_condattr_init(&monotonic) != 0)
        return error_set(err, ERROR_INTERNAL, "could not prepare the HTTP server");
    bool is_good = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
                   pthread_cond_init(&monitor->changed, &monotonic) == 0;
    (void)pthread_condattr_destroy(&monotonic);
    if (!is_good || pthread_mutex_init(&monitor->lock, NULL) != 0)
        return error_set(err, ERROR_INTERNAL, "could not prepare the HTTP server");
    return 0;
}

void monitor_destroy(struct monitor *monitor)
{
    (void)pthread_cond_destroy(&monitor->changed);
    (void)pthread_mutex_destroy(&monitor->lock);
}

void monitor_lock(struct monitor *monitor)
{
    int failed = pthread_mutex_lock(&monitor->lock);
    assert(failed == 0);
    (void)failed;
}

void monitor_unlock(struct monitor *monitor)
{
    int failed = pthread_mutex_unlock(&monitor->lock);
    assert(failed == 0);
    (void)failed;
}

void monitor_wait(struct monitor *monitor, int64_t ms)
{
    struct timespec until;

    if (clock_gettime(CLOCK_MONOTONIC, &until) != 0)
        return;
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    /* A timeout is as good as a change: the caller looks again. */
    (void)pthread_cond_timedwait(&monitor->changed, &monitor->lock, &until);
}

void monitor_tell(struct monitor *monitor)
{
    (void)pthread_cond_broadcast(&monitor->changed);
}
