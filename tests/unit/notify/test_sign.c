/*
 * test_sign.c - signatures as the receivers' libraries compute them.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/secret.h"
#include "issuer/notify/post.h"
#include "issuer/notify/sign.h"

/* The example with which the libraries of standard-webhooks test themselves. */
static void the_published_example_is_signed_alike(void **state UNUSED)
{
    uint8_t key[SIGN_SECRET_MAX];
    char text[SIGN_TEXT_MAX + 1];
    char secret[SIGN_SECRET_TEXT_MAX + 1];
    size_t len = 0;

    assert_true(base64_decode(SLICE("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), key,
                              sizeof key, &len));
    sign_post(slice_of((const char *)key, len), "msg_p5jXN8AQM9LWM0D4loKWxJek",
              1614265330, SLICE("{\"test\": 2432232314}"), text);
    assert_string_equal(text, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    sign_secret_format(key, len, secret);
    assert_string_equal(secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

static void the_longest_secret_has_room(void **state UNUSED)
{
    uint8_t key[SIGN_SECRET_MAX] = {0};
    char text[SIGN_SECRET_TEXT_MAX + 1];

    sign_secret_format(key, sizeof key, text);
    assert_int_equal(strlen(text), SIGN_SECRET_TEXT_MAX);
}

static bool never(void *context UNUSED)
{
    return false;
}

static void only_public_addresses_are_posted_to(void **state UNUSED)
{
    static const struct {
        const char *address;
        bool is_allowed, with_loopback, plain_with_loopback;
    } cases[] = {
        {"93.184.216.34",      true,  true,  false},
        {"2606:2800:220:1::1", true,  true,  false},
        {"127.0.0.1",          false, true,  true },
        {"127.9.9.9",          false, true,  true },
        {"::ffff:127.0.0.1",   false, true,  true },
        {"::1",                false, false, false},
        {"0.0.0.0",            false, false, false},
        {"10.1.2.3",           false, true,  false},
        {"172.16.0.1",         false, false, false},
        {"192.168.1.1",        false, false, false},
        {"100.64.0.1",         false, false, false},
        {"169.254.169.254",    false, false, false},
        {"224.0.0.1",          false, false, false},
        {"255.255.255.255",    false, false, false},
        {"198.18.0.1",         false, false, false},
        {"fe80::1",            false, false, false},
        {"fd00::1",            false, false, false},
        {"fec0::1",            false, false, false},
        {"ff02::1",            false, false, false},
        {"::",                 false, false, false},
        {"64:ff9b::7f00:1",    false, false, false},
        {"2002:7f00:1::",      false, false, false},
        {"2001:0:7f00:1::",    false, false, false},
    };
    struct network named[2];
    const struct post_terms none = {.is_stopping = never};

    assert_int_equal(network_parse(SLICE("127.0.0.0/8"), &named[0], NULL), 0);
    assert_int_equal(network_parse(SLICE("10.0.0.0/8"), &named[1], NULL), 0);
    const struct post_terms some = {.private = named, .private_count = 2};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address address;
        assert_true(address_parse(slice_from(cases[i].address), &address));
        if (post_address_is_allowed(&none, false, &address) != cases[i].is_allowed ||
            post_address_is_allowed(&none, true, &address) ||
            post_address_is_allowed(&some, false, &address) != cases[i].with_loopback ||
            post_address_is_allowed(&some, true, &address) !=
                cases[i].plain_with_loopback)
            fail_msg("%s", cases[i].address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_example_is_signed_alike),
        cmocka_unit_test(the_longest_secret_has_room),
        cmocka_unit_test(only_public_addresses_are_posted_to),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
