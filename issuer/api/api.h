/*
 * api.h - /api/v1 on the unix socket: JSON for the command line and for scripts.
 *
 * Who connects is known from the kernel (SO_PEERCRED): root and the owner of the state folder are
 * administrators, everyone else is refused.
 */
#ifndef ISSUER_API_API_H
#define ISSUER_API_API_H

#include "issuer/app.h"
#include "issuer/http/router.h"
#include "issuer/render/template.h"

struct api {
    struct app *app;
    const struct templates *templates; /* for the mail server's configuration text */
    /* Take in what authd wrote just now (jobs/jobs.h job_usage), before a lease is shown; NULL:
     * the jobs alone do it. A failure shows what is known so far. */
    int (*take_usage)(struct app *app, struct error *err);
};

/* api is borrowed and outlives the site. */
void api_site(const struct api *api, struct site *out);

#endif
