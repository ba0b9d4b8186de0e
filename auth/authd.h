/*
 * authd.h - what cleansmtp-authd decides, without its sockets.
 *
 * One struct authd a process, one thread. It owns the read-only database handle, the pepper and
 * the journal; each of them may be gone for a while, and is tried again at most once a second:
 * until then logins and messages get a temporary answer, never a refusal and never a pass.
 */
#ifndef AUTH_AUTHD_H
#define AUTH_AUTHD_H

#include "auth/postfix_policy.h"
#include "auth/socketmap.h"
#include "auth/verify.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/random.h"

struct authd;

struct authd_parts {
    struct config *config; /* taken over on success */
    struct clock clock;
    struct random random;
};
/* Opens the journal, which must work; database and pepper may come later. authd_free ends it. */
NODISCARD int authd_new(const struct authd_parts *parts, struct authd **out,
                        struct error *err);
void authd_free(struct authd *authd);

const struct config *authd_config(const struct authd *authd);
int64_t authd_monotonic_ms(const struct authd *authd);
/* Swap in a configuration (taken over on success) and read the pepper again. State folder,
 * database and sockets cannot change without a restart: ERROR_INVALID, and all stays as it was. */
NODISCARD int authd_reload(struct authd *authd, struct config *config,
                           struct error *err);

/* The answer to a login. The strings are told with VERDICT_OK only, but for username. */
struct authd_login {
    enum verdict verdict;
    int64_t delay_ms; /* answer after this time, without blocking others */
    char username[USERNAME_LEN + 1]; /* "" when the login is not of our form */
    char lane[LANE_MAX + 1];
    char address[ADDRESS_TEXT_MAX + 1];
};
/* Judge. It is noted in journal and log by authd_note_logins, which follows in the same turn. */
void authd_login(struct authd *authd, const struct verify_request *request,
                 struct authd_login *out);
/* Note the logins that were judged since, when their answers are out: nobody waits for it. */
void authd_note_logins(struct authd *authd);

/* Judge a message and write the whole reply ("action=…" and an empty line). true: the reply lets a
 * message go, and may be told only after authd_commit has returned 0; when it fails, authd_fault is
 * the reply instead (docs/protocols/postfix-policy.md). */
NODISCARD bool authd_policy(struct authd *authd, const struct policy_request *request,
                            struct strbuf *out);
/* Our own fault, as a reply to a policy request. */
void authd_fault(struct strbuf *out);
/* The records of all messages that were let go since the last commit are on the disk; -1 after
 * logging why, and none of them was let go. */
NODISCARD int authd_commit(struct authd *authd);

/* Between the two all questions are answered from one view of the database, taken at the begin:
 * begin after the questions were read, never before, or a revocation that was acknowledged in
 * between would not be seen. */
void authd_begin_view(struct authd *authd);
void authd_end_view(struct authd *authd);

/* Read in some of what logins are judged by, max of them, a microsecond each, between turns
 * (docs/decisions/login-cache.md); a login that was not read in yet is looked up when it comes. */
void authd_read_ahead(struct authd *authd, size_t max);
bool authd_has_more_to_read(const struct authd *authd);

/* Write the records and log lines that waited. Nothing was promised about them. */
void authd_write_notes(struct authd *authd);

/* Look a key up in one of the maps and write the whole reply (docs/protocols/socketmap.md). */
void authd_map(struct authd *authd, const struct socketmap_request *request,
               struct strbuf *out);

/* Once a minute: let go of what cleansmtpd has taken in. */
void authd_tidy(struct authd *authd);

#endif
