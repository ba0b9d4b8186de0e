/*
 * test_doubt.c - what asks for a second person, and the second person's rules.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/approval.h"

enum {
    NOW = 1764000000,
    DAY = 86400
};

static const struct evidence honest = {
    .is_bounce = true,
    .sender = "anna@kunde.example",
    .recipient = "info@ziel.example",
    .remote_mta = "mx1.ziel.example",
    .bounced_at = NOW - 600,
    .flags = "",
};
static const char *const servers[] = {"mx2.ziel.example", "backup.other.example", NULL};

static struct doubt_facts facts_of(const struct evidence *evidence)
{
    return (struct doubt_facts){.evidence = evidence,
                                .mailbox = "anna@kunde.example",
                                .now = NOW,
                                .recipient_servers = servers};
}

static void must_be(const char *name, const struct doubt_facts *facts, doubts want)
{
    char got[DOUBTS_TEXT_MAX + 1];

    doubts_format(doubts_of(facts), got);
    if (doubts_of(facts) != want)
        fail_msg("%s: \"%s\"", name, got);
}

static void an_honest_bounce_raises_none(void **state)
{
    struct doubt_facts facts = facts_of(&honest);
    const struct evidence bare = {.is_bounce = true};

    (void)state;
    must_be("honest", &facts, 0);
    facts.log = DOUBT_LOG_CONFIRMS;
    must_be("in the log", &facts, 0);
    facts = facts_of(&bare);
    must_be("a single line", &facts, 0);
}

static void what_the_bounce_says_raises_its_doubt(void **state)
{
    const struct {
        const char *name;
        struct evidence evidence;
        doubts want;
    } cases[] = {
        {"two days",          {.bounced_at = NOW - BOUNCE_FRESH_S},            0                        },
        {"older",             {.bounced_at = NOW - BOUNCE_FRESH_S - 1},        DOUBT(DOUBT_OLD)         },
        {"an hour ahead",     {.bounced_at = NOW + BOUNCE_AHEAD_S},            0                        },
        {"from tomorrow",     {.bounced_at = NOW + DAY},                       DOUBT(DOUBT_ODD_TIME)    },
        {"other customer",    {.sender = "x@anderer.example"},                 DOUBT(DOUBT_OTHER_SENDER)},
        {"colleague",         {.sender = "x@KUNDE.example"},                   0                        },
        {"own server",
         {.remote_mta = "mx.kunde.example[192.0.2.9]"},
         DOUBT(DOUBT_OWN_SERVER) | DOUBT(DOUBT_ODD_SERVER)                                              },
        {"own recipient",
         {.recipient = "b@mail.kunde.example"},
         DOUBT(DOUBT_OWN_SERVER)                                                                        },
        {"looks like own",
         {.remote_mta = "mx.nichtkunde.example"},
         DOUBT(DOUBT_ODD_SERVER)                                                                        },
        {"one roof",          {.remote_mta = "a.b.ziel.example. (192.0.2.4)"}, 0                        },
        {"second server",     {.remote_mta = "BACKUP.other.example"},          0                        },
        {"somebody's server",
         {.remote_mta = "mx.evil.example"},
         DOUBT(DOUBT_ODD_SERVER)                                                                        },
        {"conflict",          {.flags = "truncated conflict"},                 DOUBT(DOUBT_CONTRADICTS) },
        {"quoted",            {.flags = "quoted"},                             DOUBT(DOUBT_QUOTED)      },
        {"other flags",       {.flags = "truncated masked unquoted"},          0                        },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct doubt_facts facts = facts_of(&cases[i].evidence);
        must_be(cases[i].name, &facts, cases[i].want);
    }
}

static void what_we_know_raises_its_doubt(void **state)
{
    struct evidence old = honest;
    struct doubt_facts facts = facts_of(&honest);

    (void)state;
    facts.log = DOUBT_LOG_IS_ABSENT;
    must_be("absent", &facts, DOUBT(DOUBT_LOG_ABSENT));
    facts.log = DOUBT_LOG_HAS_OTHER;
    must_be("differs", &facts, DOUBT(DOUBT_LOG_DIFFERS));
    facts.log = DOUBT_LOG_IS_UNKNOWN;
    must_be("unknown", &facts, DOUBT(DOUBT_LOG_UNKNOWN));
    facts = facts_of(&honest);
    facts.recipient_servers = NULL;
    facts.is_refused_by_us = true;
    must_be("refused by us", &facts, DOUBT(DOUBT_OWN_SERVER));
    facts = facts_of(&honest);
    facts.was_used_before = true;
    facts.is_unusual = true;
    facts.is_private_list = true;
    must_be("three", &facts,
            DOUBT(DOUBT_USED_BEFORE) | DOUBT(DOUBT_UNUSUAL) |
                DOUBT(DOUBT_PRIVATE_LIST));
    old.bounced_at = NOW - 30 * DAY;
    facts = facts_of(&old);
    must_be("old", &facts, DOUBT(DOUBT_OLD));
    facts.log = DOUBT_LOG_CONFIRMS;
    must_be("old, and the log cannot say when", &facts, DOUBT(DOUBT_OLD));
    facts = facts_of(&honest);
    facts.mailbox = NULL;
    must_be("customer from the bounce", &facts, 0);
}

/* The bounce can be edited until it looks honest; the attempt in our log cannot. */
static void what_our_log_says_of_the_attempt_counts_too(void **state)
{
    const struct {
        const char *name;
        int64_t bounced_at;
        struct delivery logged;
        doubts want;
    } cases[] = {
        {"nothing more than when",              NOW - 600, {.at = NOW - 600},                0},
        {"the null sender",                     NOW - 600, {.at = NOW - 600, .sender = ""},  0},
        {"all the same",
         NOW - 600,
         {.at = NOW - 600, .sender = "Bo@KUNDE.example", .relay = "mx2.ziel.example"},
         0                                                                                    },
        {"sent by another customer",
         NOW - 600,
         {.at = NOW - 600, .sender = "x@anderer.example"},
         DOUBT(DOUBT_OTHER_SENDER)                                                            },
        {"refused by an own server",
         NOW - 600,
         {.at = NOW - 600, .relay = "mx.kunde.example"},
         DOUBT(DOUBT_OWN_SERVER) | DOUBT(DOUBT_ODD_SERVER)                                    },
        {"refused by somebody",
         NOW - 600,
         {.at = NOW - 600, .relay = "mx.evil.example"},
         DOUBT(DOUBT_ODD_SERVER)                                                              },
        {"an old rejection, dated anew",
         NOW - 600,
         {.at = NOW - BOUNCE_FRESH_S - 1},
         DOUBT(DOUBT_OLD)                                                                     },
        {"an old rejection without a date",
         0,                                                {.at = NOW - BOUNCE_FRESH_S - 1},
         DOUBT(DOUBT_OLD)                                                                     },
        {"dated by the arrival",
         NOW - BOUNCE_FRESH_S - BOUNCE_QUEUE_S,
         {.at = NOW - 600},
         0                                                                                    },
        {"dated longer ago than a queue keeps",
         NOW - BOUNCE_FRESH_S - BOUNCE_QUEUE_S - 1,
         {.at = NOW - 600},
         DOUBT(DOUBT_OLD)                                                                     },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct evidence evidence = honest;
        evidence.bounced_at = cases[i].bounced_at;
        struct doubt_facts facts = facts_of(&evidence);
        facts.log = DOUBT_LOG_CONFIRMS;
        facts.logged = &cases[i].logged;
        must_be(cases[i].name, &facts, cases[i].want);
    }
}

static void every_set_is_read_back(void **state)
{
    char text[DOUBTS_TEXT_MAX + 1];
    doubts back;

    (void)state;
    for (unsigned set = 0; set < 1U << DOUBT_COUNT; set++) {
        doubts_format(set, text);
        assert_true(doubts_parse(slice_from(text), &back));
        assert_int_equal(back, set);
    }
    assert_false(doubts_parse(SLICE("old,nonsense"), &back));
    assert_int_equal(back, DOUBT(DOUBT_OLD));
}

static void a_request_waits_an_hour_for_somebody_else(void **state)
{
    struct approval approval = {
        .asked_by = "agent:ana", .asked_at = NOW, .until_at = NOW + APPROVAL_WAIT_S};
    enum approval_answer answer;

    (void)state;
    assert_int_equal(approval_state_at(&approval, NOW), APPROVAL_WAITS);
    assert_int_equal(approval_state_at(&approval, approval.until_at - 1),
                     APPROVAL_WAITS);
    assert_int_equal(approval_state_at(&approval, approval.until_at), APPROVAL_LAPSED);
    approval.answer = APPROVAL_DENIED;
    assert_int_equal(approval_state_at(&approval, approval.until_at),
                     APPROVAL_IS_DENIED);
    approval.answer = APPROVAL_APPROVED;
    assert_int_equal(approval_state_at(&approval, NOW), APPROVAL_IS_APPROVED);
    assert_false(approval_may_decide(&approval, "agent:ana"));
    assert_true(approval_may_decide(&approval, "agent:lea"));
    assert_false(approval_may_decide(&approval, NULL));
    for (int i = 0; i < APPROVAL_ANSWER_COUNT; i++) {
        const char *name = approval_answer_name((enum approval_answer)i);
        assert_true(approval_answer_parse(slice_from(name), &answer));
        assert_int_equal(answer, i);
    }
    assert_false(approval_answer_parse(SLICE("maybe"), &answer));
    assert_string_equal(approval_state_name(APPROVAL_LAPSED), "lapsed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_bounce_raises_none),
        cmocka_unit_test(what_the_bounce_says_raises_its_doubt),
        cmocka_unit_test(what_we_know_raises_its_doubt),
        cmocka_unit_test(what_our_log_says_of_the_attempt_counts_too),
        cmocka_unit_test(every_set_is_read_back),
        cmocka_unit_test(a_request_waits_an_hour_for_somebody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
