/*
 * fuzz_dovecot_auth.c - bytes of a mail server into the auth protocol, cut where the first byte
 * says, all of it answered.
 */
#include "base/base.h"

#include "auth/dovecot_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct dovecot_auth *auth, struct slice input, struct strbuf *out)
{
    struct dovecot_auth_attempt attempt;
    enum dovecot_auth_step step;

    while ((step = dovecot_auth_step(auth, &input, (int64_t)out->len * 1000, out,
                                     &attempt)) == DOVECOT_AUTH_ATTEMPT) {
        enum verdict verdict = (enum verdict)(attempt.request.password.len %
                                              VERDICT_COUNT);
        /* Some are never answered. */
        if (attempt.request.login.len % 3 != 0 &&
            !dovecot_auth_answer(auth, attempt.ticket, verdict, "", out))
            break;
    }
    if (step == DOVECOT_AUTH_MORE && input.len != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t cookie[16];
    struct strbuf out;

    if (size < 2)
        return 0;
    strbuf_init(&out, 65536);
    struct dovecot_auth *auth = dovecot_auth_new(
        &(struct dovecot_auth_hello){.pid = 1,
                                     .connection = 1,
                                     .cookie = cookie,
                                     .peer = (enum config_peer)(data[0] % 3)},
        &out);
    struct slice input = slice_of((const char *)data + 2, size - 2);
    feed(auth, slice_take(input, data[1]), &out);
    feed(auth, slice_skip(input, data[1]), &out);
    dovecot_auth_free(auth);
    strbuf_release(&out);
    return 0;
}
