/*
 * test_settings.c - what postconf, doveconf and exim print becomes rows; what no setting is, is left out.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/mtacheck/settings.h"

typedef int (*reader)(struct settings *settings, struct arena *mem, struct slice text,
                      struct error *err);

struct expected {
    const char *scope, *name, *value;
};

static void assert_rows(reader read, const char *text, const struct expected *rows,
                        size_t count)
{
    struct settings settings = {0};
    struct error err = {0};
    struct arena mem;

    arena_init(&mem);
    assert_int_equal(read(&settings, &mem, slice_from(text), &err), 0);
    assert_int_equal(settings.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(settings.at[i].scope, rows[i].scope);
        assert_string_equal(settings.at[i].name, rows[i].name);
        assert_string_equal(settings.at[i].value, rows[i].value);
    }
    arena_release(&mem);
}

static void postconf_lines_belong_to_main_cf_or_to_a_service(void **state UNUSED)
{
    static const char text[] = "mail_version = 3.7.11\n"
                               "default_filter_nexthop =\n"
                               "smtp/inet/command = smtpd -o a=b\n"
                               "127.0.0.1:10025/inet/smtpd_sasl_path = unix:/run/x\n"
                               "private/odd/unix/chroot = n\n"
                               "postconf: warning: something\n"
                               "\n= nameless\n";
    static const struct expected rows[] = {
        {"",                     "mail_version",           "3.7.11"      },
        {"",                     "default_filter_nexthop", ""            },
        {"smtp/inet",            "command",                "smtpd -o a=b"},
        {"127.0.0.1:10025/inet", "smtpd_sasl_path",        "unix:/run/x" },
        {"private/odd/unix",     "chroot",                 "n"           },
    };

    assert_rows(settings_read_postconf, text, rows, ARRAY_LEN(rows));
}

static void doveconf_blocks_are_numbered_and_nest(void **state UNUSED)
{
    static const char text[] = "# 2.3.19.1: /etc/dovecot/dovecot.conf\n"
                               "auth_mechanisms = plain login\n"
                               "passdb {\n  args = /x --socket /y\n}\n"
                               "passdb sql {\n}\n"
                               "service anvil {\n"
                               "  unix_listener anvil-auth-penalty {\n"
                               "    mode = 00\n  }\n  user = dovecot\n}\n"
                               "ssl = no\n}\n";
    static const struct expected rows[] = {
        {"",                                                   "auth_mechanisms", "plain login"   },
        {"passdb#0",                                           "",                ""              },
        {"passdb#0",                                           "args",            "/x --socket /y"},
        {"passdb sql#1",                                       "",                ""              },
        {"service anvil#2",                                    "",                ""              },
        {"service anvil#2/unix_listener anvil-auth-penalty#3", "",                ""              },
        {"service anvil#2/unix_listener anvil-auth-penalty#3", "mode",            "00"            },
        {"service anvil#2",                                    "user",            "dovecot"       },
        {"",                                                   "ssl",             "no"            },
    };

    assert_rows(settings_read_doveconf, text, rows, ARRAY_LEN(rows));
}

static void exim_sections_hold_blocks_and_lists_hold_lines(void **state UNUSED)
{
    static const char text[] = "# Exim Configuration (4.96)\n"
                               "CLEAN_POLICY = /run/cleansmtp/policy\n"
                               "acl_smtp_mail = clean_mail\n"
                               "no_split_spool_directory\n\n"
                               "begin acl\n\n"
                               "  clean_mail:\n"
                               "    accept condition = ${if !match{a}{b}}\n"
                               "    accept\n\n"
                               "begin routers\n\n"
                               "  clean_lane:\n"
                               "    driver = dnslookup\n"
                               "    data = :defer: no clean address\n"
                               "    no_more\n\n"
                               "begin rewrite\n\n*@a.example b@a.example F\n"
                               "begin transports\n\n"
                               "  clean_smtp:\n"
                               "    driver = smtp\n"
                               "    interface = <; $acl_m_clean_address\n";
    static const struct expected rows[] = {
        {"",                     "CLEAN_POLICY",          "/run/cleansmtp/policy"                },
        {"",                     "acl_smtp_mail",         "clean_mail"                           },
        {"",                     "split_spool_directory", "no"                                   },
        {"acl clean_mail",       "",                      ""                                     },
        {"acl clean_mail",       "acl",                   "accept condition = ${if !match{a}{b}}"},
        {"acl clean_mail",       "acl",                   "accept"                               },
        {"router clean_lane",    "",                      ""                                     },
        {"router clean_lane",    "driver",                "dnslookup"                            },
        {"router clean_lane",    "data",                  ":defer: no clean address"             },
        {"router clean_lane",    "more",                  "no"                                   },
        {"transport clean_smtp", "",                      ""                                     },
        {"transport clean_smtp", "driver",                "smtp"                                 },
        {"transport clean_smtp", "interface",             "<; $acl_m_clean_address"              },
    };

    assert_rows(settings_read_exim, text, rows, ARRAY_LEN(rows));
}

static void blocks_that_do_not_end_or_nest_too_deep_are_refused(void **state UNUSED)
{
    static const char *const texts[] = {
        "passdb {\n  args = x\n",
        "a {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\ni {\n}\n}\n}\n}\n}\n}\n}\n}\n}\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct settings settings = {0};
        struct error err = {0};
        struct arena mem;
        arena_init(&mem);
        assert_int_equal(
            settings_read_doveconf(&settings, &mem, slice_from(texts[i]), &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        arena_release(&mem);
    }
}

static void more_settings_than_a_server_has_are_refused(void **state UNUSED)
{
    struct settings settings = {0};
    struct error err = {0};
    struct arena mem;

    arena_init(&mem);
    for (int i = 0; i < SETTINGS_MAX; i++)
        assert_int_equal(
            settings_add(&settings, &mem, (struct setting){"", "name", "value"}, &err),
            0);
    assert_int_equal(settings_read_postconf(&settings, &mem, SLICE("a = b\n"), &err),
                     -1);
    assert_int_equal(settings.count, SETTINGS_MAX);
    arena_release(&mem);
}

static void the_last_value_of_a_name_counts(void **state UNUSED)
{
    struct settings settings = {0};
    struct error err = {0};
    struct arena mem;

    arena_init(&mem);
    assert_int_equal(settings_read_postconf(
                         &settings, &mem, SLICE("a = 1\nx/unix/a = 2\na = 3\n"), &err),
                     0);
    assert_string_equal(settings_find(&settings, "", "a"), "3");
    assert_string_equal(settings_find(&settings, "x/unix", "a"), "2");
    assert_null(settings_find(&settings, "y/unix", "a"));
    arena_release(&mem);
}

static void a_block_is_of_its_kind_whatever_it_is_called(void **state UNUSED)
{
    assert_true(settings_block_is("passdb#0", "passdb"));
    assert_true(settings_block_is("passdb sql#12", "passdb"));
    assert_false(settings_block_is("passdbs#0", "passdb"));
    assert_false(settings_block_is("userdb#0", "passdb"));
    assert_false(settings_block_is("passdb#0/inner#1", "passdb"));
}

static void words_are_cut_as_postfix_cuts_them(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *words[6];
    } cases[] = {
        {"",                                  {NULL}                                 },
        {" , ",                               {NULL}                                 },
        {"reject, permit",                    {"reject", "permit"}                   },
        {"a\tb ,c",                           {"a", "b", "c"}                        },
        {"check { unix:x, timeout=5s } next", {"check", "unix:x, timeout=5s", "next"}},
        {"{ a, { b = c, d } }",               {"a, { b = c, d }"}                    },
        {"inline:{ x=y, z=w } next",          {"inline:{ x=y, z=w }", "next"}        },
        {"{ never closed",                    {"never closed"}                       },
        {"{}",                                {""}                                   },
        {"} a",                               {"}", "a"}                             },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice rest = slice_from(cases[i].text);
        struct slice word;
        size_t count = 0;
        while (settings_word(&rest, &word)) {
            assert_non_null(cases[i].words[count]);
            assert_true(slice_is(word, cases[i].words[count]));
            count++;
        }
        assert_null(cases[i].words[count]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postconf_lines_belong_to_main_cf_or_to_a_service),
        cmocka_unit_test(doveconf_blocks_are_numbered_and_nest),
        cmocka_unit_test(exim_sections_hold_blocks_and_lists_hold_lines),
        cmocka_unit_test(blocks_that_do_not_end_or_nest_too_deep_are_refused),
        cmocka_unit_test(more_settings_than_a_server_has_are_refused),
        cmocka_unit_test(the_last_value_of_a_name_counts),
        cmocka_unit_test(a_block_is_of_its_kind_whatever_it_is_called),
        cmocka_unit_test(words_are_cut_as_postfix_cuts_them),
    };

    return cmocka_run_group_tests_name("mtacheck/settings", tests, NULL, NULL);
}
