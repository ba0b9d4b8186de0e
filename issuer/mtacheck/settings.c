/*
 * settings.c - "name = value", three dialects.
 */
#include "base/base.h"

#include "issuer/mtacheck/settings.h"

enum {
    ROOM_FIRST = 256
};

int settings_add(struct settings *settings, struct arena *mem, struct setting row,
                 struct error *err)
{
    if (settings->count == SETTINGS_MAX)
        return error_set(err, ERROR_INVALID, "there are more than %d settings",
                         (int)SETTINGS_MAX);
    if (settings->count == settings->room) {
        size_t room = settings->room == 0 ? ROOM_FIRST : 2 * settings->room;
        struct setting *more = arena_array(mem, room, sizeof *more);
        if (settings->count > 0)
            memcpy(more, settings->at, settings->count * sizeof *more);
        settings->at = more;
        settings->room = room;
    }
    settings->at[settings->count++] = row;
    return 0;
}

const char *settings_find(const struct settings *settings, const char *scope,
                          const char *name)
{
    for (size_t i = settings->count; i > 0; i--)
        if (strcmp(settings->at[i - 1].name, name) == 0 &&
            strcmp(settings->at[i - 1].scope, scope) == 0)
            return settings->at[i - 1].value;
    return NULL;
}

/* "name = value", "name =": the parts without blanks. A name has no blank in it. */
static bool cut_setting(struct slice line, struct slice *name, struct slice *value)
{
    ptrdiff_t equals = slice_find_byte(line, '=');

    if (equals <= 0)
        return false;
    *name = slice_trim(slice_take(line, (size_t)equals));
    *value = slice_trim(slice_skip(line, (size_t)equals + 1));
    return name->len > 0 && slice_find_byte(*name, ' ') < 0;
}

/* "smtp/inet/command" is command of smtp/inet; the service may have slashes of its own. */
static struct setting postconf_row(struct arena *mem, struct slice name,
                                   struct slice value)
{
    size_t end = name.len;

    while (end > 0 && name.at[end - 1] != '/')
        end--;
    return (struct setting){
        .scope = end == 0 ? "" : arena_slice(mem, slice_take(name, end - 1)),
        .name = arena_slice(mem, slice_skip(name, end)),
        .value = arena_slice(mem, value)};
}

int settings_read_postconf(struct settings *settings, struct arena *mem,
                           struct slice text, struct error *err)
{
    struct slice line;
    struct slice name;
    struct slice value;

    while (slice_line(&text, &line))
        if (cut_setting(line, &name, &value) &&
            settings_add(settings, mem, postconf_row(mem, name, value), err) != 0)
            return -1;
    return 0;
}

/* The blocks that are open, outermost first. */
struct nest {
    const char *scopes[SETTINGS_DEPTH_MAX + 1]; /* [0] is "" */
    size_t depth, blocks;                       /* opened so far */
};

static int open_block(struct nest *nest, struct arena *mem, struct slice head,
                      struct error *err)
{
    const char *outer = nest->scopes[nest->depth];

    if (nest->depth == SETTINGS_DEPTH_MAX)
        return error_set(err, ERROR_INVALID, "blocks are nested deeper than %d",
                         (int)SETTINGS_DEPTH_MAX);
    nest->scopes[++nest->depth] = arena_printf(mem, "%s%s%s#%zu", outer,
                                               outer[0] != '\0' ? "/" : "",
                                               arena_slice(mem, head), nest->blocks++);
    return 0;
}

int settings_read_doveconf(struct settings *settings, struct arena *mem,
                           struct slice text, struct error *err)
{
    struct nest nest = {.scopes = {""}};
    struct slice line;
    struct slice name;
    struct slice value;

    while (slice_line(&text, &line)) {
        struct setting row = {.name = "", .value = ""};
        line = slice_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        if (slice_is(line, "}")) {
            nest.depth -= nest.depth > 0;
            continue;
        }
        if (cut_setting(line, &name, &value)) {
            row.name = arena_slice(mem, name);
            row.value = arena_slice(mem, value);
        } else if (line.at[line.len - 1] != '{') {
            continue;
        } else if (open_block(&nest, mem, slice_trim(slice_take(line, line.len - 1)),
                              err) != 0) {
            return -1;
        }
        row.scope = nest.scopes[nest.depth];
        if (settings_add(settings, mem, row, err) != 0)
            return -1;
    }
    if (nest.depth > 0)
        return error_set(err, ERROR_INVALID, "the block \"%.60s\" has no end",
                         nest.scopes[nest.depth]);
    return 0;
}

/* "begin acl" and the like: what a block of that section is called. NULL: none, "" for a section
 * without blocks. */
static const char *exim_section(struct slice line)
{
    static const char *const sections[][2] = {
        {"acl",            "acl"          },
        {"routers",        "router"       },
        {"transports",     "transport"    },
        {"authenticators", "authenticator"}
    };

    if (!slice_starts(line, "begin "))
        return NULL;
    line = slice_trim(slice_skip(line, 6));
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        if (slice_is(line, sections[i][0]))
            return sections[i][1];
    return "";
}

/* A line in a block, or an option of the top. */
static struct setting exim_row(struct arena *mem, const char *section,
                               struct slice line)
{
    struct setting row = {.name = "acl", .value = ""};
    struct slice name;
    struct slice value;

    if (strcmp(section, "acl") == 0) {
        row.value = arena_slice(mem, line);
    } else if (cut_setting(line, &name, &value)) {
        row.name = arena_slice(mem, name);
        row.value = arena_slice(mem, value);
    } else {
        bool is_off = slice_starts(line, "no_");
        row.name = arena_slice(mem, slice_skip(line, is_off ? 3 : 0));
        row.value = is_off ? "no" : "yes";
    }
    return row;
}

int settings_read_exim(struct settings *settings, struct arena *mem, struct slice text,
                       struct error *err)
{
    const char *section = "main";
    const char *scope = "";
    struct slice line;

    while (slice_line(&text, &line)) {
        struct setting row = {.name = "", .value = ""};
        line = slice_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        const char *begun = exim_section(line);
        if (begun != NULL) {
            section = begun;
            scope = "";
            continue;
        }
        bool opens = line.at[line.len - 1] == ':' && slice_find_byte(line, ' ') < 0;
        if (opens)
            scope = arena_printf(mem, "%s %s", section,
                                 arena_slice(mem, slice_take(line, line.len - 1)));
        else if (section[0] != '\0')
            row = exim_row(mem, section, line);
        else
            continue; /* rewriting and retry rules */
        row.scope = scope;
        if (settings_add(settings, mem, row, err) != 0)
            return -1;
    }
    return 0;
}

bool settings_block_is(const char *scope, const char *kind)
{
    size_t len = strlen(kind);

    return strncmp(scope, kind, len) == 0 && (scope[len] == '#' || scope[len] == ' ') &&
           strchr(scope, '/') == NULL;
}

static bool parts_words(char byte)
{
    return byte == ' ' || byte == '\t' || byte == ',' || byte == '\r' || byte == '\n';
}

/* Where the next blank or comma is that stands in no braces, or the end. */
static size_t word_end(struct slice text)
{
    size_t depth = 0;
    size_t end = 0;

    for (; end < text.len && (depth > 0 || !parts_words(text.at[end])); end++) {
        depth += text.at[end] == '{';
        depth -= depth > 0 && text.at[end] == '}';
    }
    return end;
}

bool settings_word(struct slice *rest, struct slice *word)
{
    while (rest->len > 0 && parts_words(rest->at[0]))
        *rest = slice_skip(*rest, 1);
    if (rest->len == 0)
        return false;
    size_t end = word_end(*rest);
    *word = slice_take(*rest, end);
    *rest = slice_skip(*rest, end);
    if (word->at[0] == '{') {
        bool is_closed = word->len > 1 && word->at[word->len - 1] == '}';
        *word = slice_trim(slice_skip(slice_take(*word, word->len - is_closed), 1));
    }
    return true;
}
