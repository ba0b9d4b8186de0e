/*
 * api_schema.h - whether an answer of the API is what its description says.
 */
#ifndef TESTS_SUPPORT_ISSUER_API_SCHEMA_H
#define TESTS_SUPPORT_ISSUER_API_SCHEMA_H

#include <jansson.h>

#include "base/arena.h"
#include "issuer/http/router.h"

/* What is wrong with the answer, in mem, or NULL. route NULL: none fits, so it must be a problem.
 * A field that the description does not have is wrong, too: it was forgotten there. */
const char *api_schema_wrong(struct arena *mem, const json_t *document,
                             const struct route *route,
                             const struct http_response *response);
/* The operation of a route in the document, or NULL. */
json_t *api_schema_operation(const json_t *document, const struct route *route);

#endif
