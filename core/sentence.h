/*
 * sentence.h - what is to be said, without the words.
 *
 * What we found out is said by many doors, in many languages and zones of time. So it is made, handed
 * on and kept as a key of the catalogue (templates/text/said.en.txt) and the values that go into it;
 * the words come where somebody reads it (issuer/render/say.h). It is one line:
 *
 *     {said.check.listed.meaning|code=127.0.0.4|meaning=XBL: exploited host}
 *     {said.check.listed.cannot_tell|why:{said.listing.timeout|list=SpamCop}}
 *
 * A value has its kind before it (enum sentence_kind): so a time is told in the reader's zone, and a
 * sentence in it in his language, too. A line that does not begin with '{' is words already: what
 * was kept before there were keys, or what somebody else said.
 */
#ifndef CORE_SENTENCE_H
#define CORE_SENTENCE_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/strbuf.h"

struct sentence {
    const char *line; /* NULL: there is nothing to say */
};

enum sentence_kind {
    SENTENCE_TEXT = '=',
    SENTENCE_NUMBER = '+',
    SENTENCE_COUNT = '#', /* chooses between KEY.one and KEY.other; one in a sentence */
    SENTENCE_TIME = '@',  /* seconds since 1970 */
    SENTENCE_SPAN = '~',  /* seconds */
    SENTENCE_INNER = ':'
};
struct sentence_value {
    const char *name;
    enum sentence_kind kind;
    const char *text; /* TEXT and INNER; NULL is "" */
    int64_t number;   /* of the others */
};
/* clang-format off */
#define SAY_TEXT(n, v) {.name = (n), .kind = SENTENCE_TEXT, .text = (v)}
#define SAY_NUMBER(n, v) {.name = (n), .kind = SENTENCE_NUMBER, .number = (int64_t)(v)}
#define SAY_COUNT(n, v) {.name = (n), .kind = SENTENCE_COUNT, .number = (int64_t)(v)}
#define SAY_TIME(n, v) {.name = (n), .kind = SENTENCE_TIME, .number = (v)}
#define SAY_SPAN(n, v) {.name = (n), .kind = SENTENCE_SPAN, .number = (v)}
#define SAY_SENTENCE(n, v) {.name = (n), .kind = SENTENCE_INNER, .text = (v).line}
/* clang-format on */

/* One without values. key is a literal. */
#define SENTENCE(key) ((struct sentence){"{" key "}"})
/* SAY(mem, "said.ordinal.nth", SAY_NUMBER("number", 10)). Lives in mem. */
#define SAY(mem, key, ...) \
 sentence_fill(mem, key, (const struct sentence_value[]){__VA_ARGS__, {.name = NULL}})
/* values end with one without a name; NULL: there are none. */
struct sentence sentence_fill(struct arena *mem, const char *key,
                              const struct sentence_value *values);
void sentence_put(struct strbuf *out, const char *key,
                  const struct sentence_value *values);
/* Words that are somebody else's, or no words at all: a name, an address. */
struct sentence sentence_quote(struct arena *mem, const char *words);

bool sentence_is(struct sentence sentence, const char *key);
/* The text of a value of the sentence itself or of one in it, the first of that name; NULL: none. */
const char *sentence_text(struct arena *mem, struct sentence sentence,
                          const char *name);

/* ---- for who puts the words in ---- */

enum {
    SENTENCE_VALUES_MAX = 8
};
/* A sentence that has no other in it, as it stands in a line. */
struct sentence_part {
    size_t begin, end; /* the line's bytes from '{' to behind '}' */
    const char *key;   /* "": a quotation, which is the only value */
    struct sentence_value values[SENTENCE_VALUES_MAX + 1];
    size_t count;
};
/* The last one in the line; texts live in mem. false: there is none, or it is not whole. */
NODISCARD bool sentence_last(struct arena *mem, struct slice line,
                             struct sentence_part *out);
/* The line with words in place of the part. */
const char *sentence_splice(struct arena *mem, struct slice line,
                            const struct sentence_part *part, const char *words);

#endif
