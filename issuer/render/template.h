/*
 * template.h - pages, mails and configuration text out of templates and a view.
 *
 * The Mustache subset: {{name}}, {{a.b}}, {{.}}, {{#list}}…{{/list}}, {{^list}}…{{/list}},
 * {{>partial}}, {{! comment}}. Escaping is chosen by the template's file name (.html escapes for
 * HTML, anything else is text), never by its author; raw output ({{{x}}}) does not exist. A
 * variable or section that the view does not have is an error, so a page cannot silently lose a
 * fact; false, null, "" and an empty list leave a section out. {{>head}} in html/case.html is
 * html/head.html. A section tag alone on its line takes the line with it.
 * Templates are compiled in; template_dir may override files by name, checked at start.
 */
#ifndef ISSUER_RENDER_TEMPLATE_H
#define ISSUER_RENDER_TEMPLATE_H

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"

struct templates;
/* All embedded templates, overridden from folder unless it is NULL or "". Parse errors name file
 * and line. */
NODISCARD int templates_load(const char *folder, struct templates **out,
                             struct error *err);
void templates_free(struct templates *templates);
/* name: "html/case.html". view is an object; borrowed. */
NODISCARD int template_render(const struct templates *templates, const char *name,
                              const json_t *view, struct strbuf *out,
                              struct error *err);

/* A static file ("static/app.css"): bytes, content type and a strong ETag (quoted hex). */
struct asset {
    struct slice bytes;
    const char *content_type;
    char etag[40];
};
NODISCARD bool asset_find(const char *name, struct asset *out);

#endif
