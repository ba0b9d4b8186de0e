/*
 * reading.h - one bounce being read: shared by bounce.c, refusal.c and kind.c, and by nobody else.
 */
#ifndef ISSUER_BOUNCE_READING_H
#define ISSUER_BOUNCE_READING_H

#include "issuer/bounce/bounce.h"
#include "issuer/bounce/classify.h"
#include "issuer/bounce/dsn.h"
#include "issuer/bounce/mime.h"
#include "issuer/bounce/reply.h"

struct bounce_reader {
    struct rules rules;
    struct charsets *charsets;
    struct reply_finder *finder;
    struct pattern *daemon;  /* a From that only mail servers have */
    struct pattern *subject; /* a Subject of notices */
    struct pattern *words;   /* what notices say */
    struct pattern *plain;   /* what only notices say */
    struct pattern *url;
    struct pattern *enclosed;               /* the From line of a notice within words */
    struct pattern *reporter;               /* the server that wrote a notice */
    struct pattern *log_queue, *log_sender; /* in a line of a mail log */
};

/* One reading. */
struct reading {
    const struct bounce_reader *reader;
    struct arena *mem;
    const struct bounce_options *options;
    struct mime_mail mail;
    struct dsn dsn;
    struct replies replies;
    struct finding findings[REPLIES_MAX];
};

/* kind.c: is it a notice of failure or delay? What it is instead goes into *flags. */
bool reading_is_bounce(const struct reading *r, unsigned *flags);
/* kind.c: is there a reply, or a paragraph that means something? */
bool reading_means_something(const struct reading *r);

/* refusal.c: the recipients of out, and the refusal that the notice is about. */
void reading_refusals(struct reading *r, struct bounce_evidence *out);

#endif
