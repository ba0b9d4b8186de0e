/*
 * test_findings.c - the table of the doctor, its exit status, and what other programs' caches say.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cli/doctor/caches.h"
#include "issuer/cli/doctor/egress.h"

static void the_worst_row_decides_the_exit_status(void **state UNUSED)
{
    static const struct {
        enum finding_result rows[4];
        size_t count;
        bool has_leak;
        int want;
    } cases[] = {
        {{FINDING_OK},                                        0, false, EXIT_DONE     },
        {{FINDING_OK, FINDING_WARNING},                       2, false, EXIT_DONE     },
        {{FINDING_OK, FINDING_UNKNOWN, FINDING_WARNING},      3, false, EXIT_TEMPORARY},
        {{FINDING_UNKNOWN, FINDING_PROBLEM},                  2, false, EXIT_FAILED   },
        {{FINDING_UNKNOWN, FINDING_PROBLEM, FINDING_PROBLEM}, 3, true,  EXIT_INTEGRITY},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct findings found;
        struct arena mem;
        arena_init(&mem);
        findings_init(&found, &mem);
        for (size_t j = 0; j < cases[i].count; j++)
            findings_add(&found, cases[i].rows[j], "check", NULL, "row %zu", j);
        if (cases[i].has_leak)
            found.rows[cases[i].count - 1].is_leak = true;
        assert_int_equal(findings_exit_status(&found), cases[i].want);
        findings_release(&found);
        arena_release(&mem);
    }
}

static void many_rows_and_foreign_bytes_are_kept_and_cleaned(void **state UNUSED)
{
    struct findings found;
    struct strbuf text;
    struct arena mem;

    arena_init(&mem);
    findings_init(&found, &mem);
    found.group = "pool";
    for (int i = 0; i < 100; i++)
        findings_add(&found, FINDING_OK, "check", "do it", "row %d", i);
    findings_add(&found, FINDING_PROBLEM, "x\033[2J", NULL, "bytes \xff\n\033]0;x\007");
    assert_int_equal(findings_of(&found, FINDING_OK), 100);
    assert_string_equal(found.rows[99].sentence, "row 99");
    json_t *json = findings_json(&found);
    assert_int_equal(json_array_size(json_object_get(json, "findings")), 101);
    assert_int_equal(json_integer_value(json_object_get(json, "problem")), 1);
    assert_int_equal(json_integer_value(json_object_get(json, "exit")), EXIT_FAILED);
    json_decref(json);
    strbuf_init(&text, (size_t)64 * 1024);
    findings_print(&found, &text);
    assert_null(strchr(text.at, '\033'));
    assert_null(strchr(text.at, '\007'));
    assert_non_null(strstr(text.at, "-> do it"));
    strbuf_release(&text);
    findings_release(&found);
    arena_release(&mem);
}

static struct hop hop_of(const char *address, const char *helo)
{
    struct hop hop = {.has_address = true};

    assert_true(address_parse(slice_from(address), &hop.address));
    (void)snprintf(hop.helo, sizeof hop.helo, "%s", helo);
    return hop;
}

static void only_the_right_address_is_proof_and_another_is_a_leak(void **state UNUSED)
{
    static const struct {
        enum received_result result;
        const char *address, *helo;
        enum finding_result want;
        bool is_leak;
        const char *words;
    } cases[] = {
        {RECEIVED_FOUND,   "198.51.100.21", "out21.msp.test", FINDING_OK,      false,
         "came from"                                                                             },
        {RECEIVED_FOUND,   "198.51.100.21", "OUT21.msp.test", FINDING_OK,      false,
         "came from"                                                                             },
        {RECEIVED_FOUND,   "198.51.100.21", "",               FINDING_OK,      false, "came from"},
        {RECEIVED_FOUND,   "198.51.100.21", "mail.msp.test",  FINDING_PROBLEM, false,
         "greeted as mail"                                                                       },
        {RECEIVED_FOUND,   "198.51.100.10", "out21.msp.test", FINDING_PROBLEM, true,
         "came from 198.51.100.10, not from 198.51.100.21"                                       },
        {RECEIVED_FOUND,   "2001:db8::1",   "out21.msp.test", FINDING_PROBLEM, true,
         "not from"                                                                              },
        {RECEIVED_UNCLEAR, "198.51.100.21", "out21.msp.test", FINDING_UNKNOWN, false,
         "no Received field"                                                                     },
    };
    struct canary_note note = {.lane = "clean21", .helo = "out21.msp.test"};

    assert_true(address_parse(SLICE("198.51.100.21"), &note.address));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct hop hop = hop_of(cases[i].address, cases[i].helo);
        struct findings found;
        struct arena mem;
        arena_init(&mem);
        findings_init(&found, &mem);
        egress_judge(&found, &note, cases[i].result, &hop);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.rows[0].result, cases[i].want);
        assert_int_equal(found.rows[0].is_leak, cases[i].is_leak);
        if (strstr(found.rows[0].sentence, cases[i].words) == NULL)
            fail_msg("%s", found.rows[0].sentence);
        findings_release(&found);
        arena_release(&mem);
    }
}

static void saslauthd_tells_its_cache_by_its_flags(void **state UNUSED)
{
    static const struct {
        const char *words;
        bool is_on;
        unsigned seconds;
    } cases[] = {
        {"-c -m /var/run/saslauthd",                  true,  28800},
        {"-m /var/run/saslauthd",                     false, 28800},
        {"/usr/sbin/saslauthd -a pam -c -t 300 -n 5", true,  300  },
        {"-rct300",                                   true,  300  },
        {"-m -c",                                     false, 28800}, /* -c is the path here */
        {"-O/etc/c.conf -a ldap",                     false, 28800},
        {"-Vc -s 128",                                true,  28800},
        {"-t",                                        false, 28800},
        {"-t many -c",                                true,  28800},
        {"",                                          false, 28800},
    };
    struct saslauthd_cache cache;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        saslauthd_read(slice_from(cases[i].words), &cache);
        if (cache.is_on != cases[i].is_on || cache.seconds != cases[i].seconds)
            fail_msg("\"%s\": %d, %u s", cases[i].words, (int)cache.is_on,
                     cache.seconds);
    }
    saslauthd_read(slice_of("saslauthd\0-c\0-t\0"
                            "60\0",
                            19),
                   &cache);
    assert_true(cache.is_on);
    assert_int_equal(cache.seconds, 60);
}

static void the_options_of_saslauthd_stand_in_their_file(void **state UNUSED)
{
    assert_true(slice_is(saslauthd_options(SLICE("START=yes\n#OPTIONS=\"-c\"\n"
                                                 "OPTIONS=\"-m /run\"\n")),
                         "-m /run"));
    assert_true(
        slice_is(saslauthd_options(SLICE("OPTIONS=-c\nOPTIONS='-n 5'\n")), "-n 5"));
    assert_int_equal(saslauthd_options(SLICE("START=yes\n")).len, 0);
    assert_int_equal(saslauthd_options(SLICE("OPTIONS=\"")).len, 1);
}

static void dovecot_tells_how_much_it_caches_and_for_how_long(void **state UNUSED)
{
    assert_false(dovecot_size_is_on(SLICE("0\n")));
    assert_false(dovecot_size_is_on(SLICE("")));
    assert_true(dovecot_size_is_on(SLICE("10 M\n")));
    assert_true(dovecot_size_is_on(SLICE("10M\n")));
    assert_true(dovecot_size_is_on(SLICE("unlimited")));
    /* As doveconf of 2.3.19 and of 2.4.1 print one setting. */
    assert_true(slice_is(dovecot_value(SLICE("auth_cache_size = 10 M\n")), "10 M"));
    assert_true(
        slice_is(dovecot_value(SLICE("auth_cache_ttl = 1 hours\n")), "1 hours"));
    assert_true(slice_is(dovecot_value(SLICE("auth_cache_size = \n")), ""));
    assert_true(slice_is(dovecot_value(SLICE("nothing")), ""));
    assert_true(slice_is(dovecot_value((struct slice){0}), ""));
}

static void dovecot_tells_whether_it_caches_us(void **state UNUSED)
{
    /* clang-format off */
    static const struct {
        const char *config;
        enum dovecot_cache want;
    } cases[] = {
        {"passdb {\n  args = file=/etc/dovecot/cleansmtp.lua\n  driver = lua\n}\n", DOVECOT_CACHE_OURS},
        {"passdb {\n  args = file=/etc/dovecot/cleansmtp.lua cache_key=\n}\n", DOVECOT_CACHE_OURS},
        {"passdb {\n  args = file=/etc/dovecot/cleansmtp.lua cache_key=%u\n}\n", DOVECOT_CACHE_OURS},
        {"passdb {\n  args = /x/cleansmtp-checkpassword\n  driver = checkpassword\n}\n", DOVECOT_CACHE_NOT_OURS},
        {"passdb {\n  args = file=/x/cleansmtp-checkpassword.lua\n  driver = lua\n}\n", DOVECOT_CACHE_OURS},
        {"passdb a {\n  driver = lua\n  lua_file = /x/cleansmtp.lua\n  use_cache = no\n}\n", DOVECOT_CACHE_NOT_OURS},
        {"passdb a {\n  use_cache = no\n}\npassdb b {\n  lua_file = /x/cleansmtp.lua\n}\n", DOVECOT_CACHE_OURS},
        {"passdb a {\n  lua_file = /x/cleansmtp.lua\n}\npassdb b {\n  use_cache = no\n}\n", DOVECOT_CACHE_OURS},
        /* By the names that it asks about, whatever the script is called. */
        {"passdb lua {\n  lua_file = /x/them.lua\n  username_filter = cs-*\n}\n", DOVECOT_CACHE_OURS},
        {"passdb lua {\n  lua_file = /x/them.lua\n  use_cache = no\n  username_filter = cs-*\n}\n", DOVECOT_CACHE_NOT_OURS},
        /* 2.4: for all of them, and for one again. */
        {"passdb_use_cache = no\npassdb lua {\n  lua_file = /x/cleansmtp.lua\n}\n", DOVECOT_CACHE_NOT_OURS},
        {"passdb_use_cache = no\npassdb lua {\n  lua_file = /x/cleansmtp.lua\n  use_cache = yes\n}\n", DOVECOT_CACHE_OURS},
        /* Sockets and groups of ours are no passdb. */
        {"service auth {\n  extra_groups = cleansmtp\n}\npassdb {\n  driver = passwd-file\n}\n", DOVECOT_CACHE_NOT_OURS},
        {"# of cleansmtp\npassdb {\n  driver = passwd-file\n}\n", DOVECOT_CACHE_NOT_OURS},
        {"passdb passwd {\n}\npassdb passwd-file {\n  passwd_file_path = /x/users\n}\n", DOVECOT_CACHE_NOT_OURS},
        /* Whom PAM and somebody's script ask stands elsewhere; 2.3 keeps what PAM says when it is told to. */
        {"passdb {\n  driver = pam\n  args = cleansmtp", DOVECOT_CACHE_NOT_OURS},
        {"passdb {\n  driver = pam\n  args = cache_key=#hidden_use-P_to_show# cleansmtp\n}\n", DOVECOT_CACHE_OURS},
        {"passdb {\n  driver = pam\n}\n", DOVECOT_CACHE_NOT_OURS},
        {"passdb {\n  driver = pam\n  args = cache_key=#hidden_use-P_to_show# smtp\n}\n", DOVECOT_CACHE_UNSEEN},
        {"passdb pam {\n  service_name = smtp\n}\n", DOVECOT_CACHE_UNSEEN},
        {"passdb pam {\n  service_name = smtp\n  use_cache = no\n}\n", DOVECOT_CACHE_NOT_OURS},
        {"passdb them {\n  driver = lua\n  lua_file = /x/them.lua\n}\n", DOVECOT_CACHE_UNSEEN},
        {"passdb pam {\n}\npassdb lua {\n  lua_file = /x/cleansmtp.lua\n}\n", DOVECOT_CACHE_OURS},
        {"", DOVECOT_CACHE_NOT_OURS},
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (dovecot_caches_us(slice_from(cases[i].config)) != cases[i].want)
            fail_msg("%s", cases[i].config);
}

static void a_cache_key_of_ours_is_found(void **state UNUSED)
{
    static const struct {
        const char *config;
        bool want;
    } cases[] = {
  /* As doveconf of 2.3.19 prints an empty one, and every other. */
        {"passdb {\n  args = file=/x/cleansmtp.lua cache_key=#hidden_use-P_to_show#\n  driver = lua\n}\n",
         true                                                                                                            },
        {"passdb {\n  args = file=/x/cleansmtp.lua blocking=yes cache_key=\n}\n",                                   true },
        {"passdb {\n  args = file=/x/cleansmtp.lua blocking=yes\n}\n",                                              false},
        {"passdb {\n  args = file=/x/theirs.lua cache_key=\n}\n",                                                   false},
        {"passdb {\n  args = file=/x/theirs.lua cache_key=\n}\npassdb {\n  args = /x/cleansmtp-checkpassword\n}\n",
         false                                                                                                           },
        {"passdb {\n  args = file=/x/theirs.lua\n}\npassdb {\n  args = file=/x/cleansmtp.lua cache_key=",
         true                                                                                                            },
        {"service auth {\n  x = cleansmtp cache_key=\n}\n",                                                         false},
        {"",                                                                                                        false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (dovecot_keys_us(slice_from(cases[i].config)) != cases[i].want)
            fail_msg("%s", cases[i].config);
    assert_false(dovecot_keys_us((struct slice){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_row_decides_the_exit_status),
        cmocka_unit_test(many_rows_and_foreign_bytes_are_kept_and_cleaned),
        cmocka_unit_test(only_the_right_address_is_proof_and_another_is_a_leak),
        cmocka_unit_test(saslauthd_tells_its_cache_by_its_flags),
        cmocka_unit_test(the_options_of_saslauthd_stand_in_their_file),
        cmocka_unit_test(dovecot_tells_how_much_it_caches_and_for_how_long),
        cmocka_unit_test(dovecot_tells_whether_it_caches_us),
        cmocka_unit_test(a_cache_key_of_ours_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
