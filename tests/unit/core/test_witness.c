/*
 * test_witness.c - a bounce held against our own log.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/witness.h"

enum {
    NOW = 1795600000,
    AT = NOW - 600
};
#define REPLY                                                                \
 "554 5.7.1 Service unavailable; Client host [198.51.100.10] blocked using " \
 "bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?198.51.100.10"

static const struct evidence bounce = {
    .is_bounce = true,
    .blocked_ip = "198.51.100.10",
    .list = "bl.spamcop.net",
    .sender = "anna@hosted.example",
    .recipient = "user@remote.example",
    .remote_mta = "mx.remote.example",
    .smtp_code = 554,
    .message_id = "m1@pc.example",
    .queue_id = "4jZ1gY6kNwz1bw0F",
    .excerpt = REPLY,
    .bounced_at = AT + 1,
};
static const struct delivery attempt = {
    .id = 1,
    .at = AT,
    .queue_id = "4jZ1gY6kNwz1bw0F",
    .message_id = "m1@pc.example",
    .sender = "anna@hosted.example",
    .recipient = "user@remote.example",
    .source = "smtp",
    .relay = "mx.remote.example",
    .relay_address = "203.0.113.25",
    .code = 554,
    .enhanced_code = "5.7.1",
    .reply = REPLY,
    .status = DELIVERY_BOUNCED,
};

struct change {
    const char *name;
    void (*evidence)(struct evidence *e);
    void (*row)(struct delivery *d);
    bool is_covered;
    enum witness_reason want;
};

static void e_wrapped(struct evidence *e)
{
    e->excerpt =
        "host mx.remote.example[203.0.113.25] said: 554 5.7.1 Service\r\n    "
        "unavailable; CLIENT host [198.51.100.10] blocked using bl.spamcop.net;\n> "
        "Blocked - see https://www.spamcop.net/bl.sht\n ml?198.51.100.10 (in reply "
        "to RCPT TO command)";
}
static void e_other_address(struct evidence *e)
{
    e->blocked_ip = "198.51.100.11";
    e->excerpt =
        "554 5.7.1 Service unavailable; Client host [198.51.100.11] blocked using "
        "bl.spamcop.net; Blocked - see "
        "https://www.spamcop.net/bl.shtml?198.51.100.11";
}
static void e_longer_address(struct evidence *e)
{
    e->blocked_ip = "198.51.100.1"; /* the head of the one in the log */
    e->excerpt = "554 Client host [198.51.100.1] blocked using bl.spamcop.net";
}
static void e_other_list(struct evidence *e)
{
    e->list = "zen.example.net";
    e->excerpt = "554 5.7.1 Client host [198.51.100.10] blocked using zen.example.net";
}
static void e_list_tail(struct evidence *e)
{
    e->list = "spamcop.ne";
    e->excerpt = "554 Client host [198.51.100.10] blocked using spamcop.ne";
}
static void e_short(struct evidence *e)
{
    e->excerpt = NULL;
}
static void e_other_code(struct evidence *e)
{
    e->smtp_code = 450;
}
static void e_no_address(struct evidence *e)
{
    e->blocked_ip = NULL;
}
static void e_by_message_id(struct evidence *e)
{
    e->queue_id = NULL;
    e->message_id = "<m1@pc.example>";
}
static void e_by_reply(struct evidence *e)
{
    e->queue_id = NULL;
    e->message_id = NULL;
    e->recipient = "User@Remote.example";
}
static void e_by_reply_late(struct evidence *e)
{
    e_by_reply(e);
    e->bounced_at = AT + WITNESS_SLACK_S + 1;
}
static void e_by_reply_elsewhere(struct evidence *e)
{
    e_by_reply(e);
    e->remote_mta = "mx2.remote.example";
}
static void e_by_reply_edited(struct evidence *e)
{
    e_by_reply(e);
    e_other_address(e);
}
static void e_other_recipient(struct evidence *e)
{
    e->recipient = "other@remote.example";
}
static void e_no_recipient(struct evidence *e)
{
    e->recipient = NULL;
}
static void e_nothing(struct evidence *e)
{
    e->recipient = NULL;
    e->queue_id = NULL;
}
static void e_of_notice(struct evidence *e)
{
    e->queue_id = "4jZ1gY6sgdz1bw9M";
    e->message_id = NULL;
}
static void d_sent(struct delivery *d)
{
    d->status = DELIVERY_SENT;
    d->code = 250;
}
static void d_notice(struct delivery *d)
{
    d->notice_id = "4jZ1gY6sgdz1bw9M";
}
static void d_plain(struct delivery *d)
{
    d->reply = "554 5.7.1 rejected by the policy of this site";
}
static void e_plain(struct evidence *e)
{
    e->list = "private:remote";
    e->excerpt = "554 5.7.1 rejected by the policy of this site";
}
static void d_plain_out(struct delivery *d)
{
    d_plain(d);
    d->source_address = "198.51.100.10";
}
static void d_plain_other_out(struct delivery *d)
{
    d_plain(d);
    d->source_address = "198.51.100.99";
}
static void d_deferred(struct delivery *d)
{
    d->status = DELIVERY_DEFERRED;
}
static void d_exim(struct delivery *d)
{
    d->reply = "554-5.7.1 Service unavailable;\\n554-5.7.1 Client host [198.51.100.10] "
               "blocked using\\n554 5.7.1 bl.spamcop.net";
}

static const struct change changes[] = {
    {"this very one",            NULL,                 NULL,              true,  WITNESS_SAME       },
    {"without coverage",         NULL,                 NULL,              false, WITNESS_SAME       },
    {"deferred, then expired",   NULL,                 d_deferred,        true,  WITNESS_SAME       },
    {"wrapped and quoted",       e_wrapped,            NULL,              true,  WITNESS_SAME       },
    {"several lines",            NULL,                 d_exim,            true,  WITNESS_SAME       },
    {"no words, but both names", e_short,              NULL,              true,  WITNESS_SAME       },
    {"by message id",            e_by_message_id,      NULL,              true,  WITNESS_SAME       },
    {"by recipient and reply",   e_by_reply,           NULL,              true,  WITNESS_SAME       },
    {"by the notice",            e_of_notice,          d_notice,          true,  WITNESS_SAME       },
    {"by queue id alone",        e_no_recipient,       NULL,              true,  WITNESS_SAME       },
    {"another address",          e_other_address,      NULL,              true,  WITNESS_OTHER_REPLY},
    {"the head of an address",   e_longer_address,     NULL,              true,  WITNESS_OTHER_REPLY},
    {"another list",             e_other_list,         NULL,              true,  WITNESS_OTHER_REPLY},
    {"the tail of a list",       e_list_tail,          NULL,              true,  WITNESS_OTHER_REPLY},
    {"another code",             e_other_code,         NULL,              true,  WITNESS_OTHER_REPLY},
    {"was accepted",             NULL,                 d_sent,            true,  WITNESS_WAS_SENT   },
    {"names no address",         e_no_address,         NULL,              true,  WITNESS_NO_ADDRESS },
    {"same words without names", e_plain,              d_plain,           true,  WITNESS_NO_ADDRESS },
    {"left by that address",     e_plain,              d_plain_out,       true,  WITNESS_SAME       },
    {"left by another",          e_plain,              d_plain_other_out, true,  WITNESS_OTHER_REPLY},
    {"other words",              NULL,                 d_plain,           true,  WITNESS_OTHER_REPLY},
    {"too late",                 e_by_reply_late,      NULL,              true,  WITNESS_NOT_KNOWN  },
    {"another relay",            e_by_reply_elsewhere, NULL,              true,  WITNESS_NOT_KNOWN  },
    {"edited, without ids",      e_by_reply_edited,    NULL,              true,  WITNESS_NOT_KNOWN  },
    {"another recipient",        e_other_recipient,    NULL,              true,  WITNESS_NOT_KNOWN  },
    {"another recipient, a gap", e_other_recipient,    NULL,              false, WITNESS_NO_LOG     },
    {"nothing to look for",      e_nothing,            NULL,              true,  WITNESS_NOTHING    },
    {"a queue id not ours",      e_of_notice,          NULL,              true,  WITNESS_SAME       },
};

static void each_difference_has_its_answer(void **state UNUSED)
{
    static const enum witness_answer answers[] = {
        [WITNESS_SAME] = WITNESS_CONFIRMS,       [WITNESS_WAS_SENT] = WITNESS_DIFFERS,
        [WITNESS_OTHER_REPLY] = WITNESS_DIFFERS, [WITNESS_NO_ADDRESS] = WITNESS_UNKNOWN,
        [WITNESS_NOT_KNOWN] = WITNESS_ABSENT,    [WITNESS_NO_LOG] = WITNESS_UNKNOWN,
        [WITNESS_NOTHING] = WITNESS_UNKNOWN,
    };

    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct evidence e = bounce;
        struct delivery d = attempt;
        struct witness got;
        if (changes[i].evidence != NULL)
            changes[i].evidence(&e);
        if (changes[i].row != NULL)
            changes[i].row(&d);
        const struct witness_facts facts = {&e, &d, 1, changes[i].is_covered};
        witness_judge(&facts, &got);
        if (got.reason != changes[i].want || got.answer != answers[changes[i].want])
            fail_msg("%s: reason %d, %s", changes[i].name, got.reason,
                     witness_answer_name(got.answer));
        bool is_found = changes[i].want <= WITNESS_NO_ADDRESS;
        assert_ptr_equal(got.row, is_found ? &d : NULL);
    }
}

static void of_several_attempts_the_confirming_one_counts(void **state UNUSED)
{
    struct delivery rows[] = {attempt, attempt, attempt, attempt};
    struct witness got;
    const struct witness_facts facts = {&bounce, rows, ARRAY_LEN(rows), true};

    rows[0].reply = "450 4.7.1 greylisted";
    rows[0].status = DELIVERY_DEFERRED;
    rows[0].code = 450;
    rows[2].at = AT + 100;
    d_sent(&rows[2]);
    rows[3].reply = "451 busy";
    rows[3].code = 451;
    rows[3].at = AT + 50;
    witness_judge(&facts, &got);
    assert_int_equal(got.answer, WITNESS_CONFIRMS);
    assert_ptr_equal(got.row, &rows[1]);
    /* Without it the last refused one, never the accepted one. */
    rows[1].recipient = "other@remote.example";
    witness_judge(&facts, &got);
    assert_int_equal(got.answer, WITNESS_DIFFERS);
    assert_ptr_equal(got.row, &rows[3]);
}

static void no_rows_no_attempt(void **state UNUSED)
{
    struct witness got;
    const struct witness_facts covered = {&bounce, NULL, 0, true};
    const struct witness_facts gap = {&bounce, NULL, 0, false};

    witness_judge(&covered, &got);
    assert_int_equal(got.answer, WITNESS_ABSENT);
    witness_judge(&gap, &got);
    assert_int_equal(got.answer, WITNESS_UNKNOWN);
}

static void sentences_say_when(void **state UNUSED)
{
    const struct delivery row = {.at = 1795507331};
    struct arena mem;

    arena_init(&mem);
    for (int i = 0; i < WITNESS_REASON_COUNT; i++) {
        struct witness witness = {.reason = (enum witness_reason)i};
        const char *without = witness_sentence(&mem, &witness).line;
        witness.row = &row;
        const char *with = witness_sentence(&mem, &witness).line;
        assert_null(strchr(without, '|'));
        assert_memory_equal(with, without, strlen(without) - 1);
        assert_string_equal(with + strlen(without) - 1, "|when@1795507331}");
    }
    assert_int_equal(witness_check(WITNESS_CONFIRMS), CHECK_YES);
    assert_int_equal(witness_check(WITNESS_DIFFERS), CHECK_NO);
    assert_int_equal(witness_check(WITNESS_ABSENT), CHECK_NO);
    assert_int_equal(witness_check(WITNESS_UNKNOWN), CHECK_UNKNOWN);
    arena_release(&mem);
}

static void the_span_never_reaches_beyond_now(void **state UNUSED)
{
    struct evidence e = bounce;
    int64_t from;
    int64_t until;

    witness_span(&e, NOW, &from, &until);
    assert_int_equal(from, AT + 1 - WITNESS_SLACK_S);
    assert_int_equal(until, AT + 1);
    e.bounced_at = NOW + 5000;
    witness_span(&e, NOW, &from, &until);
    assert_int_equal(until, NOW);
    e.bounced_at = 0;
    witness_span(&e, NOW, &from, &until);
    assert_int_equal(from, NOW - WITNESS_LAG_S - WITNESS_QUEUE_S);
    assert_int_equal(until, NOW - WITNESS_LAG_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_difference_has_its_answer),
        cmocka_unit_test(of_several_attempts_the_confirming_one_counts),
        cmocka_unit_test(no_rows_no_attempt),
        cmocka_unit_test(sentences_say_when),
        cmocka_unit_test(the_span_never_reaches_beyond_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
