/*
 * sentence.c - keys and values as one line, and back.
 *
 * Texts are escaped and inner sentences are not, so the braces of a line are always those of
 * sentences, and a reader needs no recursion: the last '{' begins one that has no other in it.
 */
#include "base/base.h"

#include "core/sentence.h"

#include "base/number.h"

enum {
    /* Beyond what DNS gives for one sentence: the terms of eleven SPF records, escaped. */
    BYTES_MAX = 4 << 20
};

static bool is_mark(char byte)
{
    return byte == '{' || byte == '}' || byte == '|' || byte == '\\';
}

/* ---- making ---- */

static void put_text(struct strbuf *out, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (is_mark(*text))
            strbuf_putc(out, '\\');
        strbuf_putc(out, *text);
    }
}

static void put_value(struct strbuf *out, const struct sentence_value *value)
{
    bool is_said = value->kind == SENTENCE_INNER && value->text != NULL &&
                   value->text[0] == '{';
    enum sentence_kind kind = value->kind == SENTENCE_INNER && !is_said ? SENTENCE_TEXT
                                                                        : value->kind;

    strbuf_printf(out, "|%s%c", value->name, (char)kind);
    if (is_said)
        strbuf_puts(out, value->text);
    else if (kind == SENTENCE_TEXT)
        put_text(out, value->text);
    else
        strbuf_printf(out, "%lld", (long long)value->number);
}

void sentence_put(struct strbuf *out, const char *key,
                  const struct sentence_value *values)
{
    strbuf_printf(out, "{%s", key);
    for (; values != NULL && values->name != NULL; values++)
        put_value(out, values);
    strbuf_putc(out, '}');
}

struct sentence sentence_fill(struct arena *mem, const char *key,
                              const struct sentence_value *values)
{
    struct strbuf line;

    strbuf_init(&line, BYTES_MAX);
    sentence_put(&line, key, values);
    assert(!line.full);
    struct sentence made = {arena_slice(mem, strbuf_slice(&line))};
    strbuf_release(&line);
    return made;
}

struct sentence sentence_quote(struct arena *mem, const char *words)
{
    if (words == NULL || words[0] != '{')
        return (struct sentence){words};
    return SAY(mem, "", SAY_TEXT("", words));
}

/* ---- reading ---- */

/* How far it is to the first of the bytes that stands there unescaped, or to the end. */
static size_t find_mark(struct slice text, const char *marks)
{
    size_t at = 0;

    while (at < text.len && strchr(marks, text.at[at]) == NULL)
        at += text.at[at] == '\\' && at + 1 < text.len ? 2 : 1;
    return at < text.len ? at : text.len;
}

static const char *plain(struct arena *mem, struct slice escaped)
{
    char *text = arena_alloc(mem, escaped.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < escaped.len; i++) {
        if (escaped.at[i] == '\\' && i + 1 < escaped.len)
            i++;
        text[len++] = escaped.at[i];
    }
    text[len] = '\0';
    return text;
}

static bool read_value(struct arena *mem, struct slice word, struct sentence_value *out)
{
    size_t len = 0;

    while (len < word.len && strchr("=+#@~:", word.at[len]) == NULL)
        len++;
    if (len == word.len)
        return false;
    struct slice rest = slice_skip(word, len + 1);
    *out = (struct sentence_value){.name = arena_slice(mem, slice_take(word, len)),
                                   .kind = (enum sentence_kind)word.at[len]};
    switch (out->kind) {
    case SENTENCE_TEXT: out->text = plain(mem, rest); return true;
    case SENTENCE_NUMBER:
    case SENTENCE_COUNT:
    case SENTENCE_TIME:
    case SENTENCE_SPAN: return number_i64(rest, INT64_MIN, INT64_MAX, &out->number);
    case SENTENCE_INNER: break;
    }
    return false;
}

/* What stands between the braces. */
static bool read_part(struct arena *mem, struct slice inside, struct sentence_part *out)
{
    size_t len = find_mark(inside, "|");

    out->key = arena_slice(mem, slice_take(inside, len));
    while (len < inside.len) {
        inside = slice_skip(inside, len + 1);
        len = find_mark(inside, "|");
        if (out->count == SENTENCE_VALUES_MAX ||
            !read_value(mem, slice_take(inside, len), &out->values[out->count++]))
            return false;
    }
    return true;
}

bool sentence_last(struct arena *mem, struct slice line, struct sentence_part *out)
{
    struct sentence_part part = {.begin = line.len};

    for (size_t at = find_mark(line, "{"); at < line.len;) {
        part.begin = at++;
        at += find_mark(slice_skip(line, at), "{");
    }
    if (part.begin == line.len)
        return false;
    struct slice inside = slice_skip(line, part.begin + 1);
    size_t len = find_mark(inside, "}");
    if (len == inside.len || !read_part(mem, slice_take(inside, len), &part))
        return false;
    part.end = part.begin + len + 2;
    *out = part;
    return true;
}

const char *sentence_splice(struct arena *mem, struct slice line,
                            const struct sentence_part *part, const char *words)
{
    struct strbuf made;

    if (part->begin == 0)
        return words;
    strbuf_init(&made, BYTES_MAX);
    /* The ':' before it becomes the '=' of a text. */
    strbuf_add_slice(&made, slice_take(line, part->begin - 1));
    strbuf_putc(&made, (char)SENTENCE_TEXT);
    put_text(&made, words);
    strbuf_add_slice(&made, slice_skip(line, part->end));
    const char *spliced = arena_slice(mem, strbuf_slice(&made));
    strbuf_release(&made);
    return spliced;
}

bool sentence_is(struct sentence sentence, const char *key)
{
    struct slice line = slice_from(sentence.line);
    struct slice rest = slice_skip(line, 1);
    size_t len = strlen(key);

    return slice_starts(line, "{") && slice_starts(rest, key) && rest.len > len &&
           (rest.at[len] == '|' || rest.at[len] == '}');
}

const char *sentence_text(struct arena *mem, struct sentence sentence, const char *name)
{
    struct slice rest = slice_from(sentence.line);
    size_t name_len = strlen(name);

    for (size_t at = find_mark(rest, "|"); at < rest.len; at = find_mark(rest, "|")) {
        rest = slice_skip(rest, at + 1);
        if (slice_starts(rest, name) && rest.len > name_len &&
            rest.at[name_len] == (char)SENTENCE_TEXT) {
            rest = slice_skip(rest, name_len + 1);
            return plain(mem, slice_take(rest, find_mark(rest, "|}")));
        }
    }
    return NULL;
}
