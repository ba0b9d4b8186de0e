/*
 * pattern.h - regular expressions that cannot run away.
 *
 * PCRE2 in byte mode, without regard to ASCII case. Each match has a step, depth and heap limit:
 * a text that would need more does not match, and says so. Patterns come from our own tables
 * (rules.tsv, lists.tsv, roles.tsv) and our own code, never from a message.
 */
#ifndef ISSUER_BOUNCE_PATTERN_H
#define ISSUER_BOUNCE_PATTERN_H

#include "base/error.h"
#include "base/slice.h"

enum {
    PATTERN_GROUPS_MAX = 6 /* the whole match and five groups */
};

struct pattern;

struct pattern_match {
    struct slice group[PATTERN_GROUPS_MAX]; /* at == NULL: took no part in the match */
    size_t start, end;                      /* of the whole match in the subject */
};

/* A pattern that does not compile is ERROR_INVALID with its place. */
NODISCARD int pattern_new(struct slice source, struct pattern **out, struct error *err);
void pattern_free(struct pattern *pattern);

/* The first match at or behind `from`; the groups point into text. *out is written only on a
 * match and may be NULL. */
bool pattern_find(const struct pattern *pattern, struct slice text, size_t from,
                  struct pattern_match *out);

#endif
