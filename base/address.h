/*
 * address.h - IP addresses and networks: parsed once, compared as 16 bytes.
 *
 * IPv4 is kept as ::ffff:a.b.c.d, so that one comparison serves both families and the two
 * spellings of one address are one address. Text that inet_pton does not take, and IPv4
 * with leading zeros, is not an address.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/error.h"
#include "base/limits.h"
#include "base/slice.h"

struct address {
    uint8_t bytes[16];
};

struct network {
    struct address base; /* host bits are zero */
    unsigned prefix;     /* 0 to 128, counted on the 16 bytes: an IPv4 /24 is 120 */
};

NODISCARD bool address_parse(struct slice text, struct address *out);
bool address_is_v4(const struct address *a);
bool address_equal(const struct address *a, const struct address *b);
/* text holds ADDRESS_TEXT_MAX + 1; canonical: dotted quad, or RFC 5952 as inet_ntop prints it. */
void address_format(const struct address *a, char *text);
/* Loopback, private (RFC 1918, RFC 4193), CGNAT, link-local, multicast, unspecified, 0/8, 240/4.
 * Documentation networks (RFC 5737, 3849) are ordinary addresses. */
bool address_is_special(const struct address *a);
/* In one of these networks, as network_parse reads them: for tables in the program. */
bool address_is_among(const struct address *a, const char *const *networks,
                      size_t count);

/* "192.0.2.0/24", "2001:db8::/32", or one address. Host bits set are refused. */
NODISCARD int network_parse(struct slice text, struct network *out, struct error *err);
bool network_contains(const struct network *net, const struct address *a);
/* Any of them does. */
bool networks_contain(const struct network *nets, size_t count,
                      const struct address *a);
void network_format(const struct network *net,
                    char *text); /* one address without "/32" */

/* The name a DNSBL is asked (RFC 5782 2.1 and 2.4): "4.3.2.1.zone" or 32 nibbles. false when the
 * name would exceed 253 characters. name holds size bytes. */
NODISCARD bool address_dnsbl_name(const struct address *a, const char *zone, char *name,
                                  size_t size);

#endif
