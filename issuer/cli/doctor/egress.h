/*
 * egress.h - one test message, and what became of it: the judgement is the same whoever saw it
 * come.
 */
#ifndef ISSUER_CLI_DOCTOR_EGRESS_H
#define ISSUER_CLI_DOCTOR_EGRESS_H

#include "issuer/cli/doctor/canary_note.h"
#include "issuer/cli/doctor/findings.h"
#include "issuer/cli/doctor/received.h"

/* result: of received_find; RECEIVED_FOUND where we saw the connection ourselves. */
void egress_judge(struct findings *found, const struct canary_note *note,
                  enum received_result result, const struct hop *hop);

/* `cleansmtp doctor --listen` without --canary, on another host: receive, judge, print. */
NODISCARD int egress_listen(struct cli *cli, struct findings *found, struct error *err);

/* --for, or how long it is usually waited; seconds. */
NODISCARD int egress_patience(const struct cli *cli, int64_t fallback_s, int64_t *out_s,
                              struct error *err);

#endif
