/*
 * output.c - tables and facts for a terminal.
 */
#include "base/base.h"

#include "issuer/cli/output.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"

enum {
    LINE_MAX_BYTES = 4096
};

void say(const char *format, ...)
{
    struct strbuf raw;
    struct strbuf clean;
    va_list args;

    strbuf_init(&raw, LINE_MAX_BYTES);
    strbuf_init(&clean, (size_t)4 * LINE_MAX_BYTES);
    va_start(args, format);
    strbuf_vprintf(&raw, format, args);
    va_end(args);
    escape_append(&clean, ESCAPE_TEXT, strbuf_slice(&raw));
    strbuf_putc(&clean, '\n');
    /* Nobody is left to be told when standard error is gone. */
    (void)!write(STDERR_FILENO, clean.at, clean.len);
    strbuf_release(&raw);
    strbuf_release(&clean);
}

int cli_flush(struct cli *cli, struct error *err)
{
    bool was_cut = cli->out.full;
    int result = file_write_fd(STDOUT_FILENO, strbuf_slice(&cli->out), err);

    strbuf_reset(&cli->out);
    if (result == 0 && was_cut)
        return error_set(err, ERROR_INTERNAL, "the output was too long and is cut");
    return result;
}

void print_text(struct cli *cli, const char *text)
{
    escape_append(&cli->out, ESCAPE_TEXT, slice_from(text));
}

void print_json(struct cli *cli, const json_t *json)
{
    /* A terminal gets ASCII: JSON itself lets bidi controls and the like through. */
    size_t flags = JSON_INDENT(2) |
                   (isatty(STDOUT_FILENO) == 1 ? JSON_ENSURE_ASCII : 0);
    char *text = json_dumps(json, flags);

    strbuf_puts(&cli->out, text == NULL ? "null" : text);
    strbuf_putc(&cli->out, '\n');
    free(text);
}

static const char *scalar_text(struct cli *cli, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING: return arena_strdup(&cli->mem, json_string_value(value));
    case JSON_INTEGER:
        return arena_printf(&cli->mem, "%lld", (long long)json_integer_value(value));
    case JSON_TRUE: return "yes";
    case JSON_FALSE: return "no";
    case JSON_NULL:
    case JSON_REAL:
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    return "-";
}

const char *text_of(struct cli *cli, const json_t *value)
{
    const char *text = "";

    if (value == NULL)
        return "-";
    if (!json_is_array(value))
        return scalar_text(cli, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        text = arena_printf(&cli->mem, "%s%s%s", text, i > 0 ? ", " : "",
                            scalar_text(cli, json_array_get(value, i)));
    return text[0] == '\0' ? "-" : text;
}

const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* Cleaned, on one line, in cli->mem. */
static const char *cell_of(struct cli *cli, const json_t *value)
{
    struct strbuf clean;
    char *cell;

    strbuf_init(&clean, LINE_MAX_BYTES);
    escape_append(&clean, ESCAPE_TEXT, slice_from(text_of(cli, value)));
    cell = arena_strndup(&cli->mem, clean.at, clean.len);
    for (char *at = cell; *at != '\0'; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    strbuf_release(&clean);
    return cell;
}

static void pad(struct cli *cli, const char *text, size_t width)
{
    strbuf_puts(&cli->out, text);
    for (size_t used = width_of(text); used < width; used++)
        strbuf_putc(&cli->out, ' ');
}

void print_table(struct cli *cli, const json_t *items, const struct column *columns,
                 size_t count)
{
    size_t rows = json_array_size(items);
    const char **cells = arena_array(&cli->mem, (rows + 1) * count, sizeof *cells);
    size_t *widths = arena_array(&cli->mem, count, sizeof *widths);

    for (size_t row = 0; row <= rows; row++)
        for (size_t i = 0; i < count; i++) {
            const json_t *item = row == 0 ? NULL : json_array_get(items, row - 1);
            const char *cell = row == 0 ? columns[i].title
                                        : cell_of(cli, json_object_get(item,
                                                                       columns[i].key));
            cells[row * count + i] = cell;
            if (width_of(cell) > widths[i])
                widths[i] = width_of(cell);
        }
    for (size_t row = 0; row <= rows; row++) {
        for (size_t i = 0; i + 1 < count; i++)
            pad(cli, cells[row * count + i], widths[i] + 2);
        strbuf_printf(&cli->out, "%s\n", cells[row * count + count - 1]);
    }
}

/* "clears.sentence": a member of a member. */
static const json_t *value_at(struct cli *cli, const json_t *object, const char *path)
{
    struct slice rest = slice_from(path);
    struct slice key;

    while (slice_cut(&rest, '.', &key))
        object = json_object_get(object, arena_slice(&cli->mem, key));
    return object;
}

void print_facts(struct cli *cli, const json_t *object, const struct column *columns,
                 size_t count)
{
    size_t width = 0;

    for (size_t i = 0; i < count; i++)
        if (width_of(columns[i].title) > width)
            width = width_of(columns[i].title);
    for (size_t i = 0; i < count; i++) {
        pad(cli, columns[i].title, width + 2);
        strbuf_printf(&cli->out, "%s\n",
                      cell_of(cli, value_at(cli, object, columns[i].key)));
    }
}

int show_items(struct cli *cli, json_t *items, const struct column *columns,
               size_t count)
{
    if (cli->is_json)
        print_json(cli, items);
    else if (json_array_size(items) == 0)
        say("nothing to show");
    else
        print_table(cli, items, columns, count);
    json_decref(items);
    return 0;
}

int show_object(struct cli *cli, json_t *object, const struct column *columns,
                size_t count)
{
    if (cli->is_json)
        print_json(cli, object);
    else
        print_facts(cli, object, columns, count);
    json_decref(object);
    return 0;
}
