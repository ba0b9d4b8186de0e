/*
 * evidence_json.h - the evidence as the one JSON object that cleansmtp-bounce prints.
 */
#ifndef ISSUER_BOUNCE_EVIDENCE_JSON_H
#define ISSUER_BOUNCE_EVIDENCE_JSON_H

#include "base/strbuf.h"
#include "issuer/bounce/bounce.h"

enum {
    /* What "explain" may add to EVIDENCE_MAX: texts and matches are cut. */
    EXPLAIN_MAX = 256 * 1024
};

/* Before the jail: the JSON library takes its random seed from a file. */
void evidence_json_init(void);
/* The key "explain" is there when the evidence has explanations. One line and a line feed. false: something could not be written as JSON. */
NODISCARD bool evidence_json(const struct bounce_evidence *evidence,
                             struct strbuf *out);

#endif
