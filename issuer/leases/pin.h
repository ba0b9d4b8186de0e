/*
 * pin.h - six digits that reach the customer another way than the link does.
 *
 * A million possibilities withstand nobody who has the hash, so they are kept as Argon2id with
 * libsodium's INTERACTIVE limits, until their first use and no longer; who has only the link has
 * REVEAL_TRIES_MAX tries. docs/decisions/pin.md
 */
#ifndef ISSUER_LEASES_PIN_H
#define ISSUER_LEASES_PIN_H

#include "issuer/app.h"

enum {
    PIN_HASH_MAX = 127
};

struct pin {
    char digits[PIN_LEN + 1];
    char hash[PIN_HASH_MAX + 1];
};

/* Both take about 0.1 s and 64 MiB, and wait for their turn: never inside of a transaction that
 * writes. ERROR_UNAVAILABLE: no memory. */
NODISCARD int pin_new(struct app *app, struct pin *out, struct error *err);
bool pin_is_right(struct app *app, const char *hash, struct slice typed);

#endif
