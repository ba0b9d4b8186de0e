/*
 * test_sasl_plain.c - the PLAIN message.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl_plain.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static void plain_messages_are_read_or_refused(void **state)
{
    static const struct {
        const char *name, *at;
        size_t len;
        const char *login, *password; /* NULL: refused */
    } cases[] = {
        {"usual",              BYTES("\0cs-abc\0secret"),       "cs-abc", "secret"  },
        {"same authzid",       BYTES("cs-abc\0cs-abc\0secret"), "cs-abc", "secret"  },
        {"other authzid",      BYTES("root\0cs-abc\0secret"),   NULL,     NULL      },
        {"empty",              BYTES(""),                       NULL,     NULL      },
        {"one NUL",            BYTES("\0cs-abc"),               NULL,     NULL      },
        {"three NULs",         BYTES("\0cs-abc\0secret\0"),     NULL,     NULL      },
        {"empty login",        BYTES("\0\0secret"),             NULL,     NULL      },
        {"empty password",     BYTES("\0cs-abc\0"),             NULL,     NULL      },
        {"no NUL",             BYTES("cs-abc secret"),          NULL,     NULL      },
        {"any byte otherwise", BYTES("\0a\n\t\0\xff\x01"),      "a\n\t",  "\xff\x01"},
    };
    struct sasl_plain plain;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool is_good = sasl_plain_parse(slice_of(cases[i].at, cases[i].len), &plain);
        if (is_good != (cases[i].login != NULL))
            fail_msg("%s", cases[i].name);
        if (is_good && (!slice_is(plain.login, cases[i].login) ||
                        !slice_is(plain.password, cases[i].password)))
            fail_msg("%s: wrong fields", cases[i].name);
    }
}

static void fields_hold_255_octets_and_no_more(void **state)
{
    char message[SASL_PLAIN_MAX + 1];
    struct sasl_plain plain;

    (void)state;
    memset(message, 'x', sizeof message);
    message[255] = '\0';
    message[511] = '\0';
    assert_true(sasl_plain_parse(slice_of(message, SASL_PLAIN_MAX), &plain));
    assert_int_equal(plain.password.len, 255);
    assert_false(sasl_plain_parse(slice_of(message, SASL_PLAIN_MAX + 1), &plain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_messages_are_read_or_refused),
        cmocka_unit_test(fields_hold_255_octets_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
