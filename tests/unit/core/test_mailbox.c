/*
 * test_mailbox.c - mailbox addresses in one compared form.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"
#include "core/mailbox.h"

#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void a_mailbox_is_read_into_one_form_or_refused(void **state)
{
    static const struct {
        const char *in, *want; /* NULL: refused */
    } cases[] = {
        {"anna@customer.example",             "anna@customer.example"   },
        {" <Anna@Customer.EXAMPLE>\r\n",      "anna@customer.example"   },
        {"< anna@customer.example >",         "anna@customer.example"   },
        {"a.b+c=d@customer.example",          "a.b+c=d@customer.example"},
        {"j\xc3\xb6rg@b\xc3\xbc"
         "cher.example",             "j\xc3\xb6rg@b\xc3\xbc"
         "cher.example"                },
        {A32 A32 "@a.example",                A32 A32 "@a.example"      },
        {"anna@localhost",                    "anna@localhost"          },
        {A32 A32 "a@a.example",               NULL                      },
        {"",                                  NULL                      },
        {"<>",                                NULL                      },
        {"@",                                 NULL                      },
        {"anna",                              NULL                      },
        {"anna@",                             NULL                      },
        {"@customer.example",                 NULL                      },
        {"<<anna@customer.example>>",         NULL                      },
        {"<anna@customer.example",            NULL                      },
        {"anna@customer.example>",            NULL                      },
        {".anna@customer.example",            NULL                      },
        {"anna.@customer.example",            NULL                      },
        {"an..na@customer.example",           NULL                      },
        {"an na@customer.example",            NULL                      },
        {"an\nna@customer.example",           NULL                      },
        {"anna@b@customer.example",           NULL                      },
        {"\"anna\"@customer.example",         NULL                      },
        {"anna@[192.0.2.1]",                  NULL                      },
        {"anna@192.0.2.1",                    NULL                      },
        {"anna@customer.example.",            NULL                      },
        {"anna@.example",                     NULL                      },
        {"anna@a..example",                   NULL                      },
        {"anna@-a.example",                   NULL                      },
        {"anna@a-.example",                   NULL                      },
        {"anna@a_b.example",                  NULL                      },
        {"anna@" A32 A32 ".example",          NULL                      },
        {"an\xffna@customer.example",         NULL                      },
        {"anna@cust\xe2\x80\x8bomer.example", NULL                      },
        {"an\xc2\xa0na@customer.example",     NULL                      },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[MAILBOX_MAX + 1] = "untouched";
        bool is_good = mailbox_parse(slice_from(cases[i].in), out);
        if (is_good != (cases[i].want != NULL) ||
            strcmp(out, is_good ? cases[i].want : "untouched") != 0)
            fail_msg("\"%s\": %d, \"%s\"", cases[i].in, is_good, out);
    }
}

static void a_nul_is_never_part_of_a_mailbox(void **state)
{
    char out[MAILBOX_MAX + 1];

    (void)state;
    assert_false(mailbox_parse(slice_of("an\0a@a.example", 14), out));
    assert_false(mailbox_parse(slice_of("anna@a\0example", 14), out));
}

static void a_mailbox_ends_at_its_greatest_length(void **state)
{
    char text[MAILBOX_MAX + 2], out[MAILBOX_MAX + 1];

    (void)state;
    memset(text, 'a', sizeof text);
    text[1] = '@';
    for (size_t i = 50; i < 250; i += 50)
        text[i] = '.';
    assert_true(mailbox_parse(slice_of(text, MAILBOX_MAX), out));
    assert_int_equal(strlen(out), MAILBOX_MAX);
    assert_false(mailbox_parse(slice_of(text, MAILBOX_MAX + 1), out));
}

static void a_domain_is_read_into_one_form_or_refused(void **state)
{
    static const struct {
        const char *in, *want;
    } cases[] = {
        {" Remote.EXAMPLE ",      "remote.example"       },
        {"a",                     "a"                    },
        {"1.example",             "1.example"            },
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"",                      NULL                   },
        {".",                     NULL                   },
        {"a.",                    NULL                   },
        {"198.51.100.1",          NULL                   },
        {"@a.example",            NULL                   },
        {"a b.example",           NULL                   },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[DOMAIN_MAX + 1] = "untouched";
        bool is_good = domain_parse(slice_from(cases[i].in), out);
        if (is_good != (cases[i].want != NULL) ||
            strcmp(out, is_good ? cases[i].want : "untouched") != 0)
            fail_msg("\"%s\": %d, \"%s\"", cases[i].in, is_good, out);
    }
}

static void a_pattern_is_a_mailbox_or_a_whole_domain(void **state)
{
    static const struct {
        const char *mailbox, *pattern;
        bool matches;
    } cases[] = {
        {"a@b.example",      "a@b.example", true },
        {"a@b.example",      "@b.example",  true },
        {"a@b.example",      "c@b.example", false},
        {"a@b.example",      "@example",    false},
        {"a@sub.b.example",  "@b.example",  false},
        {"a@b.example.test", "@b.example",  false},
        {"a@b.example",      "@",           false},
        {"a@b.example",      "",            false},
        {"",                 "@",           false},
        {"",                 "@b.example",  false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (mailbox_matches(cases[i].mailbox, cases[i].pattern) != cases[i].matches)
            fail_msg("\"%s\" and \"%s\"", cases[i].mailbox, cases[i].pattern);
    assert_string_equal(mailbox_domain("a@b.example"), "b.example");
    assert_string_equal(mailbox_domain("none"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mailbox_is_read_into_one_form_or_refused),
        cmocka_unit_test(a_nul_is_never_part_of_a_mailbox),
        cmocka_unit_test(a_mailbox_ends_at_its_greatest_length),
        cmocka_unit_test(a_domain_is_read_into_one_form_or_refused),
        cmocka_unit_test(a_pattern_is_a_mailbox_or_a_whole_domain),
    };

    secret_startup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
