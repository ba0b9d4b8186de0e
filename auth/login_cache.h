/*
 * login_cache.h - what was read of logins, for as long as it is true.
 *
 * A turn begins with a look whether anything was committed to the database since the last view
 * (store_stamp). If not, what is found here is what a view would give. If so, or when something is
 * asked that is not here, a view begins; it says which change of a login is the newest and whose
 * logins changed since the one we know (store_view_begin), and those are forgotten before anything
 * more is answered. Nothing has a time to live, and nothing is guessed. What nobody can follow
 * (another database, a backup put back, a pool address that rests) empties the cache
 * (docs/decisions/login-cache.md).
 *
 * Two things are kept. What a login is judged by, of all leases that may log in: it is read in bit by bit
 * after the start (login_cache_read_ahead), a hundred bytes each (login_table.h). And what a message is
 * judged by, of the leases that send. Guessing neither fills the cache nor drives anybody out of it. A
 * wrong password is never answered from here but costs the same look into the database as ever
 * (verify.c), so that time does not tell who is in.
 */
#ifndef AUTH_LOGIN_CACHE_H
#define AUTH_LOGIN_CACHE_H

#include "db/store.h"

enum {
    LOGIN_CACHE_MAX = 131072,   /* logins that send; about 60 MiB */
    LOGIN_TABLE_MAX = 16 << 20, /* credentials; 1.5 GiB */
};

struct login_cache;

/* Holds max logins at most; a further one takes the place of another. */
struct login_cache *login_cache_new(size_t max);
void login_cache_free(struct login_cache *cache);

/* A turn: begin when its questions were read. -1: the database cannot be read, and the cache is empty. */
NODISCARD int login_cache_begin(struct login_cache *cache, struct store *store,
                                struct error *err);
/* What follows in this turn is read from one view, if it is not already; before a question goes to the
 * store. What was found before may be gone. -1 as above. */
NODISCARD int login_cache_need_view(struct login_cache *cache, struct store *store,
                                    struct error *err);
void login_cache_end(struct login_cache *cache, struct store *store);
bool login_cache_has_turn(const struct login_cache *cache);
/* Forget everything, the turn too: the store is closed. */
void login_cache_empty(struct login_cache *cache);

/* Read in what comes next of what logins are judged by, max of them at most, a microsecond each; in a turn. -1:
 * the database cannot be read. */
NODISCARD int login_cache_read_ahead(struct login_cache *cache, struct store *store,
                                     int64_t now, size_t max, struct error *err);
/* There is no more to read in, until somebody begins another history. */
bool login_cache_is_all_read(const struct login_cache *cache);
size_t login_cache_credentials(const struct login_cache *cache); /* how many are kept */

/* Keep a copy of what the view of this turn has given for a canonical username: what
 * store_credential_find gives, what store_login_find gives. */
void login_cache_put_credential(struct login_cache *cache, const char *username,
                                const struct credential_row *row);
void login_cache_put(struct login_cache *cache, const char *username,
                     const struct login_row *row);
/* false, or NULL: not kept. Only what a login or a message is judged by is filled. Strings and row live until
 * the cache is changed. */
NODISCARD bool login_cache_find_credential(const struct login_cache *cache,
                                           const char *username,
                                           struct credential_row *out);
const struct login_row *login_cache_find(const struct login_cache *cache,
                                         const char *username);

#endif
