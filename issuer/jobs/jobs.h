/*
 * jobs.h - what happens by itself, on one thread: a table of jobs and how often they run.
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

#endif
