/*
 * test_local_address.c - is an address one of this host's?
 */
#include "base/base.h"

#include "base/local_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void only_addresses_of_the_host_can_be_bound(void **state UNUSED)
{
    static const struct {
        const char *address;
        enum local_address want;
    } rows[] = {
        {"127.0.0.1", LOCAL_ADDRESS_YES},
        {"127.9.9.9", LOCAL_ADDRESS_YES},
        {"192.0.2.1", LOCAL_ADDRESS_NO }, /* RFC 5737: nobody's */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct address address;
        assert_true(address_parse(slice_from(rows[i].address), &address));
        assert_int_equal(local_address_ask(&address), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_addresses_of_the_host_can_be_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
