/*
 * guide.c - guides out of their files.
 */
#include "base/base.h"

#include "issuer/render/guide.h"

#include "base/number.h"
#include "issuer/render/text.h"

struct reading {
    const char *file;
    unsigned line;
    json_t *guide;
    json_t *steps;  /* the list that grows: steps or back */
    json_t *fields; /* of the last step */
};

static int complain(const struct reading *r, struct error *err, const char *what)
{
    return error_set(err, ERROR_INVALID, "guide \"%s\" line %u: %s", r->file, r->line,
                     what);
}

static void put(json_t *object, const char *key, struct slice text)
{
    json_object_set_new(object, key, json_stringn(text.at, text.len));
}

static int read_head(struct reading *r, struct slice line, struct error *err)
{
    static const char *const names[] = {"title", "with", "checked"};
    ptrdiff_t colon = slice_find_byte(line, ':');
    int64_t order;

    if (colon < 0)
        return complain(r, err, "is no head, step or field");
    struct slice name = slice_take(line, (size_t)colon);
    struct slice value = slice_trim(slice_skip(line, (size_t)colon + 1));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_is(name, names[i])) {
            put(r->guide, names[i], value);
            return 0;
        }
    if (!slice_is(name, "order") || !number_i64(value, 0, 1000, &order))
        return complain(r, err, "is no head, step or field");
    json_object_set_new(r->guide, "order", json_integer(order));
    return 0;
}

static int add_field(struct reading *r, struct slice text, struct error *err)
{
    ptrdiff_t colon = slice_find(text, SLICE(": "));
    size_t last = json_array_size(r->steps);

    if (colon < 0 || last == 0)
        return complain(r, err, "is no \"- label: value\" below a step");
    json_t *field = json_object();
    put(field, "label", slice_take(text, (size_t)colon));
    put(field, "value", slice_skip(text, (size_t)colon + 2));
    json_array_append_new(r->fields, field);
    json_object_set_new(json_array_get(r->steps, last - 1), "has_fields", json_true());
    return 0;
}

static void add_step(struct reading *r, struct slice text)
{
    json_t *step = json_object();

    put(step, "text", text);
    json_object_set_new(step, "has_fields", json_false());
    r->fields = json_array();
    json_object_set_new(step, "fields", r->fields);
    json_array_append_new(r->steps, step);
}

static int read_line(struct reading *r, struct slice line, struct error *err)
{
    line = slice_trim(line);
    if (line.len == 0)
        return 0;
    if (!slice_is_utf8(line))
        return complain(r, err, "is not UTF-8");
    if (slice_is(line, "back:")) {
        r->steps = json_object_get(r->guide, "back");
        return 0;
    }
    if (slice_starts(line, "- "))
        return add_field(r, slice_skip(line, 2), err);
    ptrdiff_t dot = slice_find(line, SLICE(". "));
    uint64_t number;
    if (dot < 0 || !number_u64(slice_take(line, (size_t)dot), 99, &number))
        return read_head(r, line, err);
    add_step(r, slice_skip(line, (size_t)dot + 2));
    return 0;
}

/* "2026-11" */
static bool is_month(const char *text)
{
    struct slice month = slice_from(text);
    uint64_t ignored;

    return month.len == 7 && month.at[4] == '-' &&
           number_u64(slice_take(month, 4), 9999, &ignored) &&
           number_u64(slice_skip(month, 5), 12, &ignored) && ignored > 0;
}

static int check_whole(const struct reading *r, struct error *err)
{
    const json_t *g = r->guide;

    if (json_object_get(g, "title") == NULL || json_object_get(g, "with") == NULL ||
        json_object_get(g, "order") == NULL ||
        !is_month(json_string_value(json_object_get(g, "checked"))))
        return complain(r, err, "title, order, with and checked: 2026-11 are needed");
    if (json_array_size(json_object_get(g, "steps")) == 0 ||
        json_array_size(json_object_get(g, "back")) == 0)
        return complain(r, err, "steps and the way back are needed");
    return 0;
}

int guide_parse(struct arena *mem, const char *file, struct slice content, json_t **out,
                struct error *err)
{
    const char *slash = strrchr(file, '/');
    struct slice name = slice_from(slash != NULL ? slash + 1 : file);
    ptrdiff_t dot = slice_find_byte(name, '.');
    struct reading r = {.file = arena_strdup(mem, file), .guide = json_object()};
    struct slice line;

    put(r.guide, "program", slice_take(name, dot < 0 ? 0 : (size_t)dot));
    put(r.guide, "language", text_language(name));
    r.steps = json_array();
    json_object_set_new(r.guide, "steps", r.steps);
    json_object_set_new(r.guide, "back", json_array());
    while (slice_line(&content, &line)) {
        r.line++;
        if (read_line(&r, line, err) != 0)
            goto fail;
    }
    if (check_whole(&r, err) != 0)
        goto fail;
    *out = r.guide;
    return 0;

fail:
    json_decref(r.guide);
    return -1;
}
