/*
 * store_desk.h - a store in a folder of its own, for the tests of db/.
 */
#ifndef TESTS_UNIT_DB_STORE_DESK_H
#define TESTS_UNIT_DB_STORE_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "db/sql.h"
#include "db/store.h"

enum {
    NOW = 1700000000
};

struct desk {
    char folder[32];
    char path[48];
    struct store *store; /* NULL until opened */
    struct arena mem;
    struct error err; /* of the last call */
};

static inline void works(const struct desk *desk, int result)
{
    if (result != 0)
        fail_msg("%s", desk->err.text);
}

static inline void refuses(const struct desk *desk, enum error_kind kind, int result)
{
    assert_int_equal(result, -1);
    assert_string_equal(error_kind_name(desk->err.kind), error_kind_name(kind));
}

static inline int make_folder(void **state)
{
    struct desk *desk = xcalloc(1, sizeof *desk);
    int len;

    memcpy(desk->folder, "/tmp/test-store.XXXXXX", sizeof "/tmp/test-store.XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    len = snprintf(desk->path, sizeof desk->path, "%s/a.db", desk->folder);
    assert_true(len > 0 && (size_t)len < sizeof desk->path);
    arena_init(&desk->mem);
    *state = desk;
    return 0;
}

static inline int make_store(void **state)
{
    make_folder(state);
    struct desk *desk = *state;
    works(desk, store_open(desk->path, STORE_CREATE, &desk->store, &desk->err));
    return 0;
}

static inline int remove_folder(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    struct desk *desk = *state;

    store_close(desk->store);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        (void)unlink(arena_printf(&desk->mem, "%s%s", desk->path, endings[i]));
    int result = rmdir(desk->folder);
    arena_release(&desk->mem);
    free(desk);
    return result;
}

/* Statements as somebody with a shell on the machine would run them, past store.h. */
static inline void behind_its_back(struct desk *desk, const char *text)
{
    struct sql *sql;

    works(desk, sql_open(desk->path, true, false, &sql, &desk->err));
    works(desk, sql_script(sql, text, &desk->err));
    sql_close(sql);
}

static inline void fill_hash(uint8_t hash[DIGEST_BYTES], int byte)
{
    memset(hash, byte, DIGEST_BYTES);
}

/* A reserved address in the pool; gives its number. */
static inline int64_t put_address(struct desk *desk, const char *address,
                                  const char *lane)
{
    const struct pool_address row = {.address = address,
                                     .lane = lane,
                                     .helo = "out.mail.example",
                                     .capacity = 4,
                                     .state = POOL_ACTIVE};
    struct pool_address found;

    works(desk, store_pool_add(desk->store, &row, NOW, &desk->err));
    works(desk,
          store_pool_find(desk->store, &desk->mem, address, NOW, &found, &desk->err));
    return found.id;
}

static inline int64_t put_case(struct desk *desk, const char *bounce_sha)
{
    const struct case_row row = {.created_at = NOW,
                                 .diagnosed_at = NOW,
                                 .created_by = "agent:ana",
                                 .bounce = "bounce",
                                 .bounce_sha = bounce_sha,
                                 .verdict = DIAGNOSIS_LISTED_NOW};
    int64_t id;

    works(desk, store_case_add(desk->store, &row, &id, &desk->err));
    return id;
}

/* A store with what a lease is made of: a reserved address and a case, each number 1. */
static inline int make_frame(void **state)
{
    make_store(state);
    put_address(*state, "198.51.100.21", "clean01");
    put_case(*state, "aa");
    return 0;
}

static const char *const any_domain[] = {NULL};
static const char *const one_sender[] = {"kim@hosted.example", NULL};

/* A lease to be; its strings live in the desk's arena or are literals. */
static inline struct lease_new lease_row(struct desk *desk, const char *username)
{
    struct lease_new row = {
        .lease = {.case_id = 1,
                  .pool_address_id = 1,
                  .mailbox = "kim@hosted.example",
                  .username = username,
                  .link_id = arena_printf(&desk->mem, "link-%s", username),
                  .reason = "listed",
                  .ticket = "T-1",
                  .created_by = "agent:ana",
                  .messages_max = 200,
                  .messages_per_hour = 50,
                  .recipients_max = 300,
                  .recipients_per_message = 20,
                  .message_size_max = UINT64_C(5000000000),
                  .created_at = NOW,
                  .reveal_until = NOW + 7200,
                  .expires_at = NOW + 86400,
                  .senders = one_sender,
                  .recipient_domains = any_domain},
    };
    fill_hash(row.secrets.link_hash, 0x11);
    fill_hash(row.request_hash, 0x22);
    return row;
}

static inline int64_t put_lease(struct desk *desk, const char *username)
{
    const struct lease_new row = lease_row(desk, username);
    int64_t id;

    works(desk, store_lease_add(desk->store, &row, &id, &desk->err));
    return id;
}

static inline struct lease get_lease(struct desk *desk, int64_t id)
{
    struct lease lease;

    works(desk, store_lease_find(desk->store, &desk->mem, id, &lease, &desk->err));
    return lease;
}

#endif
