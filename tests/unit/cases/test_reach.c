/*
 * test_reach.c - the name, SPF and DMARC of an address about to send; how its questions are asked.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/cases/asking.h"
#include "issuer/cases/organisation.h"
#include "issuer/cases/reach.h"
#include "tests/support/issuer/english.h"
#include "tests/support/issuer/fake_resolver.h"

#define ADDRESS "203.0.113.9"
#define REVERSE "9.113.0.203.in-addr.arpa"
#define HELO "clean1.mail.example"
#define SENDER "anna@kunde.example"

enum {
    TIMEOUT_MS = 3000,
    NOW = 1795510800
};

struct world {
    struct arena mem;
    struct fake_clock time;
    struct clock clock;
    struct fake_resolver dns;
    struct resolver resolver;
};

static void start(struct world *w)
{
    *w = (struct world){.dns.clock = NULL};
    arena_init(&w->mem);
    w->clock = fake_clock(&w->time);
    w->resolver = fake_resolver(&w->dns);
    w->dns.clock = &w->time;
}

/* Name and way back of the address are in order. */
static void start_named(struct world *w)
{
    start(w);
    fake_resolver_add(&w->dns, REVERSE, DNS_TYPE_PTR, HELO);
    fake_resolver_add(&w->dns, HELO, DNS_TYPE_A, ADDRESS);
}

static struct reach look(struct world *w, const char *address, const char *sender)
{
    const struct reach_dns dns = {&w->resolver, &w->clock, TIMEOUT_MS};
    struct reach_request request = {.helo = HELO, .sender = sender, .now = NOW};
    struct reach reach;

    assert_true(address_parse(slice_from(address), &request.address));
    reach_check(&dns, &w->mem, &request, &reach);
    return reach;
}

static void assert_said(struct world *w, struct sentence sentence, const char *words)
{
    assert_string_equal(english(&w->mem, sentence, NOW), words);
}

static void assert_row(struct world *w, const struct check *check, const char *question,
                       enum check_result result, const char *answer)
{
    assert_said(w, check->question, question);
    assert_said(w, check->answer, answer);
    assert_int_equal(check->result, result);
    assert_int_equal(check->checked_at, NOW);
}

static void all_in_order_is_yes(void **state UNUSED)
{
    struct world w;

    start_named(&w);
    fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_TXT,
                      "v=spf1 ip4:203.0.113.0/24 -all");
    fake_resolver_add(&w.dns, "_dmarc.kunde.example", DNS_TYPE_TXT,
                      "v=DMARC1; p=reject");
    struct reach reach = look(&w, ADDRESS, SENDER);
    assert_row(&w, &reach.checks[0], "Would its name pass?", CHECK_YES,
               "yes: " ADDRESS " is " HELO ", both ways");
    assert_row(&w, &reach.checks[1], "Would SPF pass?", CHECK_YES,
               "yes: ip4:203.0.113.0/24 of kunde.example");
    assert_said(&w, reach.checks[1].source, "kunde.example");
    assert_row(&w, &reach.checks[2], "Would DMARC let it pass?", CHECK_YES,
               "yes, by SPF; policy reject");
    assert_said(&w, reach.checks[2].source, "_dmarc.kunde.example");
    assert_int_equal(reach.will_work, CHECK_YES);
    assert_null(reach.proposal);
    assert_string_equal(reach.domain, "kunde.example");
    /* Reverse name, HELO name, SPF and DMARC: known beforehand, so asked at once. */
    assert_int_equal(w.dns.rounds, 1);
    assert_int_equal(w.dns.questions, 4);
    arena_release(&w.mem);
}

static const struct {
    const char *name;
    const char *reverse[2], *helo_address, *other_address;
    enum dns_status helo_status, reverse_status; /* DNS_ANSWER: as it stands */
    enum check_result want;
    const char *answer;
} name_cases[] = {
    {
     .name = "no reverse name",
     .helo_address = ADDRESS,
     .want = CHECK_NO,
     .answer = "no: " ADDRESS " has no reverse name",
     },
    {
     .name = "helo elsewhere",
     .reverse = {HELO},
     .helo_address = "203.0.113.8",
     .want = CHECK_NO,
     .answer = "no: it greets as " HELO ", which does not lead to " ADDRESS,
     },
    {
     .name = "helo does not exist",
     .reverse = {HELO},
     .want = CHECK_NO,
     .answer = "no: it greets as " HELO ", which does not lead to " ADDRESS,
     },
    {
     .name = "another name",
     .reverse = {"b.example"},
     .helo_address = ADDRESS,
     .other_address = ADDRESS,
     .want = CHECK_NO,
     .answer = "no: " ADDRESS " is named b.example, but greets as " HELO,
     },
    {
     .name = "a name that lies",
     .reverse = {"b.example"},
     .helo_address = ADDRESS,
     .other_address = "203.0.113.8",
     .want = CHECK_NO,
     .answer = "no: " ADDRESS " is named b.example, which does not lead back to it",
     },
    {
     .name = "two names, the second is it",
     .reverse = {"b.example", HELO},
     .helo_address = ADDRESS,
     .want = CHECK_YES,
     .answer = "yes: " ADDRESS " is " HELO ", both ways",
     },
    {
     .name = "helo unknown",
     .reverse = {HELO},
     .helo_status = DNS_TIMEOUT,
     .want = CHECK_UNKNOWN,
     .answer = "cannot tell: the address of " HELO " could not be read",
     },
    {
     .name = "reverse name unknown",
     .reverse_status = DNS_FAILED,
     .helo_address = ADDRESS,
     .want = CHECK_UNKNOWN,
     .answer = "cannot tell: the reverse name of " ADDRESS " could not be read",
     },
    {
     .name = "our resolvers do not agree",
     .reverse_status = DNS_CONFLICT,
     .helo_address = ADDRESS,
     .want = CHECK_UNKNOWN,
     .answer = "cannot tell: the reverse name of " ADDRESS " could not be read",
     },
    {
     .name = "a no is stronger than an unknown",
     .helo_status = DNS_FAILED,
     .want = CHECK_NO,
     .answer = "no: " ADDRESS " has no reverse name",
     },
};

static void the_name_has_to_lead_both_ways(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(name_cases); i++) {
        struct world w;
        start(&w);
        for (size_t n = 0; n < 2 && name_cases[i].reverse[n] != NULL; n++)
            fake_resolver_add(&w.dns, REVERSE, DNS_TYPE_PTR, name_cases[i].reverse[n]);
        if (name_cases[i].helo_address != NULL)
            fake_resolver_add(&w.dns, HELO, DNS_TYPE_A, name_cases[i].helo_address);
        if (name_cases[i].other_address != NULL)
            fake_resolver_add(&w.dns, "b.example", DNS_TYPE_A,
                              name_cases[i].other_address);
        if (name_cases[i].helo_status != DNS_ANSWER)
            fake_resolver_end(&w.dns, HELO, DNS_TYPE_A, name_cases[i].helo_status);
        if (name_cases[i].reverse_status != DNS_ANSWER)
            fake_resolver_end(&w.dns, REVERSE, DNS_TYPE_PTR,
                              name_cases[i].reverse_status);
        struct reach reach = look(&w, ADDRESS, SENDER);
        if (reach.checks[0].result != name_cases[i].want ||
            strcmp(english(&w.mem, reach.checks[0].answer, NOW),
                   name_cases[i].answer) != 0 ||
            reach.will_work != name_cases[i].want)
            fail_msg("%s: %s", name_cases[i].name,
                     english(&w.mem, reach.checks[0].answer, NOW));
        arena_release(&w.mem);
    }
}

#define ADD "add \"ip4:203.0.113.9\", whole record: "
#define NO_POLICY "yes: kunde.example publishes no DMARC policy"
#define NEEDS_DKIM \
 "only with a DKIM signature of kunde.example, because SPF does not pass; policy "

static const struct {
    const char *spf, *dmarc; /* NULL: no such record */
    const char *answer, *proposal, *dmarc_answer;
    enum check_result spf_result, dmarc_result, will_work;
} sender_cases[] = {
    {
     .answer = "no, but nothing refuses: kunde.example has no SPF record",
     .spf_result = CHECK_NO,
     .dmarc_answer = NO_POLICY,
     .dmarc_result = CHECK_YES,
     .will_work = CHECK_YES,
     },
    {
     .dmarc = "v=DMARC1; p=reject",
     .answer = "no, but nothing refuses: kunde.example has no SPF record",
     .spf_result = CHECK_NO,
     .dmarc_answer = NEEDS_DKIM "reject",
     .dmarc_result = CHECK_UNKNOWN,
     .will_work = CHECK_UNKNOWN,
     },
    {
     .spf = "v=spf1 a ~all",
     .dmarc = "v=DMARC1; p=none",
     .answer = "no (softfail): ~all of kunde.example; " ADD
                  "v=spf1 a ip4:203.0.113.9 ~all", .proposal = "v=spf1 a ip4:203.0.113.9 ~all",
     .spf_result = CHECK_NO,
     .dmarc_answer = NEEDS_DKIM "none",
     .dmarc_result = CHECK_UNKNOWN,
     .will_work = CHECK_NO,
     },
    {
     .spf = "v=spf1 -all",
     .answer = "no (fail): -all of kunde.example; " ADD
                  "v=spf1 ip4:203.0.113.9 -all",                                                            .proposal = "v=spf1 ip4:203.0.113.9 -all",
     .spf_result = CHECK_NO,
     .dmarc_answer = NO_POLICY,
     .dmarc_result = CHECK_YES,
     .will_work = CHECK_NO,
     },
    {
     .spf = "v=spf1 mx",
     .answer = "no (neutral): no term of kunde.example matches; " ADD
                  "v=spf1 mx ip4:203.0.113.9",                                                         .proposal = "v=spf1 mx ip4:203.0.113.9",
     .spf_result = CHECK_NO,
     .dmarc_answer = NO_POLICY,
     .dmarc_result = CHECK_YES,
     .will_work = CHECK_YES,
     },
 /* A policy of "none" refuses nothing, so what SPF does not carry may pass. */
    {
     .spf = "v=spf1 ?all",
     .dmarc = "v=DMARC1; p=none",
     .answer = "no (neutral): ?all of kunde.example; " ADD
                  "v=spf1 ip4:203.0.113.9 ?all",      .proposal = "v=spf1 ip4:203.0.113.9 ?all",
     .spf_result = CHECK_NO,
     .dmarc_answer = NEEDS_DKIM "none",
     .dmarc_result = CHECK_UNKNOWN,
     .will_work = CHECK_YES,
     },
    {
     .spf = "v=spf1 -ip4:203.0.113.0/24 ~all",
     .answer =
            "no (fail): -ip4:203.0.113.0/24 of kunde.example; no line to propose: "
            "-ip4:203.0.113.0/24 of kunde.example decides before anything added "
            "behind it",                                                              .spf_result = CHECK_NO,
     .dmarc_answer = NO_POLICY,
     .dmarc_result = CHECK_YES,
     .will_work = CHECK_NO,
     },
    {
     .spf = "v=spf1 ipv4:203.0.113.9",
     .dmarc = "v=DMARC1; p=quarantine",
     .answer = "no (permerror): the SPF record of kunde.example is broken: "
                  "\"ipv4:203.0.113.9\" is not a term of SPF",                           .spf_result = CHECK_NO,
     .dmarc_answer = NEEDS_DKIM "quarantine",
     .dmarc_result = CHECK_UNKNOWN,
     .will_work = CHECK_NO,
     },
};

static void what_spf_and_dmarc_say_decides(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(sender_cases); i++) {
        struct world w;
        start_named(&w);
        if (sender_cases[i].spf != NULL)
            fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_TXT,
                              sender_cases[i].spf);
        if (sender_cases[i].dmarc != NULL)
            fake_resolver_add(&w.dns, "_dmarc.kunde.example", DNS_TYPE_TXT,
                              sender_cases[i].dmarc);
        struct reach reach = look(&w, ADDRESS, SENDER);
        assert_row(&w, &reach.checks[1], "Would SPF pass?", sender_cases[i].spf_result,
                   sender_cases[i].answer);
        assert_row(&w, &reach.checks[2], "Would DMARC let it pass?",
                   sender_cases[i].dmarc_result, sender_cases[i].dmarc_answer);
        assert_int_equal(reach.will_work, sender_cases[i].will_work);
        const char *kept = reach_proposal(&w.mem, &reach.checks[1]);
        if (sender_cases[i].proposal == NULL) {
            assert_null(reach.proposal);
            assert_null(kept);
        } else {
            assert_string_equal(reach.proposal, sender_cases[i].proposal);
            assert_string_equal(kept, sender_cases[i].proposal);
        }
        assert_null(reach_proposal(&w.mem, &reach.checks[0]));
        assert_null(reach_proposal(&w.mem, &reach.checks[2]));
        arena_release(&w.mem);
    }
}

/* No *.example name lies below a public suffix of two labels. */
static void a_policy_of_the_organisation_counts(void **state UNUSED)
{
    struct world w;

    start_named(&w);
    fake_resolver_add(&w.dns, "_dmarc.example.co.uk", DNS_TYPE_TXT,
                      "v=DMARC1; p=reject; sp=quarantine");
    struct reach reach = look(&w, ADDRESS, "anna@shop.example.co.uk");
    assert_said(&w, reach.checks[2].source, "_dmarc.example.co.uk");
    assert_said(&w, reach.checks[2].answer,
                "only with a DKIM signature of shop.example.co.uk, because SPF "
                "does not pass; policy quarantine");
    arena_release(&w.mem);
}

static void ipv6_is_named_and_proposed_too(void **state UNUSED)
{
    static const char reverse[] =
        "9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
    struct world w;

    start(&w);
    fake_resolver_add(&w.dns, reverse, DNS_TYPE_PTR, HELO);
    fake_resolver_add(&w.dns, HELO, DNS_TYPE_A, ADDRESS);
    fake_resolver_add(&w.dns, HELO, DNS_TYPE_AAAA, "2001:db8::9");
    fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_TXT,
                      "v=spf1 ip4:203.0.113.9 -all");
    struct reach reach = look(&w, "2001:db8::9", SENDER);
    assert_int_equal(reach.checks[0].result, CHECK_YES);
    assert_string_equal(reach.proposal, "v=spf1 ip4:203.0.113.9 ip6:2001:db8::9 -all");
    arena_release(&w.mem);
}

static void a_sender_nobody_can_ask_about_is_unknown(void **state UNUSED)
{
    static const struct {
        const char *sender, *answer;
    } cases[] = {
        {NULL,                        "cannot tell: the sender is not known"},
        {"",                          "cannot tell: the sender is not known"},
        {"anna@k\xc3\xbcnde.example",
         "cannot tell: the sender's domain is not written in ASCII"         },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        start_named(&w);
        struct reach reach = look(&w, ADDRESS, cases[i].sender);
        assert_int_equal(reach.checks[0].result, CHECK_YES);
        for (size_t row = 1; row < REACH_CHECKS; row++) {
            assert_int_equal(reach.checks[row].result, CHECK_UNKNOWN);
            assert_said(&w, reach.checks[row].answer, cases[i].answer);
        }
        assert_int_equal(reach.will_work, CHECK_UNKNOWN);
        assert_null(reach.domain);
        assert_int_equal(w.dns.questions, 2);
        arena_release(&w.mem);
    }
}

/* Neither a "no" nor a "yes" comes of what could not be read whole. */
static void what_is_not_whole_is_unknown(void **state UNUSED)
{
    static const enum dns_status endings[] = {DNS_FAILED, DNS_TIMEOUT, DNS_CONFLICT,
                                              DNS_ANSWER};

    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        struct world w;
        start_named(&w);
        fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_TXT,
                          "v=spf1 ip4:203.0.113.9 -all");
        fake_resolver_end(&w.dns, "kunde.example", DNS_TYPE_TXT, endings[i]);
        fake_resolver_end(&w.dns, "_dmarc.kunde.example", DNS_TYPE_TXT, endings[i]);
        struct reach reach = look(&w, ADDRESS, SENDER);
        assert_int_equal(reach.checks[1].result, CHECK_UNKNOWN);
        assert_said(&w, reach.checks[2].answer,
                    "cannot tell: the DMARC policy of kunde.example could not "
                    "be read");
        assert_int_equal(reach.checks[2].result, CHECK_UNKNOWN);
        assert_int_equal(reach.will_work, CHECK_UNKNOWN);
        assert_null(reach.proposal);
        arena_release(&w.mem);
    }
}

static void one_deadline_is_over_all_questions(void **state UNUSED)
{
    struct world w;

    start_named(&w);
    fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_TXT,
                      "v=spf1 include:a.example include:b.example include:c.example "
                      "ip4:203.0.113.9 -all");
    fake_resolver_add(&w.dns, "a.example", DNS_TYPE_TXT, "v=spf1 -all");
    fake_resolver_add(&w.dns, "b.example", DNS_TYPE_TXT, "v=spf1 -all");
    fake_resolver_add(&w.dns, "c.example", DNS_TYPE_TXT, "v=spf1 -all");
    w.dns.round_ms = 1200;
    struct reach reach = look(&w, ADDRESS, SENDER);
    /* 0 ms: what is known beforehand; 1200: a; 2400: b with what is left; 3600: c, not asked. */
    assert_int_equal(w.dns.rounds, 3);
    assert_int_equal(w.dns.last_timeout_ms, 600);
    assert_int_equal(reach.checks[0].result, CHECK_YES);
    assert_int_equal(reach.checks[1].result, CHECK_UNKNOWN);
    assert_int_equal(reach.will_work, CHECK_UNKNOWN);
    arena_release(&w.mem);
}

static void each_question_is_asked_once(void **state UNUSED)
{
    struct world w;
    struct asking asking;

    start(&w);
    fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_MX, "20 b.example");
    fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_MX, "10 a.example");
    fake_resolver_add(&w.dns, "kunde.example", DNS_TYPE_MX, "20 c.example");
    asking_start(&asking, &w.resolver, &w.clock, &w.mem, TIMEOUT_MS);
    const struct spf_dns dns = asking_dns(&asking);
    const struct asking_item items[] = {
        {"kunde.example", SPF_ASK_MX},
        {"KUNDE.example", SPF_ASK_MX},
        {"kunde.example", SPF_ASK_A },
    };
    asking_ahead(&asking, items, ARRAY_LEN(items));
    assert_int_equal(w.dns.questions, 2);
    struct spf_answer answer = {0};
    dns.ask(dns.context, &w.mem, "Kunde.Example", SPF_ASK_MX, &answer);
    assert_int_equal(answer.status, DNS_ANSWER);
    assert_int_equal(answer.names_count, 3);
    assert_string_equal(answer.names[0], "a.example");
    assert_string_equal(answer.names[1], "b.example");
    assert_string_equal(answer.names[2], "c.example");
    /* The name is there, without such a record: for SPF the same as no name. */
    dns.ask(dns.context, &w.mem, "kunde.example", SPF_ASK_A, &answer);
    assert_int_equal(answer.status, DNS_NXDOMAIN);
    assert_int_equal(w.dns.rounds, 1);
    char *longer = arena_alloc(&w.mem, DOMAIN_MAX + 2);
    memset(longer, 'a', DOMAIN_MAX + 1);
    dns.ask(dns.context, &w.mem, longer, SPF_ASK_A, &answer);
    assert_int_equal(answer.status, DNS_FAILED);
    assert_int_equal(w.dns.rounds, 1);
    arena_release(&w.mem);
}

static void organisations_follow_the_public_suffixes(void **state UNUSED)
{
    static const struct {
        const char *domain, *want;
    } cases[] = {
        {"kunde.example",      "kunde.example"},
        {"mail.kunde.example", "kunde.example"},
        {"a.b.example.co.uk",  "example.co.uk"},
        {"A.Example.CO.UK.",   "example.co.uk"},
        {"co.uk",              "co.uk"        },
        {"www.ck",             "www.ck"       }, /* "!www.ck", an exception of "*.ck" */
        {"shop.a.example.ck",  "a.example.ck" },
        {"localhost",          "localhost"    },
        {"",                   ""             },
    };
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(organisation_of(&mem, cases[i].domain), cases[i].want);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_in_order_is_yes),
        cmocka_unit_test(the_name_has_to_lead_both_ways),
        cmocka_unit_test(what_spf_and_dmarc_say_decides),
        cmocka_unit_test(a_policy_of_the_organisation_counts),
        cmocka_unit_test(ipv6_is_named_and_proposed_too),
        cmocka_unit_test(a_sender_nobody_can_ask_about_is_unknown),
        cmocka_unit_test(what_is_not_whole_is_unknown),
        cmocka_unit_test(one_deadline_is_over_all_questions),
        cmocka_unit_test(each_question_is_asked_once),
        cmocka_unit_test(organisations_follow_the_public_suffixes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
