/*
 * test_zone_row.c - a row of the catalogue: every rule of every cell, and what is read from it.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/dnsbl/zone_row.h"

static struct zone_row good_row(void)
{
    struct zone_row row = {0};

    row.cell[ZONE_COLUMN_NAME] = SLICE("bl.example");
    row.cell[ZONE_COLUMN_TITLE] = SLICE("Example");
    row.cell[ZONE_COLUMN_KIND] = SLICE("address");
    row.cell[ZONE_COLUMN_ASKER] = SLICE("anyone");
    row.cell[ZONE_COLUMN_STATE] = SLICE("alive");
    row.cell[ZONE_COLUMN_GRANT] = SLICE("yes");
    row.cell[ZONE_COLUMN_CODES] = SLICE(
        "127.0.0.2=spam [by hand]; 127.0.0.3-5=worm; 127.0.0.9=drone");
    row.cell[ZONE_COLUMN_OTHER] = SLICE(
        "127.0.0.1=white; 127.255.255.254=public resolver");
    row.cell[ZONE_COLUMN_TEST] = SLICE("rfc5782");
    row.cell[ZONE_COLUMN_TEXT] = SLICE("always");
    row.cell[ZONE_COLUMN_CLEARS] = SLICE("24h+4h");
    row.cell[ZONE_COLUMN_EXPIRY] = SLICE("clears within a day");
    row.cell[ZONE_COLUMN_LOOKUP] = SLICE("https://bl.example/?ip={ip}&x=1");
    row.cell[ZONE_COLUMN_DELISTING] = SLICE("mailto:bl@bl.example");
    row.cell[ZONE_COLUMN_ALIASES] = SLICE("old.example older.example");
    row.cell[ZONE_COLUMN_STANDS_FOR] = SLICE("-");
    row.cell[ZONE_COLUMN_SOURCE] = SLICE("bl.example, read 2026-11");
    row.cell[ZONE_COLUMN_FATE] = SLICE("-");
    return row;
}

static void a_good_row_gives_every_field(void **state UNUSED)
{
    const struct zone_row row = good_row();
    struct arena mem;
    struct zone zone;
    struct error err = {0};

    arena_init(&mem);
    assert_int_equal(zone_row_read(&mem, &row, &zone, &err), 0);
    assert_string_equal(zone.name, "bl.example");
    assert_string_equal(zone.title, "Example");
    assert_int_equal(zone.kind, ZONE_ADDRESS);
    assert_int_equal(zone.asker, ZONE_ASK_ANYONE);
    assert_true(zone.is_alive && zone.may_grant && zone.has_test_points);
    assert_true(zone.lists_addresses && zone.always_has_text);
    /* Neighbours are one range; what is no listing is not among them. */
    assert_string_equal(zone.listed_codes[0], "127.0.0.2-5");
    assert_string_equal(zone.listed_codes[1], "127.0.0.9");
    assert_null(zone.listed_codes[2]);
    assert_int_equal(zone.codes_count, 5);
    assert_int_equal(zone.clears.how, ZONE_EXPIRES_ITSELF);
    assert_int_equal(zone.clears.after_s, 24 * 3600);
    assert_int_equal(zone.clears.slack_s, 4 * 3600);
    assert_string_equal(zone.delisting_url, "mailto:bl@bl.example");
    assert_null(zone.fate);
    assert_null(zone.stands_for);
    assert_null(zone.asked_name);
    assert_string_equal(zone_asked_name(&zone), "bl.example");
    arena_release(&mem);
}

static const struct {
    enum zone_column column;
    const char *cell, *want;
} bad_cells[] = {
    {ZONE_COLUMN_NAME,       "example",                                             "zone must be a name"         },
    {ZONE_COLUMN_NAME,       "BL.example",                                          "zone must be a name"         },
    {ZONE_COLUMN_NAME,       "private:thing",                                       "zone must be a name"         },
    {ZONE_COLUMN_NAME,       "",                                                    "zone must be a name"         },
    {ZONE_COLUMN_TITLE,      "-",                                                   "title must not be empty"     },
    {ZONE_COLUMN_TITLE,      "a\x01",                                               "title must be text"          },
    {ZONE_COLUMN_TITLE,      "\xff",                                                "title must be text"          },
    {ZONE_COLUMN_TITLE,
     "a title that is longer than sixty-four bytes, which no page has room for",    "title is too long"           },
    {ZONE_COLUMN_KIND,       "adr",                                                 "kind cannot be \"adr\""      },
    {ZONE_COLUMN_KIND,       "-",                                                   "kind cannot be"              },
    {ZONE_COLUMN_KIND,       "wide",                                                "may_grant cannot be yes but" },
    {ZONE_COLUMN_KIND,       "private",                                             "asker must be nobody"        },
    {ZONE_COLUMN_ASKER,      "nobody",                                              "asker must be nobody"        },
    {ZONE_COLUMN_ASKER,      "me",                                                  "asker cannot be \"me\""      },
    {ZONE_COLUMN_STATE,      "zombie",                                              "state cannot be"             },
    {ZONE_COLUMN_STATE,      "dead",                                                "fate must tell"              },
    {ZONE_COLUMN_FATE,       "closed",                                              "fate must tell"              },
    {ZONE_COLUMN_GRANT,      "maybe",                                               "may_grant cannot be"         },
    {ZONE_COLUMN_TEST,       "-",                                                   "may_grant cannot be yes with"},
    {ZONE_COLUMN_TEST,       "yes",                                                 "test_points cannot be"       },
    {ZONE_COLUMN_TEXT,       "often",                                               "text cannot be"              },
    {ZONE_COLUMN_CODES,      "-",                                                   "codes must have one"         },
    {ZONE_COLUMN_CODES,      "127.0.0.2",                                           "codes must say what"         },
    {ZONE_COLUMN_CODES,      "127.0.0.x=spam",                                      "codes must be such as"       },
    {ZONE_COLUMN_CODES,      "127.0.0=spam",                                        "codes must be such as"       },
    {ZONE_COLUMN_CODES,      "2001:db8::2=spam",                                    "codes must be such as"       },
    {ZONE_COLUMN_CODES,      "192.0.2.2=spam",                                      "codes must be such as"       },
    {ZONE_COLUMN_CODES,      "127.0.0.9-2=spam",                                    "codes must be such as"       },
    {ZONE_COLUMN_CODES,      "127.0.0.2-256=spam",                                  "codes must be such as"       },
    {ZONE_COLUMN_CODES,      "127.0.0.2=spam;",                                     "codes must be such as"       },
    {ZONE_COLUMN_CODES,      "127.0.0.2=",                                          "codes must say what"         },
    {ZONE_COLUMN_CODES,      "127.0.0.2=\xff",                                      "codes must say what"         },
    {ZONE_COLUMN_CODES,      "127.0.0.1=spam",                                      "codes cannot have 127.0.0.1" },
    {ZONE_COLUMN_CODES,      "127.255.255.1=spam",                                  "codes cannot have 127.0.0.1" },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a; 127.0.0.2=b",                            "codes must have each"        },
    {ZONE_COLUMN_CODES,      "127.0.0.2-6=a; 127.0.0.6-9=b",                        "codes must have each"        },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a [soon]",                                  "codes has brackets"          },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a [24h",                                    "codes has brackets"          },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a [no leases]",                             "codes has brackets"          },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a [24h, no]",                               "codes has brackets"          },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a [no lease,]",                             "codes has brackets"          },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a []",                                      "codes has brackets"          },
    {ZONE_COLUMN_CODES,      "127.0.0.2=a [24h, no lease]; 127.0.0.3=b [no lease]",
     "may_grant cannot be yes where"                                                                              },
    {ZONE_COLUMN_OTHER,      "127.0.0.1=white [no lease]",                          "other has brackets"          },
    {ZONE_COLUMN_CODES,
     "127.0.0.2=a; 127.0.0.4=a; 127.0.0.6=a; 127.0.0.8=a; 127.0.0.10=a; 127.0.0.12=a; "
     "127.0.0.14=a; 127.0.0.16=a; 127.0.0.18=a",                                    "codes has too many separate" },
    {ZONE_COLUMN_OTHER,      "127.0.0.2=praise",                                    "other must have each"        },
    {ZONE_COLUMN_OTHER,      "white",                                               "other must be such as"       },
    {ZONE_COLUMN_CLEARS,     "24",                                                  "clears must be such as"      },
    {ZONE_COLUMN_CLEARS,     "24h+",                                                "clears must be such as"      },
    {ZONE_COLUMN_CLEARS,     "-",                                                   "clears must be such as"      },
    {ZONE_COLUMN_EXPIRY,     "-",                                                   "expiry must not be empty"    },
    {ZONE_COLUMN_LOOKUP,     "ftp://bl.example/",                                   "lookup_url must begin"       },
    {ZONE_COLUMN_LOOKUP,     "javascript:alert(1)",                                 "lookup_url must begin"       },
    {ZONE_COLUMN_LOOKUP,     "mailto:bl@bl.example",                                "lookup_url must begin"       },
    {ZONE_COLUMN_LOOKUP,     "https://bl.example/ x",                               "lookup_url must be a URL"    },
    {ZONE_COLUMN_LOOKUP,     "https://bl.example/{ip}{ip}",                         "lookup_url must be a URL"    },
    {ZONE_COLUMN_LOOKUP,     "https://bl.example/{domain}",                         "lookup_url must be a URL"    },
    {ZONE_COLUMN_LOOKUP,     "https://bl.example/\"",                               "lookup_url must be a URL"    },
    {ZONE_COLUMN_DELISTING,  "tel:123",                                             "delisting must begin"        },
    {ZONE_COLUMN_STANDS_FOR, "zen",                                                 "stands for must be a name"   },
    {ZONE_COLUMN_SOURCE,     "-",                                                   "source must not be empty"    },
};

static void each_bad_cell_is_refused_by_name(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_cells); i++) {
        struct zone_row row = good_row();
        struct arena mem;
        struct zone zone;
        struct error err = {0};
        arena_init(&mem);
        row.cell[bad_cells[i].column] = slice_from(bad_cells[i].cell);
        if (zone_row_read(&mem, &row, &zone, &err) != -1 || err.kind != ERROR_INVALID ||
            !slice_starts(slice_from(err.text), bad_cells[i].want))
            fail_msg("case %zu \"%s\": \"%s\" instead of \"%s\"", i, bad_cells[i].cell,
                     err.text, bad_cells[i].want);
        arena_release(&mem);
    }
}

static void a_dead_list_never_grants(void **state UNUSED)
{
    struct zone_row row = good_row();
    struct arena mem;
    struct zone zone;
    struct error err = {0};

    arena_init(&mem);
    row.cell[ZONE_COLUMN_STATE] = SLICE("dead");
    row.cell[ZONE_COLUMN_FATE] = SLICE("closed in 2024");
    assert_int_equal(zone_row_read(&mem, &row, &zone, &err), -1);
    assert_non_null(strstr(err.text, "may_grant cannot be yes for a list that is not"));
    row.cell[ZONE_COLUMN_GRANT] = SLICE("no");
    row.cell[ZONE_COLUMN_CODES] = SLICE("-");
    assert_int_equal(zone_row_read(&mem, &row, &zone, &err), 0);
    assert_false(zone.is_alive || zone.may_grant);
    assert_string_equal(zone.fate, "closed in 2024");
    arena_release(&mem);
}

static void a_code_has_its_meaning_and_its_own_clearing(void **state UNUSED)
{
    static const struct {
        const char *code, *meaning;
        enum zone_expires how;
    } cases[] = {
        {"127.0.0.2",       "spam",            ZONE_EXPIRES_BY_HAND},
        {"127.0.0.3",       "worm",            ZONE_EXPIRES_ITSELF },
        {"127.0.0.5",       "worm",            ZONE_EXPIRES_ITSELF },
        {"127.0.0.6",       NULL,              ZONE_EXPIRES_ITSELF },
        {"127.0.0.1",       "white",           ZONE_EXPIRES_ITSELF },
        {"127.255.255.254", "public resolver", ZONE_EXPIRES_ITSELF },
        {"127.0.1.2",       NULL,              ZONE_EXPIRES_ITSELF },
        {"2001:db8::2",     NULL,              ZONE_EXPIRES_ITSELF },
        {"",                NULL,              ZONE_EXPIRES_ITSELF },
        {NULL,              NULL,              ZONE_EXPIRES_ITSELF },
    };
    const struct zone_row row = good_row();
    struct arena mem;
    struct zone zone;
    struct error err = {0};

    arena_init(&mem);
    assert_int_equal(zone_row_read(&mem, &row, &zone, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = zone_code_meaning(&zone, cases[i].code);
        if (cases[i].meaning == NULL
                ? got != NULL
                : got == NULL || strcmp(got, cases[i].meaning) != 0)
            fail_msg("%s: %s", cases[i].code, got != NULL ? got : "(none)");
        assert_int_equal(zone_code_expiry(&zone, cases[i].code).how, cases[i].how);
    }
    assert_null(zone_code_meaning(NULL, "127.0.0.2"));
    assert_int_equal(zone_code_expiry(NULL, "127.0.0.2").how, ZONE_EXPIRES_UNKNOWN);
    arena_release(&mem);
}

static void a_code_may_be_no_ground_for_a_lease(void **state UNUSED)
{
    static const struct {
        const char *answer;
        bool may_grant;
        enum zone_expires how;
    } cases[] = {
        {"127.0.0.2",       true,  ZONE_EXPIRES_BY_HAND},
        {"127.0.0.3",       true,  ZONE_EXPIRES_ITSELF },
        {"127.0.0.10",      false, ZONE_EXPIRES_BY_HAND},
        {"127.0.0.11",      false, ZONE_EXPIRES_BY_HAND},
        {"127.0.0.12",      false, ZONE_EXPIRES_ITSELF },
        {"127.0.0.1",       false, ZONE_EXPIRES_ITSELF }, /* no listing */
        {"127.255.255.254", false, ZONE_EXPIRES_ITSELF },
        {"127.0.0.99",      false, ZONE_EXPIRES_ITSELF }, /* no code of the list */
        {"2001:db8::2",     false, ZONE_EXPIRES_ITSELF },
    };
    static const char *const grants[] = {"yes", "no"};

    for (size_t g = 0; g < ARRAY_LEN(grants); g++) {
        struct zone_row row = good_row();
        struct arena mem;
        struct zone zone;
        struct error err = {0};
        arena_init(&mem);
        row.cell[ZONE_COLUMN_GRANT] = slice_from(grants[g]);
        row.cell[ZONE_COLUMN_CODES] = SLICE(
            "127.0.0.2=spam [by hand]; 127.0.0.3-5=worm; "
            "127.0.0.10-11=dynamic [by hand, no lease]; 127.0.0.12=named [no lease]");
        if (zone_row_read(&mem, &row, &zone, &err) != 0)
            fail_msg("%s", err.text);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            struct address answer;
            assert_true(address_parse(slice_from(cases[i].answer), &answer));
            if (zone_answer_may_grant(&zone, &answer) != (g == 0 && cases[i].may_grant))
                fail_msg("%s where may_grant is %s", cases[i].answer, grants[g]);
            assert_int_equal(zone_code_expiry(&zone, cases[i].answer).how,
                             cases[i].how);
            assert_false(zone_answer_may_grant(NULL, &answer));
        }
        assert_string_equal(zone_code_meaning(&zone, "127.0.0.11"), "dynamic");
        arena_release(&mem);
    }
}

static void the_address_stands_in_the_lookup_url(void **state UNUSED)
{
    struct zone zone = {.lookup_url = "https://bl.example/?ip={ip}&x=1"};
    struct arena mem;
    struct address v4;
    struct address v6;

    arena_init(&mem);
    assert_true(address_parse(SLICE("192.0.2.14"), &v4));
    assert_true(address_parse(SLICE("2001:db8::14"), &v6));
    assert_string_equal(zone_lookup_url(&mem, &zone, &v4),
                        "https://bl.example/?ip=192.0.2.14&x=1");
    assert_string_equal(zone_lookup_url(&mem, &zone, &v6),
                        "https://bl.example/?ip=2001:db8::14&x=1");
    zone.lookup_url = "https://bl.example/form";
    assert_string_equal(zone_lookup_url(&mem, &zone, &v4), "https://bl.example/form");
    zone.lookup_url = NULL;
    assert_null(zone_lookup_url(&mem, &zone, &v4));
    assert_null(zone_lookup_url(&mem, NULL, &v4));
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_row_gives_every_field),
        cmocka_unit_test(each_bad_cell_is_refused_by_name),
        cmocka_unit_test(a_dead_list_never_grants),
        cmocka_unit_test(a_code_has_its_meaning_and_its_own_clearing),
        cmocka_unit_test(a_code_may_be_no_ground_for_a_lease),
        cmocka_unit_test(the_address_stands_in_the_lookup_url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
