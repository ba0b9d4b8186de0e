/*
 * verdict.h - the answer to a login: one enum, one table of protocol answers.
 *
 * Unknown and wrong are one voice on every protocol; only who knows the password learns
 * "expired" or "revoked". Our own fault is temporary, never a refusal (RFC 4954: after 535 a
 * mail client asks for a new password).
 */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include "base/base.h"

enum verdict {
    VERDICT_OK,
    VERDICT_NO_SUCH_LOGIN,
    VERDICT_WRONG_PASSWORD,
    VERDICT_EXPIRED,
    VERDICT_REVOKED,
    VERDICT_TEMPORARY,
    VERDICT_COUNT
};

struct verdict_answer {
    const char *name;         /* log and journal: "ok", "no_such_login", … */
    const char *verify;       /* first word on the verify socket */
    int checkpassword_exit;   /* 0: exec the program */
    const char *dovecot_code; /* code= for peer dovecot; NULL: none */
    const char *reason;       /* a sentence for the person who sends, or NULL */
};

const struct verdict_answer *verdict_answer(enum verdict verdict);

#endif
