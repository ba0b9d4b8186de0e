/*
 * rules.c - reading the embedded tables.
 */
#include "base/base.h"

#include "issuer/bounce/rules.h"

#include "base/embed.h"
#include "base/number.h"

enum {
    COLUMNS_MAX = 5,
    ROWS_MAX = 512
};

struct row {
    const char *table;
    size_t line;
    struct slice cell[COLUMNS_MAX];
    size_t count;
};

typedef int row_reader(struct rules *out, const struct row *row, struct error *err);

static int row_error(const struct row *row, const char *what, struct error *err)
{
    return error_set(err, ERROR_INTERNAL, "%s line %zu: %s", row->table, row->line,
                     what);
}

static int find_word(struct slice word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(word, words[i])) {
            return (int)i;
        }
    }
    return -1;
}

static int read_list(struct rules *out, const struct row *row, struct error *err)
{
    static const char *const kinds[] = {"address", "wide",  "policy", "domain",
                                        "geo",     "white", "private"};
    _Static_assert(ARRAY_LEN(kinds) == LIST_KIND_COUNT, "a word each");
    int kind = row->count == 5 ? find_word(row->cell[1], kinds, ARRAY_LEN(kinds)) : -1;
    if (kind < 0) {
        return row_error(row, "wrong columns or kind", err);
    }
    struct list_row *list = &out->lists[out->list_count];
    if (pattern_new(row->cell[3], &list->pattern, err) != 0) {
        return error_prefix(err, "%s line %zu", row->table, row->line);
    }
    list->name = arena_slice(&out->mem, row->cell[0]);
    list->kind = (enum list_kind)kind;
    list->is_alive = slice_is(row->cell[2], "yes");
    list->example = arena_slice(&out->mem, row->cell[4]);
    out->list_count++;
    return 0;
}

static int read_rule(struct rules *out, const struct row *row, struct error *err)
{
    static const char *const answers[] = {"no", "unsure", "yes"};
    static const char *const needs[] = {"-", "list", "domain", "geo", "address"};
    _Static_assert(ARRAY_LEN(answers) == IP_BLOCK_COUNT, "a word each");
    _Static_assert(ARRAY_LEN(needs) == RULE_NEED_COUNT, "a word each");
    int answer = find_word(row->cell[1], answers, ARRAY_LEN(answers));
    int need = find_word(row->cell[2], needs, ARRAY_LEN(needs));
    struct rule_row *rule = &out->rules[out->rule_count];
    rule->is_block = slice_is(row->cell[0], "block");
    bool has_class = rule->is_block || evidence_class_parse(row->cell[0], &rule->class);
    if (row->count != 5 || answer < 0 || need < 0 || !has_class) {
        return row_error(row, "wrong columns, class, ip_block or needs", err);
    }
    if (pattern_new(row->cell[3], &rule->pattern, err) != 0) {
        return error_prefix(err, "%s line %zu", row->table, row->line);
    }
    rule->ip_block = (enum ip_block)answer;
    rule->need = (enum rule_need)need;
    rule->example = arena_slice(&out->mem, row->cell[4]);
    out->rule_count++;
    return 0;
}

/* "{IP}" in the table is the mark in the pattern. */
static struct slice with_mark(struct arena *mem, struct slice source)
{
    char *text = arena_slice(mem, source);
    size_t len = 0;
    for (size_t i = 0; i < source.len; i++) {
        if (slice_starts(slice_skip(source, i), "{IP}")) {
            text[len++] = ROLE_MARK;
            i += 3;
        } else {
            text[len++] = source.at[i];
        }
    }
    return slice_of(text, len);
}

static int read_role(struct rules *out, const struct row *row, struct error *err)
{
    int64_t score = 0;
    if (row->count != 3 || !number_i64(row->cell[0], -9, 9, &score)) {
        return row_error(row, "wrong columns or score", err);
    }
    struct role_row *role = &out->roles[out->role_count];
    if (pattern_new(with_mark(&out->mem, row->cell[2]), &role->pattern, err) != 0) {
        return error_prefix(err, "%s line %zu", row->table, row->line);
    }
    role->score = (int)score;
    role->role = arena_slice(&out->mem, row->cell[1]);
    out->role_count++;
    return 0;
}

static int read_table(struct rules *out, const char *table, row_reader *read,
                      struct error *err)
{
    struct slice text = embedded_find(rules_table, rules_count, table);
    if (text.at == NULL) {
        return error_set(err, ERROR_INTERNAL, "table \"%s\" is missing", table);
    }
    struct row row = {.table = table};
    struct slice line;
    while (slice_line(&text, &line)) {
        row.line++;
        row.count = 0;
        if (line.len == 0 || line.at[0] == '#') {
            continue;
        }
        struct slice cell;
        while (row.count < COLUMNS_MAX && slice_cut(&line, '\t', &cell)) {
            row.cell[row.count++] = cell;
        }
        if (row.line > ROWS_MAX) {
            return row_error(&row, "too many rows", err);
        }
        if (read(out, &row, err) != 0) {
            return -1;
        }
    }
    return 0;
}

int rules_load(struct rules *out, struct error *err)
{
    struct rules made = {0};
    arena_init(&made.mem);
    made.lists = arena_array(&made.mem, ROWS_MAX, sizeof(*made.lists));
    made.rules = arena_array(&made.mem, ROWS_MAX, sizeof(*made.rules));
    made.roles = arena_array(&made.mem, ROWS_MAX, sizeof(*made.roles));
    if (read_table(&made, "lists.tsv", read_list, err) != 0 ||
        read_table(&made, "rules.tsv", read_rule, err) != 0 ||
        read_table(&made, "roles.tsv", read_role, err) != 0) {
        rules_release(&made);
        return -1;
    }
    *out = made;
    return 0;
}

void rules_release(struct rules *rules)
{
    for (size_t i = 0; i < rules->list_count; i++) {
        pattern_free(rules->lists[i].pattern);
    }
    for (size_t i = 0; i < rules->rule_count; i++) {
        pattern_free(rules->rules[i].pattern);
    }
    for (size_t i = 0; i < rules->role_count; i++) {
        pattern_free(rules->roles[i].pattern);
    }
    arena_release(&rules->mem);
    *rules = (struct rules){0};
}
