/*
 * api_schema.c - the few words of JSON Schema that the description uses.
 */
#include "base/base.h"

#include "tests/support/issuer/api_schema.h"

enum {
    PARTS_MAX = 4096
};

struct part {
    json_t *value;
    const json_t *schema;
    const char *where;
};
/* What is still to be looked at. */
struct look {
    struct arena *mem;
    const json_t *document;
    struct part parts[PARTS_MAX];
    size_t count;
};

static void look_at(struct look *look, json_t *value, const json_t *schema,
                    const char *where)
{
    assert(look->count < PARTS_MAX);
    look->parts[look->count++] = (struct part){value, schema, where};
}

static const json_t *resolve(const json_t *document, const json_t *schema)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    struct slice rest = slice_from(ref == NULL ? "" : ref + strlen("#/"));
    struct slice step;

    if (ref == NULL)
        return schema;
    while (document != NULL && slice_cut(&rest, '/', &step))
        document = json_object_getn(document, step.at, step.len);
    return document;
}

static bool has_type(const json_t *value, const char *type)
{
    return (json_is_null(value) && strcmp(type, "null") == 0) ||
           (json_is_string(value) && strcmp(type, "string") == 0) ||
           (json_is_integer(value) && strcmp(type, "integer") == 0) ||
           (json_is_boolean(value) && strcmp(type, "boolean") == 0) ||
           (json_is_array(value) && strcmp(type, "array") == 0) ||
           (json_is_object(value) && strcmp(type, "object") == 0);
}

static bool is_of_type(const json_t *value, const json_t *type)
{
    size_t i;
    const json_t *one;

    if (type == NULL)
        return true;
    if (json_is_string(type))
        return has_type(value, json_string_value(type));
    json_array_foreach(type, i, one) {
        if (has_type(value, json_string_value(one)))
            return true;
    }
    return false;
}

static bool is_among(const json_t *value, const json_t *values)
{
    size_t i;
    const json_t *one;

    json_array_foreach(values, i, one) {
        if (json_equal(value, one))
            return true;
    }
    return values == NULL;
}

/* 2026-11-24T09:00:00Z */
static bool is_time(const json_t *value, const json_t *schema)
{
    const char *format = json_string_value(json_object_get(schema, "format"));
    const char *text = json_string_value(value);

    return text == NULL || format == NULL || strcmp(format, "date-time") != 0 ||
           (strlen(text) == 20 && text[10] == 'T' && text[19] == 'Z');
}

static const char *object_wrong(struct look *look, const struct part *part,
                                const json_t *schema)
{
    const json_t *properties = json_object_get(schema, "properties");
    const char *name;
    json_t *value;
    size_t i;

    json_array_foreach(json_object_get(schema, "required"), i, value) {
        if (json_object_get(part->value, json_string_value(value)) == NULL)
            return arena_printf(look->mem, "%s lacks \"%s\"", part->where,
                                json_string_value(value));
    }
    if (properties == NULL)
        return NULL;
    json_object_foreach(part->value, name, value) {
        const json_t *one = json_object_get(properties, name);
        if (one == NULL)
            return arena_printf(look->mem, "%s has \"%s\", which is not described",
                                part->where, name);
        look_at(look, value, one, arena_printf(look->mem, "%s.%s", part->where, name));
    }
    return NULL;
}

static const char *part_wrong(struct look *look, const struct part *part)
{
    const json_t *schema = resolve(look->document, part->schema);
    const json_t *any = json_object_get(schema, "anyOf");
    json_t *value;
    size_t i;

    if (schema == NULL)
        return arena_printf(look->mem, "%s: no such schema", part->where);
    if (any != NULL) { /* a type or null */
        if (!json_is_null(part->value))
            look_at(look, part->value, json_array_get(any, 0), part->where);
        return NULL;
    }
    if (!is_of_type(part->value, json_object_get(schema, "type")) ||
        !is_among(part->value, json_object_get(schema, "enum")) ||
        !is_time(part->value, schema))
        return arena_printf(look->mem, "%s cannot be that", part->where);
    json_array_foreach(part->value, i, value) {
        if (json_object_get(schema, "items") != NULL)
            look_at(look, value, json_object_get(schema, "items"), part->where);
    }
    return json_is_object(part->value) ? object_wrong(look, part, schema) : NULL;
}

static const char *value_wrong(struct arena *mem, const json_t *document, json_t *value,
                               const json_t *schema)
{
    struct look *look = arena_alloc(mem, sizeof *look);

    look->mem = mem;
    look->document = document;
    look->count = 0;
    look_at(look, value, schema, "the answer");
    while (look->count > 0) {
        struct part part = look->parts[--look->count];
        const char *wrong = part_wrong(look, &part);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

json_t *api_schema_operation(const json_t *document, const struct route *route)
{
    static const char *const methods[HTTP_METHOD_COUNT] = {"get", "get", "post",
                                                           "delete"};
    const json_t *path = json_object_get(json_object_get(document, "paths"),
                                         route->pattern);

    return json_object_get(path, methods[route->method]);
}

/* What the document says of an answer with this status. */
static const json_t *answer_of(struct arena *mem, const json_t *document,
                               const struct route *route, unsigned status)
{
    const json_t *responses =
        route == NULL
            ? NULL
            : json_object_get(api_schema_operation(document, route), "responses");
    const json_t *answer = json_object_get(responses, arena_printf(mem, "%u", status));

    if (answer == NULL && status >= 400)
        answer = json_object_get(
            json_object_get(json_object_get(document, "components"), "responses"),
            "Problem");
    return answer;
}

const char *api_schema_wrong(struct arena *mem, const json_t *document,
                             const struct route *route,
                             const struct http_response *response)
{
    const json_t *answer = answer_of(mem, document, route, response->status);
    const json_t *content = json_object_get(answer, "content");
    const char *type = response->content_type == NULL ? "" : response->content_type;
    size_t len = strcspn(type, ";");

    if (answer == NULL)
        return arena_printf(mem, "the status %u is not described", response->status);
    if (content == NULL)
        return response->body.len == 0 ? NULL : "there is a body";
    const json_t *medium = json_object_getn(content, type, len);
    if (medium == NULL)
        return arena_printf(mem, "the type \"%s\" is not described", type);
    if (strstr(type, "json") == NULL)
        return NULL;
    json_t *value = json_loadb(response->body.at, response->body.len, 0, NULL);
    const char *wrong = value == NULL ? "it is not JSON"
                                      : value_wrong(mem, document, value,
                                                    json_object_get(medium, "schema"));
    json_decref(value);
    return wrong;
}
