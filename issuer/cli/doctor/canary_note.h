/*
 * canary_note.h - what a test message says of itself, in one header field: which one it is, and
 * what the doctor that sent it expects. Pure.
 *
 *     X-Cleansmtp-Canary: q7c…4-001 lane=clean21 address=198.51.100.21 helo=out21.msp.test of=2
 */
#ifndef ISSUER_CLI_DOCTOR_CANARY_NOTE_H
#define ISSUER_CLI_DOCTOR_CANARY_NOTE_H

#include "base/address.h"
#include "base/strbuf.h"

enum {
    CANARY_RUN_LEN = 16, /* of CREDENTIAL_ALPHABET; one a run */
    CANARY_TOKEN_LEN = CANARY_RUN_LEN +
                       4 /* RUN-NNN: as long for each, so none begins another */
};
struct canary_note {
    char token[CANARY_TOKEN_LEN + 1];
    char lane[LANE_MAX + 1];
    char helo[DOMAIN_MAX + 1];
    struct address address;
    unsigned of; /* messages of the run */
};
void canary_note_format(const struct canary_note *note, struct strbuf *out);
NODISCARD bool canary_note_parse(struct slice value, struct canary_note *out);

#endif
