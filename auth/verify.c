/*
 * verify.c - is this login and password good right now?
 */
#include "base/base.h"

#include "auth/verify.h"

static bool is_our_service(struct slice service)
{
    return slice_is(service, "smtp") || slice_is(service, "submission");
}

/* The work of a check that fails, without its result, for logins that have no verifier: the present
 * password and those before it (refuse_wrong). */
static void spend(const struct verify_context *with, struct slice username,
                  const struct verify_request *request)
{
    bool known_key;

    for (unsigned i = 0; i < 1 + STORE_EARLIER_MAX; i++)
        (void)verifier_check(with->pepper, NULL, username, request->password,
                             &known_key);
}

static enum verdict fail(struct verify_result *out, enum refusal_cause cause)
{
    out->refusal.cause = cause;
    return VERDICT_TEMPORARY;
}

/* A word as a record can carry it. */
static void copy_service(struct slice service, char out[REFUSAL_SERVICE_MAX + 1])
{
    size_t len = 0;

    for (size_t i = 0; i < service.len && len < REFUSAL_SERVICE_MAX; i++)
        if (service.at[i] > ' ' && service.at[i] < 0x7f)
            out[len++] = service.at[i];
    out[len] = '\0';
}

/* A wrong password that was right before the details were shown again is told in our record, and
 * nowhere else: as many keyed hashes whether there are such passwords or not. */
static enum verdict refuse_wrong(const struct verify_context *with,
                                 const struct verify_request *request,
                                 struct verify_result *out)
{
    struct earlier_verifier earlier[STORE_EARLIER_MAX];
    struct error ignored = {0};
    size_t count = 0;

    out->refusal.cause = REFUSAL_WRONG_PASSWORD;
    if (store_login_earlier(with->store, out->login.lease.id, earlier, &count,
                            &ignored) != 0)
        count = 0;
    for (size_t i = 0; i < STORE_EARLIER_MAX; i++) {
        bool known_key;
        bool is_right = verifier_check(
            with->pepper, i < count ? &earlier[i].verifier : NULL,
            slice_from(out->username), request->password, &known_key);
        if (is_right)
            out->refusal = (struct refusal){.cause = REFUSAL_EARLIER_PASSWORD,
                                            .reveal = earlier[i].reveal,
                                            .replaced_at = earlier[i].replaced_at};
    }
    return VERDICT_WRONG_PASSWORD;
}

/* The password is right; is the lease? */
static enum verdict judge_lease(int64_t now, struct verify_result *out)
{
    static const enum refusal_cause causes[VERDICT_COUNT] = {
        [VERDICT_WRONG_PASSWORD] = REFUSAL_NOT_REVEALED,
        [VERDICT_EXPIRED] = REFUSAL_EXPIRED,
        [VERDICT_REVOKED] = REFUSAL_REVOKED,
        [VERDICT_TEMPORARY] = REFUSAL_HELD,
    };
    enum verdict verdict = lease_login_verdict(&out->login.lease, now);

    if (verdict == VERDICT_TEMPORARY)
        (void)error_set(&out->fault, ERROR_UNAVAILABLE, "the lease is suspended");
    out->refusal.cause = causes[verdict];
    return verdict;
}

/* The store has the login. */
static enum verdict judge_known(const struct verify_context *with,
                                const struct verify_request *request, int64_t now,
                                struct verify_result *out)
{
    struct slice username = slice_from(out->username);
    bool known_key = true;

    if (!is_our_service(request->service)) {
        spend(with, username, request);
        out->refusal.cause = REFUSAL_WRONG_SERVICE;
        copy_service(request->service, out->refusal.service);
        return VERDICT_NO_SUCH_LOGIN;
    }
    if (out->login.verifier.pepper_id ==
        0) { /* not revealed: no password can be right */
        spend(with, username, request);
        out->refusal.cause = REFUSAL_NOT_REVEALED;
        return VERDICT_WRONG_PASSWORD;
    }
    bool is_right = verifier_check(with->pepper, &out->login.verifier, username,
                                   request->password, &known_key);
    if (!known_key) {
        out->has_lost_key = true;
        (void)error_set(&out->fault, ERROR_INTEGRITY,
                        "the pepper has no key %u, which login \"%s\" needs",
                        out->login.verifier.pepper_id, out->username);
        return fail(out, REFUSAL_OUR_FAULT);
    }
    return is_right ? judge_lease(now, out) : refuse_wrong(with, request, out);
}

/* The right password of a login that is remembered. The same hash is computed for all others. */
static bool is_remembered(const struct verify_context *with,
                          const struct verify_request *request,
                          struct verify_result *out)
{
    struct credential_row kept;
    bool is_kept = login_cache_find_credential(with->logins, out->username, &kept);
    bool known_key;
    bool is_right = verifier_check(with->pepper, is_kept ? &kept.verifier : NULL,
                                   slice_from(out->username), request->password,
                                   &known_key);

    if (!is_kept || !is_right || !is_our_service(request->service))
        return false;
    out->login = kept;
    out->is_known = true;
    return true;
}

/* The login is of our form, and all is there to judge it. */
static enum verdict judge_login(const struct verify_context *with,
                                const struct verify_request *request, int64_t now,
                                struct arena *mem, struct verify_result *out)
{
    if (with->logins != NULL && is_remembered(with, request, out))
        return judge_lease(now, out);
    if ((with->logins != NULL &&
         login_cache_need_view(with->logins, with->store, &out->fault) != 0) ||
        store_credential_find(with->store, mem, out->username, &out->login,
                              &out->fault) != 0) {
        spend(with, slice_from(out->username), request);
        return out->fault.kind == ERROR_NOT_FOUND ? VERDICT_NO_SUCH_LOGIN
                                                  : fail(out, REFUSAL_OUR_FAULT);
    }
    out->is_known = true;
    enum verdict verdict = judge_known(with, request, now, out);
    if (verdict == VERDICT_OK && with->logins != NULL)
        login_cache_put_credential(with->logins, out->username, &out->login);
    return verdict;
}

enum verdict verify_login(const struct verify_context *with,
                          const struct verify_request *request, int64_t now,
                          struct arena *mem, struct verify_result *out)
{
    *out = (struct verify_result){0};
    bool is_ours = username_parse(request->login, with->realm, out->username);
    if (with->pepper == NULL) {
        (void)error_set(&out->fault, ERROR_UNAVAILABLE, "there is no pepper");
        return fail(out, REFUSAL_OUR_FAULT);
    }
    if (!is_ours) {
        spend(with, request->login, request);
        return VERDICT_NO_SUCH_LOGIN;
    }
    if (with->store == NULL) {
        (void)error_set(&out->fault, ERROR_UNAVAILABLE, "there is no database");
        return fail(out, REFUSAL_OUR_FAULT);
    }
    return judge_login(with, request, now, mem, out);
}
