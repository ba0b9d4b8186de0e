/*
 * sasl_plain.h - the one message of the PLAIN mechanism (RFC 4616):
 *
 *     [authzid] NUL authcid NUL passwd
 */
#ifndef AUTH_SASL_PLAIN_H
#define AUTH_SASL_PLAIN_H

#include "base/slice.h"

enum {
    SASL_FIELD_MAX = 255, /* RFC 4616 2: servers must accept 255 octets */
    SASL_PLAIN_MAX = 3 * SASL_FIELD_MAX + 2
};

struct sasl_plain {
    struct slice login, password; /* into the message */
};

/* message is decoded. false unless it has exactly two NULs, a login and a password of 1 to 255
 * octets, and no authorization identity other than the login: nobody acts for another here. */
NODISCARD bool sasl_plain_parse(struct slice message, struct sasl_plain *out);

#endif
