/*
 * verify.h - is this login and password good right now? The one place that says so.
 *
 * Every protocol asks here. The answer is a verdict, never an error: what we cannot find out is
 * VERDICT_TEMPORARY (no database, no pepper), so that no fault of ours is told as a wrong
 * password. An unknown login costs the same keyed hashes as a known one, and only the right
 * password learns that a lease is over. Only the right password, too, is answered from what is
 * remembered: every other one costs a look into the database.
 */
#ifndef AUTH_VERIFY_H
#define AUTH_VERIFY_H

#include "auth/login_cache.h"
#include "core/refusal.h"
#include "core/verdict.h"
#include "db/store.h"

/* What a mail server asks. Values are foreign bytes; the password lives in the caller's buffer,
 * which the caller wipes. */
struct verify_request {
    struct slice login, password;
    struct slice
        service; /* "smtp" or "submission"; anything else is refused like a wrong one */
    struct slice client; /* address of the mail program; "" when not told */
    bool secured;        /* TLS between mail program and mail server, by its word */
    bool is_tls_untold;  /* the protocol has no word for it: secured says nothing */
    const char *socket;  /* by which one it came, for the record; NULL: not told */
};

struct verify_context {
    struct store *store;         /* NULL: there is none now */
    struct login_cache *logins;  /* of the turn; NULL: there is none */
    const struct pepper *pepper; /* NULL: there is none now */
    struct slice realm;
};

struct verify_result {
    char username[USERNAME_LEN +
                  1];            /* canonical; "" when the login is not of our form */
    bool is_known;               /* the store has it: only then login is filled */
    bool has_lost_key;           /* the pepper lacks the key of this verifier */
    struct credential_row login; /* strings live in mem, or in the cache */
    struct error fault;          /* VERDICT_TEMPORARY: why, for the log */
    /* Why not, for the record of a login that exists. The peer is told the verdict only. */
    struct refusal refusal;
};

enum verdict verify_login(const struct verify_context *with,
                          const struct verify_request *request, int64_t now,
                          struct arena *mem, struct verify_result *out);

#endif
