/*
 * test_authd_message.c - messages: the action at each stage, limits, and the record that comes before the
 * answer.
 */
#include "base/base.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/authd_internal.h"
#include "base/log.h"
#include "tests/unit/auth/authd_lab.h"

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
        {"a recipient without a name",   POLICY_RCPT,           "",                 "e", 0, "DUNNO"          },
        {"does not count as asked",      POLICY_DATA,           "",                 "e", 1, "450 4.3.5 "     },
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
    /* The last one, asked about again when the database has all five of five. */
    const struct usage_record rest[] = {
        {3, now_s, "message", username, "", "", "", 1},
        {4, now_s, "message", username, "", "", "", 1},
        {5, now_s, "message", username, "", "", "", 1},
    };
    assert_int_equal(store_usage_apply(store, rest, 3, &err), 0);
    authd_tidy(authd);
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

/* Under a name that is cut it would be another message, or another's, at every try. */
static void a_transaction_with_too_long_a_name_is_deferred(void **state)
{
    struct authd *authd = start();
    char instance[USAGE_INSTANCE_MAX + 2] = {0};

    (void)state;
    memset(instance, 'i', USAGE_INSTANCE_MAX);
    assert_string_equal(send_mail(authd, 0, instance), "FILTER clean01:");
    instance[USAGE_INSTANCE_MAX] = 'i';
    assert_true(slice_starts(slice_from(send_mail(authd, 0, instance)), "450 4.3.0 "));
    authd_free(authd);
    run("test $(grep -cw message %s/state/journal/*.log) -eq 1", folder);
}

/* Whatever wrote it there: what cannot be the name of a lane is never told to a mail server. */
static void a_lane_that_is_none_is_our_fault(void **state)
{
    struct strbuf out;

    (void)state;
    change_database("UPDATE pool_address SET lane = 'a b'");
    struct authd *authd = start();
    assert_true(slice_starts(slice_from(send_mail(authd, 0, "i")), "450 4.3.0 "));
    strbuf_init(&out, 1000);
    assert_int_equal(authd_egress(authd, SLICE("cs-aaaaaaaa"), &out),
                     SOCKETMAP_TEMPORARY);
    strbuf_release(&out);
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

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, make_state, remove_state)
    const struct CMUnitTest tests[] = {
        FRESH(each_stage_gets_its_action),
        FRESH(a_server_that_binds_early_hears_the_lane_at_every_stage),
        FRESH(ordinary_logins_are_none_of_our_business),
        FRESH(a_message_is_counted_once_and_limits_hold),
        FRESH(recipients_and_size_are_judged_at_each_stage),
        FRESH(recipients_that_were_not_asked_about_defer_the_message),
        FRESH(a_record_whose_answer_was_lost_is_neither_free_nor_double),
        FRESH(what_the_daemon_took_in_is_not_counted_twice),
        FRESH(our_own_fault_defers_and_never_passes),
        FRESH(a_transaction_with_too_long_a_name_is_deferred),
        FRESH(a_lane_that_is_none_is_our_fault),
        FRESH(a_refusal_at_each_recipient_is_one_record),
        FRESH(no_message_goes_whose_record_is_not_on_disk),
        FRESH(limits_hold_before_the_commit),
    };

    secret_startup();
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
