/*
 * note.h - a note of a person on a case, for colleagues.
 *
 * Kept as a record of the audit log: it is part of what happened, cannot be changed afterwards, and
 * stands on the page of the case in its order.
 */
#ifndef ISSUER_CASES_NOTE_H
#define ISSUER_CASES_NOTE_H

#include "issuer/app.h"

/* ERROR_INVALID: empty, longer than NOTE_MAX, or with control characters. Needs ACT_DIAGNOSE. */
NODISCARD int case_note(struct app *app, struct arena *mem, const struct actor *actor,
                        int64_t case_id, const char *text, struct error *err);

#endif
