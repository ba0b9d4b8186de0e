/*
 * reveal.h - the customer's page: the password is made in the answer to the proof, and only its
 * verifier is kept.
 */
#ifndef ISSUER_LEASES_REVEAL_H
#define ISSUER_LEASES_REVEAL_H

#include "base/secret.h"
#include "core/token.h"
#include "issuer/app.h"

/* What the page at a link may show; changes nothing. ERROR_NOT_FOUND: no such link. */
struct reveal_view {
    enum reveal_answer answer;
    struct lease lease;
    int64_t
        over_since; /* the block of its case is over; 0: it is not, or we do not know */
    bool is_same_browser; /* the token is the one that came with the newest details */
    bool may_show_again;  /* ... and they are fresh */
};
/* browser: the token that the browser sent, or the empty slice. */
NODISCARD int reveal_look(struct app *app, struct arena *mem, const char *link_id,
                          struct slice browser, struct reveal_view *out,
                          struct error *err);

/* The customer's browser has the page and the key: in the audit log once a link, while it asks for the
 * proof. Nothing else changes, and an unknown link is no error: whoever asks learns nothing. */
NODISCARD int reveal_opened(struct app *app, struct arena *mem, const char *link_id,
                            struct error *err);

/* What was typed, as it came. */
struct typed_proof {
    struct slice key, mailbox;
    struct slice pin; /* looked at for PROOF_PIN only */
};
enum reveal_outcome {
    REVEAL_DONE,
    REVEAL_WRONG_PROOF, /* key, mailbox or PIN: the page does not say which */
    REVEAL_NOT_NOW      /* answer says why */
};
struct reveal_result {
    enum reveal_outcome outcome;
    enum reveal_answer answer;
    unsigned tries_left;
    struct lease lease;
    struct secret password;      /* REVEAL_DONE only; the caller frees it */
    char browser[TOKEN_LEN + 1]; /* REVEAL_DONE only: for this browser's cookie */
};
/* The fifth wrong proof locks the link. An unknown link is ERROR_NOT_FOUND after the same work; a
 * right key alone costs the work of a PIN, so that time does not tell what else was wrong. */
NODISCARD int reveal(struct app *app, struct arena *mem, const char *link_id,
                     const struct typed_proof *typed, struct reveal_result *out,
                     struct error *err);
/* New details for the browser that saw the last ones, SHOW_AGAIN_S long: its token is the proof. */
NODISCARD int reveal_again(struct app *app, struct arena *mem, const char *link_id,
                           struct slice browser, struct reveal_result *out,
                           struct error *err);
/* Is the proof right? As reveal, a wrong one counts, but nothing is made: for moving the link to
 * another device. REVEAL_DONE says yes. */
NODISCARD int reveal_prove(struct app *app, struct arena *mem, const char *link_id,
                           const struct typed_proof *typed, struct reveal_result *out,
                           struct error *err);
/* What the customer tells us, from the browser that saw the details or with the mailbox typed (a
 * wrong one counts as a wrong proof). LEASE_WORD_BACK ends the lease. Looking or pressing alone
 * changes nothing. */
NODISCARD int reveal_say(struct app *app, struct arena *mem, const char *link_id,
                         struct slice browser, struct slice typed_mailbox,
                         enum lease_word word, struct reveal_result *out,
                         struct error *err);
/* On the local socket, when policy.console_reveal allows it: no key, no mailbox asked. */
NODISCARD int reveal_local(struct app *app, struct arena *mem,
                           const struct actor *actor, int64_t lease_id,
                           struct reveal_result *out, struct error *err);

#endif
