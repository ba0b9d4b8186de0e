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

/* One service of master.cf, and what a rule found there. */
struct postfix_look {
    const struct mtacheck_facts *facts;
    struct arena *mem;
    const char *service;
    struct postfix_asking at_end, at_recipient, at_data;
    bool is_direct; /* asks our auth socket itself */
    /* out: */
    const char *name; /* the parameter; NULL: the service as a whole */
    const char *found, *wanted;
};
/* A row of a table of rules, and its judgement. */
struct postfix_rule {
    struct mtacheck_rule rule;
    bool (*is_wrong)(struct postfix_look *look);
};
void postfix_check_rules(struct postfix_look *look, const struct postfix_rule *rules,
                         size_t count, struct mtacheck_findings *out);
/* For judgements: a finding about a parameter, or about a word in its value. Always true. */
bool postfix_blame(struct postfix_look *look, const char *name, const char *wanted);
bool postfix_blame_word(struct postfix_look *look, const char *name, struct slice word);
/* Does a list of words have that one, in any case? */
bool postfix_has_word(const char *list, const char *wanted);

/* postfix_login.c: how logins come in at a service, and whether a service meant for them takes any. */
void postfix_check_login(struct postfix_look *look, struct mtacheck_findings *out);
void postfix_check_ports(const struct mtacheck_facts *facts, struct arena *mem,
                         struct mtacheck_findings *out);
/* postfix_lanes.c */
void postfix_check_lanes(const struct mtacheck_facts *facts, struct arena *mem,
                         struct mtacheck_findings *out);
/* postfix_requeue.c: a service that lets our logins in, and the whole instance that has one. */
void postfix_check_mark(const struct mtacheck_facts *facts, struct arena *mem,
                        const char *service, struct mtacheck_findings *out);
void postfix_check_requeue(const struct mtacheck_facts *facts, struct arena *mem,
                           struct mtacheck_findings *out);

#endif
