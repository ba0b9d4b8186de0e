/*
 * postfix.h - what the parts of the Postfix check share: values, and lists of restrictions.
 */
#ifndef ISSUER_MTACHECK_POSTFIX_H
#define ISSUER_MTACHECK_POSTFIX_H

#include "issuer/mtacheck/check.h"

/* A parameter as a service has it: its own -o, else main.cf's; "" when nobody says. */
const char *postfix_value(const struct mtacheck_facts *facts, const char *service,
                          const char *name);
bool postfix_is_yes(const struct mtacheck_facts *facts, const char *service,
                    const char *name);
/* Does the service run that program of Postfix? */
bool postfix_runs(const struct mtacheck_facts *facts, const char *service,
                  const char *program);
/* The path behind "unix:", or a path of its own, below the queue folder if it is relative; NULL
 * for anything else. */
const char *postfix_socket_path(const struct mtacheck_facts *facts, struct arena *mem,
                                struct slice endpoint);

/* Is the table that map of our socketmap socket? */
bool postfix_is_our_map(const struct mtacheck_facts *facts, struct arena *mem,
                        struct slice table, const char *map);

/* Whether a list of restrictions asks cleansmtp-authd about a login of ours. */
enum postfix_reach {
    POSTFIX_ASKED,
    POSTFIX_MAPPED,    /* at the socketmap socket: bound, and not counted */
    POSTFIX_ABSENT,    /* the end comes first */
    POSTFIX_PASSED,    /* something before may let it pass */
    POSTFIX_UNREAD,    /* a table that could not be read */
    POSTFIX_UNDECLARED /* a class that smtpd_restriction_classes does not name */
};
struct postfix_asking {
    enum postfix_reach reach;
    struct slice word; /* the restriction that passes, the table, the class */
    struct slice spec; /* with POSTFIX_ASKED: what stands behind check_policy_service */
};
void postfix_asking(const struct mtacheck_facts *facts, struct arena *mem,
                    const char *restrictions, struct postfix_asking *out);
/* The first unix socket of what stands behind check_policy_service, and its default action: NULL
 * when it names none. */
const char *postfix_policy_socket(const struct mtacheck_facts *facts, struct arena *mem,
                                  struct slice spec);
const char *postfix_policy_default(struct arena *mem, struct slice spec);

/* postfix_lanes.c */
void postfix_check_lanes(const struct mtacheck_facts *facts, struct arena *mem,
                         struct mtacheck_findings *out);
/* postfix_requeue.c: a service that lets our logins in, and the whole instance that has one. */
void postfix_check_mark(const struct mtacheck_facts *facts, struct arena *mem,
                        const char *service, struct mtacheck_findings *out);
void postfix_check_requeue(const struct mtacheck_facts *facts, struct arena *mem,
                           struct mtacheck_findings *out);

#endif
