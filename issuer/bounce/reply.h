/*
 * reply.h - where the words of a mail server stand in a notice, and whom they are about.
 *
 * A reply starts at its code ("554 5.7.1 ...") and ends with its logical line: wrapped and
 * indented lines are joined, the lines of one SMTP reply too. What stands before it on the line
 * ("host mx.example[192.0.2.1] said:") is kept as context: it tells who spoke.
 */
#ifndef ISSUER_BOUNCE_REPLY_H
#define ISSUER_BOUNCE_REPLY_H

#include "base/arena.h"
#include "base/error.h"
#include "issuer/bounce/pattern.h"

enum {
    REPLIES_MAX = 96,
    REPLY_LINE_MAX = 8 * 1024,
    ENHANCED_MAX = 15
};

/* The later, the better: whose words these are is surer. */
enum reply_source {
    REPLY_WORDS,      /* a paragraph without a code */
    REPLY_LOCAL,      /* a line with a code */
    REPLY_TRANSCRIPT, /* said to be the other server's words */
    REPLY_STATUS,     /* Diagnostic-Code */
    REPLY_SOURCE_COUNT
};

struct reply {
    enum reply_source source;
    struct slice context; /* the logical line */
    struct slice text;    /* its tail: the reply itself, joined */
    struct slice recipient, remote_mta;
    unsigned code; /* 0: none */
    char enhanced[ENHANCED_MAX + 1];
};

struct replies {
    struct reply items[REPLIES_MAX];
    size_t count;
    struct slice named; /* the first line that is a recipient, reply or not */
    bool is_cut;
};

struct reply_finder;
NODISCARD int reply_finder_new(struct reply_finder **out, struct error *err);
void reply_finder_free(struct reply_finder *finder);

/* Every reply with a code in the words of a notice. */
void replies_find(const struct reply_finder *finder, struct arena *mem,
                  struct slice text, struct replies *out);
/* Every paragraph as a reply without a code: for texts that have no other. */
void replies_find_words(const struct reply_finder *finder, struct arena *mem,
                        struct slice text, struct replies *out);
/* A Diagnostic-Code. */
void replies_add_status(const struct reply_finder *finder, struct arena *mem,
                        struct slice diagnostic, struct slice recipient,
                        struct slice remote_mta, struct replies *out);

#endif
