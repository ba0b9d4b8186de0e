/*
 * language.c - catalogues and guides among the templates, and texts out of them.
 *
 * A language that is not built in comes whole from template_dir: text/customer.LANGUAGE.txt makes
 * it, guides and mails that it lacks are English.
 */
#include "base/base.h"

#include <glob.h>

#include "issuer/render/template.h"

#include "base/file.h"
#include "base/limits.h"
#include "issuer/render/guide.h"
#include "issuer/render/template_internal.h"

/* ---- reading ---- */

static int add_guide(struct templates *t, const char *name, struct slice content,
                     struct error *err)
{
    json_t *guide = NULL;

    if (guide_parse(&t->mem, name, content, &guide, err) != 0)
        return -1;
    json_array_append_new(t->guides, guide);
    return 0;
}

static int read_built_in(struct templates *t, const char *folder, struct error *err)
{
    struct slice content;

    for (size_t i = 0; i < templates_count; i++) {
        const struct embedded *file = &templates_table[i];
        struct slice name = slice_from(file->name);
        bool is_text = slice_starts(name, "text/");
        if (!is_text && !slice_starts(name, "guides/"))
            continue;
        if (templates_read(t, folder, file, &content, err) != 0)
            return -1;
        if (is_text ? text_read(&t->texts, &t->mem, file->name, content, err) != 0
                    : add_guide(t, file->name, content, err) != 0)
            return -1;
    }
    return 0;
}

/* Files in folder that match and have no built-in one of their name. */
static int for_own(struct templates *t, const char *folder, const char *pattern,
                   int (*act)(struct templates *t, const char *name,
                              struct slice content, struct error *err),
                   struct error *err)
{
    glob_t found;
    int result = 0;

    if (folder == NULL || folder[0] == '\0' ||
        /* At start, before there is a second thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        glob(arena_printf(&t->mem, "%s/%s", folder, pattern), 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc && result == 0; i++) {
        const char *name = arena_strdup(&t->mem,
                                        found.gl_pathv[i] + strlen(folder) + 1);
        struct slice content;
        if (embedded_find(templates_table, templates_count, name).at != NULL)
            continue;
        result = file_read(&t->mem, found.gl_pathv[i], FILE_MAX, &content, err);
        if (result == 0)
            result = act(t, name, content, err);
    }
    globfree(&found);
    return result;
}

static int add_text(struct templates *t, const char *name, struct slice content,
                    struct error *err)
{
    return text_read(&t->texts, &t->mem, name, content, err);
}

static int add_mail(struct templates *t, const char *name, struct slice content,
                    struct error *err)
{
    if (t->count == templates_count + TEMPLATES_OWN_MAX)
        return error_set(err, ERROR_INVALID, "template_dir has too many mails");
    struct parsed *parsed = &t->all[t->count++];
    *parsed = (struct parsed){.name = name, .text = content};
    return template_parse(parsed, err);
}

int templates_read_languages(struct templates *t, const char *folder, struct error *err)
{
    t->guides = json_array();
    if (read_built_in(t, folder, err) != 0 ||
        for_own(t, folder, "text/*.*.txt", add_text, err) != 0 ||
        for_own(t, folder, "guides/*.*.md", add_guide, err) != 0)
        return -1;
    return text_finish(&t->texts, err);
}

int templates_read_own(struct templates *t, const char *folder, struct error *err)
{
    return for_own(t, folder, "email/*.*.txt", add_mail, err);
}

/* ---- giving ---- */

bool template_has_language(const struct templates *templates, const char *lang)
{
    return text_find_language(&templates->texts, slice_from(lang)) != NULL;
}

const char *template_choose(const char *const *offered, size_t count,
                            struct slice accept_language)
{
    const char *best = text_choose(accept_language, offered, count);

    return best != NULL ? best : offered[0];
}

enum {
    VALUES_MAX = 16 /* more than any text fills in */
};

static void put_value(struct strbuf *out, struct slice name,
                      const struct template_value *values)
{
    while (values->name != NULL && !slice_is(name, values->name))
        values++;
    if (values->name == NULL)
        strbuf_printf(out, "{%.*s}", (int)name.len, name.at);
    else if (values->text != NULL)
        strbuf_puts(out, values->text);
}

const char *template_text_values(const struct templates *templates, struct arena *mem,
                                 const char *lang, const char *key,
                                 const struct template_value *values)
{
    const struct language *language = text_find_language(&templates->texts,
                                                         slice_from(lang));
    const char *text = text_find(&templates->texts, language, key);
    struct text_walk walk = {.rest = slice_from(text != NULL ? text : key)};
    enum text_piece kind;
    struct slice piece;
    struct strbuf out;

    strbuf_init(&out, PAGE_MAX);
    while (text_next(&walk, &kind, &piece)) {
        if (kind == TEXT_PLAIN)
            strbuf_add_slice(&out, piece);
        else if (kind == TEXT_NAME)
            put_value(&out, piece, values);
    }
    const char *result = arena_slice(mem, strbuf_slice(&out));
    strbuf_release(&out);
    return result;
}

const char *template_text_pairs(const struct templates *templates, struct arena *mem,
                                const char *lang, const char *key, va_list pairs)
{
    struct template_value values[VALUES_MAX + 1] = {
        {NULL, NULL}
    };
    const char *name;

    for (size_t i = 0; i < VALUES_MAX && (name = va_arg(pairs, const char *)) != NULL;
         i++)
        values[i] = (struct template_value){name, va_arg(pairs, const char *)};
    return template_text_values(templates, mem, lang, key, values);
}

const char *template_text(const struct templates *templates, struct arena *mem,
                          const char *lang, const char *key, ...)
{
    va_list pairs;

    va_start(pairs, key);
    const char *text = template_text_pairs(templates, mem, lang, key, pairs);
    va_end(pairs);
    return text;
}

static const char *guide_field(const json_t *guide, const char *key)
{
    return json_string_value(json_object_get(guide, key));
}

/* Behind those that stand before it. */
static void insert_guide(json_t *list, const json_t *guide)
{
    json_int_t order = json_integer_value(json_object_get(guide, "order"));
    size_t at = json_array_size(list);

    while (at > 0 && json_integer_value(json_object_get(json_array_get(list, at - 1),
                                                        "order")) > order)
        at--;
    json_array_insert_new(list, at, json_deep_copy(guide));
}

static bool has_guide(const json_t *list, const char *program)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(guide_field(json_array_get(list, i), "program"), program) == 0)
            return true;
    return false;
}

static void take_guides(const struct templates *templates, const char *lang,
                        json_t *list)
{
    for (size_t i = 0; i < json_array_size(templates->guides); i++) {
        const json_t *guide = json_array_get(templates->guides, i);
        if (lang == NULL || (strcmp(guide_field(guide, "language"), lang) == 0 &&
                             !has_guide(list, guide_field(guide, "program"))))
            insert_guide(list, guide);
    }
}

json_t *template_guides(const struct templates *templates, const char *lang)
{
    json_t *list = json_array();

    take_guides(templates, lang, list);
    if (lang != NULL)
        take_guides(templates, "en", list);
    return list;
}
