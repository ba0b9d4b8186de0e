/*
 * test_evidence.c - what is believed of the JSON of cleansmtp-bounce.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "core/words.h"
#include "issuer/cases/evidence.h"

/* The smallest object that is one; more fields go in front. */
#define REST "\"is_bounce\":true,\"class\":\"dnsbl\",\"grantable\":true,\"flags\":[]}"

static bool decode(struct arena *mem, const char *json, struct evidence *out)
{
    return evidence_decode(mem, slice_from(json), out);
}

static void good_evidence_is_taken_whole(void **state UNUSED)
{
    struct arena mem;
    struct evidence e;

    arena_init(&mem);
    assert_true(decode(
        &mem,
        "{\"blocked_ip\":\"192.0.2.14\",\"list\":\"BL.SpamCop.net\","
        "\"lookup_url\":\"https://list.example/?192.0.2.14\","
        "\"sender\":\"Anna@Kunde.example\",\"recipient\":\"info@a.example\","
        "\"smtp_code\":554,\"enhanced_code\":\"5.7.1\",\"remote_mta\":\"mx.example\","
        "\"time\":\"2026-11-23T09:02:11Z\",\"queue_id\":\"4jYB\","
        "\"client\":\"Thunderbird\",\"excerpt\":\"554 no\"," REST,
        &e));
    assert_true(e.is_bounce && e.is_grantable);
    assert_int_equal(e.class, CLASS_DNSBL);
    assert_string_equal(e.blocked_ip, "192.0.2.14");
    assert_string_equal(e.list, "bl.spamcop.net");
    assert_string_equal(e.lookup_url, "https://list.example/?192.0.2.14");
    assert_string_equal(e.sender, "anna@kunde.example");
    assert_string_equal(e.recipient, "info@a.example");
    assert_int_equal(e.smtp_code, 554);
    assert_string_equal(e.enhanced_code, "5.7.1");
    assert_string_equal(e.remote_mta, "mx.example");
    assert_int_equal(e.bounced_at, 1795424531);
    assert_string_equal(e.queue_id, "4jYB");
    assert_string_equal(e.client, "Thunderbird");
    assert_string_equal(e.excerpt, "554 no");
    assert_string_equal(e.flags, "");
    assert_null(e.message_id);
    arena_release(&mem);
}

static void what_is_not_the_object_is_unreadable(void **state UNUSED)
{
    static const char *const cases[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"is_bounce\":true",
        "{" REST " trailing",
        "{\"is_bounce\":true," REST,
        "{\"is_bounce\":1,\"class\":\"dnsbl\",\"grantable\":true,\"flags\":[]}",
        "{\"is_bounce\":true,\"class\":\"nonsense\",\"grantable\":true,\"flags\":[]}",
        "{\"is_bounce\":true,\"class\":\"dnsbl\",\"grantable\":\"yes\",\"flags\":[]}",
        "{\"is_bounce\":true,\"class\":\"dnsbl\",\"grantable\":true}",
        "{\"is_bounce\":true,\"class\":\"dnsbl\",\"grantable\":true,\"flags\":[1]}",
        "{\"is_bounce\":true,\"class\":\"dnsbl\",\"grantable\":true,\"flags\":[\"a b\"]}",
        "{\"blocked_ip\":4," REST,
        "{\"smtp_code\":\"554\"," REST,
        "{\"smtp_code\":554.5," REST,
        "{\"time\":0," REST,
        "{\"excerpt\":\"\xff\"," REST,
        "{\"excerpt\":\"a\\u0000b\"," REST,
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena mem;
        struct evidence e;
        arena_init(&mem);
        if (decode(&mem, cases[i], &e))
            fail_msg("taken: %s", cases[i]);
        arena_release(&mem);
    }
}

static void what_cannot_be_true_is_left_out(void **state UNUSED)
{
    static const struct {
        const char *field;
        size_t offset;
    } cases[] = {
        {"\"blocked_ip\":\"127.0.0.1\"",            offsetof(struct evidence, blocked_ip)   },
        {"\"blocked_ip\":\"10.1.2.3\"",             offsetof(struct evidence, blocked_ip)   },
        {"\"blocked_ip\":\"192.0.2.014\"",          offsetof(struct evidence, blocked_ip)   },
        {"\"list\":\"bl.example; rm\"",             offsetof(struct evidence, list)         },
        {"\"list\":\"\"",                           offsetof(struct evidence, list)         },
        {"\"lookup_url\":\"javascript:alert(1)\"",
         offsetof(struct evidence,                                            lookup_url)   },
        {"\"lookup_url\":\"https://a.example/ b\"",
         offsetof(struct evidence,                                            lookup_url)   },
        {"\"sender\":\"nobody\"",                   offsetof(struct evidence, sender)       },
        {"\"sender\":\"\"",                         offsetof(struct evidence, sender)       },
        {"\"remote_mta\":\"mx\\nexample\"",         offsetof(struct evidence, remote_mta)   },
        {"\"enhanced_code\":\"5.7.1 x\"",           offsetof(struct evidence, enhanced_code)},
        {"\"enhanced_code\":\"7.7.1\"",             offsetof(struct evidence, enhanced_code)},
        {"\"queue_id\":\"\\u00e4\"",                offsetof(struct evidence, queue_id)     },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena mem;
        struct evidence e;
        const char *value;
        char json[256];
        arena_init(&mem);
        assert_true(snprintf(json, sizeof json, "{%s," REST, cases[i].field) > 0);
        assert_true(decode(&mem, json, &e));
        memcpy(&value, (const char *)&e + cases[i].offset, sizeof value);
        if (value != NULL)
            fail_msg("%s was taken as \"%s\"", cases[i].field, value);
        assert_false(e.is_grantable);
        arena_release(&mem);
    }
}

static void codes_out_of_range_are_none(void **state UNUSED)
{
    static const char *const cases[] = {"-1", "0", "199", "600", "4294967850"};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena mem;
        struct evidence e;
        char json[256];
        arena_init(&mem);
        assert_true(snprintf(json, sizeof json, "{\"smtp_code\":%s," REST, cases[i]) >
                    0);
        assert_true(decode(&mem, json, &e));
        assert_int_equal(e.smtp_code, 0);
        arena_release(&mem);
    }
}

static void a_long_excerpt_is_cut_between_characters(void **state UNUSED)
{
    struct arena mem;
    struct evidence e;
    struct strbuf json;

    arena_init(&mem);
    strbuf_init(&json, 100000);
    strbuf_puts(&json, "{\"excerpt\":\"a");
    for (int i = 0; i < EVIDENCE_EXCERPT_MAX; i++)
        strbuf_puts(&json, "\xc3\xa4");
    strbuf_puts(&json, "\"," REST);
    assert_true(evidence_decode(&mem, strbuf_slice(&json), &e));
    assert_int_equal(strlen(e.excerpt), EVIDENCE_EXCERPT_MAX - 1);
    assert_true(slice_is_utf8(slice_from(e.excerpt)));
    strbuf_release(&json);
    arena_release(&mem);
}

static void control_characters_in_an_excerpt_are_blanks(void **state UNUSED)
{
    struct arena mem;
    struct evidence e;

    arena_init(&mem);
    assert_true(decode(&mem, "{\"excerpt\":\"a\\u001b[31mb\\nc\\rd\"," REST, &e));
    assert_string_equal(e.excerpt, "a [31mb\nc d");
    arena_release(&mem);
}

static void flags_are_joined_by_blanks(void **state UNUSED)
{
    struct arena mem;
    struct evidence e;

    arena_init(&mem);
    assert_true(decode(&mem,
                       "{\"is_bounce\":false,\"class\":\"other\",\"grantable\":false,"
                       "\"flags\":[\"pasted\",\"not_shared\"]}",
                       &e));
    assert_string_equal(e.flags, "pasted not_shared");
    arena_release(&mem);
}

static void words_are_one_line_of_text(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"Invoice must go out today", true },
        {"gr\xc3\xbc\xc3\x9f",        true },
        {"",                          true },
        {"two\nlines",                false},
        {"\x1b[31m",                  false},
        {"\xff",                      false},
        {"c1 \xc2\x85",               false},
        {"tab\t",                     false},
        {"\x7f",                      false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (words_are_plain(slice_from(cases[i].text), 100) != cases[i].want)
            fail_msg("\"%s\"", cases[i].text);
    assert_false(words_are_plain(SLICE("abcd"), 3));
    assert_int_equal(words_check("reason", NULL, 3, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_evidence_is_taken_whole),
        cmocka_unit_test(what_is_not_the_object_is_unreadable),
        cmocka_unit_test(what_cannot_be_true_is_left_out),
        cmocka_unit_test(codes_out_of_range_are_none),
        cmocka_unit_test(a_long_excerpt_is_cut_between_characters),
        cmocka_unit_test(control_characters_in_an_excerpt_are_blanks),
        cmocka_unit_test(flags_are_joined_by_blanks),
        cmocka_unit_test(words_are_one_line_of_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
