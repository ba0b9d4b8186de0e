/*
 * test_authd.c - verdicts, limits and journal, over a real database and a clock that we steer.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/authd.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/dialogue.h"
#include "base/log.h"
#include "core/usage.h"
#include "tests/support/seed.h"

static char folder[64];

/* A clock in our hand. */
static int64_t now_s, now_ms;

static int64_t steered_now(void *context)
{
    (void)context;
    return now_s;
}

static int64_t steered_ms(void *context)
{
    (void)context;
    return now_ms;
}

static void pass_time(int64_t seconds)
{
    now_s += seconds;
    now_ms += seconds * 1000;
}

PRINTF(1, 2)
static void run(const char *format, ...)
{
    char command[256];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_true(len > 0 && len < (int)sizeof command);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
}

static int make_state(void **state)
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

static int remove_state(void **state)
{
    (void)state;
    run("rm -rf '%s'", folder);
    return 0;
}

static struct config *load_config(void)
{
    struct config *config;
    struct error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/cleansmtp.conf", folder);
    if (config_load(path, &config, &err) != 0)
        fail_msg("%s", err.text);
    return config;
}

static struct authd *start(void)
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
static struct store *open_writer(void)
{
    struct store *store;
    struct error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/state/cleansmtp.db", folder);
    if (store_open(path, STORE_WRITE, &store, &err) != 0)
        fail_msg("%s", err.text);
    return store;
}

/* In a turn that has begun, or in none. */
static struct authd_login log_in_now(struct authd *authd, unsigned number,
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
static struct authd_login log_in(struct authd *authd, unsigned number,
                                 const char *password)
{
    authd_begin_view(authd);
    struct authd_login login = log_in_now(authd, number, password);
    authd_end_view(authd);
    return login;
}

static void each_login_gets_its_verdict(void **state)
{
    static const struct {
        const char *password; /* NULL: the right one */
        unsigned number;
        enum verdict want;
    } cases[] = {
        {NULL,                            SEED_GOOD,       VERDICT_OK            },
        {"aaaaa-aaaaa-aaaaa-aaaaa-zzzzz", SEED_GOOD,       VERDICT_WRONG_PASSWORD},
        {"",                              SEED_GOOD,       VERDICT_WRONG_PASSWORD},
        {NULL,                            SEED_EXPIRED,    VERDICT_EXPIRED       },
        {"wrong",                         SEED_EXPIRED,    VERDICT_WRONG_PASSWORD},
        {NULL,                            SEED_REVOKED,    VERDICT_REVOKED       },
        {"wrong",                         SEED_REVOKED,    VERDICT_WRONG_PASSWORD},
        {NULL,                            SEED_UNREVEALED, VERDICT_WRONG_PASSWORD},
        {NULL,                            7777,            VERDICT_NO_SUCH_LOGIN },
    };
    struct authd *authd = start();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct authd_login login = log_in(authd, cases[i].number, cases[i].password);
        if (login.verdict != cases[i].want)
            fail_msg("case %zu: %s", i, verdict_answer(login.verdict)->name);
        assert_int_equal(login.delay_ms, login.verdict == VERDICT_OK ? 0 : 500);
        assert_string_equal(login.lane, login.verdict == VERDICT_OK ? SEED_LANE : "");
    }
    authd_free(authd);
}

static void logins_are_read_as_people_type_them(void **state)
{
    static const struct {
        const char *name, *login, *service;
        enum verdict want;
    } cases[] = {
        {"with our realm",    "CS-aaaaaaaa@" SEED_REALM,        "smtp",       VERDICT_OK           },
        {"realm in capitals", "cs-aaaaaaaa@CLEAN.MAIL.EXAMPLE", "submission",
         VERDICT_OK                                                                                },
        {"another realm",     "cs-aaaaaaaa@other.example",      "smtp",       VERDICT_NO_SUCH_LOGIN},
        {"an ordinary login", "anna@hosted.example",            "smtp",       VERDICT_NO_SUCH_LOGIN},
        {"IMAP",              "cs-aaaaaaaa",                    "imap",       VERDICT_NO_SUCH_LOGIN},
        {"no service",        "cs-aaaaaaaa",                    "",           VERDICT_NO_SUCH_LOGIN},
    };
    struct authd *authd = start();
    char password[PASSWORD_SHOWN_LEN + 1];
    struct authd_login login;

    (void)state;
    seed_password(0, password);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct verify_request request = {
            .login = slice_from(cases[i].login),
            .password = slice_from(password),
            .service = slice_from(cases[i].service),
        };
        authd_login(authd, &request, &login);
        if (login.verdict != cases[i].want)
            fail_msg("%s: %s", cases[i].name, verdict_answer(login.verdict)->name);
        if (login.verdict == VERDICT_OK)
            assert_string_equal(login.username, "cs-aaaaaaaa");
    }
    authd_free(authd);
}

static void a_login_expires_at_its_second(void **state)
{
    struct authd *authd = start();

    (void)state;
    pass_time(24 * 3600 - 1);
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_OK);
    pass_time(1);
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_EXPIRED);
    authd_free(authd);
}

static void revoking_counts_at_the_next_login(void **state)
{
    struct authd *authd = start();
    struct store *store = open_writer();
    struct error err = {0};

    (void)state;
    assert_int_equal(log_in(authd, 4, NULL).verdict, VERDICT_OK);
    assert_int_equal(
        store_lease_end(store, 5, LEASE_END_REVOKED, "agent:ana", "", now_s, &err), 0);
    assert_int_equal(log_in(authd, 4, NULL).verdict, VERDICT_REVOKED);
    store_close(store);
    authd_free(authd);
}

static void without_database_or_pepper_the_answer_is_temporary(void **state)
{
    struct authd *authd = start();

    (void)state;
    run("mv %s/state/cleansmtp.db %s/aside", folder, folder);
    pass_time(2);
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_TEMPORARY);
    assert_int_equal(log_in(authd, 0, "wrong").verdict, VERDICT_TEMPORARY);
    run("mv %s/aside %s/state/cleansmtp.db", folder, folder);
    assert_int_equal(log_in(authd, 0, NULL).verdict,
                     VERDICT_TEMPORARY); /* same second */
    pass_time(1);
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_OK);
    authd_free(authd);

    run("mv %s/state/pepper %s/aside", folder, folder);
    authd = start();
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_TEMPORARY);
    run("printf '2 %%064d\n' 7 >%s/state/pepper", folder);
    pass_time(1);
    assert_int_equal(log_in(authd, 0, NULL).verdict,
                     VERDICT_TEMPORARY); /* key 1 is lost */
    run("cat %s/aside >>%s/state/pepper", folder, folder);
    pass_time(1);
    (void)log_in(authd, 0, NULL); /* notices that the key is missing, and reads again */
    pass_time(1);
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_OK);
    authd_free(authd);
}

static void a_restored_database_is_noticed(void **state)
{
    struct authd *authd = start();
    struct error err = {0};
    char path[128];

    (void)state;
    assert_int_equal(log_in(authd, 20, NULL).verdict, VERDICT_NO_SUCH_LOGIN);
    (void)snprintf(path, sizeof path, "%s/new.db", folder);
    assert_int_equal(seed_database(path, 30, now_s, &err), 0);
    run("rm -f %s/state/cleansmtp.db-*", folder);
    run("mv %s/new.db %s/state/cleansmtp.db", folder, folder);
    pass_time(1);
    assert_int_equal(log_in(authd, 20, NULL).verdict, VERDICT_OK);
    authd_free(authd);
}

static void a_guesser_is_slowed_and_the_journal_not_flooded(void **state)
{
    struct authd *authd = start();
    int64_t delay_ms = 0;

    (void)state;
    for (int i = 0; i < 200; i++)
        delay_ms = log_in(authd, 0, "wrong").delay_ms;
    assert_int_equal(delay_ms, 4000);
    assert_int_equal(log_in(authd, 0, NULL).delay_ms, 0);
    authd_free(authd);

    run("test $(cat %s/state/journal/*.log | grep -c refused_login) -eq 20", folder);
    run("test $(cat %s/state/journal/*.log | grep -c too_often) -eq 1", folder);
    run("test $(cat %s/state/journal/*.log | grep -cw login) -eq 1", folder);
}

/* The detail of the newest record in the journal, and who asked. */
static const char *newest_record(const char *field)
{
    static char text[256];
    char command[256];

    (void)snprintf(command, sizeof command,
                   "cat %s/state/journal/*.log | tail -n 1 | cut -f %s", folder, field);
    FILE *pipe = popen(command, "r"); // NOLINT(cert-env33-c)
    assert_non_null(pipe);
    assert_non_null(fgets(text, sizeof text, pipe));
    (void)pclose(pipe);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* Details shown again: lease number has another password from now on. */
static void reveal_again(unsigned number, const char *password)
{
    struct store *store = open_writer();
    struct login_row login;
    struct verifier verifier;
    struct pepper pepper;
    struct error err = {0};
    struct arena mem;
    char username[USERNAME_LEN + 1];

    arena_init(&mem);
    seed_username(number, username);
    assert_int_equal(seed_pepper(&pepper, &err), 0);
    assert_true(verifier_make(&pepper, pepper_newest(&pepper), slice_from(username),
                              slice_from(password), &verifier));
    if (store_login_find(store, &mem, username, &login, &err) != 0 ||
        store_lease_reveal(store, login.lease.id, &verifier, now_s, &err) != 0)
        fail_msg("%s", err.text);
    pepper_release(&pepper);
    store_close(store);
    arena_release(&mem);
}

static void each_refusal_is_recorded_with_its_cause_in_one_voice(void **state)
{
    static const char second[] = "bbbbb-bbbbb-bbbbb-bbbbb-bbbbb";
    static const char third[] = "ccccc-ccccc-ccccc-ccccc-ccccc";
    static const struct {
        const char *name;
        unsigned number;
        const char *password; /* NULL: the one of the first reveal */
        const char *service;
        enum verdict want;
        const char *detail;
    } cases[] = {
        {"wrong",           0,               "wrong", "smtp", VERDICT_WRONG_PASSWORD, "wrong_password"},
        {"the first",       0,               NULL,    "smtp", VERDICT_WRONG_PASSWORD,
         "earlier_password 1 1795000000"                                                              },
        {"the second",      0,               second,  "smtp", VERDICT_WRONG_PASSWORD,
         "earlier_password 2 1795000060"                                                              },
        {"the third",       0,               third,   "smtp", VERDICT_OK,             "without TLS"   },
        {"for IMAP, right", 0,               third,   "imap", VERDICT_NO_SUCH_LOGIN,
         "wrong_service imap"                                                                         },
        {"for nothing",     0,               third,   "",     VERDICT_NO_SUCH_LOGIN,  "wrong_service" },
        {"expired",         SEED_EXPIRED,    NULL,    "smtp", VERDICT_EXPIRED,        "expired"       },
        {"expired, wrong",  SEED_EXPIRED,    "x",     "smtp", VERDICT_WRONG_PASSWORD,
         "wrong_password"                                                                             },
        {"revoked",         SEED_REVOKED,    NULL,    "smtp", VERDICT_REVOKED,        "revoked"       },
        {"not revealed",    SEED_UNREVEALED, "x",     "smtp", VERDICT_WRONG_PASSWORD,
         "not_revealed"                                                                               },
    };
    char username[USERNAME_LEN + 1], right[PASSWORD_SHOWN_LEN + 1];
    struct authd_login login;

    (void)state;
    reveal_again(0, second);
    pass_time(60);
    reveal_again(0, third);
    struct authd *authd = start();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        seed_username(cases[i].number, username);
        seed_password(cases[i].number, right);
        const struct verify_request request = {
            .login = slice_from(username),
            .password = slice_from(cases[i].password == NULL ? right
                                                             : cases[i].password),
            .service = slice_from(cases[i].service),
            .client = SLICE("192.0.2.50"),
            .socket = "auth",
        };
        authd_login(authd, &request, &login);
        authd_write_notes(authd);
        if (login.verdict != cases[i].want)
            fail_msg("%s: %s", cases[i].name, verdict_answer(login.verdict)->name);
        /* An earlier password hears what any wrong one hears, as late. */
        assert_int_equal(login.delay_ms, login.verdict == VERDICT_OK ? 0 : 500);
        if (strcmp(newest_record("7"), cases[i].detail) != 0)
            fail_msg("%s: %s", cases[i].name, newest_record("7"));
        assert_string_equal(newest_record("5"), "192.0.2.50");
        assert_int_equal(strncmp(newest_record("9"), "auth", 4), 0);
    }
    authd_free(authd);
}

static void our_own_fault_is_recorded_too_and_bounded(void **state)
{
    struct authd *authd = start();

    (void)state;
    run("mv %s/state/cleansmtp.db %s/aside", folder, folder);
    pass_time(2);
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_TEMPORARY);
    assert_string_equal(newest_record("7"), "our_fault");
    for (unsigned i = 0; i < 500; i++)
        (void)log_in(authd, 1000 + i, NULL);
    authd_free(authd);
    run("test $(cat %s/state/journal/*.log | grep -c our_fault) -eq 100", folder);
    run("mv %s/aside %s/state/cleansmtp.db", folder, folder);
}

/* ---- messages ---------------------------------------------------------------------------------- */

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
static const char *ask_with(struct authd *authd, struct mail mail, struct extra extra)
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

static const char *ask(struct authd *authd, struct mail mail)
{
    return ask_with(authd, mail, (struct extra){"", 1, 0});
}

static const char *send_mail(struct authd *authd, unsigned number, const char *instance)
{
    return ask(authd, (struct mail){.number = number,
                                    .state = POLICY_END_OF_MESSAGE,
                                    .recipient = "bob@remote.example",
                                    .instance = instance});
}

static void each_stage_gets_its_action(void **state)
{
    static const struct {
        const char *name;
        struct mail mail;
        const char *starts;
    } cases[] = {
        {"MAIL",               {SEED_GOOD, POLICY_MAIL, NULL, "", ""},                  "DUNNO"          },
        {"RCPT",               {SEED_GOOD, POLICY_RCPT, NULL, "b@remote.example", "i"}, "DUNNO"          },
        {"DATA",               {SEED_GOOD, POLICY_DATA, NULL, "", "i"},                 "DUNNO"          },
        {"EHLO",               {SEED_EXPIRED, POLICY_OTHER, NULL, "", ""},              "DUNNO"          },
        {"end",                {SEED_GOOD, POLICY_END_OF_MESSAGE, NULL, "", "i"},       "FILTER clean01:"},
        {"capitals",
         {SEED_GOOD, POLICY_MAIL, "Customer0@Hosted.Example", "", ""},
         "DUNNO"                                                                                         },
        {"another sender",
         {SEED_GOOD, POLICY_MAIL, "x@hosted.example", "", ""},
         "550 5.7.1 "                                                                                    },
        {"null sender",
         {SEED_GOOD, POLICY_RCPT, "", "b@remote.example", "j"},
         "550 5.7.1 "                                                                                    },
        {"expired",
         {SEED_EXPIRED, POLICY_RCPT, NULL, "b@remote.example", "k"},
         "550 5.7.1 "                                                                                    },
        {"expired at the end",
         {SEED_EXPIRED, POLICY_END_OF_MESSAGE, NULL, "", "k"},
         "550 5.7.1 "                                                                                    },
        {"revoked",            {SEED_REVOKED, POLICY_DATA, NULL, "", "l"},              "550 5.7.1 "     },
        {"not revealed",
         {SEED_UNREVEALED, POLICY_END_OF_MESSAGE, NULL, "", "m"},
         "550 5.7.1 "                                                                                    },
        {"unknown",            {7777, POLICY_END_OF_MESSAGE, NULL, "", "n"},            "550 5.7.1 "     },
    };
    struct authd *authd = start();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (!slice_starts(slice_from(ask(authd, cases[i].mail)), cases[i].starts))
            fail_msg("%s: %s", cases[i].name, ask(authd, cases[i].mail));
    authd_free(authd);
}

static void a_server_that_binds_early_hears_the_lane_at_every_stage(void **state)
{
    static const struct {
        enum policy_state state;
        unsigned number;
        const char *context, *starts;
    } cases[] = {
        {POLICY_MAIL,           SEED_GOOD,    POLICY_CONTEXT_LANE, "FILTER clean01:"},
        {POLICY_RCPT,           SEED_GOOD,    POLICY_CONTEXT_LANE, "FILTER clean01:"},
        {POLICY_DATA,           SEED_GOOD,    POLICY_CONTEXT_LANE, "FILTER clean01:"},
        {POLICY_MAIL,           SEED_EXPIRED, POLICY_CONTEXT_LANE, "550 5.7.1 "     },
        {POLICY_RCPT,           SEED_REVOKED, POLICY_CONTEXT_LANE, "550 5.7.1 "     },
        {POLICY_OTHER,          SEED_GOOD,    POLICY_CONTEXT_LANE, "DUNNO"          },
        {POLICY_MAIL,           SEED_GOOD,    "clean",             "DUNNO"          },
        {POLICY_MAIL,           SEED_GOOD,    "lanes",             "DUNNO"          },
        {POLICY_END_OF_MESSAGE, SEED_GOOD,    POLICY_CONTEXT_LANE, "FILTER clean01:"},
    };
    struct authd *authd = start();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mail mail = {.number = cases[i].number,
                                  .state = cases[i].state,
                                  .recipient = "b@remote.example",
                                  .instance = "early"};
        const char *action = ask_with(authd, mail,
                                      (struct extra){cases[i].context, 1, 0});
        if (!slice_starts(slice_from(action), cases[i].starts))
            fail_msg("case %zu: %s", i, action);
    }
    authd_free(authd);
    /* Only the end of the message counted it. */
    run("test $(cat %s/state/journal/*.log | grep -cw message) -eq 1", folder);
}

static void ordinary_logins_are_none_of_our_business(void **state)
{
    static const struct {
        const char *login, *want;
    } cases[] = {
        {"anna@hosted.example",       "action=DUNNO\n\n" },
        {"",                          "action=DUNNO\n\n" },
        {"CS-x",                      "action=550 5.7.1 "},
        {"cs-aaaaaaaa@other.example", "action=550 5.7.1 "},
    };
    struct authd *authd = start();
    struct strbuf out;

    (void)state;
    strbuf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct policy_request request = {
            .state = POLICY_END_OF_MESSAGE,
            .sasl_username = slice_from(cases[i].login)};
        strbuf_reset(&out);
        assert_false(authd_policy(authd, &request, &out));
        if (!slice_starts(strbuf_slice(&out), cases[i].want))
            fail_msg("\"%s\": %s", cases[i].login, out.at);
    }
    strbuf_release(&out);
    authd_free(authd);
}

static void a_message_is_counted_once_and_limits_hold(void **state)
{
    struct authd *authd = start();
    char instance[16];

    (void)state;
    for (int i = 0; i < SEED_MESSAGES_PER_HOUR; i++) {
        (void)snprintf(instance, sizeof instance, "i%d", i);
        for (int tries = 0; tries < 3; tries++)
            assert_string_equal(send_mail(authd, 0, instance), "FILTER clean01:");
    }
    assert_true(slice_starts(slice_from(send_mail(authd, 0, "j")), "450 4.7.1 "));
    assert_string_equal(send_mail(authd, 4, "i0"),
                        "FILTER clean01:"); /* another login */

    /* After a restart the journal still knows. */
    authd_free(authd);
    authd = start();
    assert_true(slice_starts(slice_from(send_mail(authd, 0, "j")), "450 4.7.1 "));
    assert_string_equal(send_mail(authd, 0, "i0"), "FILTER clean01:");

    pass_time(3601);
    assert_string_equal(send_mail(authd, 0, "k"), "FILTER clean01:");
    const char *refusal = send_mail(authd, 0, "l");
    assert_true(slice_starts(slice_from(refusal), "550 5.7.1 "));
    assert_true(slice_find(slice_from(refusal), SLICE(" 5 ")) > 0);
    authd_free(authd);
}

/* A lease with limits that the seeded ones do not have; its number is 100. */
static void add_limited_lease(const char *const *recipient_domains)
{
    char username[USERNAME_LEN + 1], mailbox[64];
    struct store *store = open_writer();
    const struct verifier verifier = {.pepper_id = 1};
    struct error err = {0};
    int64_t id;

    seed_username(100, username);
    seed_mailbox(100, mailbox);
    const char *const senders[] = {mailbox, NULL};
    const struct lease_new row = {
        .lease = {.case_id = 1,
                  .pool_address_id = 1,
                  .mailbox = mailbox,
                  .username = username,
                  .link_id = "link100",
                  .created_by = "agent:ana",
                  .messages_max = 50,
                  .messages_per_hour = 50,
                  .recipients_max = 5,
                  .recipients_per_message = 3,
                  .message_size_max = 1024,
                  .created_at = now_s,
                  .expires_at = now_s + 3600,
                  .senders = senders,
                  .recipient_domains = recipient_domains},
    };
    if (store_lease_add(store, &row, &id, &err) != 0 ||
        store_lease_reveal(store, id, &verifier, now_s, &err) != 0)
        fail_msg("%s", err.text);
    store_close(store);
}

static void recipients_and_size_are_judged_at_each_stage(void **state)
{
    static const struct {
        const char *name;
        enum policy_state state;
        const char *instance;
        uint64_t recipients, size_bytes;
        const char *starts;
    } cases[] = {
        {"declared too large", POLICY_MAIL,           "a", 0, 1025, "550 5.7.1 A message by"},
        {"declared well",      POLICY_MAIL,           "b", 0, 1024, "DUNNO"                 },
        {"three at DATA",      POLICY_DATA,           "b", 3, 1024, "DUNNO"                 },
        {"four at DATA",       POLICY_DATA,           "b", 4, 1024, "550 5.7.1 A message by"},
        {"it was larger",      POLICY_END_OF_MESSAGE, "b", 3, 1025,
         "550 5.7.1 A message by"                                                           },
        {"three of five",      POLICY_END_OF_MESSAGE, "b", 3, 9,    "FILTER clean01:"       },
        {"asked again",        POLICY_END_OF_MESSAGE, "b", 3, 9,    "FILTER clean01:"       },
        {"three are too many", POLICY_DATA,           "c", 3, 9,
         "550 5.7.1 These temporary sending details are for 5 recipients"                   },
        {"at the end, too",    POLICY_END_OF_MESSAGE, "c", 3, 9,
         "550 5.7.1 These temporary sending details are for 5 recipients"                   },
        {"two are left",       POLICY_END_OF_MESSAGE, "d", 2, 9,    "FILTER clean01:"       },
        {"none is left",       POLICY_MAIL,           "e", 1, 9,
         "550 5.7.1 These temporary sending details are for 5 recipients"                   },
        {"the last, again",    POLICY_END_OF_MESSAGE, "d", 2, 9,    "FILTER clean01:"       },
    };
    static const char *const anywhere[] = {NULL};
    struct authd *authd;

    (void)state;
    add_limited_lease(anywhere);
    for (int restarts = 0; restarts < 2; restarts++) {
        authd = start();
        for (size_t i = restarts == 0 ? 0 : ARRAY_LEN(cases) - 2; i < ARRAY_LEN(cases);
             i++) {
            const char *action = ask_with(
                authd, (struct mail){100, cases[i].state, NULL, "", cases[i].instance},
                (struct extra){"", cases[i].recipients, cases[i].size_bytes});
            if (!slice_starts(slice_from(action), cases[i].starts))
                fail_msg("%s: %s", cases[i].name, action);
        }
        authd_free(authd);
    }
}

static void recipients_that_were_not_asked_about_defer_the_message(void **state)
{
    static const char *const domains[] = {"remote.example", NULL};
    static const struct {
        const char *name;
        enum policy_state state;
        const char *recipient, *instance;
        uint64_t recipients;
        const char *starts;
    } cases[] = {
        {"one recipient is named again", POLICY_DATA,           "b@remote.example", "a", 1,
         "DUNNO"                                                                                             },
        {"one that is none of its",      POLICY_DATA,           "b@other.example",  "a", 1,
         "550 5.7.1 "                                                                                        },
        {"two, and RCPT did not ask",    POLICY_DATA,           "",                 "a", 2, "450 4.3.5 "     },
        {"the end says the same",        POLICY_END_OF_MESSAGE, "",                 "a", 2, "450 4.3.5 "     },
        {"asked about the first",        POLICY_RCPT,           "b@remote.example", "b", 0, "DUNNO"          },
        {"not about the second",         POLICY_DATA,           "",                 "b", 2, "450 4.3.5 "     },
        {"about the second, too",        POLICY_RCPT,           "c@remote.example", "b", 0, "DUNNO"          },
        {"it goes",                      POLICY_DATA,           "",                 "b", 2, "DUNNO"          },
        {"by its lane",                  POLICY_END_OF_MESSAGE, "",                 "b", 2, "FILTER clean01:"},
        {"also asked again",             POLICY_END_OF_MESSAGE, "",                 "b", 2, "FILTER clean01:"},
        {"the next message has its own", POLICY_DATA,           "",                 "c", 2, "450 4.3.5 "     },
        {"what was refused",             POLICY_RCPT,           "b@other.example",  "d", 0, "550 5.7.1 "     },
        {"and what was allowed",         POLICY_RCPT,           "b@remote.example", "d", 0, "DUNNO"          },
        {"are not two",                  POLICY_DATA,           "",                 "d", 2, "450 4.3.5 "     },
        {"MAIL is nobody",               POLICY_MAIL,           "",                 "d", 0, "DUNNO"          },
        {"and approves nobody",          POLICY_DATA,           "",                 "d", 2, "450 4.3.5 "     },
        {"a server that names no",       POLICY_RCPT,           "b@remote.example", "",  0, "DUNNO"          },
        {"transaction knows nothing",    POLICY_END_OF_MESSAGE, "",                 "",  1, "450 4.3.5 "     },
    };
    struct authd *authd;

    (void)state;
    add_limited_lease(domains);
    authd = start();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *action = ask_with(authd,
                                      (struct mail){100, cases[i].state, NULL,
                                                    cases[i].recipient,
                                                    cases[i].instance},
                                      (struct extra){"", cases[i].recipients, 9});
        if (!slice_starts(slice_from(action), cases[i].starts))
            fail_msg("%s: %s", cases[i].name, action);
    }
    authd_free(authd);
    run("test $(grep -c 'unasked, 2 recipients, from customer100@hosted.example' "
        "%s/state/journal/*.log) -eq 2",
        folder);
    /* A restart forgets what was approved, and does not take it for granted. */
    authd = start();
    assert_true(slice_starts(
        slice_from(ask_with(authd, (struct mail){100, POLICY_DATA, NULL, "", "b"},
                            (struct extra){"", 2, 9})),
        "450 4.3.5 "));
    authd_free(authd);
}

static void a_record_whose_answer_was_lost_is_neither_free_nor_double(void **state)
{
    struct authd *authd = start();

    (void)state;
    /* Killed between the record and its answer: what is on the disk is all there is. */
    (void)send_mail(authd, 0, "i0");
    authd_free(authd);
    authd = start();
    assert_string_equal(send_mail(authd, 0, "i0"), "FILTER clean01:");
    assert_string_equal(send_mail(authd, 0, "i1"), "FILTER clean01:");
    authd_free(authd);
    run("test $(cat %s/state/journal/*.log | grep -c 'message.*i0') -eq 1", folder);
    run("test $(cat %s/state/journal/*.log | grep -c 'message.*i1') -eq 1", folder);
}

static void what_the_daemon_took_in_is_not_counted_twice(void **state)
{
    struct authd *authd = start();
    struct store *store = open_writer();
    struct error err = {0};
    char username[USERNAME_LEN + 1];
    int64_t position;

    (void)state;
    seed_username(0, username);
    assert_string_equal(send_mail(authd, 0, "i0"), "FILTER clean01:");
    assert_string_equal(send_mail(authd, 0, "i1"), "FILTER clean01:");
    const struct usage_record records[] = {
        {1, now_s, "message", username, "", "", "", 1},
        {2, now_s, "message", username, "", "", "", 1},
    };
    assert_int_equal(store_usage_apply(store, records, 2, &err), 0);
    assert_int_equal(store_usage_position(store, &position, &err), 0);
    assert_int_equal(position, 2);
    authd_tidy(authd);
    assert_string_equal(send_mail(authd, 0, "i1"),
                        "FILTER clean01:"); /* still the same */
    pass_time(3601);
    authd_tidy(authd);
    assert_string_equal(send_mail(authd, 0, "i2"), "FILTER clean01:");
    assert_string_equal(send_mail(authd, 0, "i3"), "FILTER clean01:");
    assert_string_equal(send_mail(authd, 0, "i4"), "FILTER clean01:");
    assert_true(slice_starts(slice_from(send_mail(authd, 0, "i5")), "550 5.7.1 "));
    store_close(store);
    authd_free(authd);
}

static void our_own_fault_defers_and_never_passes(void **state)
{
    struct authd *authd = start();

    (void)state;
    run("mv %s/state/cleansmtp.db %s/aside", folder, folder);
    pass_time(2);
    assert_true(slice_starts(slice_from(send_mail(authd, 0, "i0")), "450 4.3.0 "));
    assert_true(slice_starts(
        slice_from(
            ask(authd, (struct mail){0, POLICY_RCPT, NULL, "b@remote.example", "i0"})),
        "450 4.3.0 "));
    run("mv %s/aside %s/state/cleansmtp.db", folder, folder);
    pass_time(1);
    assert_string_equal(send_mail(authd, 0, "i0"), "FILTER clean01:");
    authd_free(authd);
}

static void a_refusal_at_each_recipient_is_one_record(void **state)
{
    struct authd *authd = start();

    (void)state;
    for (int i = 0; i < 10; i++)
        (void)ask(authd, (struct mail){0, POLICY_RCPT, "x@hosted.example",
                                       "b@remote.example", "i"});
    (void)ask(authd, (struct mail){0, POLICY_RCPT, "x@hosted.example",
                                   "b@remote.example", "j"});
    authd_free(authd);
    run("test $(grep -c refused_message %s/state/journal/*.log) -eq 2", folder);
    run("test $(grep -c 'sender, from x@hosted.example' %s/state/journal/*.log) -eq 2",
        folder);
}

/* ---- maps -------------------------------------------------------------------------------------- */

/* The reply, without its netstring. */
static const char *look_up(struct authd *authd, const char *map, const char *key)
{
    static char reply[1000];
    const struct socketmap_request request = {.map = slice_from(map),
                                              .key = slice_from(key)};
    struct strbuf out;

    strbuf_init(&out, 2000);
    authd_begin_view(authd);
    authd_map(authd, &request, &out);
    authd_end_view(authd);
    const char *at = strchr(out.at, ':');
    assert_non_null(at);
    assert_int_equal(strtol(out.at, NULL, 10), out.len - (size_t)(at - out.at) - 2);
    usage_copy(reply, sizeof reply, slice_take(slice_from(at + 1), strlen(at) - 2));
    strbuf_release(&out);
    return reply;
}

static void each_key_gets_its_reply(void **state)
{
    static const struct {
        const char *map, *key, *starts;
    } cases[] = {
        {"egress",  "cs-aaaaaaaa",               "OK FILTER clean01:"           },
        {"egress",  "CS-AAAAAAAA@" SEED_REALM,   "OK FILTER clean01:"           },
        {"egress",  "cs-aaaaaaab",
         "OK 550 5.7.1 These temporary sending details have expired"            },
        {"egress",  "cs-aaaaaaac",
         "OK 550 5.7.1 These temporary sending details have been ended"         },
        {"egress",  "cs-aaaaaaad",               "OK 550 5.7.1 "                },
        {"egress",  "cs-zzzzzzzz",               "OK 550 5.7.1 "                },
        {"egress",  "cs-aaaaaaaa@other.example", "OK 550 5.7.1 "                },
        {"egress",  "cs-x",                      "OK 550 5.7.1 "                },
        {"egress",  "anna@hosted.example",       "NOTFOUND "                    },
        {"egress",  "",                          "NOTFOUND "                    },
        {"senders", "customer0@hosted.example",
         "OK cs-aaaaaaaa,cs-aaaaaaaa@clean.mail.example"                        },
        {"senders", "Customer0@Hosted.Example",  "OK cs-aaaaaaaa,"              },
        {"senders", "customer1@hosted.example",  "NOTFOUND "                    },
        {"senders", "customer2@hosted.example",  "NOTFOUND "                    },
        {"senders", "customer3@hosted.example",  "NOTFOUND "                    },
        {"senders", "customer77@hosted.example", "NOTFOUND "                    },
        {"senders", "@hosted.example",           "NOTFOUND "                    },
        {"senders", "customer0",                 "NOTFOUND "                    },
        {"senders", "<>",                        "NOTFOUND "                    },
        {"senders", "",                          "NOTFOUND "                    },
        {"lanes",   "customer0@hosted.example",  "OK clean01:"                  },
        {"lanes",   "customer1@hosted.example",  "NOTFOUND "                    },
        {"lanes",   "<>",                        "NOTFOUND "                    },
        {"ages",    "customer0@hosted.example",  "PERM there is no map \"ages\""},
        {"",        "x",                         "PERM there is no map \"\""    },
        {"egress",  NULL,                        "PERM the request has no key"  },
    };
    struct authd *authd = start();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *reply = look_up(authd, cases[i].map, cases[i].key);
        if (!slice_starts(slice_from(reply), cases[i].starts))
            fail_msg("%s %s: %s", cases[i].map, cases[i].key, reply);
    }
    authd_free(authd);
}

static void a_map_that_cannot_be_read_is_temporary(void **state)
{
    static const char *const keys[][2] = {
        {"egress",  "cs-aaaaaaaa"             },
        {"senders", "customer0@hosted.example"},
        {"senders", "somebody@else.example"   },
        {"lanes",   "customer0@hosted.example"}
    };
    struct authd *authd = start();

    (void)state;
    run("mv %s/state/cleansmtp.db %s/aside", folder, folder);
    pass_time(2);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_true(
            slice_starts(slice_from(look_up(authd, keys[i][0], keys[i][1])), "TEMP "));
    /* What is none of ours needs no database. */
    assert_string_equal(look_up(authd, "egress", "anna@hosted.example"), "NOTFOUND ");
    run("mv %s/aside %s/state/cleansmtp.db", folder, folder);
    authd_free(authd);
}

static void a_held_address_is_no_way_out_of_a_lane(void **state)
{
    struct authd *authd = start();
    struct store *store = open_writer();
    struct error err = {0};

    (void)state;
    assert_int_equal(store_pool_set_state(store, 1, POOL_RESTING, &err), 0);
    assert_true(slice_starts(slice_from(look_up(authd, "egress", "cs-aaaaaaaa")),
                             "OK 450 4.7.1 "));
    assert_true(slice_starts(
        slice_from(look_up(authd, "lanes", "customer0@hosted.example")), "TEMP "));
    /* Who owns the sender does not change by that. */
    assert_true(
        slice_starts(slice_from(look_up(authd, "senders", "customer0@hosted.example")),
                     "OK cs-aaaaaaaa,"));
    assert_string_equal(send_mail(authd, 0, "i0"),
                        "450 4.7.1 These temporary sending details are on hold. "
                        "Please send again later.");
    store_close(store);
    authd_free(authd);
}

static void the_egress_map_knows_what_the_policy_counted(void **state)
{
    struct authd *authd = start();
    char instance[16];

    (void)state;
    for (int i = 0; i < SEED_MESSAGES_PER_HOUR; i++) {
        (void)snprintf(instance, sizeof instance, "i%d", i);
        assert_string_equal(send_mail(authd, 0, instance), "FILTER clean01:");
        bool is_last = i + 1 == SEED_MESSAGES_PER_HOUR;
        assert_true(slice_starts(slice_from(look_up(authd, "egress", "cs-aaaaaaaa")),
                                 is_last ? "OK 450 4.7.1 " : "OK FILTER clean01:"));
    }
    authd_free(authd);
    run("test $(grep -c 'too_fast, asked by login only' %s/state/journal/*.log) -eq 1",
        folder);
}

static void a_reload_keeps_the_old_when_the_new_cannot_be(void **state)
{
    struct authd *authd = start();
    struct error err = {0};
    struct config *config;

    (void)state;
    run("sed -i 's/submission.*/submission { host = \"new.example\" }/' %s/cleansmtp.conf",
        folder);
    config = load_config();
    assert_int_equal(authd_reload(authd, config, &err), 0);
    assert_string_equal(authd_config(authd)->submission.realm, "new.example");
    run("sed -i 's|/run|/elsewhere|' %s/cleansmtp.conf", folder);
    config = load_config();
    assert_int_equal(authd_reload(authd, config, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    config_free(config);
    assert_int_equal(log_in(authd, 0, NULL).verdict, VERDICT_OK);
    authd_free(authd);
}

/* A full disk: what was let go in the same moment is not told, and was never sent. */
static void no_message_goes_whose_record_is_not_on_disk(void **state)
{
    static const struct mail mail = {
        .number = 4, .state = POLICY_END_OF_MESSAGE, .recipient = "bob@remote.example"};
    struct authd *authd = start();
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {10, RLIM_INFINITY};
        const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
        struct mail other = mail;
        other.instance = "i0";
        (void)signal(SIGXFSZ, SIG_IGN);
        bool is_refused = setrlimit(RLIMIT_FSIZE, &none) == 0 &&
                          strcmp(ask(authd, other), "FILTER clean01:") != 0 &&
                          strcmp(ask(authd, other), "FILTER clean01:") != 0;
        bool is_well = setrlimit(RLIMIT_FSIZE, &any) == 0 &&
                       strcmp(ask(authd, other), "FILTER clean01:") == 0;
        _exit(is_refused && is_well ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    authd_free(authd);
    authd = start();
    run("test $(grep -c 'message.*i0' %s/state/journal/*.log) -eq 1", folder);
    for (int i = 1; i < SEED_MESSAGES_PER_HOUR; i++) {
        char instance[16];
        (void)snprintf(instance, sizeof instance, "i%d", i);
        assert_string_equal(send_mail(authd, 4, instance), "FILTER clean01:");
    }
    assert_true(slice_starts(slice_from(send_mail(authd, 4, "j")), "450 4.7.1 "));
    authd_free(authd);
}

/* Messages of one moment are judged one behind the other, and committed together. */
static void limits_hold_before_the_commit(void **state)
{
    struct authd *authd = start();
    char username[USERNAME_LEN + 1], sender[64], instance[16];
    struct strbuf out;
    int promised = 0;

    (void)state;
    seed_username(4, username);
    seed_mailbox(4, sender);
    strbuf_init(&out, 4000);
    for (int i = 0; i < 2 * SEED_MESSAGES_PER_HOUR; i++) {
        (void)snprintf(instance, sizeof instance, "i%d", i);
        const struct policy_request request = {
            .state = POLICY_END_OF_MESSAGE,
            .sasl_username = slice_from(username),
            .sender = slice_from(sender),
            .instance = slice_from(instance),
            .recipient_count = 1,
        };
        promised += authd_policy(authd, &request, &out);
    }
    assert_int_equal(promised, SEED_MESSAGES_PER_HOUR);
    assert_int_equal(authd_commit(authd), 0);
    run("test $(grep -cw message %s/state/journal/*.log) -eq 4", folder);
    strbuf_release(&out);
    authd_free(authd);
}

/* What is read in one view is of one moment; the next view sees what was acknowledged before it. */
static void a_view_is_younger_than_its_questions(void **state)
{
    struct authd *authd = start();
    struct store *store = open_writer();
    struct error err = {0};

    (void)state;
    assert_int_equal(
        store_lease_end(store, 5, LEASE_END_REVOKED, "agent:ana", "", now_s, &err), 0);
    authd_begin_view(authd);
    assert_int_equal(log_in_now(authd, 4, NULL).verdict, VERDICT_REVOKED);
    assert_int_equal(
        store_lease_end(store, 1, LEASE_END_REVOKED, "agent:ana", "", now_s, &err), 0);
    assert_int_equal(log_in_now(authd, 0, NULL).verdict, VERDICT_OK);
    authd_end_view(authd);
    authd_begin_view(authd);
    assert_int_equal(log_in_now(authd, 0, NULL).verdict, VERDICT_REVOKED);
    authd_end_view(authd);
    store_close(store);
    authd_free(authd);
}

/* The right password is answered from memory from the second time on: as at the first, with all that
 * may have changed since. */
static void a_login_that_is_remembered_is_judged_anew(void **state)
{
    struct authd *authd = start();
    struct store *store = open_writer();
    struct error err = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct authd_login login = log_in(authd, 4, NULL);
        assert_int_equal(login.verdict, VERDICT_OK);
        assert_string_equal(login.lane, SEED_LANE);
        assert_string_equal(login.address, SEED_ADDRESS);
        assert_int_equal(log_in(authd, 4, "wrong").verdict, VERDICT_WRONG_PASSWORD);
        assert_int_equal(log_in(authd, 4, "aaaaa-aaaaa-aaaaa-aaaaa-zzzzz").verdict,
                         VERDICT_WRONG_PASSWORD);
    }
    assert_int_equal(store_lease_extend(store, 5, now_s + 100, &err), 0);
    assert_int_equal(log_in(authd, 4, NULL).verdict, VERDICT_OK);
    pass_time(99);
    assert_int_equal(log_in(authd, 4, NULL).verdict, VERDICT_OK);
    pass_time(1);
    assert_int_equal(log_in(authd, 4, NULL).verdict, VERDICT_EXPIRED);
    assert_int_equal(store_lease_extend(store, 5, now_s + 100, &err), 0);
    assert_int_equal(log_in(authd, 4, NULL).verdict, VERDICT_OK);
    assert_int_equal(
        store_lease_end(store, 5, LEASE_END_REVOKED, "agent:ana", "", now_s, &err), 0);
    assert_int_equal(log_in(authd, 4, NULL).verdict, VERDICT_REVOKED);
    assert_int_equal(log_in(authd, 4, "wrong").verdict, VERDICT_WRONG_PASSWORD);
    store_close(store);
    authd_free(authd);
}

/* ---- dialogues --------------------------------------------------------------------------------- */

/* A host that keeps what was delayed. */
struct host {
    unsigned count;
    uint64_t tickets[64];
    struct authd_login logins[64];
};

static void keep(void *context, uint64_t ticket, const struct authd_login *login)
{
    struct host *host = context;

    assert_true(host->count < ARRAY_LEN(host->tickets));
    host->tickets[host->count] = ticket;
    host->logins[host->count++] = *login;
}

/* Feed, and answer what was held back at once, in order. */
static enum dialogue_fate talk(struct dialogue *dialogue, struct host *host,
                               struct slice input)
{
    enum dialogue_fate fate = dialogue_take(dialogue, input);

    for (unsigned i = 0; fate == DIALOGUE_GO_ON && i < host->count; i++)
        fate = dialogue_answer(dialogue, host->tickets[i], &host->logins[i]);
    host->count = 0;
    return fate;
}

static void verify_records_are_answered_however_they_are_cut(void **state)
{
    struct authd *authd = start();
    char text[512], password[PASSWORD_SHOWN_LEN + 1];

    (void)state;
    seed_password(0, password);
    int len = snprintf(text, sizeof text,
                       "cs-aaaaaaaa\t%s\tsmtp\t192.0.2.50\ncs-aaaaaaaa\twrong\n"
                       "CS-AAAAAAAA\t%s\tsubmission\t\tsecured=yes\n",
                       password, password);
    const struct slice input = slice_of(text, (size_t)len);
    static const char ok[] = "OK\tuser=cs-aaaaaaaa\tlane=" SEED_LANE
                             "\taddress=" SEED_ADDRESS "\n";
    for (size_t split = 0; split <= input.len; split++) {
        struct host host = {0};
        struct dialogue *dialogue = dialogue_new(authd, CONFIG_SOCKET_VERIFY, 1,
                                                 &(struct dialogue_host){keep, &host});
        struct strbuf want;
        assert_int_equal(talk(dialogue, &host, slice_take(input, split)),
                         DIALOGUE_GO_ON);
        assert_int_equal(talk(dialogue, &host, slice_skip(input, split)),
                         DIALOGUE_GO_ON);
        strbuf_init(&want, 1000);
        strbuf_printf(&want, "%sNO\n%s", ok, ok);
        assert_string_equal(dialogue_out(dialogue)->at, want.at);
        strbuf_release(&want);
        dialogue_free(dialogue);
    }
    authd_free(authd);
}

static void malformed_records_are_told_and_closed(void **state)
{
    static const struct {
        const char *name, *at;
        size_t len;
    } cases[] = {
        {"one field",     "hello\n",    6},
        {"empty",         "\n",         1},
        {"broken escape", "a\t\001x\n", 6},
    };
    struct authd *authd = start();
    char filler[4000];

    (void)state;
    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i <= ARRAY_LEN(cases); i++) {
        struct slice input = i < ARRAY_LEN(cases) ? slice_of(cases[i].at, cases[i].len)
                                                  : slice_of(filler, sizeof filler);
        struct host host = {0};
        struct dialogue *dialogue = dialogue_new(authd, CONFIG_SOCKET_VERIFY, 1,
                                                 &(struct dialogue_host){keep, &host});
        assert_int_equal(talk(dialogue, &host, input), DIALOGUE_CLOSE);
        assert_string_equal(dialogue_out(dialogue)->at,
                            "TEMP\treason=malformed request\n");
        dialogue_free(dialogue);
    }
    authd_free(authd);
}

static void three_hundred_verify_requests_on_one_connection(void **state)
{
    struct authd *authd = start();
    struct host host = {0};
    struct dialogue *dialogue = dialogue_new(authd, CONFIG_SOCKET_VERIFY, 1,
                                             &(struct dialogue_host){keep, &host});
    char text[128], password[PASSWORD_SHOWN_LEN + 1];
    unsigned good = 0;

    (void)state;
    seed_password(0, password);
    for (int i = 0; i < 300; i++) {
        int len = snprintf(text, sizeof text, "cs-aaaaaaaa\t%s\n", password);
        assert_int_equal(talk(dialogue, &host, slice_of(text, (size_t)len)),
                         DIALOGUE_GO_ON);
        good += slice_starts(strbuf_slice(dialogue_out(dialogue)), "OK\t");
        strbuf_reset(dialogue_out(dialogue));
    }
    assert_int_equal(good, 300);
    dialogue_free(dialogue);
    authd_free(authd);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, make_state, remove_state)
    const struct CMUnitTest tests[] = {
        FRESH(each_login_gets_its_verdict),
        FRESH(logins_are_read_as_people_type_them),
        FRESH(a_login_expires_at_its_second),
        FRESH(revoking_counts_at_the_next_login),
        FRESH(without_database_or_pepper_the_answer_is_temporary),
        FRESH(a_restored_database_is_noticed),
        FRESH(a_guesser_is_slowed_and_the_journal_not_flooded),
        FRESH(each_refusal_is_recorded_with_its_cause_in_one_voice),
        FRESH(our_own_fault_is_recorded_too_and_bounded),
        FRESH(each_stage_gets_its_action),
        FRESH(a_server_that_binds_early_hears_the_lane_at_every_stage),
        FRESH(ordinary_logins_are_none_of_our_business),
        FRESH(a_message_is_counted_once_and_limits_hold),
        FRESH(recipients_and_size_are_judged_at_each_stage),
        FRESH(recipients_that_were_not_asked_about_defer_the_message),
        FRESH(a_record_whose_answer_was_lost_is_neither_free_nor_double),
        FRESH(what_the_daemon_took_in_is_not_counted_twice),
        FRESH(our_own_fault_defers_and_never_passes),
        FRESH(a_refusal_at_each_recipient_is_one_record),
        FRESH(each_key_gets_its_reply),
        FRESH(a_map_that_cannot_be_read_is_temporary),
        FRESH(a_held_address_is_no_way_out_of_a_lane),
        FRESH(the_egress_map_knows_what_the_policy_counted),
        FRESH(a_reload_keeps_the_old_when_the_new_cannot_be),
        FRESH(no_message_goes_whose_record_is_not_on_disk),
        FRESH(limits_hold_before_the_commit),
        FRESH(a_login_that_is_remembered_is_judged_anew),
        FRESH(a_view_is_younger_than_its_questions),
        FRESH(verify_records_are_answered_however_they_are_cut),
        FRESH(malformed_records_are_told_and_closed),
        FRESH(three_hundred_verify_requests_on_one_connection),
    };

    secret_startup();
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
