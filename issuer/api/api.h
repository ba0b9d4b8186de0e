/*
 * api.h - /api/v1: JSON for the command line, for scripts and for other programs.
 *
 * On the unix socket who connects is known from the kernel (SO_PEERCRED): root and the owner of the
 * state folder are administrators, everyone else is refused. On the console's listener a request
 * brings a token (issuer/identity/api_token.h), and nothing else counts: no cookie, and no peer of a
 * unix socket either, because that is the proxy in front. Only the description of the API is for
 * everybody (openapi.h).
 */
#ifndef ISSUER_API_API_H
#define ISSUER_API_API_H

#include <jansson.h>

#include "issuer/app.h"
#include "issuer/http/router.h"

/* What a resource reads of a request, noted instead of read. For the test that holds the description
 * (openapi.h) against it. */
struct api_told {
    const char *query;  /* its fields; NULL: it reads none */
    const char *format; /* of jansson's unpack; NULL: it reads no body */
    const char *names[32];
};

struct api {
    struct app *app;
    /* Take in what authd wrote just now (jobs/jobs.h job_usage), before a lease is shown; NULL:
     * the jobs alone do it. A failure shows what is known so far. */
    int (*take_usage)(struct app *app, struct error *err);
    bool wants_token;      /* on the console's listener */
    struct api_told *told; /* NULL, but in that test */
};

/* api is borrowed and outlives the site. */
void api_site(const struct api *api, struct site *out);
/* What GET /api/openapi.json answers, a new reference. */
NODISCARD int api_describe(json_t **out, struct error *err);

#endif
