/*
 * test_authd.c - logins: the verdict, when a change is seen, and what the journal says of it.
 */
#include "base/base.h"

#include "base/log.h"
#include "tests/unit/auth/authd_lab.h"

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
        FRESH(a_reload_keeps_the_old_when_the_new_cannot_be),
        FRESH(a_login_that_is_remembered_is_judged_anew),
        FRESH(a_view_is_younger_than_its_questions),
    };

    secret_startup();
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
