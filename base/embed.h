/*
 * embed.h - files that are part of the program (tools/embed.sh).
 *
 * Program and template, program and migration, can never be of different versions.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/slice.h"

struct embedded {
    const char *name; /* path below the embedded folder */
    const char *begin, *end;
};

/* One table a folder; sorted by name. Linked only into the programs that use it. */
extern const struct embedded templates_table[];
extern const size_t templates_count;
extern const struct embedded migrations_table[];
extern const size_t migrations_count;
extern const struct embedded rules_table[];
extern const size_t rules_count;
extern const struct embedded zones_table[];
extern const size_t zones_count;
extern const struct embedded manual_table[];
extern const size_t manual_count;
extern const struct embedded openapi_table[];
extern const size_t openapi_count;

/* The content of name, or the empty slice with at == NULL. */
struct slice embedded_find(const struct embedded *table, size_t count,
                           const char *name);

#endif
