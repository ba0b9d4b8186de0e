/*
 * test_message.c - whether a message of a lease's login may leave.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "core/message.h"

enum {
    NOW = 1500,
    EXPIRES = 2000
};

static const char *const senders[] = {"anna@customer.example", "@shop.example", NULL};
static const char *const domains[] = {"remote.example", NULL};
static const char *const none[] = {NULL};

static const struct lease in_use = {
    .mailbox = "anna@customer.example",
    .messages_max = 10,
    .messages_per_hour = 3,
    .created_at = 1000,
    .revealed_at = 1100,
    .first_login_at = 1200,
    .expires_at = EXPIRES,
    .senders = senders,
    .recipient_domains = domains,
};

static enum message_answer judge(const struct lease *lease, const char *sender,
                                 const char *recipient)
{
    const struct message message = {.sender = slice_from(sender),
                                    .recipient = slice_from(recipient)};

    return message_judge(lease, POOL_ACTIVE, &message, NOW);
}

static void senders_and_recipients_outside_the_lease_are_refused(void **state)
{
    static const struct {
        const char *sender, *recipient;
        enum message_answer want;
    } cases[] = {
        {"anna@customer.example",  "bob@remote.example",     MESSAGE_SEND     },
        {"Anna@Customer.EXAMPLE",  "bob@REMOTE.example",     MESSAGE_SEND     },
        {"orders@shop.example",    "bob@remote.example",     MESSAGE_SEND     },
        {"anna@customer.example",  "",                       MESSAGE_SEND     },
        {"eve@customer.example",   "bob@remote.example",     MESSAGE_SENDER   },
        {"anna@shop.example.test", "bob@remote.example",     MESSAGE_SENDER   },
        {"anna@sub.shop.example",  "bob@remote.example",     MESSAGE_SENDER   },
        {"",                       "bob@remote.example",     MESSAGE_SENDER   },
        {"not a mailbox",          "bob@remote.example",     MESSAGE_SENDER   },
        {"anna@customer.example",  "bob@other.example",      MESSAGE_RECIPIENT},
        {"anna@customer.example",  "bob@sub.remote.example", MESSAGE_RECIPIENT},
        {"anna@customer.example",  "bob",                    MESSAGE_RECIPIENT},
        {"eve@customer.example",   "bob@other.example",      MESSAGE_SENDER   },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (judge(&in_use, cases[i].sender, cases[i].recipient) != cases[i].want)
            fail_msg("<%s> to <%s>: another answer", cases[i].sender,
                     cases[i].recipient);
}

static void a_lease_without_lists_is_for_its_own_mailbox_and_any_recipient(void **state)
{
    const char *const *lists[] = {NULL, none};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct lease lease = in_use;
        lease.senders = lists[i];
        lease.recipient_domains = lists[i];
        assert_int_equal(judge(&lease, "anna@customer.example", "x@any.example"),
                         MESSAGE_SEND);
        assert_int_equal(judge(&lease, "orders@shop.example", "x@any.example"),
                         MESSAGE_SENDER);
        lease.mailbox = NULL;
        assert_int_equal(judge(&lease, "anna@customer.example", "x@any.example"),
                         MESSAGE_SENDER);
    }
}

static void limits_end_at_the_very_message(void **state)
{
    static const struct {
        unsigned used, used_last_hour;
        enum message_answer want;
    } cases[] = {
        {0,  0, MESSAGE_SEND    },
        {9,  2, MESSAGE_SEND    },
        {10, 0, MESSAGE_TOO_MANY},
        {11, 0, MESSAGE_TOO_MANY},
        {9,  3, MESSAGE_TOO_FAST},
        {10, 3, MESSAGE_TOO_MANY},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct message message = {
            .sender = slice_from("anna@customer.example"),
            .used = cases[i].used,
            .used_last_hour = cases[i].used_last_hour,
        };
        assert_int_equal(message_judge(&in_use, POOL_ACTIVE, &message, NOW),
                         cases[i].want);
    }
}

static void an_open_session_does_not_outlive_the_lease(void **state)
{
    static const struct {
        const char *name;
        enum lease_end end;
        bool is_suspended, is_pending;
        int64_t revealed_at, now;
        enum message_answer want;
    } cases[] = {
        {"runs",                    LEASE_END_NONE,       false, false, 1100, NOW,         MESSAGE_SEND       },
        {"last second",             LEASE_END_NONE,       false, false, 1100, EXPIRES - 1, MESSAGE_SEND       },
        {"second of expiry",        LEASE_END_NONE,       false, false, 1100, EXPIRES,
         MESSAGE_EXPIRED                                                                                      },
        {"revoked",                 LEASE_END_REVOKED,    false, false, 1100, NOW,         MESSAGE_REVOKED    },
        {"given back",              LEASE_END_GIVEN_BACK, false, false, 1100, NOW,         MESSAGE_REVOKED    },
        {"suspended",               LEASE_END_NONE,       true,  false, 1100, NOW,         MESSAGE_HELD       },
        {"suspended, expired",      LEASE_END_NONE,       true,  false, 1100, EXPIRES,
         MESSAGE_EXPIRED                                                                                      },
        {"pending",                 LEASE_END_NONE,       false, true,  1100, NOW,         MESSAGE_HELD       },
        {"never revealed",          LEASE_END_NONE,       false, false, 0,    NOW,         MESSAGE_NOT_A_LEASE},
        {"never revealed, revoked", LEASE_END_REVOKED,    false, false, 0,    NOW,
         MESSAGE_NOT_A_LEASE                                                                                  },
    };
    const struct message message = {.sender = slice_from("anna@customer.example")};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lease lease = in_use;
        lease.end = cases[i].end;
        lease.is_suspended = cases[i].is_suspended;
        lease.is_pending = cases[i].is_pending;
        lease.revealed_at = cases[i].revealed_at;
        if (message_judge(&lease, POOL_ACTIVE, &message, cases[i].now) != cases[i].want)
            fail_msg("%s: another answer", cases[i].name);
    }
    assert_int_equal(message_judge(NULL, POOL_ACTIVE, &message, NOW),
                     MESSAGE_NOT_A_LEASE);
}

static void an_address_that_may_not_send_holds_the_message(void **state)
{
    static const enum message_answer want[] = {
        [POOL_ACTIVE] = MESSAGE_SEND,
        [POOL_DRAINING] = MESSAGE_SEND,
        [POOL_RESTING] = MESSAGE_HELD,
        [POOL_RETIRED] = MESSAGE_HELD,
    };
    const struct message message = {.sender = slice_from("anna@customer.example")};

    (void)state;
    for (size_t i = 0; i < POOL_STATE_COUNT; i++)
        assert_int_equal(message_judge(&in_use, (enum pool_state)i, &message, NOW),
                         want[i]);
}

static void only_what_may_pass_later_is_answered_as_temporary(void **state)
{
    (void)state;
    assert_null(message_reply(MESSAGE_SEND)->code);
    for (int i = MESSAGE_SEND + 1; i < MESSAGE_ANSWER_COUNT; i++) {
        const struct message_reply *reply = message_reply((enum message_answer)i);
        bool is_temporary = i == MESSAGE_TOO_FAST || i == MESSAGE_UNASKED ||
                            i == MESSAGE_HELD;
        assert_int_equal(strncmp(reply->code, is_temporary ? "450 4." : "550 5.", 6),
                         0);
    }
}

static void a_refusal_says_in_one_sentence_which_limit_and_what_to_do(void **state)
{
    static const struct {
        enum message_answer answer;
        const char *limit, *todo;
    } cases[] = {
        {MESSAGE_SENDER,          "another sender address",
         "use the mailbox they were made for"                                                       },
        {MESSAGE_RECIPIENT,       "not for this recipient",         "use your usual outgoing server"},
        {MESSAGE_TOO_LARGE,       "at most 512KB",                  "send a smaller one"            },
        {MESSAGE_TOO_WIDE,        "at most 20 recipients",          "send it to fewer at a time"    },
        {MESSAGE_TOO_MANY,        "limit of 10 messages",           "switch back to your usual"     },
        {MESSAGE_RECIPIENTS_USED, "for 30 recipients in all",
         "switch back to your usual"                                                                },
        {MESSAGE_TOO_FAST,        "limit of 3 messages an hour",    "send again later"              },
        {MESSAGE_UNASKED,         "did not ask about each of this",
         "smtpd_recipient_restrictions"                                                             },
    };
    struct lease lease = in_use;
    struct strbuf out;

    (void)state;
    lease.recipients_max = 30;
    lease.recipients_per_message = 20;
    lease.message_size_max = UINT64_C(512) * 1024;
    strbuf_init(&out, 1000);
    for (int i = MESSAGE_SEND + 1; i < MESSAGE_ANSWER_COUNT; i++) {
        strbuf_reset(&out);
        message_sentence((enum message_answer)i, &lease, &out);
        assert_null(strchr(out.at, '%'));
        /* RFC 5321 4.5.3.1.5: a reply line has 512 octets, with its code and CR LF. */
        assert_true(out.len < 300);
        for (size_t c = 0; c < ARRAY_LEN(cases); c++)
            if ((int)cases[c].answer == i &&
                (strstr(out.at, cases[c].limit) == NULL ||
                 strstr(out.at, cases[c].todo) == NULL || strstr(out.at, ". ") != NULL))
                fail_msg("not one sentence with \"%s\" and \"%s\": %s", cases[c].limit,
                         cases[c].todo, out.at);
    }
    strbuf_release(&out);
}

static void size_and_recipients_end_at_their_limit(void **state)
{
    static const struct {
        const char *name;
        uint64_t size_bytes, recipient_count;
        unsigned used_recipients;
        enum message_answer want;
    } cases[] = {
        {"nothing is known yet",      0,    0,          0,  MESSAGE_SEND           },
        {"as large as may be",        1000, 1,          0,  MESSAGE_SEND           },
        {"one byte more",             1001, 1,          0,  MESSAGE_TOO_LARGE      },
        {"as many at once as may be", 0,    4,          0,  MESSAGE_SEND           },
        {"one recipient more",        0,    5,          0,  MESSAGE_TOO_WIDE       },
        {"as many in all as may be",  0,    3,          7,  MESSAGE_SEND           },
        {"one more in all",           0,    4,          7,  MESSAGE_RECIPIENTS_USED},
        {"at MAIL, one is left",      0,    0,          9,  MESSAGE_SEND           },
        {"at MAIL, none is left",     0,    0,          10, MESSAGE_RECIPIENTS_USED},
        {"a number that would wrap",  0,    UINT64_MAX, 0,  MESSAGE_TOO_WIDE       },
    };
    struct lease lease = in_use;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct message message = {
            .sender = slice_from("anna@customer.example"),
            .size_bytes = cases[i].size_bytes,
            .recipient_count = cases[i].recipient_count,
            .used_recipients = cases[i].used_recipients,
        };
        lease.message_size_max = 1000;
        lease.recipients_per_message = 4;
        lease.recipients_max = 10;
        if (message_judge(&lease, POOL_ACTIVE, &message, NOW) != cases[i].want)
            fail_msg("%s: another answer", cases[i].name);
        /* A lease from before these limits has none of them. */
        assert_int_equal(message_judge(&in_use, POOL_ACTIVE, &message, NOW),
                         MESSAGE_SEND);
    }
}

static void recipients_that_nobody_asked_about_are_not_let_go(void **state)
{
    static const struct {
        const char *name;
        bool is_complete;
        const char *recipient;
        uint64_t recipient_count, approved;
        enum message_answer want;
    } cases[] = {
        {"more may be named",              false, "",                 0, 0, MESSAGE_SEND     },
        {"one, named",                     true,  "b@remote.example", 1, 0, MESSAGE_SEND     },
        {"one, named, none of its",        true,  "b@other.example",  1, 1, MESSAGE_RECIPIENT},
        {"all of several",                 true,  "",                 3, 3, MESSAGE_SEND     },
        {"and one that was refused later", true,  "",                 3, 4, MESSAGE_SEND     },
        {"all but one",                    true,  "",                 3, 2, MESSAGE_UNASKED  },
        {"none of several",                true,  "",                 2, 0, MESSAGE_UNASKED  },
        {"a name, and more than it",       true,  "b@remote.example", 2, 1, MESSAGE_UNASKED  },
        {"neither name nor number",        true,  "",                 0, 0, MESSAGE_UNASKED  },
        {"no number, but approved",        true,  "",                 0, 1, MESSAGE_SEND     },
    };
    struct lease anybody = in_use;

    (void)state;
    anybody.recipient_domains = none;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct message message = {
            .sender = slice_from("anna@customer.example"),
            .recipient = slice_from(cases[i].recipient),
            .is_complete = cases[i].is_complete,
            .recipient_count = cases[i].recipient_count,
            .approved = cases[i].approved,
        };
        if (message_judge(&in_use, POOL_ACTIVE, &message, NOW) != cases[i].want)
            fail_msg("%s: another answer", cases[i].name);
        assert_int_equal(message_judge(&anybody, POOL_ACTIVE, &message, NOW),
                         MESSAGE_SEND);
        /* It will never go: better to hear that. */
        assert_int_equal(message_judge(&in_use, POOL_ACTIVE, &message, EXPIRES),
                         MESSAGE_EXPIRED);
    }
}

/* Only the egress proof makes such leases (issuer/leases/canary.h). */
static void a_whole_mailbox_as_recipient_is_that_mailbox_alone(void **state)
{
    static const char *const whole[] = {"echo@remote.example", NULL};
    struct lease lease = in_use;

    (void)state;
    lease.recipient_domains = whole;
    assert_int_equal(judge(&lease, "anna@customer.example", "Echo@Remote.example"),
                     MESSAGE_SEND);
    assert_int_equal(judge(&lease, "anna@customer.example", "bob@remote.example"),
                     MESSAGE_RECIPIENT);
    assert_int_equal(judge(&lease, "anna@customer.example", "remote.example"),
                     MESSAGE_RECIPIENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_mailbox_as_recipient_is_that_mailbox_alone),
        cmocka_unit_test(senders_and_recipients_outside_the_lease_are_refused),
        cmocka_unit_test(recipients_that_nobody_asked_about_are_not_let_go),
        cmocka_unit_test(
            a_lease_without_lists_is_for_its_own_mailbox_and_any_recipient),
        cmocka_unit_test(limits_end_at_the_very_message),
        cmocka_unit_test(an_open_session_does_not_outlive_the_lease),
        cmocka_unit_test(an_address_that_may_not_send_holds_the_message),
        cmocka_unit_test(a_refusal_says_in_one_sentence_which_limit_and_what_to_do),
        cmocka_unit_test(size_and_recipients_end_at_their_limit),
        cmocka_unit_test(only_what_may_pass_later_is_answered_as_temporary),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
