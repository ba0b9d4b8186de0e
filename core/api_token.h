/*
 * api_token.h - tokens for programs that use the API: how one looks, and what it allows.
 *
 *     csat_ + 43 digits + 6 digits
 *
 * The 43 digits (0-9 A-Z a-z) are 256 random bits in base 62, the last six the CRC-32 (IEEE 802.3) of
 * all that stands before them. Prefix and checksum let a scanner for leaked secrets know one without
 * asking us, and let us refuse junk without asking the database; they are no secret. The underscore
 * lets a double click select the whole token. What is stored is a digest (docs/decisions/api-tokens.md).
 */
#ifndef CORE_API_TOKEN_H
#define CORE_API_TOKEN_H

#include "base/address.h"
#include "base/error.h"
#include "base/random.h"
#include "core/digest.h"
#include "core/role.h"

enum {
    API_TOKEN_SECRET_LEN = 43, /* 62^43 > 2^256 */
    API_TOKEN_CHECK_LEN = 6,   /* 62^6 > 2^32 */
    API_TOKEN_LEN = 5 + API_TOKEN_SECRET_LEN + API_TOKEN_CHECK_LEN
};

/* text holds API_TOKEN_LEN + 1. */
void api_token_make(const struct random *random, char *text,
                    uint8_t hash[DIGEST_BYTES]);
/* Length, prefix, digits and checksum are right: it may be one of ours. Any bytes. */
bool api_token_is_well_formed(struct slice text);
void api_token_hash(struct slice text, uint8_t hash[DIGEST_BYTES]);
/* The token of "Bearer TOKEN" (RFC 6750 2.1), whatever it looks like; false for another scheme. */
NODISCARD bool api_token_of_header(struct slice authorization, struct slice *out);

/* ---- scopes: what a token allows, never more than its owner's role ---- */

enum api_scope {
    API_SCOPE_DIAGNOSE, /* read a bounce, open a case; look at cases and leases */
    API_SCOPE_LEASE_CREATE, /* give a lease, more time, a new link; look at cases and leases */
    API_SCOPE_LEASE_REVOKE, /* end a lease; look at cases and leases */
    API_SCOPE_POOL_READ,    /* look at the addresses and what the lists say */
    API_SCOPE_AUDIT_READ,   /* read and check the audit log */
    API_SCOPE_COUNT
};
/* A set of scopes is a word of bits. */
#define API_SCOPE(scope) (1U << (scope))

enum {
    API_SCOPES_TEXT_MAX = 63
};
const char *api_scope_name(enum api_scope scope); /* "lease:create" */
/* What the scope is for, which its owner's role must allow. */
enum act api_scope_act(enum api_scope scope);
/* Is such a token made only by whoever may agree to a lease as the second person? */
bool api_scope_needs_approver(enum api_scope scope);
/* Names with a blank between, as stored. false on a name that is none, and on no name at all. */
NODISCARD bool api_scopes_parse(struct slice text, unsigned *out);
void api_scopes_format(unsigned scopes, char out[API_SCOPES_TEXT_MAX + 1]);
bool api_scopes_allow(unsigned scopes, enum act act);

/* ---- where a token may be used from ---- */

enum {
    API_NETWORKS_MAX = 16,
    API_NETWORKS_TEXT_MAX = API_NETWORKS_MAX * 50
};
struct api_networks {
    struct network at[API_NETWORKS_MAX];
    size_t count; /* 0: from anywhere */
};
/* Addresses and networks with blanks or commas between. */
NODISCARD int api_networks_parse(struct slice text, struct api_networks *out,
                                 struct error *err);
void api_networks_format(const struct api_networks *networks,
                         char out[API_NETWORKS_TEXT_MAX + 1]);
/* client as text; what is no address ("unix") is in no network. */
bool api_networks_allow(const struct api_networks *networks, struct slice client);

#endif
