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
#include "tests/support/issuer/english.h"
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
    fake_resolver_healthy(&fake, OTHER);
    fake_resolver_fail(&fake, OTHER, "127.0.0.2", DNS_TIMEOUT);
    dnsbl_check_all(&resolver, checks, ARRAY_LEN(checks), 1000, 1);
    /* SpamCop's two test points, PSBL's two of either family; then the listing again. */
    assert_int_equal(fake.rounds, 2);
    assert_int_equal(fake.questions, 5 * 2 + 2 + 4 + 4);
    assert_int_equal(checks[0].listing.state, LISTING_CLEAR);
    assert_int_equal(checks[1].listing.state, LISTING_CLEAR);
    assert_int_equal(checks[2].listing.state, LISTING_UNKNOWN);
    assert_int_equal(checks[3].listing.state, LISTING_LISTED);
    /* Its list fails the IPv4 test, not the one of IPv6. */
    assert_int_equal(checks[4].listing.state, LISTING_CLEAR);
}

/* What the world is in the second round: the row is set before it. */
static const char *second_address, *second_code;
static enum dns_status second_status;

static void change_world(struct fake_resolver *fake, size_t round)
{
    if (round != 2)
        return;
    if (second_status == DNS_ANSWER)
        fake_resolver_list(fake, ZONE, second_address, second_code, "words");
    else
        fake_resolver_fail(fake, ZONE, second_address, second_status);
}

static void a_listing_is_believed_when_seen_twice(void **state UNUSED)
{
    static const struct {
        const char *name, *address, *code;
        enum dns_status status;
        enum listing_state want;
        const char *why;
    } cases[] = {
        {"no change",            "192.0.2.14", "127.0.0.2",       DNS_ANSWER,   LISTING_LISTED,
         "SpamCop lists it"                                                           },
        {"delisted",             "192.0.2.14", NULL,              DNS_NXDOMAIN, LISTING_UNKNOWN,
         "SpamCop listed it and a moment later did not"                               },
        {"late",                 "192.0.2.14", NULL,              DNS_TIMEOUT,  LISTING_UNKNOWN,
         "seen once, then: SpamCop did not answer in time"                            },
        {"conflict",             "192.0.2.14", NULL,              DNS_CONFLICT, LISTING_UNKNOWN,
         "seen once, then: SpamCop gave no sure answer: the resolvers disagree"       },
        {"refused",              "192.0.2.14", "127.255.255.254", DNS_ANSWER,   LISTING_UNKNOWN,
         "seen once, then: SpamCop refused us: it does not answer the resolver we use"},
        {"list falls ill",       "127.0.0.2",  NULL,              DNS_NXDOMAIN, LISTING_UNKNOWN,
         "seen once, then: SpamCop does not list its own test address, so it cannot be "
         "believed"                                                                   },
        {"list lists the world", "127.0.0.1",  "127.0.0.2",       DNS_ANSWER,   LISTING_UNKNOWN,
         "seen once, then: SpamCop lists every address, so it cannot be believed"     },
    };

    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fake_resolver fake = {.before_round = change_world};
        second_address = cases[i].address;
        second_code = cases[i].code;
        second_status = cases[i].status;
        fake_resolver_healthy(&fake, ZONE);
        fake_resolver_list(&fake, ZONE, "192.0.2.14", "127.0.0.2", "words");
        struct dnsbl_check check = ask_one(&fake);
        const char *why = english(&mem, listing_why(&check.listing), 0);
        if (check.listing.state != cases[i].want || strcmp(why, cases[i].why) != 0 ||
            fake.rounds != 2 ||
            (check.text[0] != '\0') != (check.listing.state == LISTING_LISTED))
            fail_msg("%s: %s, %s", cases[i].name,
                     listing_state_name(check.listing.state), why);
        assert_string_equal(check.listing.code, "127.0.0.2");
    }
    arena_release(&mem);
}

/* Listed only in the second round: the first look counts, and there is no second. */
static void what_is_not_listed_is_asked_once(void **state UNUSED)
{
    struct fake_resolver fake = {.before_round = change_world};

    second_address = "192.0.2.14";
    second_code = "127.0.0.2";
    second_status = DNS_ANSWER;
    fake_resolver_healthy(&fake, ZONE);
    assert_int_equal(ask_one(&fake).listing.state, LISTING_CLEAR);
    assert_int_equal(fake.rounds, 1);
    assert_int_equal(fake.last_timeout_ms, 2000); /* the rest was for a second look */
}

static void a_zone_that_grants_nothing_is_asked_once_and_has_all_the_time(
    void **state UNUSED)
{
    struct fake_resolver fake = {0};
    struct resolver resolver = fake_resolver(&fake);
    struct zone zone = *zone_find(ZONE);
    struct dnsbl_check check = check_of(ZONE, "192.0.2.14");

    zone.may_grant = false;
    check.zone = &zone;
    fake_resolver_healthy(&fake, ZONE);
    fake_resolver_list(&fake, ZONE, "192.0.2.14", "127.0.0.2", "words");
    dnsbl_check_all(&resolver, &check, 1, 3000, 1);
    assert_int_equal(check.listing.state, LISTING_LISTED);
    assert_int_equal(fake.rounds, 1);
    assert_int_equal(fake.last_timeout_ms, 3000);
}

static void words_are_the_second_witness_where_a_list_always_has_them(
    void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *code, *text;
        enum dns_status text_status;
        bool always_has_text;
        enum listing_state want;
    } cases[] = {
        {"both",                   "127.0.0.2",                 "words", DNS_ANSWER,   true,  LISTING_LISTED },
        {"no words",               "127.0.0.2",                 "",      DNS_ANSWER,   true,  LISTING_UNKNOWN},
        {"words late",             "127.0.0.2",                 "words", DNS_TIMEOUT,  true,  LISTING_UNKNOWN},
        {"words in conflict",      "127.0.0.2",                 "words", DNS_CONFLICT, true,
         LISTING_UNKNOWN                                                                                     },
        {"words it need not have", "127.0.0.2",                 "",      DNS_ANSWER,   false, LISTING_LISTED },
        {"several codes",          "127.0.0.2 127.0.0.9",       "words", DNS_ANSWER,   true,
         LISTING_LISTED                                                                                      },
        {"too many codes",
         "127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 "
         "127.0.0.9 127.0.0.10",                                "words", DNS_ANSWER,   true,  LISTING_UNKNOWN},
        {"one code about us",      "127.0.0.2 127.255.255.255", "words", DNS_ANSWER,   true,
         LISTING_UNKNOWN                                                                                     },
        {"one from elsewhere",     "127.0.0.2 192.0.2.80",      "words", DNS_ANSWER,   true,
         LISTING_UNKNOWN                                                                                     },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fake_resolver fake = {0};
        struct resolver resolver = fake_resolver(&fake);
        struct zone zone = *zone_find(ZONE);
        struct dnsbl_check check = check_of(ZONE, "192.0.2.14");
        zone.always_has_text = cases[i].always_has_text;
        check.zone = &zone;
        fake_resolver_healthy(&fake, ZONE);
        fake_resolver_list(&fake, ZONE, "192.0.2.14", cases[i].code, cases[i].text);
        fake_resolver_fail_text(&fake, ZONE, "192.0.2.14", cases[i].text_status);
        dnsbl_check_all(&resolver, &check, 1, 3000, 1);
        if (check.listing.state != cases[i].want)
            fail_msg("%s: %s (%s)", cases[i].name,
                     listing_state_name(check.listing.state), check.listing.why);
    }
}

static void an_ipv6_address_needs_the_tests_of_ipv6(void **state UNUSED)
{
    static const char *const address = "2001:db8::14";
    struct fake_resolver fake = {0};
    struct resolver resolver = fake_resolver(&fake);
    struct dnsbl_check check = check_of(ZONE, address);

    /* Only IPv4's: the list knows nothing of IPv6. */
    fake_resolver_list(&fake, ZONE, "127.0.0.2", "127.0.0.2", NULL);
    dnsbl_check_all(&resolver, &check, 1, 3000, 1);
    assert_int_equal(check.listing.state, LISTING_UNKNOWN);
    fake_resolver_healthy(&fake, ZONE);
    dnsbl_check_all(&resolver, &check, 1, 3000, 1);
    assert_int_equal(check.listing.state, LISTING_CLEAR);
    fake_resolver_list(&fake, ZONE, address, "127.0.0.2", NULL);
    dnsbl_check_all(&resolver, &check, 1, 3000, 1);
    assert_int_equal(check.listing.state, LISTING_LISTED);
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
        cmocka_unit_test(a_listing_is_believed_when_seen_twice),
        cmocka_unit_test(what_is_not_listed_is_asked_once),
        cmocka_unit_test(a_zone_that_grants_nothing_is_asked_once_and_has_all_the_time),
        cmocka_unit_test(words_are_the_second_witness_where_a_list_always_has_them),
        cmocka_unit_test(an_ipv6_address_needs_the_tests_of_ipv6),
        cmocka_unit_test(nothing_to_ask_asks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
