/*
 * certificate.h - is a server's certificate good for a name, now and soon? By OpenSSL.
 */
#ifndef ISSUER_CLI_DOCTOR_CERTIFICATE_H
#define ISSUER_CLI_DOCTOR_CERTIFICATE_H

#include "base/arena.h"
#include "base/error.h"

struct certificate_chain {
    const char *const *pem; /* as the server sent them, its own first */
    size_t count;
};
struct certificate_facts {
    bool is_name_right;
    const char *names; /* that it is for; of the first few */
    const char
        *chain_why; /* why the chain is not good, apart from dates; NULL: it is */
    int64_t not_before, not_after; /* of the chain as a whole */
};
/* ca_file NULL: what the system trusts. ERROR_INVALID: no certificate can be read. */
NODISCARD int certificate_read(struct arena *mem, const struct certificate_chain *chain,
                               const char *host, const char *ca_file,
                               struct certificate_facts *out, struct error *err);

#endif
