/*
 * server.h - the mail servers that can be checked: how their facts are gathered, and by which rules
 * they are judged.
 *
 * Gathering runs the server's own programs (postconf, doveconf, exim) and looks at the host: it
 * belongs on the mail server, as root. It changes nothing and sends nothing; sockets are only
 * connected to.
 */
#ifndef ISSUER_MTACHECK_SERVER_H
#define ISSUER_MTACHECK_SERVER_H

#include "issuer/mtacheck/check.h"

struct mtacheck_server {
    const char *name;
    /* Fill settings and host of facts, whose other members are there already. config: its folder, for
     * Dovecot and Exim also the file itself, or NULL for the server's own. What cannot be read is ERROR_UNAVAILABLE. */
    int (*gather)(struct mtacheck_facts *facts, struct arena *mem, const char *config,
                  struct error *err);
    /* Findings that live in mem or longer. */
    void (*check)(const struct mtacheck_facts *facts, struct arena *mem,
                  struct mtacheck_findings *out);
};
/* NULL: that server cannot be asked about its configuration. */
const struct mtacheck_server *mtacheck_server_find(const char *name);

#endif
