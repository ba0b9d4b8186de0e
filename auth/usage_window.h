/*
 * usage_window.h - how many messages has this login sent lately, from memory.
 *
 * The journal says it on disk; this is the part of it that the next decision needs: messages
 * that cleansmtpd has not taken in yet, and those of the last hour. Rebuilt from the journal at
 * start. Old messages leave at the front, so it holds no more than the leases' own limits let in.
 */
#ifndef AUTH_USAGE_WINDOW_H
#define AUTH_USAGE_WINDOW_H

#include "core/usage.h"

enum {
    USAGE_HOUR_S = 3600
};

struct usage_window;

struct usage_window *usage_window_new(void);
void usage_window_free(struct usage_window *window);

/* Take in a journal record; only messages count. */
void usage_window_add(struct usage_window *window, const struct usage_line *line);
/* Messages beyond seq were not acknowledged: they have not been. */
void usage_window_take_back(struct usage_window *window, int64_t seq);
/* Let go of messages at or before seq that are older than an hour. */
void usage_window_forget(struct usage_window *window, int64_t taken_seq, int64_t now);

struct usage_count {
    unsigned not_taken;            /* messages with a seq beyond taken_seq */
    unsigned recipients_not_taken; /* theirs */
    unsigned last_hour;            /* messages of the last hour, taken in or not */
    /* This very message was counted before; it is in neither number. With is_taken it is
     * among those that the store counts, with so many recipients. */
    bool has_instance, is_taken;
    unsigned own_recipients;
};
/* instance may be "". */
struct usage_count usage_window_count(const struct usage_window *window,
                                      const char *username, const char *instance,
                                      int64_t taken_seq, int64_t now);

#endif
