/*
 * template.c - load all templates, and walk one with a view.
 *
 * The walk has its own stack (sections and partials), so a deep template costs a refusal, not
 * the machine's stack.
 */
#include "base/base.h"

#include "issuer/render/template.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/embed.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "issuer/render/template_internal.h"

enum {
    DEPTH_MAX = 32
};

/* ---- loading ---- */

static bool is_template(const char *name)
{
    static const char *const others[] = {"static/", "text/", "guides/"};

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (slice_starts(slice_from(name), others[i]))
            return false;
    return true;
}

int templates_read(struct templates *t, const char *folder, const struct embedded *file,
                   struct slice *out, struct error *err)
{
    struct error why = {0};

    *out = slice_of(file->begin, (size_t)(file->end - file->begin));
    if (folder == NULL || folder[0] == '\0')
        return 0;
    const char *path = arena_printf(&t->mem, "%s/%s", folder, file->name);
    if (file_read(&t->mem, path, FILE_MAX, out, &why) == 0 ||
        why.kind == ERROR_NOT_FOUND)
        return 0;
    *err = why;
    return -1;
}

/* {{>head}} in html/case.html is html/head.html: same folder, same ending. */
static int find_partial(struct templates *t, const struct parsed *from,
                        struct node *node, struct error *err)
{
    const char *slash = strrchr(from->name, '/');
    int folder_len = slash != NULL ? (int)(slash - from->name) + 1 : 0;
    const char *dot = strchr(from->name + folder_len, '.');
    const char *name = arena_printf(&t->mem, "%.*s%.*s%s", folder_len, from->name,
                                    (int)node->text.len, node->text.at,
                                    dot != NULL ? dot : "");

    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->all[i].name, name) == 0) {
            node->partner = i;
            return 0;
        }
    return error_set(err, ERROR_INVALID,
                     "template \"%s\" line %u: there is no partial \"%s\"", from->name,
                     node->line, name);
}

static int check_key(struct templates *t, const struct parsed *from,
                     const struct node *node, struct error *err)
{
    const char *key = arena_slice(&t->mem, node->text);

    if (text_find(&t->texts, NULL, key) != NULL)
        return 0;
    return error_set(err, ERROR_INVALID,
                     "template \"%s\" line %u: there is no text \"%s\"", from->name,
                     node->line, key);
}

static int find_partials(struct templates *t, struct error *err)
{
    for (size_t i = 0; i < t->count; i++)
        for (size_t n = 0; n < t->all[i].count; n++) {
            struct node *node = &t->all[i].nodes[n];
            if (node->kind == NODE_PARTIAL &&
                find_partial(t, &t->all[i], node, err) != 0)
                return -1;
            if (node->kind == NODE_KEY && check_key(t, &t->all[i], node, err) != 0)
                return -1;
        }
    return 0;
}

static int parse_all(struct templates *t, const char *folder, struct error *err)
{
    for (size_t i = 0; i < templates_count; i++) {
        const struct embedded *file = &templates_table[i];
        if (!is_template(file->name))
            continue;
        struct parsed *parsed = &t->all[t->count++];
        parsed->name = file->name;
        parsed->is_html = slice_ends_nocase(slice_from(file->name), ".html");
        if (templates_read(t, folder, file, &parsed->text, err) != 0 ||
            template_parse(parsed, err) != 0)
            return -1;
    }
    return 0;
}

int templates_load(const char *folder, struct templates **out, struct error *err)
{
    struct templates *t = xcalloc(1, sizeof *t);

    arena_init(&t->mem);
    t->all = xcalloc(templates_count + TEMPLATES_OWN_MAX, sizeof *t->all);
    if (templates_read_languages(t, folder, err) != 0 ||
        parse_all(t, folder, err) != 0 || templates_read_own(t, folder, err) != 0 ||
        find_partials(t, err) != 0)
        goto fail;
    *out = t;
    return 0;

fail:
    templates_free(t);
    return -1;
}

void templates_free(struct templates *templates)
{
    if (templates == NULL)
        return;
    for (size_t i = 0; i < templates->count; i++)
        free(templates->all[i].nodes);
    free(templates->all);
    text_free(&templates->texts);
    json_decref(templates->guides);
    arena_release(&templates->mem);
    free(templates);
}

/* ---- rendering ---- */

/* A partial (list NULL, item the context it was called in) or a section. */
struct frame {
    const struct parsed *from; /* partial: who called */
    size_t back;        /* partial: the node to go on with; section: its first node */
    const json_t *list; /* section over an array */
    size_t index;
    const json_t *item; /* what names are looked up in */
    bool is_partial;
};

struct walk {
    const struct templates *all;
    const struct parsed *at;
    size_t pc;
    struct frame frames[DEPTH_MAX];
    size_t depth;
    const json_t *view;
    const struct language *language;
    struct strbuf *out;
};

static int fail(const struct walk *w, struct error *err, const char *what)
{
    const struct node *node = &w->at->nodes[w->pc];

    return error_set(err, ERROR_INTERNAL, "template \"%s\" line %u: %.*s %s",
                     w->at->name, node->line, (int)node->text.len, node->text.at, what);
}

static const json_t *member(const json_t *object, struct slice key)
{
    char text[64];

    if (!json_is_object(object) || key.len >= sizeof text)
        return NULL;
    memcpy(text, key.at, key.len);
    text[key.len] = '\0';
    return json_object_get(object, text);
}

/* The first part of a name is looked up from the innermost context outwards, the rest below it. */
static const json_t *look_up(const struct walk *w, struct slice name)
{
    struct slice rest = name;
    struct slice part = {0};
    const json_t *found = NULL;

    if (slice_is(name, "."))
        return w->depth > 0 ? w->frames[w->depth - 1].item : w->view;
    if (!slice_cut(&rest, '.', &part))
        return NULL;
    for (size_t i = w->depth; i > 0 && found == NULL; i--)
        found = member(w->frames[i - 1].item, part);
    if (found == NULL)
        found = member(w->view, part);
    while (found != NULL && slice_cut(&rest, '.', &part))
        found = member(found, part);
    return found;
}

static bool is_truthy(const json_t *value)
{
    if (json_is_array(value))
        return json_array_size(value) > 0;
    if (json_is_string(value))
        return json_string_length(value) > 0;
    return !json_is_null(value) && !json_is_false(value);
}

static int push(struct walk *w, struct frame frame, struct error *err)
{
    if (w->depth == DEPTH_MAX)
        return fail(w, err, "is nested too deeply");
    w->frames[w->depth++] = frame;
    return 0;
}

static int put_value(struct walk *w, const json_t *value, struct error *err)
{
    enum escape how = w->at->is_html ? ESCAPE_HTML : ESCAPE_TEXT;

    if (json_is_string(value))
        escape_append(w->out, how,
                      slice_of(json_string_value(value), json_string_length(value)));
    else if (json_is_integer(value))
        strbuf_printf(w->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        return fail(w, err,
                    value == NULL ? "is not in the view" : "is no text or number");
    return 0;
}

static int put_variable(struct walk *w, const struct node *node, struct error *err)
{
    if (put_value(w, look_up(w, node->text), err) != 0)
        return -1;
    w->pc++;
    return 0;
}

/* A text of ours: its words escaped, its marks as tags, its placeholders out of the view. */
static int put_marked(struct walk *w, const char *text, struct error *err)
{
    static const char *const tags[] = {
        [TEXT_STRONG_ON] = "<b>",
        [TEXT_STRONG_OFF] = "</b>",
        [TEXT_CODE_ON] = "<code translate=\"no\">",
        [TEXT_CODE_OFF] = "</code>",
    };
    struct text_walk walk = {.rest = slice_from(text)};
    enum text_piece kind;
    struct slice piece;

    while (text_next(&walk, &kind, &piece)) {
        if (kind == TEXT_PLAIN)
            escape_append(w->out, w->at->is_html ? ESCAPE_HTML : ESCAPE_TEXT, piece);
        else if (kind == TEXT_NAME) {
            const json_t *value = look_up(w, piece);
            if (value == NULL)
                return error_set(err, ERROR_INTERNAL,
                                 "template \"%s\": {%.*s} is not in the view",
                                 w->at->name, (int)piece.len, piece.at);
            if (put_value(w, value, err) != 0)
                return -1;
        } else if (w->at->is_html)
            strbuf_puts(w->out, tags[kind]);
    }
    w->pc++;
    return 0;
}

static int put_key(struct walk *w, const struct node *node, struct error *err)
{
    char key[64];

    if (node->text.len >= sizeof key)
        return fail(w, err, "is too long a key");
    memcpy(key, node->text.at, node->text.len);
    key[node->text.len] = '\0';
    const char *text = text_find(&w->all->texts, w->language, key);
    return text != NULL ? put_marked(w, text, err) : fail(w, err, "is no text");
}

static int put_marked_variable(struct walk *w, const struct node *node,
                               struct error *err)
{
    const json_t *value = look_up(w, node->text);

    return json_is_string(value) ? put_marked(w, json_string_value(value), err)
                                 : fail(w, err, "is no text in the view");
}

static int enter_section(struct walk *w, const struct node *node, struct error *err)
{
    const json_t *value = look_up(w, node->text);

    if (value == NULL)
        return fail(w, err, "is not in the view");
    bool is_inverted = node->kind == NODE_INVERTED;
    if (is_truthy(value) == is_inverted) {
        w->pc = node->partner + 1;
        return 0;
    }
    if (!is_inverted) {
        bool is_list = json_is_array(value);
        struct frame frame = {.back = w->pc + 1,
                              .list = is_list ? value : NULL,
                              .item = is_list ? json_array_get(value, 0) : value};
        if (push(w, frame, err) != 0)
            return -1;
    }
    w->pc++;
    return 0;
}

static void end_section(struct walk *w, const struct node *node)
{
    if (w->at->nodes[node->partner].kind == NODE_INVERTED) {
        w->pc++;
        return;
    }
    struct frame *frame = &w->frames[w->depth - 1];
    if (frame->list != NULL && frame->index + 1 < json_array_size(frame->list)) {
        frame->index++;
        frame->item = json_array_get(frame->list, frame->index);
        w->pc = frame->back;
        return;
    }
    w->depth--;
    w->pc++;
}

static int enter_partial(struct walk *w, const struct node *node, struct error *err)
{
    struct frame frame = {.from = w->at,
                          .back = w->pc + 1,
                          .item = w->depth > 0 ? w->frames[w->depth - 1].item : w->view,
                          .is_partial = true};

    if (push(w, frame, err) != 0)
        return -1;
    w->at = &w->all->all[node->partner];
    w->pc = 0;
    return 0;
}

static int step(struct walk *w, struct error *err)
{
    const struct node *node = &w->at->nodes[w->pc];

    switch (node->kind) {
    case NODE_TEXT:
        strbuf_add_slice(w->out, node->text);
        w->pc++;
        return 0;
    case NODE_VARIABLE: return put_variable(w, node, err);
    case NODE_SECTION:
    case NODE_INVERTED: return enter_section(w, node, err);
    case NODE_END: end_section(w, node); return 0;
    case NODE_PARTIAL: return enter_partial(w, node, err);
    case NODE_KEY: return put_key(w, node, err);
    case NODE_MARKED: return put_marked_variable(w, node, err);
    }
    return 0;
}

/* A template ends with no section of its own open, so the top frame is the call, if any. */
static bool leave_template(struct walk *w)
{
    if (w->depth == 0)
        return false;
    const struct frame *frame = &w->frames[--w->depth];
    assert(frame->is_partial);
    w->at = frame->from;
    w->pc = frame->back;
    return true;
}

bool template_exists(const struct templates *templates, const char *name)
{
    for (size_t i = 0; i < templates->count; i++)
        if (strcmp(templates->all[i].name, name) == 0)
            return true;
    return false;
}

int template_render(const struct templates *templates, const char *name,
                    const json_t *view, struct strbuf *out, struct error *err)
{
    struct walk w = {.all = templates, .view = view, .out = out};
    const char *lang = json_string_value(json_object_get(view, "lang"));

    if (lang != NULL)
        w.language = text_find_language(&templates->texts, slice_from(lang));

    for (size_t i = 0; i < templates->count; i++)
        if (strcmp(templates->all[i].name, name) == 0)
            w.at = &templates->all[i];
    if (w.at == NULL)
        return error_set(err, ERROR_INTERNAL, "there is no template \"%s\"", name);
    do {
        while (w.pc < w.at->count)
            if (step(&w, err) != 0)
                return -1;
    } while (leave_template(&w));
    if (out->full)
        return error_set(err, ERROR_INTERNAL, "the page of \"%s\" is too long", name);
    return 0;
}
