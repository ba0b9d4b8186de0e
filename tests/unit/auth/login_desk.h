/*
 * login_desk.h - a cache of logins over a seeded database, and two more handles that change it.
 */
#ifndef TESTS_UNIT_AUTH_LOGIN_DESK_H
#define TESTS_UNIT_AUTH_LOGIN_DESK_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/login_cache.h"

#include <stdlib.h>
#include <string.h>

#include "db/sql.h"
#include "tests/support/seed.h"

enum {
    NOW = 1795000000,
    LEASES = 40 /* more than the first table has room for */
};

/* cleansmtpd's handle, one behind its back, and authd's. */
static struct desk {
    char folder[64], path[128];
    struct store *writer, *reader;
    struct sql *sql;
    struct login_cache *cache;
    struct arena mem;
    struct error err;
} desk;

static inline void remove_folder(void)
{
    char command[128];

    int len = snprintf(command, sizeof command, "rm -rf '%s'", desk.folder);
    assert_true(len > 0 && len < (int)sizeof command);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
}

static inline void works(int result)
{
    if (result != 0)
        fail_msg("%s", desk.err.text);
}

static inline void open_desk(size_t max)
{
    works(store_open(desk.path, STORE_WRITE, &desk.writer, &desk.err));
    works(sql_open(desk.path, false, false, &desk.sql, &desk.err));
    works(store_open(desk.path, STORE_READ, &desk.reader, &desk.err));
    desk.cache = login_cache_new(max);
}

static inline void close_desk(void)
{
    login_cache_free(desk.cache);
    store_close(desk.reader);
    sql_close(desk.sql);
    store_close(desk.writer);
}

static inline int begin_desk(void **state)
{
    (void)state;
    memset(&desk, 0, sizeof desk);
    (void)snprintf(desk.folder, sizeof desk.folder, "/tmp/cs-logins-XXXXXX");
    if (mkdtemp(desk.folder) == NULL)
        return -1;
    (void)snprintf(desk.path, sizeof desk.path, "%s/a.db", desk.folder);
    arena_init(&desk.mem);
    works(seed_database(desk.path, LEASES, NOW, &desk.err));
    open_desk(LOGIN_CACHE_MAX);
    return 0;
}

static inline int end_desk(void **state)
{
    (void)state;
    close_desk();
    arena_release(&desk.mem);
    remove_folder();
    return 0;
}

static inline const struct login_row *find(unsigned number)
{
    char username[USERNAME_LEN + 1];

    seed_username(number, username);
    return login_cache_find(desk.cache, username);
}

static inline bool find_credential(unsigned number, struct credential_row *out)
{
    char username[USERNAME_LEN + 1];

    seed_username(number, username);
    return login_cache_find_credential(desk.cache, username, out);
}

/* Of both kinds, or of none. */
static inline bool is_kept(unsigned number)
{
    struct credential_row row;
    bool is_found = find_credential(number, &row);

    assert_int_equal(is_found, find(number) != NULL);
    return is_found;
}

static inline void begin(void)
{
    works(login_cache_begin(desk.cache, desk.reader, &desk.err));
}

static inline void end(void)
{
    login_cache_end(desk.cache, desk.reader);
}

/* As authd does with a login, and a message, that it does not find. */
static inline void read_in(unsigned number)
{
    char username[USERNAME_LEN + 1];
    struct credential_row credential;
    struct login_row row;

    seed_username(number, username);
    works(login_cache_need_view(desk.cache, desk.reader, &desk.err));
    works(store_login_find(desk.reader, &desk.mem, username, &row, &desk.err));
    login_cache_put(desk.cache, username, &row);
    works(store_credential_find(desk.reader, &desk.mem, username, &credential,
                                &desk.err));
    login_cache_put_credential(desk.cache, username, &credential);
}

static inline void same_text(const char *a, const char *b)
{
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(a, b);
}

static inline void same_texts(const char *const *a, const char *const *b)
{
    for (; *a != NULL; a++, b++)
        same_text(*a, *b);
    assert_null(*b);
}

/* What logins and messages are both judged by. */
static inline void same_state(const struct lease *a, const struct lease *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->is_pending, b->is_pending);
    assert_int_equal(a->is_suspended, b->is_suspended);
    assert_int_equal(a->revealed_at, b->revealed_at);
    assert_int_equal(a->first_login_at, b->first_login_at);
    assert_int_equal(a->expires_at, b->expires_at);
    same_text(a->lane, b->lane);
    same_text(a->reserved_address, b->reserved_address);
}

static inline void same_credential(unsigned number)
{
    char username[USERNAME_LEN + 1];
    struct credential_row kept, row;

    assert_true(find_credential(number, &kept));
    seed_username(number, username);
    works(store_credential_find(desk.writer, &desk.mem, username, &row, &desk.err));
    same_state(&kept.lease, &row.lease);
    assert_int_equal(kept.lease.pool_address_id, row.lease.pool_address_id);
    assert_int_equal(kept.verifier.pepper_id, row.verifier.pepper_id);
    assert_memory_equal(kept.verifier.bytes, row.verifier.bytes, DIGEST_BYTES);
}

/* What is kept is what a reader that remembers nothing reads now. */
static inline void same_as_stored(unsigned number)
{
    const struct login_row *kept = find(number);
    char username[USERNAME_LEN + 1];
    struct login_row row;

    assert_non_null(kept);
    seed_username(number, username);
    works(store_login_find(desk.writer, &desk.mem, username, &row, &desk.err));
    const struct lease *a = &kept->lease, *b = &row.lease;
    same_state(a, b);
    assert_int_equal(a->messages_max, b->messages_max);
    assert_int_equal(a->messages_per_hour, b->messages_per_hour);
    assert_int_equal(a->messages_used, b->messages_used);
    assert_int_equal(a->recipients_max, b->recipients_max);
    assert_int_equal(a->recipients_per_message, b->recipients_per_message);
    assert_int_equal(a->recipients_used, b->recipients_used);
    assert_int_equal(a->message_size_max, b->message_size_max);
    same_text(a->mailbox, b->mailbox);
    same_texts(a->senders, b->senders);
    same_texts(a->recipient_domains, b->recipient_domains);
    same_credential(number);
    assert_int_equal(kept->pool_state, row.pool_state);
}

static inline void behind_its_back(const char *text)
{
    works(sql_script(desk.sql, text, &desk.err));
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, begin_desk, end_desk)

#endif
