/*
 * test_address.c - IP addresses and networks.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/address.h"

static struct address parsed(const char *text)
{
    struct address address;

    assert_true(address_parse(slice_from(text), &address));
    return address;
}

static void an_address_has_one_canonical_text(void **state UNUSED)
{
    static const struct {
        const char *text, *want; /* NULL: no address */
    } cases[] = {
        {"192.0.2.14",                                        "192.0.2.14" },
        {"::ffff:192.0.2.14",                                 "192.0.2.14" },
        {"::FFFF:c000:20e",                                   "192.0.2.14" },
        {"2001:DB8:0:0:0:0:0:1",                              "2001:db8::1"},
        {"::",                                                "::"         },
        {"192.0.02.14",                                       NULL         },
        {"192.0.2",                                           NULL         },
        {"192.0.2.256",                                       NULL         },
        {"0x7f.1",                                            NULL         },
        {" 192.0.2.14",                                       NULL         },
        {"192.0.2.14 ",                                       NULL         },
        {"fe80::1%eth0",                                      NULL         },
        {"[2001:db8::1]",                                     NULL         },
        {"1:2:3:4:5:6:7:8:9",                                 NULL         },
        {"",                                                  NULL         },
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL         },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[ADDRESS_TEXT_MAX + 1] = "";
        struct address address;
        bool done = address_parse(slice_from(cases[i].text), &address);
        if (done)
            address_format(&address, text);
        if (done != (cases[i].want != NULL) ||
            (done && strcmp(text, cases[i].want) != 0))
            fail_msg("\"%s\": \"%s\"", cases[i].text, text);
    }
    struct address untouched;
    assert_false(address_parse(SLICE("192.0.2.1\0004"), &untouched));
}

static void special_addresses_are_never_asked_about(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"127.0.0.2",       true },
        {"10.1.2.3",        true },
        {"172.31.255.255",  true },
        {"172.32.0.0",      false},
        {"192.168.0.1",     true },
        {"100.64.0.1",      true },
        {"100.128.0.0",     false},
        {"169.254.1.1",     true },
        {"224.0.0.1",       true },
        {"255.255.255.255", true },
        {"0.1.2.3",         true },
        {"::",              true },
        {"::1",             true },
        {"::2",             false},
        {"fe80::1",         true },
        {"fd00::1",         true },
        {"ff02::1",         true },
        {"2001:db8::1",     false},
        {"192.0.2.1",       false},
        {"198.51.100.1",    false},
        {"203.0.113.1",     false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address address = parsed(cases[i].text);
        if (address_is_special(&address) != cases[i].want)
            fail_msg("%s", cases[i].text);
    }
}

static void networks_have_no_host_bits(void **state UNUSED)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
        unsigned prefix;
    } cases[] = {
        {"192.0.2.0/24",   "192.0.2.0/24",  120},
        {"192.0.2.14",     "192.0.2.14",    128},
        {"192.0.2.14/32",  "192.0.2.14",    128},
        {"0.0.0.0/0",      "0.0.0.0/0",     96 },
        {"2001:DB8::/32",  "2001:db8::/32", 32 },
        {"::/0",           "::/0",          0  },
        {"2001:db8::1",    "2001:db8::1",   128},
        {"192.0.2.1/24",   NULL,            0  },
        {"2001:db8::1/64", NULL,            0  },
        {"192.0.2.0/33",   NULL,            0  },
        {"2001:db8::/129", NULL,            0  },
        {"192.0.2.0/",     NULL,            0  },
        {"192.0.2.0/-1",   NULL,            0  },
        {"192.0.2.0/24/1", NULL,            0  },
        {"/24",            NULL,            0  },
        {"",               NULL,            0  },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[ADDRESS_TEXT_MAX + 1] = "";
        struct error err = {0};
        struct network net;
        bool done = network_parse(slice_from(cases[i].text), &net, &err) == 0;
        if (done)
            network_format(&net, text);
        if (done != (cases[i].want != NULL) ||
            (done &&
             (strcmp(text, cases[i].want) != 0 || net.prefix != cases[i].prefix)))
            fail_msg("\"%s\": \"%s\" %s", cases[i].text, text, err.text);
    }
}

static void a_network_contains_its_own_addresses_only(void **state UNUSED)
{
    struct network net;
    struct address first = parsed("192.0.2.128");
    struct address last = parsed("192.0.2.255");
    struct address before = parsed("192.0.2.127");
    struct address other = parsed("2001:db8::1");

    assert_int_equal(network_parse(SLICE("192.0.2.128/25"), &net, NULL), 0);
    assert_true(network_contains(&net, &first));
    assert_true(network_contains(&net, &last));
    assert_false(network_contains(&net, &before));
    assert_false(network_contains(&net, &other));
}

static void a_dnsbl_is_asked_for_the_reversed_address(void **state UNUSED)
{
    struct address four = parsed("192.0.2.14");
    struct address six = parsed("2001:db8::1");
    char name[DOMAIN_MAX + 1];
    char zone[DOMAIN_MAX + 1];

    assert_true(address_dnsbl_name(&four, "bl.spamcop.net", name, sizeof name));
    assert_string_equal(name, "14.2.0.192.bl.spamcop.net");
    assert_true(address_dnsbl_name(&six, "bl.example", name, sizeof name));
    assert_string_equal(name, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                              "8.b.d.0.1.0.0.2.bl.example");
    assert_false(address_dnsbl_name(&four, "", name, sizeof name));
    assert_false(address_dnsbl_name(&four, "bl.example", name, 10));
    memset(zone, 'a', sizeof zone);
    zone[DOMAIN_MAX - 11] = '\0'; /* "14.2.0.192." has 11 */
    assert_true(address_dnsbl_name(&four, zone, name, sizeof name));
    zone[DOMAIN_MAX - 11] = 'a';
    zone[DOMAIN_MAX - 10] = '\0';
    assert_false(address_dnsbl_name(&four, zone, name, sizeof name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_one_canonical_text),
        cmocka_unit_test(special_addresses_are_never_asked_about),
        cmocka_unit_test(networks_have_no_host_bits),
        cmocka_unit_test(a_network_contains_its_own_addresses_only),
        cmocka_unit_test(a_dnsbl_is_asked_for_the_reversed_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
