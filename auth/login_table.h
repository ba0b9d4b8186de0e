/*
 * login_table.h - what logins are judged by, of millions of them: rows of 80 bytes, found by a key.
 *
 * The rows lie one behind the other in blocks that never move, without gaps; an index of their
 * numbers finds them (open addressing). With both, a login costs about a hundred bytes. Whoever fills
 * it knows whether a row is true (login_cache.h).
 */
#ifndef AUTH_LOGIN_TABLE_H
#define AUTH_LOGIN_TABLE_H

#include "db/store.h"

struct login_table;

/* Holds max rows at most; a further one takes the place of another. */
struct login_table *login_table_new(size_t max);
void login_table_free(struct login_table *table);

/* So many rows will come: room in the index is made now, so that they need not wait for it. */
void login_table_expect(struct login_table *table, size_t count);
/* A row of this key, instead of the one there may be. Of the lease what a credential_row has is kept. */
void login_table_put(struct login_table *table, uint64_t key,
                     const struct credential_row *row);
/* Strings live until the table is emptied. */
NODISCARD bool login_table_find(const struct login_table *table, uint64_t key,
                                struct credential_row *out);
void login_table_remove(struct login_table *table, uint64_t key);
void login_table_empty(struct login_table *table);
size_t login_table_count(const struct login_table *table);

#endif
