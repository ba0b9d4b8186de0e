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
/* The same, with why: *out_explain is the JSON that the program printed, "explain" in it, or NULL when
 * it was unreadable. It lives in mem, and is as foreign as the bounce. */
NODISCARD int intake_explain(struct app *app, struct arena *mem, struct slice bounce,
                             struct evidence *out, const char **out_explain,
                             struct error *err);

#endif
