/*
 * delivery.c - take in the mail server's log, and forget what is too old.
 */
#include "base/base.h"

#include "base/log.h"
#include "issuer/jobs/jobs.h"
#include "issuer/mtalog/intake.h"

enum {
    PRUNE_ROWS = 2000, /* a transaction */
    PRUNE_ROUNDS = 20  /* a run: about what ten minutes of a busy server bring */
};

static void (*const readers[])(struct slice text, int64_t now,
                               struct mtalog_line *out) = {
    [CONFIG_LOG_POSTFIX] = mtalog_read_postfix,
    [CONFIG_LOG_EXIM] = mtalog_read_exim,
};

struct keeping {
    const struct log_batch *batch;
};

static int apply(struct store *store, void *context, struct error *err)
{
    const struct keeping *keeping = context;

    return store_log_apply(store, keeping->batch, err);
}

static int commit(void *context, const struct log_batch *batch, struct error *err)
{
    struct keeping keeping = {batch};

    return app_write(context, apply, &keeping, err);
}

static int read_position(struct app *app, struct log_position *out, struct error *err)
{
    struct store *store = NULL;

    if (app_take_reader(app, &store, err) != 0)
        return -1;
    int result = store_log_position(store, out, err);
    app_give_back(app, store);
    return result;
}

int job_delivery(struct app *app, struct error *err)
{
    const struct config *config = app_config(app);
    struct intake *intake = app_intake(app);
    struct intake_report report;
    struct intake_terms terms = {.path = config->mta_log.file,
                                 .read = readers[config->mta_log.format],
                                 .now = app_now(app),
                                 .commit = commit,
                                 .context = app};

    if (config->mta_log.file[0] == '\0')
        return 0;
    if (read_position(app, &terms.position, err) != 0 ||
        intake_round(intake, &terms, &report, err) != 0)
        return -1;
    switch (intake_says(intake, &report, terms.now)) {
    case INTAKE_SAYS_AMISS:
        log_event(LOG_LEVEL_WARNING, "mta_log.unreadable", "file", terms.path, "why",
                  report.why.text, NULL);
        break;
    case INTAKE_SAYS_OVER:
        log_event(LOG_LEVEL_INFO, "mta_log.readable", "file", terms.path, NULL);
        break;
    case INTAKE_SAYS_NOTHING: break;
    }
    return 0;
}

struct pruning {
    int64_t before;
    size_t removed;
};

static int prune(struct store *store, void *context, struct error *err)
{
    struct pruning *p = context;

    return store_delivery_prune(store, p->before, PRUNE_ROWS, &p->removed, err);
}

int job_delivery_prune(struct app *app, struct error *err)
{
    struct pruning p = {.before = app_now(app) - app_config(app)->mta_log.keep_s};

    for (int i = 0; i < PRUNE_ROUNDS; i++) {
        if (app_write(app, prune, &p, err) != 0)
            return -1;
        if (p.removed == 0)
            break;
    }
    return 0;
}
