/*
 * jobs.c - a few threads and a table.
 */
#include "base/base.h"

#include "issuer/jobs/jobs.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

/* What waits for other hosts does so on a thread of its own. */
enum waits {
    WAITS_FOR_NOBODY,
    WAITS_FOR_DNS,
    WAITS_FOR_RECEIVERS, /* of webhooks */
    WAITS_COUNT
};

static const struct {
    const char *name;
    int64_t every_s;
    int (*run)(struct app *app, struct error *err);
    enum waits waits;
} table[] = {
    {"usage",          1,    job_usage,          WAITS_FOR_NOBODY   },
    {"delivery",       1,    job_delivery,       WAITS_FOR_NOBODY   },
    {"delivery_prune", 600,  job_delivery_prune, WAITS_FOR_NOBODY   },
    {"notices",        10,   job_notices,        WAITS_FOR_NOBODY   },
    {"webhook_prune",  3600, job_webhook_prune,  WAITS_FOR_NOBODY   },
    {"watch",          1,    job_watch,          WAITS_FOR_DNS      },
    {"webhooks",       1,    job_webhooks,       WAITS_FOR_RECEIVERS},
};

struct state {
    int64_t next_ms;
    char complaint[sizeof((struct error *)NULL)
                       ->text]; /* of the last run; "" when it was good */
};

struct worker {
    struct jobs *jobs;
    enum waits waits;
    pthread_t thread;
};

struct jobs {
    struct app *app;
    struct worker workers[WAITS_COUNT];
    size_t workers_count; /* that run */
    pthread_mutex_t turn;
    pthread_cond_t wake;
    bool is_stopping;
    struct state states[ARRAY_LEN(table)]; /* each used by its thread */
};

/* A fault that stays is said once, and again when it is over. */
static void report(const char *name, struct state *state, const struct error *err)
{
    if (strcmp(state->complaint, err->text) == 0)
        return;
    if (err->text[0] != '\0')
        log_event(LOG_LEVEL_ERROR, "job.failed", "job", name, "kind",
                  error_kind_name(err->kind), "why", err->text, NULL);
    else
        log_event(LOG_LEVEL_INFO, "job.recovered", "job", name, NULL);
    memcpy(state->complaint, err->text, sizeof state->complaint);
}

/* Run what is due; returns when the next one is. */
static int64_t run_due(struct jobs *jobs, enum waits waits, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct state *state = &jobs->states[i];
        if (table[i].waits != waits)
            continue;
        if (state->next_ms <= now_ms) {
            struct error err = {0};
            if (table[i].run(jobs->app, &err) == 0)
                err.text[0] = '\0';
            report(table[i].name, state, &err);
            state->next_ms = now_ms + table[i].every_s * 1000;
        }
        next_ms = state->next_ms < next_ms ? state->next_ms : next_ms;
    }
    return next_ms;
}

static void *run_jobs(void *context)
{
    const struct worker *worker = context;
    struct jobs *jobs = worker->jobs;

    pthread_mutex_lock(&jobs->turn);
    while (!jobs->is_stopping) {
        pthread_mutex_unlock(&jobs->turn);
        int64_t next_ms = run_due(jobs, worker->waits,
                                  clock_monotonic_ms(&clock_system));
        const struct timespec until = {.tv_sec = (time_t)(next_ms / 1000),
                                       .tv_nsec = (long)(next_ms % 1000) * 1000000L};
        pthread_mutex_lock(&jobs->turn);
        if (!jobs->is_stopping)
            pthread_cond_timedwait(&jobs->wake, &jobs->turn, &until);
    }
    pthread_mutex_unlock(&jobs->turn);
    return NULL;
}

static void jobs_free(struct jobs *jobs)
{
    pthread_cond_destroy(&jobs->wake);
    pthread_mutex_destroy(&jobs->turn);
    free(jobs);
}

int jobs_start(struct app *app, struct jobs **out, struct error *err)
{
    struct jobs *jobs = xcalloc(1, sizeof *jobs);
    pthread_condattr_t attributes;

    jobs->app = app;
    if (pthread_condattr_init(&attributes) != 0 ||
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_mutex_init(&jobs->turn, NULL) != 0 ||
        pthread_cond_init(&jobs->wake, &attributes) != 0)
        abort();
    pthread_condattr_destroy(&attributes);
    for (int i = 0; i < WAITS_COUNT; i++) {
        struct worker *worker = &jobs->workers[i];
        *worker = (struct worker){.jobs = jobs, .waits = (enum waits)i};
        int status = pthread_create(&worker->thread, NULL, run_jobs, worker);
        if (status != 0) {
            jobs_stop(jobs);
            return error_set_errno(err, ERROR_INTERNAL, status,
                                   "could not start the jobs");
        }
        jobs->workers_count++;
    }
    *out = jobs;
    return 0;
}

void jobs_stop(struct jobs *jobs)
{
    if (jobs == NULL)
        return;
    app_stop(jobs->app);
    pthread_mutex_lock(&jobs->turn);
    jobs->is_stopping = true;
    pthread_cond_broadcast(&jobs->wake);
    pthread_mutex_unlock(&jobs->turn);
    for (size_t i = 0; i < jobs->workers_count; i++)
        pthread_join(jobs->workers[i].thread, NULL);
    jobs_free(jobs);
}
