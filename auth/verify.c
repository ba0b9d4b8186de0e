/*
 * verify.c - is this login and password good right now?
 */
#include "base/base.h"

#include "auth/verify.h"

static bool is_our_service(struct slice service)
{
    return slice_is(service, "smtp") || slice_is(service, "submission");
}

/* The work of a check without its result, for logins that have no verifier. */
static void spend(const struct verify_context *with, struct slice username,
                  const struct verify_request *request)
{
    bool known_key;

    (void)verifier_check(with->pepper, NULL, username, request->password, &known_key);
}

enum verdict verify_login(const struct verify_context *with,
                          const struct verify_request *request, int64_t now,
                          struct arena *mem, struct verify_result *out)
{
    bool known_key = true;

    *out = (struct verify_result){0};
    if (with->pepper == NULL) {
        (void)error_set(&out->fault, ERROR_UNAVAILABLE, "there is no pepper");
        return VERDICT_TEMPORARY;
    }
    if (!username_parse(request->login, with->realm, out->username) ||
        !is_our_service(request->service)) {
        spend(with, request->login, request);
        return VERDICT_NO_SUCH_LOGIN;
    }

    struct slice username = slice_from(out->username);
    if (with->store == NULL) {
        (void)error_set(&out->fault, ERROR_UNAVAILABLE, "there is no database");
        return VERDICT_TEMPORARY;
    }
    if (store_login_find(with->store, mem, out->username, &out->login, &out->fault) !=
        0) {
        spend(with, username, request);
        return out->fault.kind == ERROR_NOT_FOUND ? VERDICT_NO_SUCH_LOGIN
                                                  : VERDICT_TEMPORARY;
    }
    out->is_known = true;
    if (out->login.verifier.pepper_id ==
        0) { /* not revealed: no password can be right */
        spend(with, username, request);
        return VERDICT_WRONG_PASSWORD;
    }

    bool is_right = verifier_check(with->pepper, &out->login.verifier, username,
                                   request->password, &known_key);
    if (!known_key) {
        out->has_lost_key = true;
        (void)error_set(&out->fault, ERROR_INTEGRITY,
                        "the pepper has no key %u, which login \"%s\" needs",
                        out->login.verifier.pepper_id, out->username);
        return VERDICT_TEMPORARY;
    }
    enum verdict verdict = is_right ? lease_login_verdict(&out->login.lease, now)
                                    : VERDICT_WRONG_PASSWORD;
    if (verdict == VERDICT_TEMPORARY)
        (void)error_set(&out->fault, ERROR_UNAVAILABLE, "the lease is suspended");
    return verdict;
}
