/*
 * html.h - the words of an HTML part, without a browser.
 *
 * Script, style and comments go; block tags end a line; a table cell is a tab; entities are
 * resolved once; the target of a link follows its words as " <target>", because a bounce may name
 * the address only there. No URL is ever followed.
 */
#ifndef ISSUER_BOUNCE_HTML_H
#define ISSUER_BOUNCE_HTML_H

#include "base/arena.h"

/* Does it start like HTML? */
bool html_is(struct slice text);
struct slice html_to_text(struct arena *mem, struct slice html);

#endif
