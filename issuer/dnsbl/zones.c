/*
 * zones.c - the catalogue, read once, and the part of it that a configuration uses.
 */
#include "base/base.h"

#include "issuer/dnsbl/zones.h"

#include <pthread.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/embed.h"
#include "base/file.h"
#include "issuer/dnsbl/zone_row.h"

enum {
    ROWS_MAX = 256,
    CODES_TEXT_MAX = 4096,
    KEY_FILE_MAX = 256
};

struct zones {
    struct arena mem;
    struct zone *own; /* defined by the configuration, or with its key */
    size_t own_count;
    const struct zone *used[CONFIG_LIST_MAX];
    size_t used_count;
};

/* ---- finding ---- */

static bool has_alias(const struct zone *zone, struct slice name)
{
    struct slice rest = slice_from(zone->aliases);
    struct slice alias;

    while (rest.len > 0 && slice_cut(&rest, ' ', &alias))
        if (slice_equal_nocase(alias, name))
            return true;
    return false;
}

/* "KEY.zen.dq.spamhaus.net", as a reply may quote it: whose key it is does not matter. */
static bool is_behind_key(const struct zone *zone, struct slice name)
{
    ptrdiff_t dot = slice_find_byte(name, '.');

    return zone->asker == ZONE_ASK_KEY && dot > 0 &&
           slice_is_nocase(slice_skip(name, (size_t)dot + 1), zone->name);
}

static const struct zone *find_in(const struct zone *rows, size_t count,
                                  struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is_nocase(name, rows[i].name) || has_alias(&rows[i], name) ||
            is_behind_key(&rows[i], name))
            return &rows[i];
    return NULL;
}

/* ---- the table ---- */

/* "read 2026-11": a row without its month cannot grow old visibly. */
static bool is_dated(struct slice source)
{
    struct slice date = slice_skip(source, source.len < 7 ? 0 : source.len - 7);

    if (date.len != 7 || date.at[4] != '-')
        return false;
    for (size_t i = 0; i < date.len; i++)
        if (i != 4 && (date.at[i] < '0' || date.at[i] > '9'))
            return false;
    return true;
}

/* Names and aliases are unique, or a reply would mean two lists. */
static bool is_taken(const struct zone *rows, size_t count, const struct zone *zone)
{
    struct slice rest = slice_from(zone->aliases);
    struct slice alias;

    if (find_in(rows, count, slice_from(zone->name)) != NULL)
        return true;
    while (rest.len > 0 && slice_cut(&rest, ' ', &alias))
        if (find_in(rows, count, alias) != NULL)
            return true;
    return false;
}

static int read_line(struct arena *mem, struct slice line, const struct zone *rows,
                     size_t count, struct zone *out, struct error *err)
{
    struct zone_row row = {0};
    struct slice cell;
    struct zone zone;
    size_t cells = 0;

    while (slice_cut(&line, '\t', &cell)) {
        if (cells == ZONE_COLUMN_COUNT || cell.len == 0)
            return error_set(err, ERROR_INVALID, "has too many cells, or an empty one");
        row.cell[cells++] = cell;
    }
    if (cells != ZONE_COLUMN_COUNT)
        return error_set(err, ERROR_INVALID, "has %zu cells instead of %d", cells,
                         ZONE_COLUMN_COUNT);
    if (zone_row_read(mem, &row, &zone, err) != 0)
        return -1;
    if (!is_dated(slice_from(zone.source)))
        return error_set(err, ERROR_INVALID, "source must end with its month");
    if (is_taken(rows, count, &zone))
        return error_set(err, ERROR_INVALID, "zone or an alias stands twice");
    *out = zone;
    return 0;
}

int zones_parse(struct arena *mem, struct slice table, struct zone **out,
                size_t *out_count, struct error *err)
{
    struct zone *rows = arena_array(mem, ROWS_MAX, sizeof *rows);
    struct slice line;
    size_t count = 0;

    for (size_t number = 1; slice_line(&table, &line); number++) {
        if (line.len == 0 || line.at[0] == '#')
            continue;
        if (count == ROWS_MAX)
            return error_set(err, ERROR_INVALID, "line %zu: too many rows", number);
        if (read_line(mem, line, rows, count, &rows[count], err) != 0)
            return error_prefix(err, "line %zu", number);
        count++;
    }
    *out = rows;
    *out_count = count;
    return 0;
}

/* Read once and kept until the end: zones are handed out as pointers. */
static struct {
    pthread_once_t once;
    struct arena mem;
    struct zone *rows;
    size_t count;
    struct error why; /* kind NONE: good */
} builtin = {.once = PTHREAD_ONCE_INIT};

static void read_builtin(void)
{
    struct slice table = embedded_find(zones_table, zones_count, "zones.tsv");

    arena_init(&builtin.mem);
    if (table.at == NULL)
        error_set(&builtin.why, ERROR_INTERNAL, "zones.tsv is missing");
    else if (zones_parse(&builtin.mem, table, &builtin.rows, &builtin.count,
                         &builtin.why) != 0)
        error_prefix(&builtin.why, "zones.tsv");
}

const struct zone *zones_all(size_t *out_count)
{
    if (pthread_once(&builtin.once, read_builtin) != 0)
        abort();
    *out_count = builtin.count;
    return builtin.rows;
}

const struct zone *zone_find(const char *name)
{
    size_t count = 0;
    const struct zone *rows = zones_all(&count);

    return name != NULL ? find_in(rows, count, slice_from(name)) : NULL;
}

/* ---- the configuration ---- */

static int bad_line(const struct config *config, int line, struct error *err)
{
    return error_prefix(err, "%s:%d", config->path, line);
}

/* The cells that the catalogue would have for a list of the configuration. */
static int define(struct zones *zones, const struct config_zone *from,
                  struct error *err)
{
    struct zone_row row = {0};
    struct zone *zone = &zones->own[zones->own_count];
    struct strbuf codes;
    int result = -1;

    strbuf_init(&codes, CODES_TEXT_MAX);
    for (size_t i = 0; i < from->codes.count; i++)
        strbuf_printf(&codes, "%s%s", i > 0 ? "; " : "", from->codes.at[i]);
    row.cell[ZONE_COLUMN_NAME] = slice_from(from->name);
    row.cell[ZONE_COLUMN_TITLE] = slice_from(from->title[0] != '\0' ? from->title
                                                                    : from->name);
    row.cell[ZONE_COLUMN_KIND] = SLICE("address");
    row.cell[ZONE_COLUMN_ASKER] = SLICE("anyone");
    row.cell[ZONE_COLUMN_STATE] = SLICE("alive");
    row.cell[ZONE_COLUMN_GRANT] = from->may_grant ? SLICE("yes") : SLICE("no");
    row.cell[ZONE_COLUMN_CODES] = strbuf_slice(&codes);
    row.cell[ZONE_COLUMN_TEST] = from->has_test_points ? SLICE("rfc5782") : SLICE("-");
    row.cell[ZONE_COLUMN_TEXT] = SLICE("-");
    row.cell[ZONE_COLUMN_CLEARS] = slice_from(from->clears);
    row.cell[ZONE_COLUMN_EXPIRY] = from->expiry[0] != '\0'
                                       ? slice_from(from->expiry)
                                       : SLICE("does not say when it clears");
    row.cell[ZONE_COLUMN_LOOKUP] = slice_from(from->lookup_url);
    row.cell[ZONE_COLUMN_SOURCE] = SLICE("the configuration");
    if (codes.full)
        error_set(err, ERROR_INVALID, "codes are too long");
    else if (zone_find(from->name) != NULL)
        error_set(err, ERROR_INVALID, "it is in the catalogue already");
    else
        result = zone_row_read(&zones->mem, &row, zone, err);
    if (result == 0)
        zones->own_count++;
    else
        error_prefix(err, "zone \"%.80s\"", from->name);
    strbuf_release(&codes);
    return result;
}

/* The key travels in clear text in every question; what is guarded is every way to people: no
 * text here quotes it, and only asked_name has it. */
static int read_key(struct zones *zones, const char *file, struct slice *out,
                    struct error *err)
{
    struct slice text;
    struct stat info;

    if (file_read(&zones->mem, file, KEY_FILE_MAX, &text, err) != 0)
        return -1;
    if (stat(file, &info) != 0 || (info.st_mode & S_IRWXO) != 0)
        return error_set(err, ERROR_INVALID,
                         "\"%s\" must not be open to everybody: chmod o= it", file);
    text = slice_trim(text);
    if (!zone_row_is_key(text))
        return error_set(err, ERROR_INVALID, "\"%s\" holds no key", file);
    *out = text;
    return 0;
}

static int add_key(struct zones *zones, const struct config_zone_key *from,
                   struct error *err)
{
    const struct zone *row = zone_find(from->zone);
    struct slice key = {0};

    if (row == NULL || strcmp(row->name, from->zone) != 0 || row->asker != ZONE_ASK_KEY)
        error_set(err, ERROR_INVALID, "it is no list of the catalogue that has a key");
    else if (read_key(zones, from->file, &key, err) == 0) {
        struct zone *zone = &zones->own[zones->own_count++];
        *zone = *row;
        zone->asked_name = arena_printf(&zones->mem, "%.*s.%s", (int)key.len, key.at,
                                        row->name);
        return 0;
    }
    return error_prefix(err, "key \"%.80s\"", from->zone);
}

/* Why a list cannot be used, by its kind. */
static int unusable(const struct zone *zone, struct error *err)
{
    static const char *const whys[ZONE_KIND_COUNT] = {
        [ZONE_ADDRESS] = "has no codes that are a listing",
        [ZONE_WIDE] = "has no codes that are a listing",
        [ZONE_POLICY] = "has no codes that are a listing",
        [ZONE_REPUTATION] = "gives marks, and lists no addresses",
        [ZONE_DOMAIN] = "lists names, not addresses",
        [ZONE_WHITE] = "lists good senders",
        [ZONE_PRIVATE] = "is a receiver's own, and cannot be asked by DNS",
    };

    return error_set(err, ERROR_INVALID, "zones.use: \"%s\" %s", zone->name,
                     whys[zone->kind]);
}

static int use(struct zones *zones, const char *name, struct error *err)
{
    const struct zone *zone = find_in(zones->own, zones->own_count, slice_from(name));

    if (zone == NULL)
        zone = zone_find(name);
    if (zone == NULL)
        return error_set(err, ERROR_INVALID,
                         "zones.use: \"%s\" is not in the catalogue of block lists; "
                         "define it with zones { zone \"%s\" { ... } }",
                         name, name);
    if (!zone->is_alive)
        return error_set(err, ERROR_INVALID,
                         "zones.use: \"%s\" (%s) cannot be used: %s", name, zone->title,
                         zone->fate);
    if (zone->listed_codes[0] == NULL || !zone->lists_addresses ||
        zone->asker == ZONE_ASK_NOBODY)
        return unusable(zone, err);
    if (strcmp(zone->name, name) != 0)
        return error_set(err, ERROR_INVALID,
                         "zones.use: a name of %s that is asked is \"%s\"", zone->title,
                         zone->name);
    if (zone->asker == ZONE_ASK_KEY && zone->asked_name == NULL)
        return error_set(err, ERROR_INVALID,
                         "zones.use: \"%s\" needs a key: zones { key \"%s\" { file = "
                         "\"/path\" } }",
                         name, name);
    if (!zone_is_used(zones, zone))
        zones->used[zones->used_count++] = zone;
    return 0;
}

static int read_config(struct zones *zones, const struct config *config,
                       struct error *err)
{
    zones->own = arena_array(&zones->mem,
                             config->zones.defined_count + config->zones.keys_count,
                             sizeof *zones->own);
    for (size_t i = 0; i < config->zones.defined_count; i++)
        if (define(zones, &config->zones.defined[i], err) != 0)
            return bad_line(config, config->zones.defined[i].line, err);
    for (size_t i = 0; i < config->zones.keys_count; i++)
        if (add_key(zones, &config->zones.keys[i], err) != 0)
            return bad_line(config, config->zones.keys[i].line, err);
    for (size_t i = 0; i < config->zones.use.count; i++)
        if (use(zones, config->zones.use.at[i], err) != 0)
            return error_prefix(err, "%s", config->path);
    return 0;
}

int zones_new(const struct config *config, struct zones **out, struct error *err)
{
    struct zones *zones = xcalloc(1, sizeof *zones);
    size_t count = 0;

    arena_init(&zones->mem);
    (void)zones_all(&count);
    if (builtin.why.kind != ERROR_NONE) {
        error_set(err, builtin.why.kind, "%s", builtin.why.text);
        goto fail;
    }
    if (read_config(zones, config, err) != 0)
        goto fail;
    *out = zones;
    return 0;
fail:
    zones_free(zones);
    return -1;
}

void zones_free(struct zones *zones)
{
    if (zones == NULL)
        return;
    arena_release(&zones->mem);
    free(zones);
}

bool zone_is_used(const struct zones *zones, const struct zone *zone)
{
    for (size_t i = 0; i < zones->used_count; i++)
        if (zones->used[i] == zone)
            return zone != NULL;
    return false;
}

const struct zone *zones_find(const struct zones *zones, const char *name)
{
    if (name == NULL)
        return NULL;
    const struct zone *zone = find_in(zones->own, zones->own_count, slice_from(name));
    if (zone == NULL)
        zone = zone_find(name);
    if (zone == NULL || zone_is_used(zones, zone))
        return zone;
    for (size_t i = 0; i < zones->used_count; i++)
        if (zones->used[i]->stands_for != NULL &&
            strcmp(zones->used[i]->stands_for, zone->name) == 0)
            return zones->used[i];
    return zone;
}

size_t zones_used(const struct zones *zones, const struct zone **out)
{
    for (size_t i = 0; i < zones->used_count; i++)
        out[i] = zones->used[i];
    return zones->used_count;
}
