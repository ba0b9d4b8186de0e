/*
 * resolver_agree.h - several resolvers were asked the same: what counts?
 *
 * Usable are replies that say what is there: records, or that there are none. A server that
 * failed or was late beside one that gave a usable reply is not heard. Usable replies must agree:
 * all none (a name that does not exist, and one without such a record, are the same here), or all
 * the same records in any order. If they do not, the reply is DNS_CONFLICT: nobody knows which of
 * our resolvers is the one that lies (docs/decisions/resolvers-must-agree.md). Without a usable
 * reply it is DNS_TIMEOUT if one was late, else DNS_FAILED.
 */
#ifndef ISSUER_DNSBL_RESOLVER_AGREE_H
#define ISSUER_DNSBL_RESOLVER_AGREE_H

#include "issuer/dnsbl/resolver.h"

/* Does this reply say what is there? */
bool dns_status_is_usable(enum dns_status status);
/* From the replies of count servers, 1 or more, to one question; records are shared with them. */
struct dns_reply dns_replies_agree(const struct dns_reply *replies, size_t count);

#endif
