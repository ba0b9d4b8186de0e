/*
 * username.h - the login of a new lease.
 */
#ifndef ISSUER_LEASES_USERNAME_H
#define ISSUER_LEASES_USERNAME_H

#include "issuer/app.h"

/* One that no lease has or had, inside the writing transaction; out holds USERNAME_LEN + 1. */
NODISCARD int username_choose(struct app *app, struct store *store, struct arena *mem,
                              char *out, struct error *err);

#endif
