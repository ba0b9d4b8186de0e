/*
 * smtp.h - a mail program's side of submission (libcurl, kept inside smtp.c).
 */
#ifndef ISSUER_CLI_DOCTOR_SMTP_H
#define ISSUER_CLI_DOCTOR_SMTP_H

#include "base/arena.h"
#include "base/error.h"
#include "base/secret.h"
#include "issuer/cli/doctor/certificate.h"

struct smtp_server {
    const char *host;
    unsigned port;
    bool is_tls_first;    /* else STARTTLS, never without */
    const char *ca_file;  /* NULL: what the system trusts */
    const char *greeting; /* what we say in EHLO */
};
/* Connect, TLS and EHLO, with whatever certificate it has; the chain it sent lives in mem. */
NODISCARD int smtp_look(const struct smtp_server *server, struct arena *mem,
                        struct certificate_chain *out, struct error *err);

struct smtp_message {
    const char *username;
    const struct secret *password;
    const char *from, *to;
    struct slice text; /* header and body, CRLF at the end of each line */
};
/* Log in and hand the message over; only over TLS with a certificate that is good for the host.
 * ERROR_DENIED: the login was refused; ERROR_REFUSED: the message was. */
NODISCARD int smtp_send(const struct smtp_server *server,
                        const struct smtp_message *message, struct error *err);

#endif
