/*
 * pin.c - PINs made and checked.
 */
#include "base/base.h"

#include "issuer/leases/pin.h"

#include <sodium.h>

#include "core/credential.h"
#include "issuer/identity/guard.h"

_Static_assert(PIN_HASH_MAX + 1 >= crypto_pwhash_STRBYTES, "a hash has room");

int pin_new(struct app *app, struct pin *out, struct error *err)
{
    pin_make(app_random(app), out->digits);
    guard_hash_begin(app_guard(app));
    int failed = crypto_pwhash_str(out->hash, out->digits, PIN_LEN,
                                   crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_MEMLIMIT_INTERACTIVE);
    guard_hash_end(app_guard(app));
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "could not hash the PIN: no memory");
    return 0;
}

bool pin_is_right(struct app *app, const char *hash, struct slice typed)
{
    char digits[PIN_LEN + 1] = "";

    /* What is no PIN costs the same. */
    bool is_pin = pin_normalise(typed, digits);
    guard_hash_begin(app_guard(app));
    bool is_same = crypto_pwhash_str_verify(hash, digits, strlen(digits)) == 0;
    guard_hash_end(app_guard(app));
    secret_wipe(digits, sizeof digits);
    return is_pin && is_same;
}
