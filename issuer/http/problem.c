/*
 * problem.c - what an error is called in HTTP: one table for pages and API.
 */
#include "base/base.h"

#include "issuer/http/http.h"

static const struct {
    unsigned status;
    const char *title;
} rows[ERROR_KIND_COUNT] = {
    [ERROR_NONE] = {500, "Something went wrong"                },
    [ERROR_INVALID] = {400, "There is a problem with the request" },
    [ERROR_DENIED] = {403, "Not allowed"                         },
    [ERROR_REFUSED] = {422, "Refused by policy"                   },
    [ERROR_NOT_FOUND] = {404, "Not found"                           },
    [ERROR_CONFLICT] = {409, "Someone else was first"              },
    [ERROR_EXHAUSTED] = {429, "Nothing left for now"                },
    [ERROR_UNAVAILABLE] = {503, "Not available right now"             },
    [ERROR_INTEGRITY] = {500, "What was stored is not what is there"},
    [ERROR_INTERNAL] = {500, "Something went wrong"                },
};

unsigned problem_status(enum error_kind kind)
{
    assert(kind >= 0 && kind < ERROR_KIND_COUNT);
    return rows[kind].status;
}

const char *problem_title(enum error_kind kind)
{
    assert(kind >= 0 && kind < ERROR_KIND_COUNT);
    return rows[kind].title;
}
