/*
 * openapi.h - the description of the API for programs: OpenAPI 3.1, at /api/openapi.json.
 *
 * What the program knows is not written down twice: paths, methods and scopes come from the table of
 * routes (api.c). What only people know, words and types, stands in openapi.json, under the name of
 * the resource, in a short notation:
 *
 *     "text" "time" "number" "truth" "any" "a|b|c" "Type"     then "?": or null
 *     "[Type]": an array; "{Type}": one page of a list; ": words" behind it describe it
 *     "name?": a field that may be absent; "+": all fields of that type as well
 *
 * The answers of the API's own tests are held against it, and what each resource reads (told, in
 * api.h), so that it says what the program does.
 */
#ifndef ISSUER_API_OPENAPI_H
#define ISSUER_API_OPENAPI_H

#include <jansson.h>

#include "base/error.h"
#include "issuer/http/router.h"

struct operation {
    const char *name; /* in openapi.json */
    const struct route *route;
    unsigned
        scopes;   /* of a token, any of them suffices; 0: for the unix socket alone */
    bool is_open; /* to everybody */
};

/* The document, a new reference; ERROR_INTERNAL when an operation has no words in openapi.json. */
NODISCARD int openapi_describe(const struct operation *operations, size_t count,
                               json_t **out, struct error *err);

#endif
