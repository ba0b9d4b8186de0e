/*
 * intake.h - hand strangers' bytes to cleansmtp-bounce and take its evidence back.
 *
 * The child is jailed and limited (docs/protocols/bounce.md); whatever it prints is checked again
 * here, because a parser that was taken over may print anything. Killed, over a limit or
 * nonsense: unreadable evidence, never an error of the request.
 */
#ifndef ISSUER_CASES_INTAKE_H
#define ISSUER_CASES_INTAKE_H

#include "issuer/app.h"

/* More than BOUNCE_MAX is ERROR_INVALID; a program that cannot be started ERROR_INTERNAL. */
NODISCARD int intake_read(struct app *app, struct arena *mem, struct slice bounce,
                          struct evidence *out, struct error *err);

#endif
