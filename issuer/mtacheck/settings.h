/*
 * settings.h - what a mail server says about its own configuration, as rows of scope, name, value.
 *
 * Parsers of what postconf, doveconf and exim -bP config print: pure, text in, rows out. A row that does
 * not look like a setting is left out (warnings, comments); beyond the ceilings nothing is read by
 * halves: that is an error. Texts live in the arena.
 */
#ifndef ISSUER_MTACHECK_SETTINGS_H
#define ISSUER_MTACHECK_SETTINGS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

enum {
    SETTINGS_MAX = 20000,  /* Postfix has 1050, Dovecot 1100; each lane adds about 30 */
    SETTINGS_DEPTH_MAX = 8 /* blocks in blocks of Dovecot: 3 in practice */
};

/* The scope is "" at the top; "clean1/unix" for a service of master.cf; "passdb#2" for the third block
 * of a doveconf text, "service auth#5/unix_listener x#6" for one inside another; "acl
 * clean_ask", "router clean_lane", "transport ...", "authenticator ..." for Exim. A block opens with a row whose name is "". */
struct setting {
    const char *scope, *name, *value;
};
struct settings {
    struct setting *at;
    size_t count, room;
};

NODISCARD int settings_add(struct settings *settings, struct arena *mem,
                           struct setting row, struct error *err);
/* The last value of a name in a scope, or NULL. */
const char *settings_find(const struct settings *settings, const char *scope,
                          const char *name);

/* postconf, postconf -F, postconf -P: "name = value" and "service/type/name = value". */
NODISCARD int settings_read_postconf(struct settings *settings, struct arena *mem,
                                     struct slice text, struct error *err);
/* doveconf -a, of 2.3 and of 2.4. */
NODISCARD int settings_read_doveconf(struct settings *settings, struct arena *mem,
                                     struct slice text, struct error *err);
/* exim -bP config: macros are put in and lines joined. A switch is "yes", with "no_" before it "no". The
 * lines of an access control list are rows "acl" with the line as value. */
NODISCARD int settings_read_exim(struct settings *settings, struct arena *mem,
                                 struct slice text, struct error *err);

/* Is it a block of that kind: "passdb#2" and "passdb sql#2" are blocks of "passdb". */
bool settings_block_is(const char *scope, const char *kind);

/* The next word of a list as Postfix reads it: blanks and commas part words, but not inside braces;
 * { ... } is one word without its outermost braces. false at the end. An unclosed brace takes the
 * rest. */
bool settings_word(struct slice *rest, struct slice *word);

#endif
