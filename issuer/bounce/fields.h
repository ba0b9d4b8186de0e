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

/* RFC 3339 as we print it, in UTC, of a date in mail's or in RFC 3339's form; NULL: neither. */
const char *fields_time(struct arena *mem, struct slice text);

/* The host of "mx.example. (192.0.2.1, the server for ...)"; the text itself when there is none. */
struct slice fields_host(struct slice text);

/* sender, reporting_mta, time, message_id, queue_id, client of out. */
void fields_read(struct arena *mem, const struct mime_mail *mail, const struct dsn *dsn,
                 struct bounce_evidence *out);

#endif
