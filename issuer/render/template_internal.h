/*
 * template_internal.h - a template after parsing: a flat list of nodes that jump.
 */
#ifndef ISSUER_RENDER_TEMPLATE_INTERNAL_H
#define ISSUER_RENDER_TEMPLATE_INTERNAL_H

#include "base/arena.h"
#include "base/embed.h"
#include "issuer/render/template.h"
#include "issuer/render/text.h"

enum node_kind {
    NODE_TEXT,
    NODE_VARIABLE,
    NODE_SECTION,  /* partner: its NODE_END */
    NODE_INVERTED, /* partner: its NODE_END */
    NODE_END,      /* partner: where it began */
    NODE_PARTIAL,  /* partner: index of the template */
    NODE_KEY,      /* a text of the catalogue */
    NODE_MARKED    /* a variable that holds a text with marks */
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
    struct texts texts;
    json_t *guides; /* an array */
};

enum {
    TEMPLATES_OWN_MAX = 64 /* templates that only template_dir has */
};
/* A built-in file, or what folder has in its place (folder may be NULL or ""). */
NODISCARD int templates_read(struct templates *t, const char *folder,
                             const struct embedded *file, struct slice *out,
                             struct error *err);
/* language.c: catalogues and guides, the built-in ones and those of further languages; and the
 * mails of such a language, which no built-in file has the name of. */
NODISCARD int templates_read_languages(struct templates *t, const char *folder,
                                       struct error *err);
NODISCARD int templates_read_own(struct templates *t, const char *folder,
                                 struct error *err);

/* Parse text into out->nodes; out->name and out->text are set. Partials keep partner 0. */
NODISCARD int template_parse(struct parsed *out, struct error *err);

#endif
