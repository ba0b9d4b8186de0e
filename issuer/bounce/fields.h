/*
 * fields.h - what a notice tells besides the refusal: who sent, when, which message.
 */
#ifndef ISSUER_BOUNCE_FIELDS_H
#define ISSUER_BOUNCE_FIELDS_H

#include "issuer/bounce/bounce.h"
#include "issuer/bounce/dsn.h"
#include "issuer/bounce/mime.h"

/* A mailbox in the form we compare, in mem; NULL: it is none. */
const char *fields_mailbox(struct arena *mem, struct slice text);

/* sender, reporting_mta, time, message_id, queue_id, client of out. */
void fields_read(struct arena *mem, const struct mime_mail *mail, const struct dsn *dsn,
                 struct bounce_evidence *out);

#endif
