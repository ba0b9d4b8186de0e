/*
 * resolver_answer.h - a DNS message as it came from the wire, read into a reply.
 *
 * Pure. Our own reader, because c-ares 1.18 has one a type with rules of its own (MX and TXT take
 * the records of any owner, A follows aliases), and none tells a referral from "no such record",
 * which for a block list is the difference between unknown and clear.
 */
#ifndef ISSUER_DNSBL_RESOLVER_ANSWER_H
#define ISSUER_DNSBL_RESOLVER_ANSWER_H

#include "issuer/dnsbl/resolver.h"

/* The TYPE number of RFC 1035 3.2.2 and RFC 3596. */
unsigned dns_type_number(enum dns_type type);
/* Can the name be asked at all (resolver.h struct dns_question)? */
bool dns_name_is_askable(const char *name);
/* The reply is in mem; out->status tells how it went. */
void dns_answer_read(const struct dns_question *question, struct slice message,
                     struct arena *mem, struct dns_reply *out);

#endif
