/*
 * authd_lab.h - an authd over a real database of its own and a clock that we steer: logins and messages
 * for it.
 */
#ifndef TESTS_UNIT_AUTH_AUTHD_LAB_H
#define TESTS_UNIT_AUTH_AUTHD_LAB_H

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "auth/authd.h"
#include "tests/support/seed.h"

static char folder[64];

/* A clock in our hand. */
static int64_t now_s, now_ms;

static inline int64_t steered_now(void *context)
{
    (void)context;
    return now_s;
}

static inline int64_t steered_ms(void *context)
{
    (void)context;
    return now_ms;
}

static inline void pass_time(int64_t seconds)
{
    now_s += seconds;
    now_ms += seconds * 1000;
}

PRINTF(1, 2)
static inline void run(const char *format, ...)
{
    char command[256];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_true(len > 0 && len < (int)sizeof command);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
}

static inline int make_state(void **state)
{
    struct error err = {0};

    (void)state;
    now_s = 1795000000;
    now_ms = 5000000;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-authd-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    if (seed_state(folder, 8, now_s, &err) != 0) {
        print_error("%s\n", err.text);
        run("rm -rf '%s'", folder);
        return -1;
    }
    return 0;
}

static inline int remove_state(void **state)
{
    (void)state;
    run("rm -rf '%s'", folder);
    return 0;
}

static inline struct config *load_config(void)
{
    struct config *config;
    struct error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/cleansmtp.conf", folder);
    if (config_load(path, &config, &err) != 0)
        fail_msg("%s", err.text);
    return config;
}

static inline struct authd *start(void)
{
    const struct authd_parts parts = {
        .config = load_config(),
        .clock = {.now = steered_now, .monotonic_ms = steered_ms},
        .random = random_system,
    };
    struct authd *authd;
    struct error err = {0};

    if (authd_new(&parts, &authd, &err) != 0)
        fail_msg("%s", err.text);
    return authd;
}

/* The store as cleansmtpd would have it. */
static inline struct store *open_writer(void)
{
    struct store *store;
    struct error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/state/cleansmtp.db", folder);
    if (store_open(path, STORE_WRITE, &store, &err) != 0)
        fail_msg("%s", err.text);
    return store;
}

/* What no function of the store does. */
static inline void change_database(const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof path, "%s/state/cleansmtp.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* In a turn that has begun, or in none. */
static inline struct authd_login log_in_now(struct authd *authd, unsigned number,
                                            const char *password)
{
    char username[USERNAME_LEN + 1], right[PASSWORD_SHOWN_LEN + 1];
    struct authd_login login;

    seed_username(number, username);
    seed_password(number, right);
    const struct verify_request request = {
        .login = slice_from(username),
        .password = slice_from(password == NULL ? right : password),
        .service = SLICE("smtp"),
        .client = SLICE("192.0.2.50"),
    };
    authd_login(authd, &request, &login);
    authd_write_notes(authd);
    return login;
}

/* In a turn of its own, as the server has it. */
static inline struct authd_login log_in(struct authd *authd, unsigned number,
                                        const char *password)
{
    authd_begin_view(authd);
    struct authd_login login = log_in_now(authd, number, password);
    authd_end_view(authd);
    return login;
}

struct mail {
    unsigned number;
    enum policy_state state;
    const char *sender, *recipient, *instance; /* sender NULL: the lease's own */
};

/* What few tests ask about. */
struct extra {
    const char *context;
    uint64_t recipient_count, size_bytes;
};

/* The action authd answers, without "action=" and the empty line. */
static inline const char *ask_with(struct authd *authd, struct mail mail,
                                   struct extra extra)
{
    static char action[512];
    char username[USERNAME_LEN + 1], sender[64];
    struct strbuf out;

    seed_username(mail.number, username);
    seed_mailbox(mail.number, sender);
    const struct policy_request request = {
        .state = mail.state,
        .sasl_username = slice_from(username),
        .sender = slice_from(mail.sender == NULL ? sender : mail.sender),
        .recipient = slice_from(mail.recipient),
        .instance = slice_from(mail.instance),
        .client = SLICE("192.0.2.50"),
        .context = slice_from(extra.context),
        .recipient_count = extra.recipient_count,
        .size_bytes = extra.size_bytes,
    };
    strbuf_init(&out, 1000);
    authd_begin_view(authd);
    bool is_promise = authd_policy(authd, &request, &out);
    authd_end_view(authd);
    if (is_promise && authd_commit(authd) != 0) {
        strbuf_reset(&out);
        authd_fault(&out);
    }
    authd_write_notes(authd);
    assert_true(slice_starts(strbuf_slice(&out), "action="));
    assert_true(slice_ends_nocase(strbuf_slice(&out), "\n\n"));
    assert_true(out.len - 9 < sizeof action);
    memcpy(action, out.at + 7, out.len - 9);
    action[out.len - 9] = '\0';
    strbuf_release(&out);
    return action;
}

static inline const char *ask(struct authd *authd, struct mail mail)
{
    return ask_with(authd, mail, (struct extra){"", 1, 0});
}

static inline const char *send_mail(struct authd *authd, unsigned number,
                                    const char *instance)
{
    return ask(authd, (struct mail){.number = number,
                                    .state = POLICY_END_OF_MESSAGE,
                                    .recipient = "bob@remote.example",
                                    .instance = instance});
}

#endif
