/*
 * monitor.h - which address is asked about on which list next: all of ours on all of them, in rounds.
 *
 * A round begins every so often, give or take a tenth, so that many installations do not ask a list
 * in the same second. Within it questions go out in slices of at most the ceiling, one slice a
 * second (whoever runs us sees to the second), one list after the other, because all addresses of a
 * slice share a list's test points. A round that is not through when the next one is due delays it: no two
 * run at once, and the report says that the monitor is behind.
 *
 * It asks nobody itself, and keeps no answers: slices go to check.h, answers to keep.h. One thread
 * runs it; monitor_report may be called by any.
 */
#ifndef ISSUER_DNSBL_MONITOR_H
#define ISSUER_DNSBL_MONITOR_H

#include "base/random.h"
#include "issuer/dnsbl/check.h"

enum {
    MONITOR_NETWORK_MAX =
        256, /* addresses of one shared network that are all asked about: a /24 */
    MONITOR_ADDRESSES_MAX = 4096
};

struct monitor;
struct monitor *monitor_new(void);
void monitor_free(struct monitor *monitor); /* NULL is fine */

struct monitor_times {
    int64_t now, now_ms; /* wall, seconds; monotonic */
    int64_t every_s;     /* between the beginnings of two rounds */
};

/* Is a round running, or due? */
bool monitor_is_due(const struct monitor *monitor, const struct monitor_times *times);
bool monitor_is_running(const struct monitor *monitor);

/* Begin a round. Zones are borrowed until it is over (those of an app live as long as it); left_out
 * says of how many shared networks not every address is among these. */
struct monitor_plan {
    const struct address *addresses;
    size_t addresses_count, left_out;
    const struct zone *const *zones;
    size_t zones_count;
};
void monitor_begin(struct monitor *monitor, const struct monitor_plan *plan,
                   const struct monitor_times *times, const struct random *random);
/* The next slice, at most max checks that cost at most `ceiling` questions, but one at least; 0: what
 * was asked lately was dear, wait a second, or the round is over (monitor_is_running). */
size_t monitor_next(struct monitor *monitor, unsigned ceiling, struct dnsbl_check *out,
                    size_t max);
/* The slice was asked; with the last one the round ends. */
void monitor_took(struct monitor *monitor, const struct dnsbl_check *asked,
                  size_t count, const struct monitor_times *times);

struct monitor_report {
    int64_t rounds;             /* whole ones since the daemon started */
    int64_t began_at, ended_at; /* of the last whole one; 0: none yet */
    int64_t took_ms;
    size_t asked, unknown; /* pairs of address and list in it; without an answer */
    size_t left_out;       /* shared networks that were not asked about as a whole */
    bool is_behind;        /* it took, or the present one takes, longer than every_s */
};
void monitor_report(struct monitor *monitor, const struct monitor_times *times,
                    struct monitor_report *out);

#endif
