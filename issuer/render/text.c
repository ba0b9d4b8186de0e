/*
 * text.c - catalogues: read, compared, looked up, taken apart.
 */
#include "base/base.h"

#include "issuer/render/text.h"

#include "base/alloc.h"

enum {
    NAMES_MAX = 16 /* placeholders of one text */
};

/* ---- pieces ---- */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static bool take_name(struct slice text, struct slice *name)
{
    size_t len = 0;

    while (1 + len < text.len && is_name_byte(text.at[1 + len]))
        len++;
    *name = slice_of(text.at + 1, len);
    return len > 0 && 1 + len < text.len && text.at[1 + len] == '}';
}

bool text_next(struct text_walk *walk, enum text_piece *kind, struct slice *piece)
{
    struct slice text = walk->rest;
    size_t len = 0;

    if (text.len == 0)
        return false;
    *piece = (struct slice){0};
    if (text.at[0] == '*') {
        walk->is_strong = !walk->is_strong;
        *kind = walk->is_strong ? TEXT_STRONG_ON : TEXT_STRONG_OFF;
        walk->rest = slice_skip(text, 1);
        return true;
    }
    if (text.at[0] == '`') {
        walk->is_code = !walk->is_code;
        *kind = walk->is_code ? TEXT_CODE_ON : TEXT_CODE_OFF;
        walk->rest = slice_skip(text, 1);
        return true;
    }
    if (text.at[0] == '{' && take_name(text, piece)) {
        *kind = TEXT_NAME;
        walk->rest = slice_skip(text, piece->len + 2);
        return true;
    }
    do
        len++;
    while (len < text.len && strchr("*`{", text.at[len]) == NULL);
    *kind = TEXT_PLAIN;
    *piece = slice_take(text, len);
    walk->rest = slice_skip(text, len);
    return true;
}

/* ---- reading ---- */

struct slice text_language(struct slice file_name)
{
    ptrdiff_t dot = slice_find_byte(file_name, '.');
    struct slice rest = slice_skip(file_name, (size_t)(dot + 1));
    ptrdiff_t end = slice_find_byte(rest, '.');

    if (dot < 0 || end <= 0 || end > LANGUAGE_MAX)
        return (struct slice){0};
    return slice_take(rest, (size_t)end);
}

static struct language *add_language(struct texts *texts, struct arena *mem,
                                     struct slice code)
{
    for (size_t i = 0; i < texts->count; i++)
        if (slice_is(code, texts->all[i].code))
            return &texts->all[i];
    if (texts->count == 0)
        texts->all[texts->count++].code = "en";
    if (slice_is(code, "en"))
        return &texts->all[0];
    if (texts->count == LANGUAGES_MAX)
        return NULL;
    texts->all[texts->count].code = arena_slice(mem, code);
    return &texts->all[texts->count++];
}

static void add_row(struct language *language, const struct text_row *row)
{
    if (language->count == language->room) {
        language->room = language->room > 0 ? 2 * language->room : 64;
        language->rows = xreallocarray(language->rows, language->room,
                                       sizeof *language->rows);
    }
    language->rows[language->count++] = *row;
}

static int read_row(struct language *language, struct arena *mem, const char *file,
                    unsigned number, struct slice line, struct error *err)
{
    struct text_walk walk = {0};
    enum text_piece kind;
    struct slice piece;

    line = slice_trim(line);
    if (line.len == 0 || line.at[0] == '#')
        return 0;
    ptrdiff_t equals = slice_find_byte(line, '=');
    if (equals <= 0 || !slice_is_utf8(line))
        return error_set(err, ERROR_INVALID, "text \"%s\" line %u: is not key = text",
                         file, number);
    struct text_row row = {
        .key = arena_slice(mem, slice_trim(slice_take(line, (size_t)equals))),
        .text = arena_slice(mem, slice_trim(slice_skip(line, (size_t)equals + 1))),
        .line = number};
    walk.rest = slice_from(row.text);
    while (text_next(&walk, &kind, &piece)) {
    }
    if (walk.is_strong || walk.is_code)
        return error_set(err, ERROR_INVALID, "text \"%s\" line %u: a mark does not end",
                         file, number);
    add_row(language, &row);
    return 0;
}

int text_read(struct texts *texts, struct arena *mem, const char *file,
              struct slice content, struct error *err)
{
    const char *slash = strrchr(file, '/');
    struct slice code = text_language(slice_from(slash != NULL ? slash + 1 : file));
    struct language *language = add_language(texts, mem, code);
    struct slice line;
    unsigned number = 0;

    if (code.len == 0 || language == NULL)
        return error_set(err, ERROR_INVALID, "text \"%s\": which language is it?",
                         file);
    while (slice_line(&content, &line))
        if (read_row(language, mem, file, ++number, line, err) != 0)
            return -1;
    return 0;
}

/* ---- finding ---- */

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct text_row *)a)->key, ((const struct text_row *)b)->key);
}

static const char *find_in(const struct language *language, const char *key)
{
    const struct text_row wanted = {.key = key};

    if (language->count == 0)
        return NULL;
    const struct text_row *row = bsearch(&wanted, language->rows, language->count,
                                         sizeof *language->rows, by_key);
    return row != NULL ? row->text : NULL;
}

const struct language *text_find_language(const struct texts *texts, struct slice code)
{
    for (size_t i = 0; i < texts->count; i++)
        if (slice_is_nocase(code, texts->all[i].code))
            return &texts->all[i];
    return NULL;
}

const char *text_find(const struct texts *texts, const struct language *language,
                      const char *key)
{
    const char *text = language != NULL ? find_in(language, key) : NULL;

    return text != NULL || texts->count == 0 ? text : find_in(&texts->all[0], key);
}

/* ---- comparing ---- */

static size_t names_of(const char *text, struct slice names[NAMES_MAX])
{
    struct text_walk walk = {.rest = slice_from(text)};
    enum text_piece kind;
    struct slice piece;
    size_t count = 0;

    while (text_next(&walk, &kind, &piece))
        if (kind == TEXT_NAME && count < NAMES_MAX)
            names[count++] = piece;
    return count;
}

static bool has_all(const struct slice *of, size_t of_count, const struct slice *in,
                    size_t in_count)
{
    for (size_t i = 0; i < of_count; i++) {
        bool found = false;
        for (size_t k = 0; k < in_count && !found; k++)
            found = slice_equal(of[i], in[k]);
        if (!found)
            return false;
    }
    return true;
}

static bool same_names(const char *a, const char *b)
{
    struct slice of_a[NAMES_MAX];
    struct slice of_b[NAMES_MAX];
    size_t count_a = names_of(a, of_a);
    size_t count_b = names_of(b, of_b);

    return has_all(of_a, count_a, of_b, count_b) &&
           has_all(of_b, count_b, of_a, count_a);
}

/* The console, and what core says, are English alone. */
static bool is_for_everybody(const char *key)
{
    return !slice_starts(slice_from(key), "console.") &&
           !slice_starts(slice_from(key), "said.");
}

static int compare(const struct texts *texts, const struct language *language,
                   struct error *err)
{
    const struct language *english = &texts->all[0];

    for (size_t i = 0; i < english->count; i++) {
        const struct text_row *row = &english->rows[i];
        const char *other = find_in(language, row->key);
        if (i > 0 && strcmp(row->key, english->rows[i - 1].key) == 0)
            return error_set(err, ERROR_INVALID, "text \"%s\" is there twice",
                             row->key);
        if (other == NULL && is_for_everybody(row->key))
            return error_set(err, ERROR_INVALID, "language \"%s\" has no text \"%s\"",
                             language->code, row->key);
        if (other != NULL && !same_names(other, row->text))
            return error_set(
                err, ERROR_INVALID,
                "language \"%s\", text \"%s\": fills in otherwise than English",
                language->code, row->key);
    }
    return 0;
}

int text_finish(struct texts *texts, struct error *err)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (texts->all[i].count == 0)
            continue;
        qsort(texts->all[i].rows, texts->all[i].count, sizeof *texts->all[i].rows,
              by_key);
    }
    for (size_t i = 0; i < texts->count; i++)
        if (compare(texts, &texts->all[i], err) != 0)
            return -1;
    return 0;
}

void text_free(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->all[i].rows);
    texts->count = 0;
}

/* ---- choosing ---- */

/* "de-AT" wants "de". A weight of 0 means "not this one"; the others count by thousandths. */
static int weight_of(struct slice *range)
{
    static const int places[] = {100, 10, 1};
    ptrdiff_t semicolon = slice_find_byte(*range, ';');
    int weight = 1000;

    if (semicolon < 0)
        return weight;
    struct slice q = slice_trim(slice_skip(*range, (size_t)semicolon + 1));
    *range = slice_trim(slice_take(*range, (size_t)semicolon));
    if (!slice_starts_nocase(q, "q="))
        return weight;
    q = slice_skip(q, 2);
    if (q.len == 0 || q.at[0] == '1')
        return weight;
    weight = 0;
    for (size_t i = 0; i < ARRAY_LEN(places) && i + 2 < q.len; i++)
        if (q.at[i + 2] >= '0' && q.at[i + 2] <= '9')
            weight += (q.at[i + 2] - '0') * places[i];
    return weight;
}

static bool wants(struct slice range, const char *code)
{
    size_t len = strlen(code);

    return slice_is(range, "*") ||
           (range.len >= len && slice_is_nocase(slice_take(range, len), code) &&
            (range.len == len || range.at[len] == '-'));
}

const char *text_choose(struct slice accept_language, const char *const *offered,
                        size_t count)
{
    const char *best = NULL;
    int best_weight = 0;
    struct slice range;

    while (slice_cut(&accept_language, ',', &range)) {
        range = slice_trim(range);
        int weight = weight_of(&range);
        for (size_t i = 0; i < count && weight > best_weight; i++)
            if (wants(range, offered[i])) {
                best = offered[i];
                best_weight = weight;
            }
    }
    return best;
}
