/*
 * sign.h - Standard Webhooks 1.0: the secret as text, and the signature of a post.
 *
 * The signature is "v1," and base64 of HMAC-SHA256, keyed with the secret's bytes, over
 * "ID.TIMESTAMP.BODY". Source: the specification of standard-webhooks, "Signature scheme".
 */
#ifndef ISSUER_NOTIFY_SIGN_H
#define ISSUER_NOTIFY_SIGN_H

#include "base/slice.h"

enum {
    SIGN_TEXT_MAX = 3 + 44,        /* "v1," and 32 bytes */
    SIGN_SECRET_TEXT_MAX = 6 + 88, /* "whsec_" and 64 bytes */
    SIGN_SECRET_MAX = 64
};

/* text holds SIGN_SECRET_TEXT_MAX + 1; len at most SIGN_SECRET_MAX. */
void sign_secret_format(const void *bytes, size_t len, char *text);
/* timestamp in unix seconds; text holds SIGN_TEXT_MAX + 1. */
void sign_post(struct slice secret, const char *id, int64_t timestamp,
               struct slice body, char *text);

#endif
