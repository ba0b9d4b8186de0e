/*
 * verdict.c - the table of protocol answers to a login.
 *
 * The two ways of not knowing the password must not differ in anything a peer sees; only name,
 * which is ours, tells them apart.
 */
#include "base/base.h"

#include "core/verdict.h"

enum {
    /* https://cr.yp.to/checkpwd/interface.html */
    CHECKPASSWORD_OK = 0,
    CHECKPASSWORD_UNACCEPTABLE = 1,
    CHECKPASSWORD_TEMPORARY = 111
};

/* clang-format 14 crashes on this table. */
/* clang-format off */
#define EXPIRED                                      \
    "These temporary sending details have expired. " \
    "Please switch back to your usual outgoing server."
#define ENDED                                           \
    "These temporary sending details have been ended. " \
    "Please switch back to your usual outgoing server."
#define TEMPORARY \
    "The login cannot be checked at the moment. Please try again in a few minutes."

/* name, verify, checkpassword_exit, dovecot_code, reason */
static const struct verdict_answer answers[] = {
    [VERDICT_OK] = {"ok", "OK", 0, NULL, NULL},
    [VERDICT_NO_SUCH_LOGIN] = {"no_such_login", "NO", 1, NULL, NULL},
    [VERDICT_WRONG_PASSWORD] = {"wrong_password", "NO", 1, NULL, NULL},
    [VERDICT_EXPIRED] = {"expired", "EXPIRED", 1, "pass_expired", EXPIRED},
    [VERDICT_REVOKED] = {"revoked", "REVOKED", 1, "user_disabled", ENDED},
    [VERDICT_TEMPORARY] = {"temporary", "TEMP", 111, "temp_fail", TEMPORARY},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(answers) == VERDICT_COUNT, "one row a verdict");

const struct verdict_answer *verdict_answer(enum verdict verdict)
{
    assert((size_t)verdict < ARRAY_LEN(answers));
    return &answers[verdict];
}
