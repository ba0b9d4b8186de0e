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

/* clang-format off: version 14 crashes on rows of unequal length */
static const struct verdict_answer answers[] = {
    [VERDICT_OK] = {.name = "ok",
                    .verify = "OK",
                    .checkpassword_exit = CHECKPASSWORD_OK},
    [VERDICT_NO_SUCH_LOGIN] = {.name = "no_such_login",
                               .verify = "NO",
                               .checkpassword_exit = CHECKPASSWORD_UNACCEPTABLE},
    [VERDICT_WRONG_PASSWORD] = {.name = "wrong_password",
                                .verify = "NO",
                                .checkpassword_exit = CHECKPASSWORD_UNACCEPTABLE},
    [VERDICT_EXPIRED] = {.name = "expired",
                         .verify = "EXPIRED",
                         .checkpassword_exit = CHECKPASSWORD_UNACCEPTABLE,
                         .dovecot_code = "pass_expired",
                         .reason = "These temporary sending details have expired. "
                                   "Please switch back to your usual outgoing server."},
    [VERDICT_REVOKED] = {.name = "revoked",
                         .verify = "REVOKED",
                         .checkpassword_exit = CHECKPASSWORD_UNACCEPTABLE,
                         .dovecot_code = "user_disabled",
                         .reason = "These temporary sending details have been ended. "
                                   "Please switch back to your usual outgoing server."},
    [VERDICT_TEMPORARY] = {.name = "temporary",
                           .verify = "TEMP",
                           .checkpassword_exit = CHECKPASSWORD_TEMPORARY,
                           .dovecot_code = "temp_fail",
                           .reason = "The login cannot be checked at the moment. "
                                     "Please try again in a few minutes."},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(answers) == VERDICT_COUNT, "one row a verdict");

const struct verdict_answer *verdict_answer(enum verdict verdict)
{
    assert((size_t)verdict < ARRAY_LEN(answers));
    return &answers[verdict];
}
