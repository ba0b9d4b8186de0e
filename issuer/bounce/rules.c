/*
 * rules.c - reading the tables: those of a folder, then the embedded ones.
 */
#include "base/base.h"

#include "issuer/bounce/rules.h"

#include "base/embed.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/number.h"

enum {
    COLUMNS_MAX = 5,
    LINES_MAX = 512, /* of one table */
    ROWS_MAX = 2 * LINES_MAX
};

struct row {
    const char *table;
    size_t line;
    enum error_kind fault; /* whose: the program's or the folder's */
    struct slice cell[COLUMNS_MAX];
    size_t count;
};

typedef int row_reader(struct rules *out, const struct row *row, struct error *err);

static int row_error(const struct row *row, const char *what, struct error *err)
{
    return error_set(err, row->fault, "%s:%zu: %s", row->table, row->line, what);
}

static const char *row_place(struct rules *out, const struct row *row)
{
    return arena_printf(&out->mem, "%s:%zu", row->table, row->line);
}

/* A word of those that a column may hold; -1: none of them. */
static int find_word(struct slice word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(word, words[i])) {
            return (int)i;
        }
    }
    return -1;
}

/* A pattern that holds for the empty text holds for every text. */
static int read_pattern(const struct row *row, struct slice source,
                        struct slice example, struct pattern **out, struct error *err)
{
    struct pattern *made = NULL;
    struct error why = {0};
    if (pattern_new(source, &made, &why) != 0) {
        return row_error(row, why.text, err);
    }
    const char *wrong = pattern_find(made, SLICE(""), 0, NULL)
                            ? "the pattern matches every text"
                        : !pattern_find(made, example, 0, NULL)
                            ? "the pattern does not match the example"
                            : NULL;
    if (wrong != NULL) {
        pattern_free(made);
        return row_error(row, wrong, err);
    }
    *out = made;
    return 0;
}

/* What another program will take for a list: "bl.example" or "private:name". */
static bool is_list_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9');
        if (!is_word && c != '.' && c != '-' && c != '_' && c != ':') {
            return false;
        }
    }
    return name.len > 0 && name.len <= DOMAIN_MAX;
}

static int read_list(struct rules *out, const struct row *row, struct error *err)
{
    static const char *const kinds[] = {"address", "wide",  "policy", "domain",
                                        "geo",     "white", "private"};
    static const char *const answers[] = {"no", "yes"};
    _Static_assert(ARRAY_LEN(kinds) == LIST_KIND_COUNT, "a word each");
    int kind = find_word(row->cell[1], kinds, ARRAY_LEN(kinds));
    int alive = find_word(row->cell[2], answers, ARRAY_LEN(answers));
    struct list_row *list = &out->lists[out->list_count];
    if (row->count != 5) {
        return row_error(
            row, "not the five columns list, kind, alive, pattern, example", err);
    }
    if (!is_list_name(row->cell[0])) {
        return row_error(row, "the list is neither a zone nor private:NAME", err);
    }
    if (kind < 0) {
        return row_error(row,
                         "kind is none of address, wide, policy, domain, geo, "
                         "white, private",
                         err);
    }
    if (alive < 0) {
        return row_error(row, "alive is neither yes nor no", err);
    }
    if (read_pattern(row, row->cell[3], row->cell[4], &list->pattern, err) != 0) {
        return -1;
    }
    list->name = arena_slice(&out->mem, row->cell[0]);
    list->kind = (enum list_kind)kind;
    list->is_alive = alive == 1;
    list->example = arena_slice(&out->mem, row->cell[4]);
    list->place = row_place(out, row);
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
    if (row->count != 5) {
        return row_error(
            row, "not the five columns class, ip_block, needs, pattern, example", err);
    }
    bool is_block = slice_is(row->cell[0], "block");
    if (!is_block && !evidence_class_parse(row->cell[0], &rule->class)) {
        return row_error(row, "class is neither block nor one of the JSON's classes",
                         err);
    }
    if (answer < 0) {
        return row_error(row, "ip_block is none of no, unsure, yes", err);
    }
    if (need < 0) {
        return row_error(row, "needs is none of -, list, domain, geo, address", err);
    }
    if (read_pattern(row, row->cell[3], row->cell[4], &rule->pattern, err) != 0) {
        return -1;
    }
    rule->is_block = is_block;
    rule->ip_block = (enum ip_block)answer;
    rule->need = (enum rule_need)need;
    rule->example = arena_slice(&out->mem, row->cell[4]);
    rule->place = row_place(out, row);
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
    text[len] = '\0';
    return slice_of(text, len);
}

static int read_role(struct rules *out, const struct row *row, struct error *err)
{
    int64_t score = 0;
    if (row->count != 4) {
        return row_error(row, "not the four columns score, role, pattern, example",
                         err);
    }
    if (!number_i64(row->cell[0], -9, 9, &score)) {
        return row_error(row, "score is no number from -9 to 9", err);
    }
    struct slice pattern = with_mark(&out->mem, row->cell[2]);
    struct slice example = with_mark(&out->mem, row->cell[3]);
    bool is_marked = slice_find_byte(pattern, ROLE_MARK) >= 0;
    if (!is_list_name(row->cell[1]) || !is_marked) {
        return row_error(
            row, !is_marked ? "the pattern says nothing of {IP}" : "role is no word",
            err);
    }
    struct role_row *role = &out->roles[out->role_count];
    if (read_pattern(row, pattern, example, &role->pattern, err) != 0) {
        return -1;
    }
    role->score = (int)score;
    role->role = arena_slice(&out->mem, row->cell[1]);
    role->example = example.at;
    role->place = row_place(out, row);
    out->role_count++;
    return 0;
}

static const struct {
    const char *name;
    row_reader *read;
} tables[] = {
    {"lists.tsv", read_list},
    {"rules.tsv", read_rule},
    {"roles.tsv", read_role},
};

static int read_table(struct rules *out, struct row row, struct slice text,
                      row_reader *read, struct error *err)
{
    struct slice line;
    while (slice_line(&text, &line)) {
        row.line++;
        row.count = 0;
        if (row.line > LINES_MAX) {
            return row_error(&row, "a table has at most 512 lines", err);
        }
        if (line.len == 0 || line.at[0] == '#') {
            continue;
        }
        if (!slice_is_utf8(line) || slice_find_byte(line, '\0') >= 0) {
            return row_error(&row, "not text in UTF-8", err);
        }
        struct slice cell;
        while (slice_cut(&line, '\t', &cell)) {
            if (row.count < COLUMNS_MAX) {
                row.cell[row.count] = cell;
            }
            row.count++;
        }
        if (read(out, &row, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_folder(const char *folder, struct rules *out, struct error *err)
{
    size_t found = 0;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        struct error why = {0};
        struct slice text;
        const char *path = arena_printf(&out->mem, "%s/%s", folder, tables[i].name);
        int result = file_read(&out->mem, path, FILE_MAX, &text, &why);
        if (result != 0 && why.kind == ERROR_NOT_FOUND) {
            continue;
        }
        if (result != 0) {
            return error_set(err, ERROR_INVALID, "%s", why.text);
        }
        struct row row = {.table = path, .fault = ERROR_INVALID};
        if (read_table(out, row, text, tables[i].read, err) != 0) {
            return -1;
        }
        found++;
    }
    return found > 0
               ? 0
               : error_set(err, ERROR_INVALID,
                           "\"%s\" holds no lists.tsv, rules.tsv or roles.tsv", folder);
}

static int read_embedded(struct rules *out, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        struct slice text = embedded_find(rules_table, rules_count, tables[i].name);
        if (text.at == NULL) {
            return error_set(err, ERROR_INTERNAL, "table \"%s\" is missing",
                             tables[i].name);
        }
        struct row row = {.table = tables[i].name, .fault = ERROR_INTERNAL};
        if (read_table(out, row, text, tables[i].read, err) != 0) {
            return -1;
        }
    }
    return 0;
}

int rules_load(const char *folder, struct rules *out, struct error *err)
{
    struct rules made = {0};
    arena_init(&made.mem);
    made.lists = arena_array(&made.mem, ROWS_MAX, sizeof(*made.lists));
    made.rules = arena_array(&made.mem, ROWS_MAX, sizeof(*made.rules));
    made.roles = arena_array(&made.mem, ROWS_MAX, sizeof(*made.roles));
    if ((folder != NULL && read_folder(folder, &made, err) != 0) ||
        read_embedded(&made, err) != 0) {
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
