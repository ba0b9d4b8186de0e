/*
 * doctor.h - one examination of this host by `cleansmtp doctor`, shared by its parts.
 *
 * A part looks at one thing and adds findings; it never fails as a whole. What is missing is a
 * finding too, so that a half-configured host gets a list of what to do next.
 */
#ifndef ISSUER_CLI_DOCTOR_DOCTOR_H
#define ISSUER_CLI_DOCTOR_DOCTOR_H

#include "issuer/cli/doctor/findings.h"

struct doctor {
    struct cli *cli;
    struct arena *mem;           /* the invocation's */
    const struct config *config; /* NULL: it could not be read */
    struct findings found;
    json_t *pool;        /* the reserved addresses; NULL: the daemon did not say */
    const char *ca_file; /* NULL: the system's */
    int64_t now;
};

/* True, or one row "unknown: needs the configuration" and false. */
bool doctor_has_config(struct doctor *doctor, const char *check);
bool doctor_has_pool(struct doctor *doctor, const char *check);

/* doctor_host.c */
void doctor_check_config(struct doctor *doctor);
void doctor_check_files(struct doctor *doctor);
void doctor_check_clock(struct doctor *doctor);
void doctor_check_room(struct doctor *doctor);
/* doctor_daemons.c */
void doctor_check_issuer(struct doctor *doctor);
void doctor_check_sockets(struct doctor *doctor);
/* doctor_pool.c */
void doctor_check_pool(struct doctor *doctor);
/* doctor_submission.c */
void doctor_check_submission(struct doctor *doctor);
/* doctor_caches.c */
void doctor_check_caches(struct doctor *doctor);
/* doctor_guides.c */
void doctor_check_guides(struct doctor *doctor);
/* doctor_canary.c */
void doctor_prove_egress(struct doctor *doctor);

#endif
