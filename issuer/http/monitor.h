/*
 * monitor.h - a lock, and a change of what it guards that threads wait for, each for a time at most.
 *
 * The time is the monotonic clock's: whoever sets the machine's clock makes nobody wait longer.
 */
#ifndef ISSUER_HTTP_MONITOR_H
#define ISSUER_HTTP_MONITOR_H

#include <pthread.h>

#include "base/error.h"

struct monitor {
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* ERROR_INTERNAL: then there is nothing to destroy. */
NODISCARD int monitor_init(struct monitor *monitor, struct error *err);
/* When nobody holds it and nobody waits. */
void monitor_destroy(struct monitor *monitor);

void monitor_lock(struct monitor *monitor);
void monitor_unlock(struct monitor *monitor);

/* The next two while it is held. Wait for a change, at most ms; the caller looks again. */
void monitor_wait(struct monitor *monitor, int64_t ms);
/* Wake all who wait. */
void monitor_tell(struct monitor *monitor);

#endif
