/*
 * findings.c - rows, counts and the table that a person reads.
 */
#include "base/base.h"

#include "issuer/cli/doctor/findings.h"

#include "base/alloc.h"
#include "base/escape.h"

enum {
    FINDINGS_FIRST = 32
};

const char *finding_result_name(enum finding_result result)
{
    static const char *const names[] = {
        [FINDING_OK] = "ok",
        [FINDING_WARNING] = "warning",
        [FINDING_PROBLEM] = "problem",
        [FINDING_UNKNOWN] = "unknown",
    };
    _Static_assert(ARRAY_LEN(names) == FINDING_RESULT_COUNT, "every result has a name");

    return names[result];
}

void findings_init(struct findings *out, struct arena *mem)
{
    *out = (struct findings){.mem = mem, .group = ""};
}

void findings_release(struct findings *findings)
{
    free(findings->rows);
    findings->rows = NULL;
    findings->count = findings->size = 0;
}

/* What strangers wrote (a greeting, a DNS record) must not be able to break JSON or a terminal. */
static const char *clean(struct arena *mem, const char *text)
{
    struct strbuf out;
    char *kept;

    strbuf_init(&out, 4096);
    escape_append(&out, ESCAPE_TEXT, slice_from(text));
    kept = arena_strndup(mem, out.at, out.len);
    for (char *at = kept; *at != '\0'; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    strbuf_release(&out);
    return kept;
}

struct finding *findings_add(struct findings *findings, enum finding_result result,
                             const char *check, const char *todo, const char *format,
                             ...)
{
    va_list args;

    if (findings->count == findings->size) {
        findings->size = findings->size == 0 ? FINDINGS_FIRST : 2 * findings->size;
        findings->rows = xreallocarray(findings->rows, findings->size,
                                       sizeof *findings->rows);
    }
    va_start(args, format);
    const char *sentence = arena_vprintf(findings->mem, format, args);
    va_end(args);
    struct finding *row = &findings->rows[findings->count++];
    *row = (struct finding){.group = findings->group,
                            .check = clean(findings->mem, check),
                            .result = result,
                            .sentence = clean(findings->mem, sentence),
                            .todo = todo == NULL ? NULL : clean(findings->mem, todo)};
    return row;
}

size_t findings_of(const struct findings *findings, enum finding_result result)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        count += findings->rows[i].result == result;
    return count;
}

int findings_exit_status(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->rows[i].is_leak)
            return EXIT_INTEGRITY;
    if (findings_of(findings, FINDING_PROBLEM) > 0)
        return EXIT_FAILED;
    return findings_of(findings, FINDING_UNKNOWN) > 0 ? EXIT_TEMPORARY : EXIT_DONE;
}

json_t *findings_json(const struct findings *findings)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *row = &findings->rows[i];
        json_array_append_new(
            rows,
            json_pack("{s:s, s:s, s:s, s:s, s:s?, s:b}", "group", row->group, "check",
                      row->check, "result", finding_result_name(row->result), "finding",
                      row->sentence, "todo", row->todo, "leak", (int)row->is_leak));
    }
    json_t *out = json_pack("{s:o, s:i}", "findings", rows, "exit",
                            findings_exit_status(findings));
    for (int i = 0; i < FINDING_RESULT_COUNT; i++)
        json_object_set_new(
            out, finding_result_name((enum finding_result)i),
            json_integer((json_int_t)findings_of(findings, (enum finding_result)i)));
    return out;
}

static size_t width_of(const struct findings *findings)
{
    size_t width = 0;

    for (size_t i = 0; i < findings->count; i++)
        if (strlen(findings->rows[i].check) > width)
            width = strlen(findings->rows[i].check);
    return width;
}

void findings_print(const struct findings *findings, struct strbuf *out)
{
    int width = (int)width_of(findings);
    const char *group = "";

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *row = &findings->rows[i];
        if (strcmp(row->group, group) != 0)
            strbuf_printf(out, "%s%s\n", i > 0 ? "\n" : "", row->group);
        group = row->group;
        strbuf_printf(out, "  %-7s  %-*s  %s\n", finding_result_name(row->result),
                      width, row->check, row->sentence);
        if (row->todo != NULL)
            strbuf_printf(out, "  %-7s  %-*s  -> %s\n", "", width, "", row->todo);
        if (row->is_leak)
            strbuf_printf(out, "  %-7s  %-*s  ** MAIL LEAVES BY THE WRONG ADDRESS **\n",
                          "", width, "");
    }
    strbuf_puts(out, "\n");
    for (int i = 0; i < FINDING_RESULT_COUNT; i++)
        strbuf_printf(out, "%s%s %zu", i > 0 ? ", " : "",
                      finding_result_name((enum finding_result)i),
                      findings_of(findings, (enum finding_result)i));
    strbuf_puts(out, "\n");
}
