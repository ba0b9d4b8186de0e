/*
 * template_parse.c - from the text of a template to nodes.
 *
 * A section, comment or partial that stands alone on its line takes the whole line with it
 * (Mustache: standalone tags), so that lists in text files leave no empty lines.
 */
#include "base/base.h"

#include "issuer/render/template_internal.h"

#include "base/alloc.h"

enum {
    OPEN_MAX = 16 /* sections inside sections */
};

struct parsing {
    struct parsed *out;
    size_t at, line_start; /* offsets in the text */
    unsigned line;
    size_t open[OPEN_MAX];
    size_t open_count;
};

static int complain(const struct parsing *p, struct error *err, const char *what)
{
    return error_set(err, ERROR_INVALID, "template \"%s\" line %u: %s", p->out->name,
                     p->line, what);
}

static struct node *add_node(struct parsing *p, enum node_kind kind, struct slice text)
{
    struct parsed *out = p->out;

    if (out->count == out->room) {
        out->room = out->room > 0 ? 2 * out->room : 32;
        out->nodes = xreallocarray(out->nodes, out->room, sizeof *out->nodes);
    }
    struct node *node = &out->nodes[out->count++];
    *node = (struct node){.kind = kind, .text = text, .line = p->line};
    return node;
}

static bool name_is_good(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
              c == '.' || c == '-'))
            return false;
    }
    return name.len > 0;
}

static int end_section(struct parsing *p, struct slice name, struct error *err)
{
    if (p->open_count == 0)
        return complain(p, err, "a section ends that never began");
    size_t begin = p->open[--p->open_count];
    if (!slice_equal(p->out->nodes[begin].text, name))
        return complain(p, err, "another section is open than the one that ends");
    add_node(p, NODE_END, name)->partner = begin;
    p->out->nodes[begin].partner = p->out->count - 1;
    return 0;
}

static int begin_section(struct parsing *p, enum node_kind kind, struct slice name,
                         struct error *err)
{
    if (p->open_count == OPEN_MAX)
        return complain(p, err, "sections are nested too deeply");
    p->open[p->open_count++] = p->out->count;
    add_node(p, kind, name);
    return 0;
}

/* sigil: the first byte inside the braces. */
static int add_tag(struct parsing *p, char sigil, struct slice name, struct error *err)
{
    if (!name_is_good(name))
        return complain(p, err, "a tag without a proper name");
    switch (sigil) {
    case '#': return begin_section(p, NODE_SECTION, name, err);
    case '^': return begin_section(p, NODE_INVERTED, name, err);
    case '/': return end_section(p, name, err);
    case '>': add_node(p, NODE_PARTIAL, name); return 0;
    case '@': add_node(p, NODE_KEY, name); return 0;
    case '~': add_node(p, NODE_MARKED, name); return 0;
    default: add_node(p, NODE_VARIABLE, name); return 0;
    }
}

static size_t count_lines(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '\n';
    return count;
}

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != ' ' && text.at[i] != '\t')
            return false;
    return true;
}

/* The literal text before a tag, and how much behind the tag goes with it. */
static void trim_standalone(struct parsing *p, struct slice *literal, size_t *behind)
{
    struct slice text = p->out->text;
    size_t tag_start = (size_t)(literal->at - text.at) + literal->len;
    size_t line_start = tag_start;
    struct slice rest = slice_skip(text, *behind);
    ptrdiff_t newline = slice_find_byte(rest, '\n');
    size_t rest_len = newline < 0 ? rest.len : (size_t)newline;

    while (line_start > 0 && text.at[line_start - 1] != '\n')
        line_start--;
    struct slice before = slice_of(text.at + line_start, tag_start - line_start);
    if (!is_blank(before) || !is_blank(slice_take(rest, rest_len)) ||
        before.len > literal->len)
        return;
    literal->len -= before.len;
    *behind += rest_len + (newline < 0 ? 0 : 1);
}

/* One literal and the tag behind it; *more is false at the end. */
static int parse_step(struct parsing *p, bool *more, struct error *err)
{
    struct slice rest = slice_skip(p->out->text, p->at);
    ptrdiff_t open = slice_find(rest, SLICE("{{"));

    if (open < 0) {
        if (rest.len > 0)
            add_node(p, NODE_TEXT, rest);
        *more = false;
        return 0;
    }
    struct slice literal = slice_take(rest, (size_t)open);
    p->line += (unsigned)count_lines(literal);
    struct slice tag = slice_skip(rest, (size_t)open + 2);
    ptrdiff_t len = slice_find(tag, SLICE("}}"));
    if (len < 0)
        return complain(p, err, "a tag does not end");
    tag = slice_take(tag, (size_t)len);
    size_t behind = p->at + (size_t)open + 2 + (size_t)len + 2;
    const char *first = tag.len > 0 ? tag.at : "";
    char sigil = *first;
    if (sigil == '{' || sigil == '&' || sigil == '=')
        return complain(p, err, "raw output and other delimiters do not exist here");
    bool has_sigil = sigil != '\0' && strchr("#^/>!@~", sigil) != NULL;
    if (has_sigil && sigil != '@' && sigil != '~')
        trim_standalone(p, &literal, &behind);
    if (literal.len > 0)
        add_node(p, NODE_TEXT, literal);
    struct slice name = slice_trim(has_sigil ? slice_skip(tag, 1) : tag);
    if (sigil != '!' && add_tag(p, sigil, name, err) != 0)
        return -1;
    p->line += (unsigned)count_lines(
        slice_of(tag.at, (size_t)(p->out->text.at + behind - tag.at)));
    p->at = behind;
    return 0;
}

int template_parse(struct parsed *out, struct error *err)
{
    struct parsing p = {.out = out, .line = 1};
    bool more = true;

    while (more)
        if (parse_step(&p, &more, err) != 0)
            return -1;
    if (p.open_count > 0) {
        p.line = out->nodes[p.open[p.open_count - 1]].line;
        return complain(&p, err, "a section does not end");
    }
    return 0;
}
