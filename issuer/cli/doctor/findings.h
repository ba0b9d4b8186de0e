/*
 * findings.h - what the doctor found: one row a check, in groups, and the exit status they make.
 *
 * "ok" was looked at and is right; "warning" works, but somebody should know; "problem" must be
 * mended; "unknown" could not be looked at, and is never taken for ok.
 */
#ifndef ISSUER_CLI_DOCTOR_FINDINGS_H
#define ISSUER_CLI_DOCTOR_FINDINGS_H

#include "issuer/cli/cli.h"

enum finding_result {
    FINDING_OK,
    FINDING_WARNING,
    FINDING_PROBLEM,
    FINDING_UNKNOWN,
    FINDING_RESULT_COUNT
};
const char *finding_result_name(enum finding_result result); /* "ok" */

struct finding {
    const char *group, *check; /* "pool", "198.51.100.21 reverse name" */
    enum finding_result result;
    const char *sentence; /* one, about what is */
    const char *todo;     /* one, about what to do; NULL: nothing */
    bool is_leak;         /* mail left, or would leave, by another address */
};

/* Strings live in the arena that it was begun with. */
struct findings {
    struct arena *mem;
    const char *group; /* of the rows to come */
    struct finding *rows;
    size_t count, size;
};
void findings_init(struct findings *out, struct arena *mem);
void findings_release(struct findings *findings);
/* check and todo are borrowed for the life of mem; the sentence is made. */
struct finding *findings_add(struct findings *findings, enum finding_result result,
                             const char *check, const char *todo, const char *format,
                             ...) PRINTF(5, 6);

/* EXIT_INTEGRITY: a leak; EXIT_FAILED: a problem; EXIT_TEMPORARY: something is unknown;
 * EXIT_DONE: nothing of the kind. */
int findings_exit_status(const struct findings *findings);
size_t findings_of(const struct findings *findings, enum finding_result result);

/* {"findings": [...], "ok": N, "warning": N, "problem": N, "unknown": N, "exit": N} */
json_t *findings_json(const struct findings *findings);
/* For a person. Texts are cleaned: much of them came from strangers. */
void findings_print(const struct findings *findings, struct strbuf *out);

#endif
