/*
 * template.h - pages, mails and configuration text out of templates and a view.
 *
 * The Mustache subset: {{name}}, {{a.b}}, {{.}}, {{#list}}…{{/list}}, {{^list}}…{{/list}},
 * {{>partial}}, {{! comment}}; and {{@key}}, the text of that key in the language that the view
 * calls "lang" (text.h; English where it calls none), and {{~name}}, a variable that holds such a
 * text: one of ours, never a stranger's. Escaping is chosen by the template's file name (.html escapes for
 * HTML, anything else is text), never by its author; raw output ({{{x}}}) does not exist. A
 * variable or section that the view does not have is an error, so a page cannot silently lose a
 * fact; false, null, "" and an empty list leave a section out. {{>head}} in html/case.html is
 * html/head.html, {{>end}} in email/reply.de.txt is email/end.de.txt. A section tag alone on its line takes the line with it.
 * Templates are compiled in; template_dir may override files by name, checked at start.
 */
#ifndef ISSUER_RENDER_TEMPLATE_H
#define ISSUER_RENDER_TEMPLATE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

struct templates;
/* All embedded templates, overridden from folder unless it is NULL or "". Parse errors name file
 * and line. */
NODISCARD int templates_load(const char *folder, struct templates **out,
                             struct error *err);
void templates_free(struct templates *templates);
bool template_exists(const struct templates *templates, const char *name);
/* name: "html/case.html". view is an object; borrowed. */
NODISCARD int template_render(const struct templates *templates, const char *name,
                              const json_t *view, struct strbuf *out,
                              struct error *err);

/* A text of the catalogue as plain text, with what follows filled in: name, value, …, NULL. Lives in
 * mem. A key that does not exist is our mistake, and shown as itself; so is a placeholder that nothing
 * is filled in for. */
const char *template_text(const struct templates *templates, struct arena *mem,
                          const char *lang, const char *key, ...)
    __attribute__((sentinel));
const char *template_text_pairs(const struct templates *templates, struct arena *mem,
                                const char *lang, const char *key, va_list pairs);
/* The same with the values in a table, which a row without a name ends. */
struct template_value {
    const char *name, *text;
};
const char *template_text_values(const struct templates *templates, struct arena *mem,
                                 const char *lang, const char *key,
                                 const struct template_value *values);
bool template_has_language(const struct templates *templates, const char *lang);
/* The best of the languages offered (codes, the first is the house's) for Accept-Language. */
const char *template_choose(const char *const *offered, size_t count,
                            struct slice accept_language);
/* All guides of a language, English ones where it has none, in their order: see guide.h. A new
 * reference. With lang NULL all there are. */
json_t *template_guides(const struct templates *templates, const char *lang);

/* A static file ("static/app.css"): bytes, content type and a strong ETag (quoted hex). */
struct asset {
    struct slice bytes;
    const char *content_type;
    char etag[40];
};
NODISCARD bool asset_find(const char *name, struct asset *out);

#endif
