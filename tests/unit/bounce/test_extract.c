/*
 * test_extract.c - which address was blocked, and which never was.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/bounce/extract.h"

static struct rules rules;
static struct arena mem;

static int load(void **state)
{
    (void)state;
    struct error err = {0};
    arena_init(&mem);
    return rules_load(NULL, &rules, &err);
}

static int release(void **state)
{
    (void)state;
    rules_release(&rules);
    arena_release(&mem);
    return 0;
}

/* blocked NULL: none may be chosen. */
static const struct {
    const char *reply, *blocked;
} cases[] = {
    {"554 Client host [192.0.2.1] blocked using x.example",                                 "192.0.2.1"  },
    {"550 client [192.0.2.1] blocked using x.example",                                      "192.0.2.1"  },
    {"550 5.7.606 Access denied, banned sending IP [192.0.2.1]",                            "192.0.2.1"  },
    {"550 5.7.511 Access denied, banned sender[192.0.2.1]",                                 "192.0.2.1"  },
    {"553 DNSBL:RBL 521< 192.0.2.1 >_is_blocked",                                           "192.0.2.1"  },
    {"554 IP=192.0.2.1 - A problem occurred. (BL)",                                         "192.0.2.1"  },
    {"550-5.7.1 [192.0.2.1      18] Our system has detected",                               "192.0.2.1"  },
    {"550 [2001:db8::1      15] Our system has detected",                                   "2001:db8::1"},
    {"550 Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.1.",                       "192.0.2.1"  },
    {"550 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",                      "192.0.2.1"  },
    {"550 https://www.spamhaus.org/query/ip/192.0.2.1",                                     "192.0.2.1"  },
    {"550 JunkMail rejected - mail.example ([10.0.0.5]) [192.0.2.1]:4123 is in an RBL",
     "192.0.2.1"                                                                                         },
    {"421 [TSS04] Messages from 192.0.2.1 temporarily deferred - 4.16.55.1; see https://x",
     "192.0.2.1"                                                                                         },
    {"550 host 192.0.2.1 is listed at x.example (127.0.0.12, ",                             "192.0.2.1"  },
    {"host mx.example[192.0.2.9] said: blocked",                                            NULL         },
    {"192.0.2.9 does not like recipient.",                                                  NULL         },
    {"Connected to 192.0.2.9 but sender was rejected.",                                     NULL         },
    {"Giving up on 192.0.2.9.",                                                             NULL         },
    {"550 see https://check.spamhaus.org/returnc/pub/192.0.2.9/",                           NULL         },
    {"550 [2401:2500:102:3032:192.0.2.222 13] Our system",                                  NULL         },
    {"550 client [10.1.2.3] blocked",                                                       NULL         },
    {"550 client [127.0.0.2] blocked",                                                      NULL         },
    {"550 client [192.0.2.300] blocked",                                                    NULL         },
    {"550 client [192.0.02.1.7] blocked",                                                   NULL         },
    {"550 client [192.0.2.xxx] blocked",                                                    NULL         },
    {"550 client 192.0.2.1.dyn.isp.example blocked",                                        NULL         },
    {"550 client [192.0.2.1] blocked, client [192.0.2.2] blocked",                          NULL         },
};

/* "{IP}" of an example as an address; the mark of a loaded row is one byte. */
static struct slice with_address(const char *example, const char *address)
{
    const char *mark = strchr(example, ROLE_MARK);
    assert_non_null(mark);
    return slice_from(arena_printf(&mem, "%.*s%s%s", (int)(mark - example), example,
                                   address, mark + 1));
}

static void every_role_is_the_first_that_holds_for_its_example(void **state)
{
    (void)state;
    assert_true(rules.role_count > 15);
    for (size_t i = 0; i < rules.role_count; i++) {
        struct candidates found = {0};
        const char *example = rules.roles[i].example;
        extract_addresses(&rules, with_address(example, "192.0.2.1"), 0, &found);
        assert_int_equal(found.count, 1);
        if (found.items[0].row != &rules.roles[i]) {
            fail_msg("%s is not the row for \"%s\"", rules.roles[i].place, example);
        }
        assert_true(slice_find(found.items[0].matched, SLICE("192.0.2.1")) >= 0);
    }
}

static void the_words_around_an_address_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct candidates found = {0};
        extract_addresses(&rules, slice_from(cases[i].reply), 0, &found);
        struct choice choice = extract_choose(&found, NULL, 0);
        const char *got = choice.blocked == NULL ? "none" : choice.blocked->text;
        if (strcmp(got, cases[i].blocked == NULL ? "none" : cases[i].blocked) != 0) {
            fail_msg("\"%s\": %s", cases[i].reply, got);
        }
    }
}

static struct network network_of(const char *text)
{
    struct network network = {0};
    struct error err = {0};
    assert_int_equal(network_parse(slice_from(text), &network, &err), 0);
    return network;
}

static void our_ranges_come_first_and_others_are_said_not_to_be_ours(void **state)
{
    (void)state;
    const struct network ours = network_of("198.51.100.0/24");
    struct candidates found = {0};
    extract_addresses(&rules,
                      SLICE("550 198.51.100.7 and client [192.0.2.1] blocked using x"),
                      0, &found);
    struct choice choice = extract_choose(&found, &ours, 1);
    assert_non_null(choice.blocked);
    assert_string_equal(choice.blocked->text, "198.51.100.7");
    assert_false(choice.is_not_shared);
    const struct network other = network_of("203.0.113.0/24");
    choice = extract_choose(&found, &other, 1);
    assert_non_null(choice.blocked);
    assert_string_equal(choice.blocked->text, "192.0.2.1");
    assert_true(choice.is_not_shared);
}

static void a_mail_server_in_our_range_is_still_not_the_blocked_address(void **state)
{
    (void)state;
    const struct network ours = network_of("192.0.2.0/24");
    const struct slice text = SLICE(
        "host mx.example[192.0.2.9] said: 554 client [198.51.100.1] blocked");
    struct candidates found = {0};
    extract_addresses(&rules, text, 30, &found);
    struct choice choice = extract_choose(&found, &ours, 1);
    assert_non_null(choice.blocked);
    assert_string_equal(choice.blocked->text, "198.51.100.1");
    assert_true(choice.is_not_shared);
}

static void two_sure_addresses_are_a_conflict(void **state)
{
    (void)state;
    struct candidates found = {0};
    extract_addresses(
        &rules,
        SLICE("554 Client host [192.0.2.1] blocked; see http://x/?ip=192.0.2.2"), 0,
        &found);
    struct choice choice = extract_choose(&found, NULL, 0);
    assert_non_null(choice.blocked);
    assert_string_equal(choice.blocked->text, "192.0.2.1");
    assert_true(choice.is_conflict);
}

static void hidden_addresses_are_noticed(void **state)
{
    (void)state;
    static const char *const masked[] = {"[192.0.2.xxx]", "x.x.x.x", "client 192.0.*.*",
                                         "[x.xx.xx.xx]"};
    static const char *const plain[] = {"192.0.2.1", "mx.xx.example", "1.2.3", "",
                                        "nn"};
    for (size_t i = 0; i < ARRAY_LEN(masked); i++) {
        assert_true(extract_is_masked(slice_from(masked[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        assert_false(extract_is_masked(slice_from(plain[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_is_the_first_that_holds_for_its_example),
        cmocka_unit_test(the_words_around_an_address_decide),
        cmocka_unit_test(our_ranges_come_first_and_others_are_said_not_to_be_ours),
        cmocka_unit_test(a_mail_server_in_our_range_is_still_not_the_blocked_address),
        cmocka_unit_test(two_sure_addresses_are_a_conflict),
        cmocka_unit_test(hidden_addresses_are_noticed),
    };
    return cmocka_run_group_tests(tests, load, release);
}
