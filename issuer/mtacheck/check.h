/*
 * check.h - does a mail server's configuration carry our logins, and could their mail leave by a
 * wrong address?
 *
 * A check is pure: facts in, findings out. The facts are what the mail server says of itself
 * (settings.h) and what the host says (server.h); what is right comes from the pool and our own
 * configuration. A fact that is not there is never taken for a good one. Each server is a table of
 * rules: one row, one thing that can be wrong, how bad it is, one sentence, what to do.
 */
#ifndef ISSUER_MTACHECK_CHECK_H
#define ISSUER_MTACHECK_CHECK_H

#include "issuer/mtacheck/settings.h"

enum mtacheck_severity {
    MTACHECK_LEAK, /* mail by a wrong address, an unjudged message, a bare password */
    MTACHECK_MISSING, /* our logins or their mail do not work, or not all limits count */
    MTACHECK_ADVICE,  /* works, and is worth a thought */
    MTACHECK_SEVERITY_COUNT
};
/* "leak", "missing", "advice" */
const char *mtacheck_severity_name(enum mtacheck_severity severity);

struct mtacheck_rule {
    const char *id; /* stable: scripts name it */
    enum mtacheck_severity severity;
    const char *sentence; /* what follows from it */
    const char *todo;
};
struct mtacheck_finding {
    const struct mtacheck_rule *rule;
    const char *where;  /* "clean1/unix smtp_bind_address", "passdb 2" */
    const char *found;  /* the value there; NULL: none */
    const char *wanted; /* NULL: no one value */
};
enum {
    MTACHECK_FINDINGS_MAX = 500
};
struct mtacheck_findings {
    struct mtacheck_finding at[MTACHECK_FINDINGS_MAX];
    size_t count;
    size_t of[MTACHECK_SEVERITY_COUNT]; /* counted beyond the ceiling, too */
};
void mtacheck_report(struct mtacheck_findings *findings,
                     struct mtacheck_finding finding);

/* A reserved address that sends or may send again. */
struct mtacheck_lane {
    const char *lane, *address, *helo;
};
struct mtacheck_facts {
    const struct mtacheck_lane *lanes;
    size_t lanes_count;
    /* Our sockets; "" where one is off. */
    const char *auth, *verify, *policy, *saslauthd, *socketmap;
    const char *realm; /* of our logins */
    /* Where customers are told to send; 0: at none, or at something that stands in front. */
    unsigned ports[2];
    struct settings settings; /* of the mail server */
    /* Of the host: scope "socket": "answers", "absent", "silent", "closed" (to the mail server's
     * user); "file": "there", "absent", "no program"; "address": "here", "absent"; "script":
     * "asks" at our verify socket, or "elsewhere"; "table": what the table says
     * about a login of ours, "mark": about the header that marks our messages, "" when nothing. The
     * name is the path, address or table. */
    struct settings host;
};
/* A fact of the host, or "unknown". */
const char *mtacheck_host(const struct mtacheck_facts *facts, const char *scope,
                          const char *name);

/* Report a socket that does not answer the mail server, once. */
void mtacheck_socket(const struct mtacheck_facts *facts, const char *path,
                     struct mtacheck_findings *out);

void mtacheck_postfix(const struct mtacheck_facts *facts, struct arena *mem,
                      struct mtacheck_findings *out);
void mtacheck_dovecot23(const struct mtacheck_facts *facts, struct arena *mem,
                        struct mtacheck_findings *out);
void mtacheck_dovecot24(const struct mtacheck_facts *facts, struct arena *mem,
                        struct mtacheck_findings *out);
/* The service of Dovecot that asks us: "service auth", or for a Lua script "service auth-worker". */
const char *mtacheck_dovecot_service(const struct mtacheck_facts *facts);
void mtacheck_exim(const struct mtacheck_facts *facts, struct arena *mem,
                   struct mtacheck_findings *out);

#endif
