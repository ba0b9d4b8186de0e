/*
 * test_postfix.c - how a list of restrictions is read: does it ask cleansmtp-authd about our logins,
 * and does nothing let a message pass before?
 *
 * The rules themselves are held against a real Postfix in tests/integration/70-mta-postfix.t.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/mtacheck/postfix.h"

#define OURS "check_policy_service { unix:/run/policy, timeout=5s }"

/* A declared class that asks us, one that permits before, and tables: ours, one that knows nobody, one
 * that says OK, one that names a class nobody declared. */
static void give_facts(struct mtacheck_facts *facts, struct arena *mem)
{
    static const char settings[] = "queue_directory = /var/spool/postfix\n"
                                   "smtpd_restriction_classes = clean_policy, eager\n"
                                   "clean_policy = " OURS "\n"
                                   "eager = permit_mynetworks, " OURS "\n";
    struct error err = {0};
    static const struct setting tables[] = {
        {"table", "regexp:ours",   "clean_policy"     },
        {"table", "regexp:eager",  "eager"            },
        {"table", "regexp:nobody", ""                 },
        {"table", "regexp:ok",     "OK"               },
        {"table", "regexp:direct", OURS               },
        {"table", "regexp:typo",   "clean_polcy"      },
        {"table", "regexp:text",   "REJECT go away ok"},
    };

    *facts = (struct mtacheck_facts){.policy = "/run/policy",
                                     .socketmap = "/run/socketmap"};
    assert_int_equal(
        settings_read_postconf(&facts->settings, mem, slice_from(settings), &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        assert_int_equal(settings_add(&facts->host, mem, tables[i], &err), 0);
}

static void a_list_asks_us_only_when_nothing_passes_before(void **state UNUSED)
{
    static const struct {
        const char *list;
        enum postfix_reach reach;
    } cases[] = {
        {"",                                                               POSTFIX_ABSENT    },
        {"reject_unauth_pipelining",                                       POSTFIX_ABSENT    },
        {"check_sasl_access regexp:ours",                                  POSTFIX_ASKED     },
        {"check_sasl_access regexp:ours, permit",                          POSTFIX_ASKED     },
        {"reject_unknown_sender_domain, check_sasl_access regexp:ours",    POSTFIX_ASKED     },
        {"check_sasl_access regexp:direct",                                POSTFIX_ASKED     },
        {"check_sasl_access regexp:nobody check_sasl_access regexp:ours",
         POSTFIX_ASKED                                                                       },
        {"clean_policy",                                                   POSTFIX_ASKED     },
        {OURS,                                                             POSTFIX_ASKED     },
        {"check_policy_service unix:/run/policy",                          POSTFIX_ASKED     },
        {"permit_mynetworks, check_sasl_access regexp:ours",               POSTFIX_PASSED    },
        {"permit, " OURS,                                                  POSTFIX_PASSED    },
        {"check_client_access hash:x, check_sasl_access regexp:ours",      POSTFIX_PASSED    },
        {"check_policy_service unix:private/other, clean_policy",          POSTFIX_PASSED    },
        {"check_sasl_access regexp:eager",                                 POSTFIX_PASSED    },
        {"check_policy_service unix:private/other",                        POSTFIX_ABSENT    },
        {"check_policy_service inet:127.0.0.1:10023",                      POSTFIX_ABSENT    },
        {"check_sasl_access regexp:nobody",                                POSTFIX_ABSENT    },
        {"check_sasl_access regexp:ok",                                    POSTFIX_ABSENT    },
        {"check_sasl_access regexp:text",                                  POSTFIX_ABSENT    },
        {"check_sasl_access regexp:unread, check_sasl_access regexp:ours",
         POSTFIX_UNREAD                                                                      },
        {"check_sasl_access regexp:typo",                                  POSTFIX_UNDECLARED},
        {"check_sasl_access",                                              POSTFIX_ABSENT    },
    };
    struct mtacheck_facts facts;
    struct arena mem;

    arena_init(&mem);
    give_facts(&facts, &mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct postfix_asking asking;
        postfix_asking(&facts, &mem, cases[i].list, &asking);
        if (asking.reach != cases[i].reach)
            fail_msg("\"%s\": %d, want %d", cases[i].list, (int)asking.reach,
                     (int)cases[i].reach);
    }
    arena_release(&mem);
}

static void a_policy_names_its_socket_and_its_default(void **state UNUSED)
{
    static const struct {
        const char *spec, *socket, *action;
    } cases[] = {
        {"unix:/run/policy",                                      "/run/policy",                  NULL   },
        {"unix:private/x, timeout=5s",                            "/var/spool/postfix/private/x", NULL   },
        {"private/x",                                             "/var/spool/postfix/private/x", NULL   },
        {"inet:127.0.0.1:1, default_action=DUNNO",                NULL,                           "DUNNO"},
        {"unix:/p, { default_action = 450 4.3.0 later, please }", "/p",
         "450 4.3.0 later, please"                                                                       },
        {"",                                                      NULL,                           NULL   },
    };
    struct mtacheck_facts facts;
    struct arena mem;

    arena_init(&mem);
    give_facts(&facts, &mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice spec = slice_from(cases[i].spec);
        const char *socket = postfix_policy_socket(&facts, &mem, spec);
        const char *action = postfix_policy_default(&mem, spec);
        assert_int_equal(socket == NULL, cases[i].socket == NULL);
        assert_int_equal(action == NULL, cases[i].action == NULL);
        if (socket != NULL)
            assert_string_equal(socket, cases[i].socket);
        if (action != NULL)
            assert_string_equal(action, cases[i].action);
    }
    arena_release(&mem);
}

static void an_option_of_the_service_counts_before_main_cf(void **state UNUSED)
{
    static const char text[] = "smtpd_sasl_auth_enable = no\n"
                               "a/inet/smtpd_sasl_auth_enable = yes\n"
                               "a/inet/command = smtpd -o x=y\n"
                               "b/inet/command = smtp\n";
    struct mtacheck_facts facts = {0};
    struct error err = {0};
    struct arena mem;

    arena_init(&mem);
    assert_int_equal(
        settings_read_postconf(&facts.settings, &mem, slice_from(text), &err), 0);
    assert_true(postfix_is_yes(&facts, "a/inet", "smtpd_sasl_auth_enable"));
    assert_false(postfix_is_yes(&facts, "b/inet", "smtpd_sasl_auth_enable"));
    assert_true(postfix_runs(&facts, "a/inet", "smtpd"));
    assert_false(postfix_runs(&facts, "b/inet", "smtpd"));
    assert_false(postfix_runs(&facts, "c/inet", "smtpd"));
    assert_string_equal(postfix_value(&facts, "a/inet", "nobody_says"), "");
    arena_release(&mem);
}

/* smtp_bind_address_enforce is what keeps a message from the default address, and 3.7 brought it. */
static void a_postfix_without_enforce_is_too_old(void **state UNUSED)
{
    static const struct {
        const char *version;
        bool is_too_old;
    } cases[] = {
        {"3.7.11",        false},
        {"3.7.0",         false},
        {"3.12-20260821", false},
        {"3.10.1",        false},
        {"4.0",           false},
        {"3.6.99",        true },
        {"2.11.3",        true },
        {"3",             true },
        {"3.x",           true },
        {"",              true },
    };
    struct mtacheck_findings *findings;
    struct arena mem;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mtacheck_facts facts;
        struct error err = {0};
        bool is_found = false;
        arena_init(&mem);
        give_facts(&facts, &mem);
        assert_int_equal(
            settings_add(&facts.settings, &mem,
                         (struct setting){"", "mail_version", cases[i].version}, &err),
            0);
        findings = ARENA_NEW(&mem, struct mtacheck_findings);
        mtacheck_postfix(&facts, &mem, findings);
        for (size_t k = 0; k < findings->count; k++)
            is_found |= strcmp(findings->at[k].rule->id, "version") == 0;
        if (is_found != cases[i].is_too_old)
            fail_msg("\"%s\"", cases[i].version);
        arena_release(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_asks_us_only_when_nothing_passes_before),
        cmocka_unit_test(a_policy_names_its_socket_and_its_default),
        cmocka_unit_test(a_postfix_without_enforce_is_too_old),
        cmocka_unit_test(an_option_of_the_service_counts_before_main_cf),
    };

    return cmocka_run_group_tests_name("mtacheck/postfix", tests, NULL, NULL);
}
