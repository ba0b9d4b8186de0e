/*
 * login_table.c - rows in blocks, an index with open addressing, and the few addresses rows point to.
 */
#include "base/base.h"

#include "auth/login_table.h"

#include "base/alloc.h"

enum {
    BLOCK_ROWS = 4096,
    BITS_FIRST = 6,     /* of the index, as a power of two */
    LANES_MAX = 1 << 16 /* a row has 16 bits for it */
};

/* An address of the pool. */
struct lane {
    int64_t pool_address_id;
    char *address, *name;
};

struct row {
    uint64_t key;
    int64_t lease_id, revealed_at, first_login_at, expires_at;
    uint8_t verifier[DIGEST_BYTES];
    uint16_t lane, pepper_id;
    uint8_t end;
    bool is_pending, is_suspended;
};
_Static_assert(sizeof(struct row) == 80, "memory of a login, docs/benchmarks.md");

/* Part of the hash stands in the index, so that hardly a row is looked at for nothing: each is a miss
 * of the processor's caches. */
struct entry {
    uint32_t number; /* of the row, from 1; 0: free */
    uint32_t tag;
};

struct login_table {
    struct row **blocks;
    size_t blocks_max, count, max;
    size_t hand; /* the row that gives way next */
    struct entry *index;
    unsigned shift; /* 64 - the number of bits of a place in it */
    size_t mask;
    struct lane *lanes;
    size_t lane_count, last_lane;
};

/* ---- the index --------------------------------------------------------------------------------- */

static void make_index(struct login_table *table, unsigned bits)
{
    table->shift = 64 - bits;
    table->mask = ((size_t)1 << bits) - 1;
    table->index = xcalloc(table->mask + 1, sizeof *table->index);
}

/* Usernames are made by chance, so the high bits of a product spread them well (Knuth, 6.4). */
static uint64_t hash_of(uint64_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

static size_t home_of(const struct login_table *table, uint64_t key)
{
    return (size_t)(hash_of(key) >> table->shift);
}

static uint32_t tag_of(uint64_t key)
{
    return (uint32_t)(hash_of(key) & UINT32_MAX);
}

static struct row *row_at(const struct login_table *table, size_t number)
{
    return &table->blocks[(number - 1) / BLOCK_ROWS][(number - 1) % BLOCK_ROWS];
}

/* Where the key is, or the free place where it belongs: there always is one. */
static size_t place_of(const struct login_table *table, uint64_t key)
{
    const uint32_t tag = tag_of(key);
    size_t at = home_of(table, key);

    while (table->index[at].number != 0 &&
           (table->index[at].tag != tag ||
            row_at(table, table->index[at].number)->key != key))
        at = (at + 1) & table->mask;
    return at;
}

/* Free a place, and move up who was pushed on by its holder. */
static void vacate(struct login_table *table, size_t at)
{
    for (size_t next = (at + 1) & table->mask; table->index[next].number != 0;
         next = (next + 1) & table->mask) {
        uint64_t key = row_at(table, table->index[next].number)->key;
        size_t pushed = (next - home_of(table, key)) & table->mask;
        if (pushed < ((next - at) & table->mask))
            continue;
        table->index[at] = table->index[next];
        at = next;
    }
    table->index[at] = (struct entry){0};
}

static bool has_room_for(const struct login_table *table, size_t count)
{
    return 4 * count <= 3 * (table->mask + 1);
}

static void widen(struct login_table *table, unsigned bits)
{
    free(table->index);
    make_index(table, bits);
    for (size_t number = 1; number <= table->count; number++) {
        uint64_t key = row_at(table, number)->key;
        table->index[place_of(table, key)] = (struct entry){(uint32_t)number,
                                                            tag_of(key)};
    }
}

void login_table_expect(struct login_table *table, size_t count)
{
    unsigned bits = 64 - table->shift;

    if (has_room_for(table, count < table->max ? count : table->max))
        return;
    while (4 * (count < table->max ? count : table->max) > (size_t)3 << bits)
        bits++;
    widen(table, bits);
}

/* ---- lanes --------------------------------------------------------------------------------------- */

/* Its number; LANES_MAX: there are too many. */
static size_t lane_of(struct login_table *table, const struct lease *lease)
{
    size_t at = table->last_lane; /* who comes after another often has the same */

    if (at < table->lane_count &&
        table->lanes[at].pool_address_id == lease->pool_address_id)
        return at;
    for (at = 0; at < table->lane_count; at++)
        if (table->lanes[at].pool_address_id == lease->pool_address_id)
            break;
    if (at == LANES_MAX)
        return at;
    if (at == table->lane_count) {
        table->lanes = xreallocarray(table->lanes, at + 1, sizeof *table->lanes);
        table->lanes[at] = (struct lane){lease->pool_address_id,
                                         xstrdup(lease->reserved_address),
                                         xstrdup(lease->lane)};
        table->lane_count++;
    }
    table->last_lane = at;
    return at;
}

static void forget_lanes(struct login_table *table)
{
    for (size_t i = 0; i < table->lane_count; i++) {
        free(table->lanes[i].address);
        free(table->lanes[i].name);
    }
    free(table->lanes);
    table->lanes = NULL;
    table->lane_count = table->last_lane = 0;
}

/* ---- life ----------------------------------------------------------------------------------------- */

static void begin(struct login_table *table)
{
    make_index(table, BITS_FIRST);
    table->blocks_max = (table->max + BLOCK_ROWS - 1) / BLOCK_ROWS;
    table->blocks = xcalloc(table->blocks_max, sizeof(struct row *));
    table->count = table->hand = 0;
}

static void end(struct login_table *table)
{
    for (size_t i = 0; i < table->blocks_max && table->blocks[i] != NULL; i++)
        free(table->blocks[i]);
    free(table->blocks);
    free(table->index);
    forget_lanes(table);
}

struct login_table *login_table_new(size_t max)
{
    struct login_table *table = xcalloc(1, sizeof *table);

    assert(max > 0 && max < UINT32_MAX);
    table->max = max;
    begin(table);
    return table;
}

void login_table_free(struct login_table *table)
{
    if (table == NULL)
        return;
    end(table);
    free(table);
}

void login_table_empty(struct login_table *table)
{
    if (table->count == 0 && table->lane_count == 0)
        return;
    end(table);
    begin(table);
}

size_t login_table_count(const struct login_table *table)
{
    return table->count;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static size_t add_row(struct login_table *table)
{
    struct row **block = &table->blocks[table->count / BLOCK_ROWS];

    if (*block == NULL)
        *block = xcalloc(BLOCK_ROWS, sizeof **block);
    return ++table->count;
}

/* Who gives way; keys lie by chance, so whoever is next is as good as any. */
static size_t take_row(struct login_table *table)
{
    size_t number = table->hand + 1;

    vacate(table, place_of(table, row_at(table, number)->key));
    table->hand = number % table->max;
    return number;
}

void login_table_put(struct login_table *table, uint64_t key,
                     const struct credential_row *row)
{
    const struct lease *lease = &row->lease;
    size_t lane = lane_of(table, lease);
    size_t at = place_of(table, key);

    if (lane == LANES_MAX || row->verifier.pepper_id > UINT16_MAX)
        return;
    if (table->index[at].number == 0) {
        if (table->count < table->max)
            login_table_expect(table, table->count + 1);
        size_t number = table->count < table->max ? add_row(table) : take_row(table);
        at = place_of(table, key); /* either may have moved it */
        table->index[at] = (struct entry){(uint32_t)number, tag_of(key)};
    }
    struct row *kept = row_at(table, table->index[at].number);
    *kept = (struct row){
        .key = key,
        .lease_id = lease->id,
        .revealed_at = lease->revealed_at,
        .first_login_at = lease->first_login_at,
        .expires_at = lease->expires_at,
        .lane = (uint16_t)lane,
        .pepper_id = (uint16_t)row->verifier.pepper_id,
        .end = (uint8_t)lease->end,
        .is_pending = lease->is_pending,
        .is_suspended = lease->is_suspended,
    };
    memcpy(kept->verifier, row->verifier.bytes, sizeof kept->verifier);
}

bool login_table_find(const struct login_table *table, uint64_t key,
                      struct credential_row *out)
{
    size_t number = table->index[place_of(table, key)].number;

    if (number == 0)
        return false;
    const struct row *kept = row_at(table, number);
    const struct lane *lane = &table->lanes[kept->lane];
    *out = (struct credential_row){
        .lease = {.id = kept->lease_id,
                  .pool_address_id = lane->pool_address_id,
                  .reserved_address = lane->address,
                  .lane = lane->name,
                  .end = (enum lease_end)kept->end,
                  .is_pending = kept->is_pending,
                  .is_suspended = kept->is_suspended,
                  .revealed_at = kept->revealed_at,
                  .first_login_at = kept->first_login_at,
                  .expires_at = kept->expires_at},
        .verifier = {.pepper_id = kept->pepper_id},
    };
    memcpy(out->verifier.bytes, kept->verifier, sizeof kept->verifier);
    return true;
}

/* The last row takes the place of the one that goes. */
void login_table_remove(struct login_table *table, uint64_t key)
{
    size_t at = place_of(table, key);
    size_t number = table->index[at].number;

    if (number == 0)
        return;
    vacate(table, at);
    if (number != table->count) {
        const struct row *last = row_at(table, table->count);
        table->index[place_of(table, last->key)].number = (uint32_t)number;
        *row_at(table, number) = *last;
    }
    *row_at(table, table->count) = (struct row){0};
    table->count--;
    if (table->hand >= table->count)
        table->hand = 0;
}
