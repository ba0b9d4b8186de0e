/*
 * test_check.c - one round of questions about addresses on lists.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/dnsbl/check.h"
#include "issuer/dnsbl/zones.h"
#include "tests/support/issuer/fake_resolver.h"

#define ZONE "bl.spamcop.net"
#define OTHER "psbl.surriel.com"

static struct dnsbl_check check_of(const char *zone, const char *address)
{
    struct dnsbl_check check = {.zone = zone_find(zone)};

    assert_non_null(check.zone);
    assert_true(address_parse(slice_from(address), &check.address));
    return check;
}

static struct dnsbl_check ask_one(struct fake_resolver *fake)
{
    struct resolver resolver = fake_resolver(fake);
    struct dnsbl_check check = check_of(ZONE, "192.0.2.14");

    dnsbl_check_all(&resolver, &check, 1, 3000, 1000);
    return check;
}

static void a_listed_address_is_listed_with_code_and_words(void **state UNUSED)
{
    struct fake_resolver fake = {0};

    fake_resolver_healthy(&fake, ZONE);
    fake_resolver_list(&fake, ZONE, "192.0.2.14", "127.0.0.2",
                       "Blocked - see the page");
    struct dnsbl_check check = ask_one(&fake);
    assert_int_equal(check.listing.state, LISTING_LISTED);
    assert_string_equal(check.listing.code, "127.0.0.2");
    assert_string_equal(check.text, "Blocked - see the page");
    assert_int_equal(check.checked_at, 1000);
    assert_int_equal(fake.last_timeout_ms, 3000);
}

static void an_address_that_a_healthy_list_does_not_have_is_clear(void **state UNUSED)
{
    struct fake_resolver fake = {0};

    fake_resolver_healthy(&fake, ZONE);
    assert_int_equal(ask_one(&fake).listing.state, LISTING_CLEAR);
}

static void what_is_not_sure_is_unknown(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *address; /* whose answer is bent */
        enum dns_status status;
        const char *code;
    } cases[] = {
        {"the question timed out",            "192.0.2.14", DNS_TIMEOUT,  NULL             },
        {"the question failed",               "192.0.2.14", DNS_FAILED,   NULL             },
        {"an answer about the asker",         "192.0.2.14", DNS_ANSWER,   "127.255.255.254"},
        {"an answer of no meaning",           "192.0.2.14", DNS_ANSWER,   "127.0.0.99"     },
        {"an answer from elsewhere",          "192.0.2.14", DNS_ANSWER,   "203.0.113.80"   },
        {"the list lists nothing",            "127.0.0.2",  DNS_NXDOMAIN, NULL             },
        {"the list does not answer its test", "127.0.0.2",  DNS_TIMEOUT,  NULL             },
        {"the list lists everything",         "127.0.0.1",  DNS_ANSWER,   "127.0.0.2"      },
        {"the second test fails",             "127.0.0.1",  DNS_FAILED,   NULL             },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fake_resolver fake = {0};
        fake_resolver_healthy(&fake, ZONE);
        if (cases[i].code != NULL)
            fake_resolver_list(&fake, ZONE, cases[i].address, cases[i].code, "words");
        else
            fake_resolver_fail(&fake, ZONE, cases[i].address, cases[i].status);
        struct dnsbl_check check = ask_one(&fake);
        if (check.listing.state != LISTING_UNKNOWN || check.text[0] != '\0')
            fail_msg("%s: %s", cases[i].name, listing_state_name(check.listing.state));
    }
}

static void test_points_are_asked_once_a_zone_in_one_round(void **state UNUSED)
{
    struct fake_resolver fake = {0};
    struct resolver resolver = fake_resolver(&fake);
    struct dnsbl_check checks[] = {
        check_of(ZONE, "192.0.2.14"), check_of(ZONE, "203.0.113.9"),
        check_of(OTHER, "192.0.2.14"), check_of(ZONE, "203.0.113.10"),
        check_of(OTHER, "2001:db8::1")};

    fake_resolver_healthy(&fake, ZONE);
    fake_resolver_list(&fake, ZONE, "203.0.113.10", "127.0.0.2", NULL);
    fake_resolver_fail(&fake, OTHER, "127.0.0.2", DNS_TIMEOUT);
    dnsbl_check_all(&resolver, checks, ARRAY_LEN(checks), 1000, 1);
    assert_int_equal(fake.rounds, 1);
    assert_int_equal(fake.questions, 5 * 2 + 2 * 2);
    assert_int_equal(checks[0].listing.state, LISTING_CLEAR);
    assert_int_equal(checks[1].listing.state, LISTING_CLEAR);
    assert_int_equal(checks[2].listing.state, LISTING_UNKNOWN);
    assert_int_equal(checks[3].listing.state, LISTING_LISTED);
    assert_int_equal(checks[4].listing.state, LISTING_UNKNOWN);
}

static void nothing_to_ask_asks_nothing(void **state UNUSED)
{
    struct fake_resolver fake = {0};
    struct resolver resolver = fake_resolver(&fake);

    dnsbl_check_all(&resolver, NULL, 0, 1000, 1);
    assert_int_equal(fake.rounds, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listed_address_is_listed_with_code_and_words),
        cmocka_unit_test(an_address_that_a_healthy_list_does_not_have_is_clear),
        cmocka_unit_test(what_is_not_sure_is_unknown),
        cmocka_unit_test(test_points_are_asked_once_a_zone_in_one_round),
        cmocka_unit_test(nothing_to_ask_asks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
