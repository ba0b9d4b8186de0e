/*
 * view.h - values put into a page's view. A template gets text and flags, never a decision.
 */
#ifndef ISSUER_WEB_VIEW_H
#define ISSUER_WEB_VIEW_H

#include <jansson.h>

#include "base/arena.h"
#include "core/diagnosis.h"

/* Members of an object; NULL becomes null, which leaves a section out. Strangers' text is
 * cleaned, never dropped: JSON is UTF-8 without exception. */
void view_text(json_t *object, const char *key, const char *text);
void view_slice(json_t *object, const char *key, struct slice text);
void view_number(json_t *object, const char *key, int64_t number);
void view_flag(json_t *object, const char *key, bool value);
void view_take(json_t *object, const char *key, json_t *value); /* takes value over */

/* For programs: RFC 3339 UTC as text; when 0 becomes null. */
void view_moment(json_t *object, const char *key, int64_t when);

/* {shape, class, word}: a state as a shape and a word, colour on top. */
json_t *view_mark(const char *class_name, const char *word);
/* The shape alone that goes with a class: listed, clear, used, full, unsure, rest. */
const char *view_shape(const char *class_name);

/* An error's text as a sentence: "no such case" becomes "No such case." */
const char *view_sentence(struct arena *mem, const char *text);

#endif
