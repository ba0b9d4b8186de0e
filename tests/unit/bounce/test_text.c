/*
 * test_text.c - cleaning, joining, HTML, header fields, delivery status, patterns.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/bounce/charset.h"
#include "issuer/bounce/dsn.h"
#include "issuer/bounce/header.h"
#include "issuer/bounce/html.h"
#include "issuer/bounce/pattern.h"
#include "issuer/bounce/text.h"

static struct arena mem;

static int set_up(void **state)
{
    (void)state;
    arena_init(&mem);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static void assert_text(struct slice got, const char *want)
{
    if (!slice_is(got, want)) {
        fail_msg("got \"%.*s\", want \"%s\"", (int)got.len, got.at, want);
    }
}

static void text_is_cleaned_of_what_hides(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"a\r\nb\r\n",                "a\nb\n"                     },
        {"> quoted\n> > twice",       "quoted\ntwice\n"            },
        {">>> RCPT TO:<a@b.example>", ">>> RCPT TO:<a@b.example>\n"},
        {"a\033[31mb",                "a [31mb\n"                  },
        {"1\xE2\x80\x8B"
         "2\xC2\xA0"
         "3\xE2\x81\xA0",    "1 2 3 \n"                   },
        {"\xFF",                      "\xEF\xBF\xBD\n"             },
        {"550 x\\r\\n550 y",          "550 x \n550 y\n"            },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned flags = 0;
        assert_text(text_clean(&mem, slice_from(cases[i].in), &flags), cases[i].out);
    }
}

static void a_cut_never_leaves_half_an_address(void **state)
{
    (void)state;
    assert_text(text_cut(SLICE("client 192.0.2.10 blocked"), 16), "client ");
    assert_text(text_cut(SLICE("client 192.0.2.10 blocked"), 17), "client 192.0.2.10");
    assert_text(text_cut(SLICE("caf\xC3\xA9"), 4), "caf");
    assert_text(text_cut(SLICE("short"), 10), "short");
}

static void what_is_too_long_is_cut_and_said(void **state)
{
    (void)state;
    const size_t size = 8 * (size_t)TEXT_KEPT_MAX;
    char *big = arena_alloc(&mem, size);
    memset(big, 'a', size);
    unsigned flags = 0;
    assert_true(text_clean(&mem, slice_of(big, size), &flags).len <= TEXT_KEPT_MAX);
    assert_true((flags & FLAG_TRUNCATED) != 0);
    memset(big, '\n', size);
    flags = 0;
    assert_true(text_clean(&mem, slice_of(big, size), &flags).len <= TEXT_KEPT_MAX);
    assert_true((flags & FLAG_TRUNCATED) != 0);
}

static void control_bytes_are_blanks_and_said(void **state)
{
    (void)state;
    unsigned flags = 0;
    assert_text(text_clean(&mem, slice_of("a\0b", 3), &flags), "a b\n");
    assert_true((flags & FLAG_BINARY) != 0);
}

static void a_reply_of_several_lines_becomes_one(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"550-5.7.1 [192.0.2.1  18] a 550-5.7.1 b 550 5.7.1 c",
         "550 5.7.1 [192.0.2.1 18] a b c"                                             },
        {"550-rejected because x\n550 Blocked - see y",
         "550 rejected because x Blocked - see y"                                     },
        {"554 in 554 words",                                    "554 in 554 words"    },
        {"554 5.7.1  two   blanks ",                            "554 5.7.1 two blanks"},
        {"550-a 551-b",                                         "550 a 551-b"         },
        {"",                                                    ""                    },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_text(text_join_reply(&mem, slice_from(cases[i].in)), cases[i].out);
    }
}

static void the_returned_message_is_found(void **state)
{
    (void)state;
    assert_int_equal(
        text_returned_at(SLICE("a\n--- Below this line is a copy of the message.\nb")),
        2);
    assert_int_equal(
        text_returned_at(SLICE(
            "a\nb\n------ This is a copy of your message, including all the headers. ------\n")),
        4);
    assert_int_equal(text_returned_at(SLICE("nothing here\n")), 13);
}

static void utf16_with_a_mark_is_read(void **state)
{
    (void)state;
    assert_text(text_from_utf16(&mem, slice_of("\xFF\xFE"
                                               "5\0"
                                               "\xE9\0",
                                               6)),
                "5\xC3\xA9");
    assert_text(text_from_utf16(&mem, slice_of("\xFE\xFF\0"
                                               "5\0"
                                               "6\0",
                                               7)),
                "56");
    assert_text(text_from_utf16(&mem, SLICE("plain")), "plain");
}

static void html_becomes_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"<p>a<br>b</p>",                                "\na\nb\n"           },
        {"a<script>x('<b>')</script>b<style>c</style>",  "ab"                 },
        {"a<!-- <b> -->b",                               "ab"                 },
        {"&lt;&amp;&#91;&#x5d;&bogus;",                  "<&[]&bogus;"        },
        {"<a href=\"https://x/?ip=192.0.2.1\">here</a>",
         " <https://x/?ip=192.0.2.1> here"                                    },
        {"<user@host.example>",                          "<user@host.example>"},
        {"a < b",                                        "a < b"              },
        {"<unclosed",                                    "<unclosed"          },
        {"&#0;&#xFFFFFFF;",                              " &#xFFFFFFF;"       },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_text(html_to_text(&mem, slice_from(cases[i].in)), cases[i].out);
    }
    assert_true(html_is(SLICE("  <!DOCTYPE html><p>")));
    assert_false(html_is(SLICE("<a@b.example>: host")));
}

static void header_fields_are_found_however_they_are_written(void **state)
{
    (void)state;
    struct slice text = header_unfold(&mem, SLICE("A: 1\n  2\nB :3\n\nnot a field\n"));
    struct slice value = SLICE("");
    assert_true(header_find(text, "a", &value));
    assert_text(value, "1 2");
    assert_true(header_find(text, "B", &value));
    assert_text(value, "3");
    assert_false(header_find(text, "C", &value));
    assert_text(header_untyped(SLICE("dns; mx.example")), "mx.example");
    assert_text(header_mailbox(SLICE("\"A, B\" <a@b.example>")), "a@b.example");
    assert_text(header_mailbox(SLICE("a@b.example.")), "a@b.example");
    assert_text(header_mailbox(SLICE("nobody@, @home")), "");
}

static void a_status_without_blank_lines_is_read(void **state)
{
    (void)state;
    struct dsn *dsn = ARENA_NEW(&mem, struct dsn);
    dsn_read(
        &mem,
        SLICE("Reporting-MTA: dns;mail.example\nFinal-Recipient: rfc822;a@b.example\n"
              "Action: failed\nDiagnostic-Code: smtp; 550-x\n 550 y\n"
              "Final-Recipient: rfc822;c@d.example\nAction: delayed\nStatus: 4.4.1\n"),
        dsn);
    assert_text(dsn->reporting_mta, "mail.example");
    assert_int_equal(dsn->count, 2);
    assert_text(dsn->recipients[0].final, "a@b.example");
    assert_text(dsn->recipients[0].diagnostic, "550-x 550 y");
    assert_int_equal(dsn->recipients[0].action, DSN_FAILED);
    assert_text(dsn->recipients[1].final, "c@d.example");
    assert_int_equal(dsn->recipients[1].action, DSN_DELAYED);
}

static void more_recipients_than_kept_are_said(void **state)
{
    (void)state;
    struct dsn *dsn = ARENA_NEW(&mem, struct dsn);
    static const char one[] = "Final-Recipient: rfc822; a@b.example\n\n";
    const size_t len = sizeof(one) - 1;
    char *text = arena_alloc(&mem, 100 * len);
    for (size_t i = 0; i < 100; i++) {
        memcpy(text + i * len, one, len);
    }
    dsn_read(&mem, slice_of(text, 100 * len), dsn);
    assert_int_equal(dsn->count, DSN_RECIPIENTS_MAX);
    assert_true(dsn->is_cut);
}

static void charsets_are_converted_and_lies_survived(void **state)
{
    (void)state;
    struct charsets *charsets = charsets_new();
    assert_text(
        charset_to_utf8(charsets, &mem, SLICE("koi8-r"), SLICE("\xF7\xC1\xDB\xC5")),
        "\xD0\x92\xD0\xB0\xD1\x88\xD0\xB5");
    assert_text(charset_to_utf8(charsets, &mem, SLICE("x-none"), SLICE("caf\xE9")),
                "caf\xC3\xA9");
    assert_text(
        charset_to_utf8(charsets, &mem, SLICE("us-ascii"), SLICE("caf\xC3\xA9")),
        "caf\xC3\xA9");
    assert_text(charset_to_utf8(charsets, &mem, SLICE("iso-2022-jp"),
                                SLICE("\033$B\"@\033(B1")),
                "\xE2\x88\xAA"
                "1");
    charsets_free(charsets);
}

static void a_pattern_that_runs_away_does_not_match(void **state)
{
    (void)state;
    struct error err = {0};
    struct pattern *pattern = NULL;
    assert_int_equal(pattern_new(SLICE("(a+)+b"), &pattern, &err), 0);
    char text[5000];
    memset(text, 'a', sizeof(text));
    assert_false(pattern_find(pattern, slice_of(text, sizeof(text)), 0, NULL));
    pattern_free(pattern);
    pattern = NULL;
    assert_int_equal(pattern_new(SLICE("(a"), &pattern, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_null(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cleaned_of_what_hides),
        cmocka_unit_test(a_cut_never_leaves_half_an_address),
        cmocka_unit_test(what_is_too_long_is_cut_and_said),
        cmocka_unit_test(control_bytes_are_blanks_and_said),
        cmocka_unit_test(a_reply_of_several_lines_becomes_one),
        cmocka_unit_test(the_returned_message_is_found),
        cmocka_unit_test(utf16_with_a_mark_is_read),
        cmocka_unit_test(html_becomes_its_words),
        cmocka_unit_test(header_fields_are_found_however_they_are_written),
        cmocka_unit_test(a_status_without_blank_lines_is_read),
        cmocka_unit_test(more_recipients_than_kept_are_said),
        cmocka_unit_test(charsets_are_converted_and_lies_survived),
        cmocka_unit_test(a_pattern_that_runs_away_does_not_match),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
