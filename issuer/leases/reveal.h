/*
 * reveal.h - the customer's page: the password is made in the answer to the proof, and only its
 * verifier is kept.
 */
#ifndef ISSUER_LEASES_REVEAL_H
#define ISSUER_LEASES_REVEAL_H

#include "base/secret.h"
#include "issuer/app.h"

/* What the page at a link may show; changes nothing. ERROR_NOT_FOUND: no such link. */
struct reveal_view {
    enum reveal_answer answer;
    struct lease lease;
};
NODISCARD int reveal_look(struct app *app, struct arena *mem, const char *link_id,
                          struct reveal_view *out, struct error *err);

enum reveal_outcome {
    REVEAL_DONE,
    REVEAL_WRONG_PROOF, /* key or mailbox: the page does not say which */
    REVEAL_NOT_NOW      /* answer says why */
};
struct reveal_result {
    enum reveal_outcome outcome;
    enum reveal_answer answer;
    unsigned tries_left;
    struct lease lease;
    struct secret password; /* REVEAL_DONE only; the caller frees it */
};
/* typed_key and typed_mailbox as they came. The fifth wrong proof locks the link. An unknown link
 * is ERROR_NOT_FOUND after the same work. */
NODISCARD int reveal(struct app *app, struct arena *mem, const char *link_id,
                     struct slice typed_key, struct slice typed_mailbox,
                     struct reveal_result *out, struct error *err);
/* On the local socket, when policy.console_reveal allows it: no key, no mailbox asked. */
NODISCARD int reveal_local(struct app *app, struct arena *mem,
                           const struct actor *actor, int64_t lease_id,
                           struct reveal_result *out, struct error *err);

#endif
