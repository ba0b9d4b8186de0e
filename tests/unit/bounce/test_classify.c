/*
 * test_classify.c - every row of the tables does what its example says, and the near misses.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/bounce/classify.h"

static struct rules rules;
static struct arena mem;

static int load(void **state)
{
    (void)state;
    struct error err = {0};
    arena_init(&mem);
    if (rules_load(NULL, &rules, &err) != 0) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int release(void **state)
{
    (void)state;
    rules_release(&rules);
    arena_release(&mem);
    return 0;
}

static void every_rule_is_the_first_that_holds_for_its_example(void **state)
{
    (void)state;
    assert_true(rules.rule_count > 20);
    for (size_t i = 0; i < rules.rule_count; i++) {
        struct finding found;
        classify_reply(&rules, &mem, slice_from(rules.rules[i].example), &found);
        if (found.rule != &rules.rules[i]) {
            fail_msg("%s is not the row for \"%s\"", rules.rules[i].place,
                     rules.rules[i].example);
        }
    }
}

static void every_list_is_found_in_its_example(void **state)
{
    (void)state;
    assert_true(rules.list_count > 50);
    for (size_t i = 0; i < rules.list_count; i++) {
        struct finding found;
        classify_reply(&rules, &mem, slice_from(rules.lists[i].example), &found);
        if (found.list != &rules.lists[i]) {
            fail_msg("list \"%s\" is not found in \"%s\"", rules.lists[i].name,
                     rules.lists[i].example);
        }
    }
}

static void only_a_public_living_list_of_addresses_is_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < rules.list_count; i++) {
        const struct list_row *list = &rules.lists[i];
        struct finding found;
        classify_reply(&rules, &mem, slice_from(list->example), &found);
        bool want = list->kind == LIST_ADDRESS && list->is_alive;
        if (finding_is_public(&found) != want) {
            fail_msg("\"%s\" is%s public", list->name, want ? " not" : "");
        }
    }
}

static const struct {
    const char *reply;
    enum evidence_class class;
    enum ip_block ip_block;
    const char *list;
} cases[] = {
    {"550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus",
     CLASS_DNSBL,                                                                                             IP_BLOCK_YES,    "zen.spamhaus.org"},
    {"554 Client host [192.0.2.1] blocked using KEYKEYKEY.zen.dq.spamhaus.net",
     CLASS_DNSBL,                                                                                             IP_BLOCK_YES,    "zen.spamhaus.org"},
    {"454 Client host [192.0.2.1] blocked using rbl.example.com.",                           CLASS_DNSBL,
     IP_BLOCK_YES,                                                                                                             "rbl.example.com" },
    {"550 5.1.1 <a@spamcop.net>: Recipient address rejected: User unknown",
     CLASS_RECIPIENT,                                                                                         IP_BLOCK_NO,     NULL              },
    {"550 5.2.1 a@spamcop.net mailbox disabled for 192.0.2.1",                               CLASS_RECIPIENT,
     IP_BLOCK_NO,                                                                                                              NULL              },
    {"550 5.1.1 unknown user: spamhaus@remote.example",                                      CLASS_RECIPIENT, IP_BLOCK_NO,
     NULL                                                                                                                                        },
    {"550 5.7.1 your server's IP (192.0.2.1) has a poor sender reputation",
     CLASS_PRIVATE,                                                                                           IP_BLOCK_YES,    NULL              },
    {"550 5.7.1 Your message was blocked by our bulk email filter",                          CLASS_CONTENT,
     IP_BLOCK_NO,                                                                                                              NULL              },
    {"554 5.7.1 blocked using spam pattern, see zen.spamhaus.org",                           CLASS_CONTENT,
     IP_BLOCK_NO,                                                                                                              NULL              },
    {"554 5.7.1 Message blocked by SpamAssassin, RCVD_IN_BL_SPAMCOP_NET",                    CLASS_CONTENT,
     IP_BLOCK_NO,                                                                                                              NULL              },
    {"550 reverse DNS of 192.0.2.1 is missing, see http://postmaster.example/?ip=192.0.2.1",
     CLASS_AUTH,                                                                                              IP_BLOCK_NO,     NULL              },
    {"554 5.7.9 Message not accepted for policy reasons",                                    CLASS_OTHER,     IP_BLOCK_UNSURE,
     NULL                                                                                                                                        },
    {"421 4.7.0 Too many connections from your host",                                        CLASS_RATE,      IP_BLOCK_UNSURE,
     NULL                                                                                                                                        },
    {"250 2.0.0 Ok",                                                                         CLASS_OTHER,     IP_BLOCK_NO,     NULL              },
    {"",                                                                                     CLASS_OTHER,     IP_BLOCK_NO,     NULL              },
};

static void replies_mean_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct finding found;
        classify_reply(&rules, &mem, slice_from(cases[i].reply), &found);
        bool same_list = cases[i].list == NULL
                             ? found.list_name == NULL
                             : found.list_name != NULL &&
                                   strcmp(found.list_name, cases[i].list) == 0;
        if (found.class != cases[i].class || found.ip_block != cases[i].ip_block ||
            !same_list) {
            fail_msg("\"%s\": %s %d %s", cases[i].reply,
                     evidence_class_name(found.class), (int)found.ip_block,
                     found.list_name == NULL ? "-" : found.list_name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_the_first_that_holds_for_its_example),
        cmocka_unit_test(every_list_is_found_in_its_example),
        cmocka_unit_test(only_a_public_living_list_of_addresses_is_public),
        cmocka_unit_test(replies_mean_what_they_say),
    };
    return cmocka_run_group_tests(tests, load, release);
}
