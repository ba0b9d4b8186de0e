/*
 * received.h - which address did a message come from, by what the receiving host wrote into it?
 * Pure: text in, address out.
 *
 * The text is a message, or an answer that quotes one with its header. Where it does not say for
 * sure, the answer is "unknown", never a guess.
 */
#ifndef ISSUER_CLI_DOCTOR_RECEIVED_H
#define ISSUER_CLI_DOCTOR_RECEIVED_H

#include "base/address.h"

#define CANARY_FIELD "X-Cleansmtp-Canary"

enum {
    RECEIVED_FIELDS_MAX = 64,
    RECEIVED_FIELD_MAX = 2048
};

struct hop {
    char helo[DOMAIN_MAX + 1]; /* as it greeted; "" when not told */
    struct address address;
    bool has_address;
};
/* The value of one Received field (RFC 5321 4.4 and what Exim, qmail, Exchange make of it):
 * what stands between "from" and "by". */
void received_parse(struct slice value, struct hop *out);

enum received_result {
    RECEIVED_NOT_HERE, /* the text is about another message */
    RECEIVED_FOUND,    /* *out is the hop from us to the receiving host */
    RECEIVED_UNCLEAR   /* our message, but no field that says it */
};
/* token: in the field CANARY_FIELD of our message, and in the name that we greeted our own server
 * with, whose Received field is therefore not the one. */
enum received_result received_find(struct slice text, const char *token,
                                   struct hop *out);

#endif
