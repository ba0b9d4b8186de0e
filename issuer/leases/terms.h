/*
 * terms.h - what a lease shall allow: the request, checked against policy.
 */
#ifndef ISSUER_LEASES_TERMS_H
#define ISSUER_LEASES_TERMS_H

#include "issuer/leases/mint.h"

enum {
    TERMS_SENDERS_MAX = 16,
    TERMS_DOMAINS_MAX = 32,
    TERMS_PRIVATE_MESSAGES = 20,
    TERMS_PRIVATE_RECIPIENTS = 40
};

/* Everything in its compared form; lives in mem. */
struct terms {
    const char *mailbox;
    const char *const *senders;           /* NULL-ended, at least one */
    const char *const *recipient_domains; /* NULL-ended */
    int64_t for_s;
    unsigned messages_max, messages_per_hour;
    unsigned recipients_max, recipients_per_message;
    uint64_t message_size_max;
    enum lease_proof proof;
    const char *language, *reason, *ticket; /* NULL: none */
};

/* ERROR_INVALID for what cannot be meant, ERROR_REFUSED for what policy does not allow. The case's
 * mailbox is taken when the request names none. A lease for a private list is narrowed to the
 * domain of the recipient that refused, and to TERMS_PRIVATE_MESSAGES and TERMS_PRIVATE_RECIPIENTS. */
NODISCARD int terms_read(const struct config *config, struct arena *mem,
                         const struct mint_request *request, const struct case_row *row,
                         struct terms *out, struct error *err);
/* What makes two requests with one idempotency key the same: every field but the key. */
void terms_request_hash(const struct mint_request *request, uint8_t out[DIGEST_BYTES]);

#endif
