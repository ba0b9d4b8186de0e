/*
 * escape.h - a value made safe for the format it is written into; one table, once, at the
 * output boundary, by the writer of the format.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/slice.h"
#include "base/strbuf.h"

enum escape {
    ESCAPE_HTML, /* & < > " ' ; controls but TAB and LF, and bidi controls, become U+FFFD */
    ESCAPE_LOG, /* key=value line: bytes outside printable ASCII, '"', '\\' and blank as \xNN */
    ESCAPE_DOVECOT, /* \001 and NUL, TAB, CR, LF as in the Dovecot auth protocol */
    ESCAPE_URL,     /* everything but unreserved characters as %XX (RFC 3986 2.3) */
    ESCAPE_TEXT, /* for a person at a terminal: controls (but TAB, LF), bidi controls and
                       broken UTF-8 become U+FFFD */
    /* A whole field of RFC 4180, quotes around it, text as for a person. One that a spreadsheet
     * would take for a formula (= + - @ and TAB in front) gets a ' in front. */
    ESCAPE_CSV,
    ESCAPE_COUNT
};

void escape_append(struct strbuf *out, enum escape how, struct slice text);

/* Undo ESCAPE_DOVECOT into out; false on a broken escape. */
NODISCARD bool unescape_dovecot(struct strbuf *out, struct slice text);
/* Undo percent-encoding; plus_is_blank for form bodies. false on a broken escape or %00. */
NODISCARD bool unescape_url(struct strbuf *out, struct slice text, bool plus_is_blank);

#endif
