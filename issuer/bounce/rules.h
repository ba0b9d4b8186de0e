/*
 * rules.h - the three tables that people extend without touching C, compiled for matching.
 *
 * lists.tsv: how a reply names a list. rules.tsv: what a refusal means. roles.tsv: what an
 * address is, by the words around it. They are part of the program (base/embed.h); a folder may
 * hold tables of the same names whose rows are tried before the built-in ones.
 */
#ifndef ISSUER_BOUNCE_RULES_H
#define ISSUER_BOUNCE_RULES_H

#include "base/arena.h"
#include "base/error.h"
#include "core/diagnosis.h"
#include "issuer/bounce/pattern.h"

enum list_kind {
    LIST_ADDRESS,
    LIST_WIDE,
    LIST_POLICY,
    LIST_DOMAIN,
    LIST_GEO,
    LIST_WHITE,
    LIST_PRIVATE,
    LIST_KIND_COUNT
};

/* place: "rules.tsv:12", or the same below the folder it came from. */
struct list_row {
    const char *name;
    enum list_kind kind;
    bool is_alive;
    struct pattern *pattern;
    const char *example, *place;
};

enum rule_need {
    NEED_NOTHING,
    NEED_LIST,
    NEED_DOMAIN_LIST,
    NEED_GEO_LIST,
    NEED_ADDRESS,
    RULE_NEED_COUNT
};

enum ip_block {
    IP_BLOCK_NO,
    IP_BLOCK_UNSURE,
    IP_BLOCK_YES,
    IP_BLOCK_COUNT
};

struct rule_row {
    bool is_block; /* the class follows from the list */
    enum evidence_class class;
    enum ip_block ip_block;
    enum rule_need need;
    struct pattern *pattern;
    const char *example, *place;
};

struct role_row {
    int score;
    const char *role;
    struct pattern *pattern;
    const char *example; /* with ROLE_MARK for the address */
    const char *place;
};

enum {
    ROLE_MARK =
        '\x01' /* stands for the address in what a role pattern is matched with */
};

struct rules {
    struct arena mem; /* the strings */
    struct list_row *lists;
    size_t list_count;
    struct rule_row *rules;
    size_t rule_count;
    struct role_row *roles;
    size_t role_count;
};

/* folder: where the rows that go first are; NULL: none. It holds at least one of the tables.
 *
 * A row that is not understood, whose pattern matches nothing at all, or whose own example it does
 * not match is ERROR_INVALID (ERROR_INTERNAL in a built-in table) with "TABLE:LINE: ". On failure
 * nothing is kept; on success the caller ends with rules_release. */
NODISCARD int rules_load(const char *folder, struct rules *out, struct error *err);
void rules_release(struct rules *rules);

#endif
