/*
 * test_sink.c - the doctor as receiving server: what it takes, and what it refuses.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cli/doctor/canary_note.h"
#include "issuer/cli/doctor/sink.h"

#define RUN "abcdefghjkmnpqrs"
#define NOTE RUN "-001 lane=clean21 address=198.51.100.21 helo=out21.msp.test of=2"
#define ENVELOPE                                                          \
 "EHLO out21.msp.test\r\nMAIL FROM:<postmaster@msp.test> SIZE=9\r\nRCPT " \
 "TO:<Probe@Remote.test>\r\nDATA\r\n"
#define MESSAGE \
 ENVELOPE "Subject: x\r\nX-Cleansmtp-Canary: " NOTE "\r\n\r\nHello\r\n.\r\n"

/* A whole session in pieces of `step` bytes; its replies, and how many messages came. */
static size_t talk(struct sink *sink, const char *said, size_t step,
                   struct sink_message *out)
{
    struct slice all = slice_from(said);
    size_t count = 0;

    while (all.len > 0) {
        struct slice piece = slice_take(all, step);
        all = slice_skip(all, piece.len);
        while (sink_take(sink, &piece, out))
            count++;
    }
    return count;
}

static void a_test_message_is_taken_however_it_is_cut(void **state UNUSED)
{
    for (size_t step = 1; step <= sizeof MESSAGE; step++) {
        struct sink_message message = {0};
        struct sink sink;
        sink_init(&sink, "probe.test", "probe@remote.test", RUN);
        assert_int_equal(talk(&sink, MESSAGE "QUIT\r\n", step, &message), 1);
        assert_string_equal(message.value, NOTE);
        assert_string_equal(message.helo, "out21.msp.test");
        assert_int_equal(sink.state, SINK_OVER);
        assert_non_null(strstr(sink.replies.at, "\r\n250 2.0.0 Received"));
        sink_release(&sink);
    }
}

static void everything_else_is_refused(void **state UNUSED)
{
    static const struct {
        const char *name, *said, *reply;
    } cases[] = {
        {"another mailbox",                            "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<info@remote.test>\r\n",
         "\r\n550 5.1.1 "                                                                                                          },
        {"a mailbox that only begins so",
         "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<probe@remote.test.x>\r\n",                                            "\r\n550 5.1.1 "},
        {"a message without the note",                 ENVELOPE "Subject: x\r\n\r\nx\r\n.\r\n",
         "\r\n550 5.7.1 "                                                                                                          },
        {"the note in the text",                       ENVELOPE "\r\nX-Cleansmtp-Canary: " NOTE "\r\n.\r\n",
         "\r\n550 5.7.1 "                                                                                                          },
        {"the note of another run",
         ENVELOPE "X-Cleansmtp-Canary: zzcdefghjkmnpqrs-001\r\n\r\n.\r\n",
         "\r\n550 5.7.1 "                                                                                                          },
        {"RCPT first",                                 "EHLO a\r\nRCPT TO:<probe@remote.test>\r\n",                "\r\n503 "      },
        {"DATA first",                                 "EHLO a\r\nMAIL FROM:<>\r\nDATA\r\n",                       "\r\n503 "      },
        {"MAIL without a greeting",                    "MAIL FROM:<>\r\n",                                         "\r\n503 "      },
        {"no name",                                    "EHLO \r\n",                                                "\r\n501 "      },
        {"no brackets",                                "EHLO a\r\nMAIL FROM:a@b\r\n",                              "\r\n501 "      },
        {"an unknown verb",                            "VRFY root\r\n",                                            "\r\n502 "      },
        {"STARTTLS",                                   "STARTTLS\r\n",                                             "\r\n502 "      },
        {"a bare line feed",                           "EHLO a\nMAIL FROM:<>\r\n",                                 "\r\n500 "      },
        {"a message smuggled behind a bare line feed",
         ENVELOPE "X-Cleansmtp-Canary: " NOTE "\r\n\r\nx\n.\r\nMAIL FROM:<>\r\n",
         "\r\n500 "                                                                                                                },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sink_message message;
        struct sink sink;
        sink_init(&sink, "probe.test", "probe@remote.test", RUN);
        if (talk(&sink, cases[i].said, SIZE_MAX, &message) != 0)
            fail_msg("%s: taken", cases[i].name);
        if (strstr(sink.replies.at, cases[i].reply) == NULL)
            fail_msg("%s: %s", cases[i].name, sink.replies.at);
        sink_release(&sink);
    }
}

static void a_mailbox_without_a_domain_is_at_any(void **state UNUSED)
{
    struct sink_message message;
    struct sink sink;

    sink_init(&sink, "probe.test", "canary-abc@", "");
    talk(&sink, "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<canary-abc@any.test>\r\n", SIZE_MAX,
         &message);
    assert_non_null(strstr(sink.replies.at, "250 2.1.5"));
    strbuf_reset(&sink.replies);
    talk(&sink, "RCPT TO:<canary-abd@any.test>\r\nRCPT TO:<canary-abc>\r\n", SIZE_MAX,
         &message);
    assert_null(strstr(sink.replies.at, "250"));
    sink_release(&sink);
}

static void whoever_errs_too_often_or_sends_too_much_is_sent_away(void **state UNUSED)
{
    struct sink_message message;
    struct sink sink;

    sink_init(&sink, "probe.test", "probe@remote.test", RUN);
    for (int i = 0; i < SINK_ERRORS_MAX; i++)
        talk(&sink, "HELP\r\n", SIZE_MAX, &message);
    assert_int_equal(sink.state, SINK_OVER);
    assert_non_null(strstr(sink.replies.at, "\r\n421 "));
    sink_release(&sink);

    sink_init(&sink, "probe.test", "probe@remote.test", RUN);
    talk(&sink, ENVELOPE "X-Cleansmtp-Canary: " NOTE "\r\n\r\n", SIZE_MAX, &message);
    for (int i = 0; i < SINK_MESSAGE_MAX / 16; i++)
        talk(&sink, "one more line of it\r\n", SIZE_MAX, &message);
    assert_int_equal(talk(&sink, ".\r\n", SIZE_MAX, &message), 0);
    assert_non_null(strstr(sink.replies.at, "\r\n552 "));
    sink_release(&sink);
}

static void the_note_says_what_was_meant(void **state UNUSED)
{
    static const char *const broken[] = {
        "",
        RUN "-001",
        RUN "-01 lane=a address=192.0.2.1 helo=h of=1",
        RUN "-001 lane= address=192.0.2.1 helo=h of=1",
        RUN "-001 lane=a address=x helo=h of=1",
        RUN "-001 lane=a address=192.0.2.1 helo=h of=0",
        RUN "-001 lane=a address=192.0.2.1 helo=h of=1000",
        RUN "-001 address=192.0.2.1 lane=a helo=h of=1",
    };
    struct canary_note note;
    struct strbuf text;

    assert_true(canary_note_parse(SLICE(NOTE), &note));
    strbuf_init(&text, 1024);
    canary_note_format(&note, &text);
    assert_string_equal(text.at, NOTE);
    strbuf_release(&text);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        if (canary_note_parse(slice_from(broken[i]), &note))
            fail_msg("\"%s\" was taken", broken[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_test_message_is_taken_however_it_is_cut),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(a_mailbox_without_a_domain_is_at_any),
        cmocka_unit_test(whoever_errs_too_often_or_sends_too_much_is_sent_away),
        cmocka_unit_test(the_note_says_what_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
