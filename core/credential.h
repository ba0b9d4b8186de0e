/*
 * credential.h - the SMTP AUTH login of a lease: its form, and how what people type is read.
 *
 * Alphabet without look-alikes (no i, l, o, u, 0, 1), one keyboard layer, SASLprep leaves it
 * alone. A username is "cs-" and 8 characters; a password is 5 groups of 5 with hyphens (about
 * 122 bits), and case, hyphens and blanks in it do not matter on login.
 */
#ifndef CORE_CREDENTIAL_H
#define CORE_CREDENTIAL_H

#include "base/random.h"
#include "base/secret.h"
#include "base/slice.h"

#define CREDENTIAL_ALPHABET "abcdefghjkmnpqrstvwxyz23456789"
#define USERNAME_PREFIX "cs-"

enum {
    USERNAME_LEN = 11,       /* "cs-" + 8 */
    PASSWORD_LEN = 25,       /* normalised */
    PASSWORD_SHOWN_LEN = 29, /* with 4 hyphens */
    LINK_ID_LEN = 13,        /* about 63 bits: names the page, proves nothing */
    LINK_KEY_LEN = 25,       /* about 122 bits: travels in the fragment */
    LINK_KEY_SHOWN_LEN = 29, /* five groups, when a person reads or types it */
    PIN_LEN = 6              /* digits: about 20 bits, so its tries are counted */
};

/* text holds USERNAME_LEN + 1. */
void username_make(const struct random *random, char *text);
/* Lower-cased username out of "cs-…" or "cs-…@REALM" in any case; false for a login that is not
 * of our form or carries a realm that is not ours. out holds USERNAME_LEN + 1. */
NODISCARD bool username_parse(struct slice login, struct slice realm, char *out);

/* The shown form, PASSWORD_SHOWN_LEN bytes. */
struct secret password_make(const struct random *random);
/* Lower case, no hyphens, no blanks; exactly PASSWORD_LEN characters of the alphabet, or false. */
NODISCARD bool password_normalise(struct slice typed, char out[PASSWORD_LEN + 1]);

void link_id_make(const struct random *random, char *text);  /* LINK_ID_LEN + 1 */
void link_key_make(const struct random *random, char *text); /* LINK_KEY_LEN + 1 */
/* As a person copies it: blanks, hyphens, capitals, a leading '#' do not matter. */
NODISCARD bool link_key_normalise(struct slice typed, char out[LINK_KEY_LEN + 1]);
NODISCARD bool link_id_is_valid(struct slice text);

void pin_make(const struct random *random, char *text); /* PIN_LEN + 1 */
/* As a person types it: blanks and hyphens do not matter. */
NODISCARD bool pin_normalise(struct slice typed, char out[PIN_LEN + 1]);

#endif
