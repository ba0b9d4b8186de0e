/*
 * check.c - what the checks of all servers share.
 */
#include "base/base.h"

#include "issuer/mtacheck/check.h"

const char *mtacheck_severity_name(enum mtacheck_severity severity)
{
    static const char *const names[] = {[MTACHECK_LEAK] = "leak",
                                        [MTACHECK_MISSING] = "missing",
                                        [MTACHECK_ADVICE] = "advice"};
    _Static_assert(ARRAY_LEN(names) == MTACHECK_SEVERITY_COUNT,
                   "every severity has a name");

    return names[severity];
}

void mtacheck_report(struct mtacheck_findings *findings,
                     struct mtacheck_finding finding)
{
    findings->of[finding.rule->severity]++;
    if (findings->count < MTACHECK_FINDINGS_MAX)
        findings->at[findings->count++] = finding;
}

const char *mtacheck_host(const struct mtacheck_facts *facts, const char *scope,
                          const char *name)
{
    const char *fact = settings_find(&facts->host, scope, name);

    return fact != NULL ? fact : "unknown";
}

void mtacheck_socket(const struct mtacheck_facts *facts, const char *path,
                     struct mtacheck_findings *out)
{
    static const struct {
        const char *state; /* NULL: any other */
        struct mtacheck_rule rule;
    } states[] = {
        {"absent",
         {"socket.absent", MTACHECK_MISSING, "there is no such socket",
          "start the daemon that serves it, or correct its path on one of the two sides"}},
        {"silent",
         {"socket.silent", MTACHECK_MISSING, "nobody answers on this socket",
          "start the daemon that serves it"}                                             },
        {"closed",
         {"socket.closed", MTACHECK_MISSING,
          "the mail server's user may not open this socket",
          "auth.group in cleansmtp.conf must be a group of that user"}                   },
        {NULL,
         {"socket.unknown", MTACHECK_MISSING,
          "it could not be found out whether this socket answers", "check as root"}      },
    };
    const char *state = mtacheck_host(facts, "socket", path);
    size_t i = 0;

    if (strcmp(state, "answers") == 0)
        return;
    for (size_t k = 0; k < out->count; k++)
        if (strcmp(out->at[k].where, path) == 0)
            return;
    while (states[i].state != NULL && strcmp(states[i].state, state) != 0)
        i++;
    mtacheck_report(out, (struct mtacheck_finding){&states[i].rule, path, NULL, NULL});
}
