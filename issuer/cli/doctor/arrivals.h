/*
 * arrivals.h - looking for test messages, or answers to them, in a mailbox on this host.
 */
#ifndef ISSUER_CLI_DOCTOR_ARRIVALS_H
#define ISSUER_CLI_DOCTOR_ARRIVALS_H

#include "base/error.h"
#include "issuer/cli/doctor/received.h"

/* path: a Maildir (new/ and cur/ are read, files not older than since), or one file of mail (its
 * last part is read). *out_result of the first text that is about the message of token.
 * ERROR_NOT_FOUND: no such path. */
NODISCARD int arrivals_find(const char *path, const char *token, int64_t since,
                            enum received_result *out_result, struct hop *out_hop,
                            struct error *err);

#endif
