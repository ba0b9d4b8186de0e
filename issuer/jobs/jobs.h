/*
 * jobs.h - what happens by itself: a table of jobs, how often they run, and on which thread.
 *
 * Jobs that work on this host share one thread, in turn. Who waits for other hosts has a thread of its
 * own, so that a silent list or receiver holds up nothing else.
 */
#ifndef ISSUER_JOBS_JOBS_H
#define ISSUER_JOBS_JOBS_H

#include "issuer/app.h"

struct jobs;
NODISCARD int jobs_start(struct app *app, struct jobs **out, struct error *err);
void jobs_stop(struct jobs *jobs);

/* One round of taking in authd's journal (also run before a lease is shown, so that the page is
 * not a second behind). */
NODISCARD int job_usage(struct app *app, struct error *err);
/* One round of reading the mail server's log; a log that cannot be read is no failed job but an
 * event, once and then every hour. Of the jobs' thread alone. */
NODISCARD int job_delivery(struct app *app, struct error *err);
/* Ask the next few questions of the round over the block lists (issuer/dnsbl/monitor.h), and keep the
 * answers. Waits for DNS, dns.timeout at most. */
NODISCARD int job_watch(struct app *app, struct error *err);
/* Say once that a lease ends soon, or has ended by itself (audit log). */
NODISCARD int job_notices(struct app *app, struct error *err);
/* Send what is on its way to webhooks (issuer/notify/webhook.h). Waits for receivers. */
NODISCARD int job_webhooks(struct app *app, struct error *err);
/* Forget posts that ended a month ago. */
NODISCARD int job_webhook_prune(struct app *app, struct error *err);
/* Remove what is older than mta_log.keep. */
NODISCARD int job_delivery_prune(struct app *app, struct error *err);

#endif
