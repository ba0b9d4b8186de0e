/*
 * text.h - what people read, by language and key.
 *
 * The catalogues are templates/text/PART.LANGUAGE.txt, one text a line:
 *
 *     wrong.left.one = You have {count} try left.     # starts a comment only at the line's start
 *
 * {name} is filled in by name, *this* is strong, and `this` is to be typed as it stands; in plain
 * text both marks vanish. What is filled in is escaped, and never read for marks. A part that has
 * only English (the console) is English for everybody. What a language lacks, or fills in
 * otherwise than English does, ends the build (tools/check-text.sh), and the start where
 * template_dir brought it.
 */
#ifndef ISSUER_RENDER_TEXT_H
#define ISSUER_RENDER_TEXT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

enum {
    LANGUAGES_MAX = 16,
    LANGUAGE_MAX = 8 /* "en", "de", "pt-br" */
};

struct text_row {
    const char *key, *text;
    unsigned line;
};
struct language {
    const char *code;
    struct text_row *rows; /* by key */
    size_t count, room;
};
struct texts {
    struct language all[LANGUAGES_MAX]; /* all[0] is English */
    size_t count;
};

/* "customer.de.txt": the language of a file's name, or the empty slice. */
struct slice text_language(struct slice file_name);
/* The rows of one file; content stays. Errors name file and line. */
NODISCARD int text_read(struct texts *texts, struct arena *mem, const char *file,
                        struct slice content, struct error *err);
/* Sorts, and holds every language against English: keys of parts it has, and placeholders. */
NODISCARD int text_finish(struct texts *texts, struct error *err);
void text_free(struct texts *texts);

const struct language *text_find_language(const struct texts *texts, struct slice code);
/* In the language, else in English, else NULL. */
const char *text_find(const struct texts *texts, const struct language *language,
                      const char *key);
/* The best of the languages offered (codes, at least one) for an Accept-Language header
 * (RFC 9110 12.5.4), or NULL when it wants none of them. */
const char *text_choose(struct slice accept_language, const char *const *offered,
                        size_t count);

/* One piece of a text after the other; false at the end. */
enum text_piece {
    TEXT_PLAIN,
    TEXT_NAME, /* a placeholder's name */
    TEXT_STRONG_ON,
    TEXT_STRONG_OFF,
    TEXT_CODE_ON,
    TEXT_CODE_OFF
};
struct text_walk {
    struct slice rest;
    bool is_strong, is_code;
};
bool text_next(struct text_walk *walk, enum text_piece *kind, struct slice *piece);

#endif
