/*
 * bounce.h - one bounce in any form in, evidence out.
 *
 * A bounce is a claim made by whoever pasted it. Here it is only read: no network, no clock, no
 * policy. Everything that has to be loaded is loaded by bounce_reader_new, so that bounce_read
 * can run in a process that may do nothing but compute.
 */
#ifndef ISSUER_BOUNCE_BOUNCE_H
#define ISSUER_BOUNCE_BOUNCE_H

#include "issuer/bounce/classify.h"
#include "issuer/bounce/extract.h"
#include "issuer/bounce/reply.h"
#include "issuer/bounce/text.h"

enum {
    BOUNCE_SHARED_MAX = 256,
    BOUNCE_RECIPIENTS_MAX = 64,
    EXCERPT_MAX = 1000,
    RECIPIENT_EXCERPT_MAX = 300, /* 64 of them fit into what may be printed */
    EXPLANATIONS_MAX = 32
};

struct bounce_options {
    const struct network *shared; /* our outbound ranges; none: count 0 */
    size_t shared_count;
    bool wants_explanation;
};

/* What one recipient's server said. Strings are NULL when there is none. */
struct bounce_refusal {
    const char *recipient, *remote_mta, *enhanced_code, *list, *lookup_url, *blocked_ip,
        *text;
    unsigned smtp_code; /* 0: none */
    enum evidence_class class;
    enum ip_block ip_block;
    bool is_public;  /* a public, living list of addresses */
    bool is_dead;    /* of a list that has closed */
    bool is_delayed; /* not final */
    unsigned flags;
};

/* Why one reply means what it means. */
struct explanation {
    const struct reply *reply;
    const struct finding *finding;
    struct candidates addresses; /* of this reply and the words before it */
};

struct bounce_evidence {
    bool is_bounce, is_grantable;
    unsigned flags; /* enum bounce_flag */
    struct bounce_refusal main;
    struct bounce_refusal recipients[BOUNCE_RECIPIENTS_MAX];
    size_t recipient_count;
    struct candidates candidates;
    const char *sender, *reporting_mta, *time, *message_id, *queue_id, *client;
    const struct explanation *explanations; /* NULL: not asked for */
    size_t explanation_count;
};

struct bounce_reader;
/* rules_folder: as in rules_load. */
NODISCARD int bounce_reader_new(const char *rules_folder, struct bounce_reader **out,
                                struct error *err);
void bounce_reader_free(struct bounce_reader *reader);
const struct rules *bounce_reader_rules(const struct bounce_reader *reader);

/* Strings live in mem. Anything is readable in the sense that it gives evidence, if only
 * is_bounce false and a flag; nesting beyond the limit is ERROR_EXHAUSTED. */
NODISCARD int bounce_read(const struct bounce_reader *reader, struct arena *mem,
                          struct slice input, const struct bounce_options *options,
                          struct bounce_evidence *out, struct error *err);

#endif
