/*
 * openapi.c - the words of openapi.json and the table of routes, as OpenAPI 3.1.
 */
#include "base/base.h"

#include "issuer/api/openapi.h"

#include "base/embed.h"
#include "core/api_token.h"
#include "issuer/api/api_call.h"

/* ---- types ---- */

static json_t *ref_to(const char *where, struct slice name)
{
    return json_pack(
        "{s:o}", "$ref",
        json_sprintf("#/components/%s/%.*s", where, (int)name.len, name.at));
}

static json_t *enum_of(struct slice words)
{
    json_t *values = json_array();
    struct slice word;

    while (slice_cut(&words, '|', &word))
        json_array_append_new(values, json_stringn(word.at, word.len));
    return json_pack("{s:s, s:o}", "type", "string", "enum", values);
}

/* One word, which is neither a list nor may be null. */
static json_t *plain_schema(struct slice word)
{
    static const struct {
        const char *word, *type, *format;
    } rows[] = {
        {"text",   "string",  NULL       },
        {"time",   "string",  "date-time"},
        {"number", "integer", "int64"    },
        {"truth",  "boolean", NULL       },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (slice_is(word, rows[i].word))
            return json_pack("{s:s, s:s*}", "type", rows[i].type, "format",
                             rows[i].format);
    if (slice_is(word, "any"))
        return json_object();
    return slice_find_byte(word, '|') >= 0 ? enum_of(word) : ref_to("schemas", word);
}

static json_t *or_null(json_t *schema)
{
    json_t *type = json_object_get(schema, "type");
    json_t *values = json_object_get(schema, "enum");

    if (type == NULL)
        return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
    json_object_set_new(schema, "type",
                        json_pack("[s, s]", json_string_value(type), "null"));
    if (values != NULL)
        json_array_append_new(values, json_null());
    return schema;
}

static json_t *page_schema(json_t *item)
{
    return json_pack("{s:s, s:[s, s], s:{s:{s:s, s:o}, s:{s:[s, s], s:s}}}", "type",
                     "object", "required", "items", "next", "properties", "items",
                     "type", "array", "items", item, "next", "type", "string", "null",
                     "description", "the cursor of the next page; null at the end");
}

static struct slice inside(struct slice word)
{
    return slice_take(slice_skip(word, 1), word.len - 2);
}

/* What stands before ": ", and behind it. */
static struct slice split_words(const char *notation, struct slice *words)
{
    struct slice text = slice_from(notation);
    ptrdiff_t at = slice_find(text, SLICE(": "));

    size_t end = at < 0 ? text.len : (size_t)at;
    *words = slice_skip(text, end + strlen(": ")); /* or nothing */
    return slice_take(text, end);
}

static json_t *schema_of(const char *notation)
{
    struct slice words;
    struct slice word = split_words(notation, &words);
    json_t *schema;

    if (slice_starts(word, "["))
        schema = json_pack("{s:s, s:o}", "type", "array", "items",
                           plain_schema(inside(word)));
    else if (slice_starts(word, "{"))
        schema = page_schema(plain_schema(inside(word)));
    else if (word.len > 0 && word.at[word.len - 1] == '?')
        schema = or_null(plain_schema(slice_take(word, word.len - 1)));
    else
        schema = plain_schema(word);
    if (words.len > 0)
        json_object_set_new(schema, "description", json_stringn(words.at, words.len));
    return schema;
}

static void add_fields(json_t *schema, json_t *fields)
{
    const char *key;
    json_t *value;

    json_object_foreach(fields, key, value) {
        size_t len = strlen(key);
        bool may_lack = key[len - 1] == '?';
        if (strcmp(key, "+") == 0)
            continue;
        json_t *name = json_stringn(key, len - may_lack);
        json_object_set_new(json_object_get(schema, "properties"),
                            json_string_value(name),
                            schema_of(json_string_value(value)));
        if (!may_lack)
            json_array_append(json_object_get(schema, "required"), name);
        json_decref(name);
    }
}

/* The fields of a type and of those that it goes on from. */
static json_t *object_schema(const json_t *types, json_t *fields)
{
    json_t *schema = json_pack("{s:s, s:[], s:{}}", "type", "object", "required",
                               "properties");

    while (fields != NULL) {
        const char *base = json_string_value(json_object_get(fields, "+"));
        add_fields(schema, fields);
        fields = base == NULL ? NULL : json_object_get(types, base);
    }
    return schema;
}

static json_t *all_schemas(json_t *types)
{
    json_t *schemas = json_object();
    const char *name;
    json_t *type;

    json_object_foreach(types, name, type) {
        json_object_set_new(schemas, name,
                            json_is_string(type) ? schema_of(json_string_value(type))
                                                 : object_schema(types, type));
    }
    return schemas;
}

/* ---- one operation ---- */

static json_t *parameter(const json_t *known, struct slice name, const char *where)
{
    json_t *notation = json_object_getn(known, name.at, name.len);

    if (notation == NULL)
        return NULL;
    return json_pack("{s:o, s:s, s:b, s:o}", "name", json_stringn(name.at, name.len),
                     "in", where, "required", strcmp(where, "path") == 0, "schema",
                     schema_of(json_string_value(notation)));
}

static json_t *idempotency_key(void)
{
    return json_pack(
        "{s:s, s:s, s:b, s:s, s:{s:s, s:i, s:i}}", "name", "Idempotency-Key", "in",
        "header", "required", 1, "description",
        "visible characters; the same key and request again gives the same "
        "lease, with the header Idempotency-Replayed",
        "schema", "type", "string", "minLength", 1, "maxLength",
        (int)IDEMPOTENCY_KEY_MAX);
}

static json_t *parameters_of(const json_t *known, const struct route *route,
                             const json_t *words)
{
    const char *query = json_string_value(json_object_get(words, "query"));
    json_t *list = json_array();
    struct slice rest = slice_from(route->pattern);
    struct slice piece;

    while (slice_cut(&rest, '/', &piece))
        if (slice_starts(piece, "{"))
            json_array_append_new(list, parameter(known, inside(piece), "path"));
    rest = slice_from(query);
    while (query != NULL && slice_cut(&rest, ' ', &piece))
        json_array_append_new(list, parameter(known, piece, "query"));
    if (json_object_get(words, "key") != NULL)
        json_array_append_new(list, idempotency_key());
    return list;
}

static json_t *body_of(json_t *bodies, const struct operation *operation,
                       const json_t *words)
{
    const char *name = json_string_value(json_object_get(words, "body"));

    if (name == NULL)
        return NULL;
    json_t *schema = object_schema(bodies, json_object_get(bodies, name));
    size_t needed = json_array_size(json_object_get(schema, "required"));
    /* A token's program may say for whom it asks. */
    if (operation->scopes != 0)
        json_object_set_new(json_object_get(schema, "properties"), "on_behalf_of",
                            schema_of("text: who asked there, for the audit log"));
    json_object_set_new(schema, "additionalProperties", json_false());
    return json_pack("{s:b, s:{s:{s:o}}}", "required", needed > 0, "content",
                     "application/json", "schema", schema);
}

static json_t *responses_of(json_t *words)
{
    json_t *responses = json_object();
    const char *status;
    json_t *value;

    json_object_foreach(json_object_get(words, "gives"), status, value) {
        struct slice said;
        const char *notation = json_string_value(value);
        struct slice word = split_words(notation, &said);
        json_t *response = json_pack(
            "{s:o}", "description",
            json_stringn(said.len > 0 ? said.at : "Done", said.len > 0 ? said.len : 4));
        if (slice_is(word, "plain"))
            json_object_set_new(
                response, "content",
                json_pack("{s:{s:{s:s}}}", "text/plain", "schema", "type", "string"));
        else if (word.len > 0)
            json_object_set_new(response, "content",
                                json_pack("{s:{s:o}}", "application/json", "schema",
                                          schema_of(notation)));
        json_object_set_new(responses, status, response);
    }
    json_object_set_new(responses, "default", ref_to("responses", SLICE("Problem")));
    return responses;
}

/* Any one of the scopes suffices. */
static json_t *security_of(unsigned scopes)
{
    json_t *any = json_array();

    for (int i = 0; i < API_SCOPE_COUNT; i++)
        if ((scopes & API_SCOPE(i)) != 0)
            json_array_append_new(
                any, json_pack("{s:[s]}", "token", api_scope_name((enum api_scope)i)));
    return any;
}

static json_t *operation_of(json_t *source, const struct operation *operation,
                            json_t *words)
{
    struct slice tag = slice_from(operation->route->pattern + strlen("/api/"));
    struct slice rest = slice_skip(tag, strlen("v1/"));

    if (!slice_starts(tag, "v1/") || !slice_cut(&rest, '/', &tag))
        tag = SLICE("openapi");
    json_t *o = json_pack(
        "{s:s, s:O, s:[o], s:o, s:o*, s:o, s:o}", "operationId", operation->name,
        "summary", json_object_get(words, "does"), "tags",
        json_stringn(tag.at, tag.len), "parameters",
        parameters_of(json_object_get(source, "parameters"), operation->route, words),
        "requestBody", body_of(json_object_get(source, "bodies"), operation, words),
        "responses", responses_of(words), "security", security_of(operation->scopes));
    if (operation->scopes == 0 && !operation->is_open)
        json_object_set_new(o, "servers",
                            json_pack("[{s:s, s:s}]", "url", "http://localhost",
                                      "description",
                                      "the unix socket runtime_dir/api alone: root and "
                                      "the owner of the state folder"));
    return o;
}

/* ---- the document ---- */

static const char *method_key(enum http_method method)
{
    return method == HTTP_POST ? "post" : method == HTTP_DELETE ? "delete" : "get";
}

static int paths_of(json_t *source, const struct operation *operations, size_t count,
                    json_t *paths, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct route *route = operations[i].route;
        json_t *words = json_object_get(json_object_get(source, "operations"),
                                        operations[i].name);
        json_t *path = json_object_get(paths, route->pattern);
        if (words == NULL)
            return error_set(err, ERROR_INTERNAL, "openapi.json lacks \"%s\"",
                             operations[i].name);
        if (path == NULL) {
            path = json_object();
            json_object_set_new(paths, route->pattern, path);
        }
        json_object_set_new(path, method_key(route->method),
                            operation_of(source, &operations[i], words));
    }
    return 0;
}

static json_t *components_of(json_t *source)
{
    return json_pack(
        "{s:o, s:{s:{s:s, s:{s:{s:o}}}}, s:{s:{s:s, s:s, s:s}}}", "schemas",
        all_schemas(json_object_get(source, "types")), "responses", "Problem",
        "description", "It was not done (RFC 9457)", "content",
        "application/problem+json", "schema", ref_to("schemas", SLICE("Problem")),
        "securitySchemes", "token", "type", "http", "scheme", "bearer", "description",
        "csat_..., of cleansmtp token create or of Settings, Tokens");
}

int openapi_describe(const struct operation *operations, size_t count, json_t **out,
                     struct error *err)
{
    struct slice text = embedded_find(openapi_table, openapi_count, "openapi.json");
    json_error_t why;
    json_t *source = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &why);
    json_t *paths = json_object();

    if (source == NULL)
        return error_set(err, ERROR_INTERNAL, "openapi.json: line %d: %.100s", why.line,
                         why.text);
    int failed = paths_of(source, operations, count, paths, err);
    if (failed == 0)
        *out = json_pack("{s:s, s:O, s:O, s:o}", "openapi", "3.1.0", "info",
                         json_object_get(source, "about"), "paths", paths, "components",
                         components_of(source));
    json_decref(paths);
    json_decref(source);
    return failed;
}
