/*
 * test_usage.c - journal lines to text and back.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/usage.h"

static const struct usage_line sample = {
    .seq = 17,
    .at = 1795000000,
    .kind = USAGE_MESSAGE,
    .username = "cs-abcdefgh",
    .client = "192.0.2.50",
    .instance = "667.6b0470ea.2dbcc.0",
    .detail = "to anna@remote.example",
    .recipients = 3,
    .program = "policy, HELO mail.example",
};

static void assert_same(const struct usage_line *a, const struct usage_line *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->at, b->at);
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->username, b->username);
    assert_string_equal(a->client, b->client);
    assert_string_equal(a->instance, b->instance);
    assert_string_equal(a->detail, b->detail);
    assert_int_equal(a->recipients, b->recipients);
    assert_string_equal(a->program, b->program);
}

static void a_line_is_read_as_it_was_written(void **state)
{
    struct usage_line odd = sample, back;
    struct strbuf text;

    (void)state;
    strbuf_init(&text, 10000);
    for (int kind = 0; kind < USAGE_KIND_COUNT; kind++) {
        struct slice rest;
        odd.kind = (enum usage_kind)kind;
        memcpy(odd.detail, "a\tb\001c\nd\re", 10);
        strbuf_reset(&text);
        assert_true(usage_format(&odd, &text));
        rest = strbuf_slice(&text);
        assert_int_equal(usage_take(&rest, &back), USAGE_TAKEN);
        assert_int_equal(rest.len, 0);
        assert_same(&odd, &back);
    }
    strbuf_release(&text);
}

static void the_longest_values_fit(void **state)
{
    struct usage_line line = sample, back;
    struct strbuf text;

    (void)state;
    strbuf_init(&text, 10000);
    memset(line.detail, '\t', USAGE_DETAIL_MAX);
    memset(line.instance, '\t', USAGE_INSTANCE_MAX);
    memset(line.client, '\t', ADDRESS_TEXT_MAX);
    memset(line.program, '\t', USAGE_PROGRAM_MAX);
    line.recipients = UINT32_MAX;
    line.seq = INT64_C(9999999999999999);
    assert_true(usage_format(&line, &text));
    struct slice rest = strbuf_slice(&text);
    assert_int_equal(usage_take(&rest, &back), USAGE_TAKEN);
    assert_same(&line, &back);
    strbuf_release(&text);
}

static void a_line_of_an_older_version_is_read(void **state)
{
    struct slice rest = SLICE(
        "17\t1795000000\tmessage\tcs-abcdefgh\t192.0.2.50\t"
        "667.6b0470ea.2dbcc.0\tto anna@remote.example\tfda86f3a312b0684\n");
    struct usage_line want = sample, back;

    (void)state;
    want.recipients = 0;
    want.program[0] = '\0';
    assert_int_equal(usage_take(&rest, &back), USAGE_TAKEN);
    assert_int_equal(rest.len, 0);
    assert_same(&want, &back);
}

static void any_changed_byte_is_noticed(void **state)
{
    struct usage_line back;
    struct strbuf text;

    (void)state;
    strbuf_init(&text, 10000);
    assert_true(usage_format(&sample, &text));
    for (size_t i = 0; i + 1 < text.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            text.at[i] = (char)(text.at[i] ^ (1 << bit));
            assert_false(usage_parse(slice_of(text.at, text.len - 1), &back));
            text.at[i] = (char)(text.at[i] ^ (1 << bit));
        }
    strbuf_release(&text);
}

static void every_cut_line_is_unfinished_or_damaged(void **state)
{
    struct usage_line back;
    struct strbuf text;

    (void)state;
    strbuf_init(&text, 10000);
    assert_true(usage_format(&sample, &text));
    for (size_t len = 0; len < text.len; len++) {
        struct slice rest = slice_of(text.at, len);
        assert_int_equal(usage_take(&rest, &back), USAGE_END);
        assert_int_equal(rest.len, len);
    }
    for (size_t len = 0; len + 1 < text.len; len++)
        assert_false(usage_parse(slice_of(text.at, len), &back));
    strbuf_release(&text);
}

static void a_line_without_end_is_damage(void **state)
{
    char long_line[USAGE_LINE_MAX];
    struct usage_line back;

    (void)state;
    memset(long_line, 'x', sizeof long_line);
    struct slice rest = slice_of(long_line, sizeof long_line);
    assert_int_equal(usage_take(&rest, &back), USAGE_DAMAGED);
}

static void copies_are_cut_between_characters(void **state)
{
    static const struct {
        const char *name, *in;
        size_t size;
        const char *want;
    } cases[] = {
        {"fits",            "abc",        4, "abc"       },
        {"cut",             "abcd",       4, "abc"       },
        {"two bytes whole", "ab\xc3\xa4", 5, "ab\xc3\xa4"},
        {"two bytes cut",   "ab\xc3\xa4", 4, "ab"        },
        {"controls",        "a\nb\x7f",   9, "a b "      },
        {"empty",           "",           1, ""          },
    };
    char out[16];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        usage_copy(out, cases[i].size, slice_from(cases[i].in));
        if (strcmp(out, cases[i].want) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, out);
    }
}

static void segments_are_named_for_their_first_record(void **state)
{
    static const char *const strangers[] = {
        "",
        "usage-.log",
        "usage-1.log",
        "usage-000000000000000x.log",
        "usage-0000000000000000.log",
        "usage-0000000000000001.log~",
        "usage-0000000000000001.lo",
        "Usage-0000000000000001.log",
    };
    char name[USAGE_SEGMENT_NAME_LEN + 1];
    int64_t seq;

    (void)state;
    usage_segment_name(4711, name);
    assert_string_equal(name, "usage-0000000000004711.log");
    assert_true(usage_segment_parse(slice_from(name), &seq));
    assert_int_equal(seq, 4711);
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        if (usage_segment_parse(slice_from(strangers[i]), &seq))
            fail_msg("\"%s\" is taken for a segment", strangers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_as_it_was_written),
        cmocka_unit_test(the_longest_values_fit),
        cmocka_unit_test(a_line_of_an_older_version_is_read),
        cmocka_unit_test(any_changed_byte_is_noticed),
        cmocka_unit_test(every_cut_line_is_unfinished_or_damaged),
        cmocka_unit_test(a_line_without_end_is_damage),
        cmocka_unit_test(copies_are_cut_between_characters),
        cmocka_unit_test(segments_are_named_for_their_first_record),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
