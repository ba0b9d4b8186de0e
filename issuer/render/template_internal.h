/*
 * template_internal.h - a template after parsing: a flat list of nodes that jump.
 */
#ifndef ISSUER_RENDER_TEMPLATE_INTERNAL_H
#define ISSUER_RENDER_TEMPLATE_INTERNAL_H

#include "base/arena.h"
#include "issuer/render/template.h"

enum node_kind {
    NODE_TEXT,
    NODE_VARIABLE,
    NODE_SECTION,  /* partner: its NODE_END */
    NODE_INVERTED, /* partner: its NODE_END */
    NODE_END,      /* partner: where it began */
    NODE_PARTIAL   /* partner: index of the template */
};

struct node {
    enum node_kind kind;
    struct slice text; /* literal bytes, or the name */
    unsigned line;
    size_t partner;
};

struct parsed {
    const char *name; /* "html/case.html" */
    struct slice text;
    bool is_html;
    struct node *nodes;
    size_t count, room;
};

struct templates {
    struct arena mem;
    struct parsed *all;
    size_t count;
};

/* Parse text into out->nodes; out->name and out->text are set. Partials keep partner 0. */
NODISCARD int template_parse(struct parsed *out, struct error *err);

#endif
