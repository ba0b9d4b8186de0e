/*
 * authd_internal.h - what authd.c, authd_note.c and authd_message.c share; nobody else includes it.
 */
#ifndef AUTH_AUTHD_INTERNAL_H
#define AUTH_AUTHD_INTERNAL_H

#include "auth/authd.h"
#include "auth/journal.h"
#include "auth/login_cache.h"
#include "auth/throttle.h"
#include "auth/usage_window.h"
#include "core/refusal.h"

enum {
    RETRY_MS = 1000,
    /* Refusals and logins of one username that are noted in a minute: a flood of wrong passwords
     * must not fill the disk. Messages are always noted. */
    RECORDS_A_MINUTE = 20,
    /* Of all logins together, while we cannot know which of them exist. */
    BLIND_RECORDS_A_MINUTE = 100,
    /* From the first RCPT to the end of data: longer than any client takes. */
    TRANSACTION_MS = 24 * 60 * 60 * 1000
};

enum {
    LOGIN_NOTES_MAX =
        64, /* as many as connections are read in a turn; more are noted in between */
    LOGGED_LOGIN_MAX = 64 /* a longer one is not ours, and need not fill the log */
};

/* What is left to be written down of a login that was judged. */
struct login_note {
    enum verdict verdict;
    bool is_known, is_secured, is_tls_untold; /* as in verify.h */
    const char *socket;                       /* constant */
    int64_t at;
    struct refusal refusal;
    char username[USERNAME_LEN + 1];  /* canonical; "" when it is not of our form */
    char login[LOGGED_LOGIN_MAX + 1]; /* as it was given */
    char client[ADDRESS_TEXT_MAX + 1];
    char service[REFUSAL_SERVICE_MAX + 1];
    struct error fault; /* VERDICT_TEMPORARY only */
};

struct authd {
    struct config *config;
    struct clock clock;
    struct journal *journal;
    struct usage_window *window;
    struct throttle *failures; /* by client address */
    struct throttle *records;  /* by username and what happened */
    /* Recipients approved at RCPT, by username and transaction: at least as many as Postfix took, since it may
     * refuse one for reasons of its own, or have two lists that ask. In memory alone: a restart between RCPT
     * and DATA defers a message to several recipients of a lease that is for some only. */
    struct throttle *approved;
    struct login_note *notes; /* LOGIN_NOTES_MAX of them */
    size_t note_count;
    int64_t committed_seq; /* newest record of the journal at the last commit */
    bool has_promises;     /* a message was let go since */
    bool is_commit_broken; /* and the journal has failed since */

    struct store *store;        /* NULL: absent, old or broken at the last look */
    bool has_turn;              /* between authd_begin_view and authd_end_view: */
    int64_t turn_ms, turn_now;  /* it has one time, monotonic and of day */
    struct login_cache *logins; /* true in the present view */
    dev_t store_device;
    ino_t store_inode;
    int64_t store_next_look_ms;
    struct pepper pepper; /* count 0: none yet */
    bool is_pepper_doubtful;
    int64_t pepper_next_look_ms;
};

/* UTC seconds; in a turn those of its beginning, as authd_monotonic_ms: reading a clock eight times would be a
 * twentieth of a login. */
int64_t authd_now(const struct authd *authd);
/* The store handle or NULL. Looks once a second whether the file was replaced (a restore). */
struct store *authd_store(struct authd *authd);
/* What is known of logins in the present turn; NULL between turns. Ask for the store first: it may be
 * another one, and then there is no turn any more. */
struct login_cache *authd_logins(struct authd *authd);
/* A query failed: log, let the handle go, look again later. */
void authd_store_failed(struct authd *authd, const struct error *err);

/* Append to the journal and to the window. -1 after logging why; only a message depends on it. It
 * is_durable: authd_commit must say that it is on the disk before it counts as told. */
int authd_record(struct authd *authd, const struct usage_line *line, bool is_durable);
/* Shall another such record of this username be written in this minute? The last one of the minute
 * says that there were more. */
enum authd_noting {
    NOTE,
    NOTE_LAST, /* instead of what it would have said */
    NOTE_NOT
};
enum authd_noting authd_noting(struct authd *authd, enum usage_kind kind,
                               const char *username);
/* For authd_note_logins; of the request and the result nothing is kept but copies. */
void authd_keep_note(struct authd *authd, const struct verify_request *request,
                     enum verdict verdict, const struct verify_result *result);
/* May one more record be written of a login that we cannot look up now? */
bool authd_may_note_blindly(struct authd *authd);

/* The map "egress": what an access table says about messages of this login. Counts nothing. */
enum socketmap_status authd_egress(struct authd *authd, struct slice login,
                                   struct strbuf *out);

#endif
