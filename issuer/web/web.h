/*
 * web.h - the console's pages and the customer's pages.
 */
#ifndef ISSUER_WEB_WEB_H
#define ISSUER_WEB_WEB_H

#include "issuer/app.h"
#include "issuer/http/router.h"

struct web {
    struct app *app;
    /* Take in what authd wrote just now (jobs/jobs.h job_usage), before a case is shown; NULL:
     * the jobs alone do it. A failure shows what is known so far. */
    int (*take_usage)(struct app *app, struct error *err);
};

/* Fill a site; web is borrowed and outlives it. The console site also answers /healthz, /readyz
 * and /static/…; the customer site /r/{id} and /static/… and nothing else. */
void web_console_site(const struct web *web, struct site *out);
void web_customer_site(const struct web *web, struct site *out);

#endif
