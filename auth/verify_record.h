/*
 * verify_record.h - the verify socket: one record in, one line out (docs/protocols/verify.md).
 *
 * The smallest protocol that a shell, Lua, or another mail server can speak. A record ends with
 * LF. Its fields are login, password, service, client, then name=value; they are separated by
 * NUL, or, in a record without a NUL, by TAB with the escapes of the Dovecot protocol.
 *
 * This is version 1. A record may say so (version=1); one that says another is answered TEMP with
 * the version that we speak, never judged by rules that it did not mean.
 */
#ifndef AUTH_VERIFY_RECORD_H
#define AUTH_VERIFY_RECORD_H

#include "auth/verify.h"
#include "base/strbuf.h"

#define VERIFY_RECORD_VERSION "1"

enum verify_record {
    VERIFY_RECORD_GOOD,
    VERIFY_RECORD_MALFORMED,
    VERIFY_RECORD_FOREIGN /* of a version that we do not speak */
};
/* record is without its LF. With TAB the values are unescaped into space, so *out is valid while
 * both live; the caller wipes space. service defaults to "smtp", client to "". *out is filled with
 * VERIFY_RECORD_GOOD. */
enum verify_record verify_record_parse(struct slice record, struct strbuf *space,
                                       struct verify_request *out);

/* The answer's line. username, lane and address are told with VERDICT_OK only. */
struct verify_line {
    enum verdict verdict;
    const char *username, *lane, *address;
};
void verify_record_answer(const struct verify_line *line, struct strbuf *out);
/* For what was no record: the connection is closed behind it. */
void verify_record_malformed(struct strbuf *out);
/* For a record of another version: the connection goes on. */
void verify_record_foreign(struct strbuf *out);

#endif
