/*
 * test_dmarc.c - policy records, where they stand, and what SPF alone is worth.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/dmarc.h"
#include "tests/support/zone_text.h"

static void a_record_is_read_as_in_section_6_3(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        struct dmarc_record want;
    } cases[] = {
        {"v=DMARC1; p=none",                                   true,  {0, 0, false, false, 100}},
        {"v=DMARC1;p=reject;",                                 true,  {2, 2, false, false, 100}},
        {"V = DMARC1 ; P = Quarantine ; sp=NONE",              true,  {1, 0, false, false, 100}},
        {"v=DMARC1; p=reject; aspf=s; adkim=s; pct=50",        true,  {2, 2, true, true, 50}   },
        {"v=DMARC1; p=reject; aspf=x; pct=101; zz=1; junk",
         true,                                                        {2, 2, false, false, 100}},
        {"v=DMARC1; p=none; p=reject",                         true,  {0, 0, false, false, 100}},
        {"v=DMARC1; p=bad; rua=mailto:d@e.example",            true,  {0, 0, false, false, 100}},
        {"v=DMARC1; p=reject; sp=bad; rua=mailto:d@e.example",
         true,                                                        {0, 0, false, false, 100}},
        {"v=DMARC1; rua=mailto:d@e.example",                   true,  {0, 0, false, false, 100}},
        {"v=DMARC1; p=bad; rua=nothing",                       false, {0}                      },
        {"v=DMARC1; p=reject; sp=bad",                         false, {0}                      },
        {"v=DMARC1",                                           false, {0}                      },
        {"v=dmarc1; p=none",                                   false, {0}                      },
        {" v=DMARC1; p=none",                                  false, {0}                      },
        {"p=none; v=DMARC1",                                   false, {0}                      },
        {"v=DMARC10; p=none",                                  false, {0}                      },
        {"",                                                   false, {0}                      },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct dmarc_record got = {0};
        const struct dmarc_record *want = &cases[i].want;
        bool is_good = dmarc_parse(slice_from(cases[i].text), &got, NULL) == 0;
        if (is_good != cases[i].is_good || got.policy != want->policy ||
            got.subdomain_policy != want->subdomain_policy ||
            got.is_spf_strict != want->is_spf_strict ||
            got.is_dkim_strict != want->is_dkim_strict || got.percent != want->percent)
            fail_msg("\"%s\"", cases[i].text);
    }
}

static void spf_alone_carries_only_what_is_aligned(void **state)
{
    static const struct {
        const char *zone, *spf_domain;
        enum spf_result spf;
        enum dmarc_result want;
        enum dmarc_policy policy;
    } cases[] = {
        {"",                                                                                   "m.e.example", SPF_PASS,      DMARC_NO_POLICY, 0},
        {"_dmarc.m.e.example TXT v=DMARC1; p=reject",                                          "m.e.example", SPF_PASS,
         DMARC_PASS,                                                                                                                          2},
        {"_dmarc.m.e.example TXT v=DMARC1; p=reject",                                          "e.example",   SPF_PASS,      DMARC_PASS,
         2                                                                                                                                     },
        {"_dmarc.m.e.example TXT v=DMARC1;p=none;aspf=s",                                      "e.example",   SPF_PASS,
         DMARC_BY_DKIM,                                                                                                                       0},
        {"_dmarc.m.e.example TXT v=DMARC1; p=reject",                                          "m.e.example", SPF_FAIL,
         DMARC_BY_DKIM,                                                                                                                       2},
        {"_dmarc.m.e.example TXT v=DMARC1; p=reject",                                          "m.e.example", SPF_TEMPERROR,
         DMARC_UNKNOWN,                                                                                                                       2},
        {"_dmarc.m.e.example TXT v=DMARC1; p=reject",                                          "x.example",   SPF_PASS,
         DMARC_BY_DKIM,                                                                                                                       2},
        {"_dmarc.e.example TXT v=DMARC1; p=reject; sp=quarantine",                             "e.example",
         SPF_PASS,                                                                                                           DMARC_PASS,      1},
        {"_dmarc.m.e.example TXT !timeout",                                                    "m.e.example", SPF_PASS,      DMARC_UNKNOWN,   0},
        {"_dmarc.m.e.example TXT v=DMARC1; p=none\n_dmarc.m.e.example TXT v=DMARC1; p=reject",
         "m.e.example",                                                                                       SPF_PASS,      DMARC_NO_POLICY, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct zone_text zone = {.text = slice_from(cases[i].zone)};
        struct spf_dns dns = zone_text_dns(&zone);
        bool is_foreign = strcmp(cases[i].spf_domain, "x.example") == 0;
        struct dmarc_request request = {.from = "m.e.example",
                                        .from_organisation = "e.example",
                                        .spf_domain = cases[i].spf_domain,
                                        .spf_organisation = is_foreign ? "x.example"
                                                                       : "e.example",
                                        .spf = cases[i].spf};
        struct dmarc_outcome got;
        struct arena mem;
        arena_init(&mem);
        dmarc_check(&request, &dns, &mem, &got);
        if (got.result != cases[i].want || got.policy != cases[i].policy)
            fail_msg("row %zu: %s, policy %s (%s)", i, dmarc_result_name(got.result),
                     dmarc_policy_name(got.policy), got.why.line);
        arena_release(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_as_in_section_6_3),
        cmocka_unit_test(spf_alone_carries_only_what_is_aligned),
    };

    return cmocka_run_group_tests_name("dmarc", tests, NULL, NULL);
}
