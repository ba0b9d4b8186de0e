/*
 * caches.h - reading what other programs say about the logins that they keep. Pure.
 */
#ifndef ISSUER_CLI_DOCTOR_CACHES_H
#define ISSUER_CLI_DOCTOR_CACHES_H

#include "base/slice.h"

/* The command line of a saslauthd (its flags with their values): does it cache, and how long? */
struct saslauthd_cache {
    bool is_on;
    unsigned seconds; /* its own default is 28800 */
};
/* words: "-c -m /run -t 300", separated by blanks or NULs. */
void saslauthd_read(struct slice words, struct saslauthd_cache *out);
/* OPTIONS="..." of /etc/default/saslauthd; the last one counts. Empty: there is none. */
struct slice saslauthd_options(struct slice file);

/* VALUE of "NAME = VALUE", what "doveconf NAME" prints; empty: there is none. (With -h 2.4.1 prints none of the cache's.) */
struct slice dovecot_value(struct slice line);

enum dovecot_cache {
    DOVECOT_CACHE_NOT_OURS,
    DOVECOT_CACHE_UNSEEN, /* PAM or a script, and whom they ask stands elsewhere */
    DOVECOT_CACHE_OURS
};
/* Does the cache keep what a passdb of the configuration ("doveconf -n") says that is ours: that names us, or the logins
 * that are ours? It keeps nothing of checkpassword's (2.3.21), of PAM's without a cache_key= (2.3), and of what is left out
 * (2.4: "use_cache = no", for all of them "passdb_use_cache = no"). */
enum dovecot_cache dovecot_caches_us(struct slice config);
/* Has a passdb of ours a cache_key= (2.3)? Doveconf hides its value. An empty one, which is said to keep a passdb out of the
 * cache, crashes the auth process of 2.3.19 at each login by it, whatever the size of the cache; no other is of use. */
bool dovecot_keys_us(struct slice config);
/* A size as doveconf prints it ("0", "10 M", "1 G", "unlimited"): is it more than nothing? */
bool dovecot_size_is_on(struct slice text);

#endif
