/*
 * test_api_present.c - nouns as JSON: the contract's keys, times, foreign text.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/api/api_present.h"
#include "tests/support/issuer/english.h"

static void a_lease_has_every_key_of_the_contract(void **state UNUSED)
{
    static const char *const keys[] = {
        "id",
        "case",
        "mailbox",
        "delivery",
        "state",
        "reserved_address",
        "lane",
        "username",
        "senders",
        "recipient_domains",
        "messages_max",
        "messages_used",
        "created_at",
        "reveal_until",
        "revealed_at",
        "first_login_at",
        "last_login_at",
        "expires_at",
        "ended_at",
        "ended_by",
    };
    static const char *const senders[] = {"anna@kunde.example", NULL};
    const struct lease lease = {.id = 17,
                                .case_id = 4,
                                .mailbox = "anna@kunde.example",
                                .username = "cs-abcdefgh",
                                .senders = senders,
                                .messages_max = 100,
                                .created_at = 1795507331,
                                .expires_at = 1795593731};
    json_t *o = present_lease(&lease, 1795507400, NULL);

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (json_object_get(o, keys[i]) == NULL)
            fail_msg("no key \"%s\"", keys[i]);
    assert_null(json_object_get(o, "link"));
    assert_string_equal(json_string_value(json_object_get(o, "state")), "offered");
    assert_string_equal(json_string_value(json_object_get(o, "created_at")),
                        "2026-11-24T08:02:11Z");
    assert_true(json_is_null(json_object_get(o, "revealed_at")));
    assert_int_equal(json_array_size(json_object_get(o, "recipient_domains")), 0);
    json_decref(o);
    o = present_lease(&lease, 1795507400, "http://x.example/r/1#2");
    assert_string_equal(json_string_value(json_object_get(o, "link")),
                        "http://x.example/r/1#2");
    json_decref(o);
}

static void text_of_strangers_becomes_clean_utf8(void **state UNUSED)
{
    json_t *o = json_object();

    put_text(o, "good",
             "Gr\xc3\xbc\xc3\x9f"
             "e");
    put_text(o, "broken",
             "a\xff"
             "b");
    put_text(o, "none", NULL);
    assert_string_equal(json_string_value(json_object_get(o, "good")),
                        "Gr\xc3\xbc\xc3\x9f"
                        "e");
    assert_string_equal(json_string_value(json_object_get(o, "broken")), "a\xef\xbf\xbd"
                                                                         "b");
    assert_true(json_is_null(json_object_get(o, "none")));
    json_decref(o);
}

static void a_diagnosis_carries_verdict_checks_and_evidence(void **state UNUSED)
{
    static const struct check checks[] = {
        {{"{said.listed.question}"},
         {"{said.listed.yes|code=127.0.0.2}"},
         {"bl.spamcop.net"},
         CHECK_YES, 1795507331},
    };
    struct diagnosis diagnosis = {
        .row = {.verdict = DIAGNOSIS_LISTED_NOW,
                .address = "192.0.2.14",
                .zone = "bl.spamcop.net",
                .checks = checks,
                .checks_count = 1,
                .evidence = {.is_bounce = true,
                             .class = CLASS_DNSBL,
                             .smtp_code = 554,
                             .flags = "quoted masked"}},
        .listing = {.state = LISTING_LISTED,                .code = "127.0.0.2"      }
    };
    struct arena mem;

    arena_init(&mem);
    const struct speaker speaker = english_speaker(&mem, 1795507331);
    json_t *o = present_diagnosis(&speaker, &diagnosis);
    const json_t *evidence = json_object_get(o, "evidence");

    assert_string_equal(json_string_value(json_object_get(o, "verdict")), "listed_now");
    assert_true(json_is_true(json_object_get(o, "may_lease")));
    assert_int_equal(json_integer_value(json_object_get(o, "exit")), 0);
    assert_true(json_is_null(json_object_get(o, "id")));
    const json_t *check = json_array_get(json_object_get(o, "checks"), 0);
    assert_int_equal(json_array_size(json_object_get(o, "checks")), 1);
    assert_string_equal(json_string_value(json_object_get(check, "question")),
                        "Is it listed?");
    assert_string_equal(json_string_value(json_object_get(check, "answer")),
                        "yes, 127.0.0.2");
    assert_string_equal(json_string_value(json_object_get(check, "source")),
                        "bl.spamcop.net");
    assert_int_equal(json_array_size(json_object_get(evidence, "flags")), 2);
    assert_int_equal(json_integer_value(json_object_get(evidence, "smtp_code")), 554);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(o, "listing"), "code")),
        "127.0.0.2");
    assert_true(json_is_null(json_object_get(o, "clears")));
    json_decref(o);
    arena_release(&mem);
}

static void a_listing_says_when_it_clears(void **state UNUSED)
{
    static const struct {
        struct clearing estimate;
        const char *basis, *not_before, *latest; /* NULL: null */
    } cases[] = {
        {{.basis = CLEARING_FROM_RULE,
          .not_before = 1795507331,
          .probably_by = 1795507331,
          .latest = 1795593731},
         "rule",                                     "2026-11-24T08:02:11Z",
         "2026-11-25T08:02:11Z"                                                  },
        {{.basis = CLEARING_BY_HAND},     "by_hand", NULL,                   NULL},
        {{.basis = CLEARING_UNKNOWN},     "unknown", NULL,                   NULL},
    };
    static const char *const keys[] = {"basis", "not_before", "probably_by", "latest",
                                       "sentence"};
    struct arena mem;

    arena_init(&mem);
    const struct speaker speaker = english_speaker(&mem, 1795507331);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct diagnosis diagnosis = {
            .row = {.verdict = DIAGNOSIS_LISTED_NOW},
            .clears = { .estimate = cases[i].estimate,      .sentence = {"It clears"}}
        };
        json_t *o = present_diagnosis(&speaker, &diagnosis);
        const json_t *clears = json_object_get(o, "clears");
        assert_int_equal(json_object_size(clears), ARRAY_LEN(keys));
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            assert_non_null(json_object_get(clears, keys[k]));
        const char *not_before = json_string_value(
            json_object_get(clears, "not_before"));
        const char *latest = json_string_value(json_object_get(clears, "latest"));
        assert_string_equal(json_string_value(json_object_get(clears, "basis")),
                            cases[i].basis);
        assert_string_equal(json_string_value(json_object_get(clears, "sentence")),
                            "It clears");
        assert_int_equal(not_before != NULL, cases[i].not_before != NULL);
        assert_int_equal(latest != NULL, cases[i].latest != NULL);
        if (latest != NULL) {
            assert_string_equal(not_before, cases[i].not_before);
            assert_string_equal(latest, cases[i].latest);
        }
        json_decref(o);
    }
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_has_every_key_of_the_contract),
        cmocka_unit_test(text_of_strangers_becomes_clean_utf8),
        cmocka_unit_test(a_diagnosis_carries_verdict_checks_and_evidence),
        cmocka_unit_test(a_listing_says_when_it_clears),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
