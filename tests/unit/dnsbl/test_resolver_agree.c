/*
 * test_resolver_agree.c - several resolvers were asked the same: what counts?
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/dnsbl/resolver_agree.h"

/* A reply in one word: its status, or the addresses it has; a '+' in front: has_more. */
static struct dns_reply reply_of(struct arena *mem, const char *text)
{
    static const struct {
        const char *name;
        enum dns_status status;
    } words[] = {
        {"nxdomain", DNS_NXDOMAIN},
        {"nodata",   DNS_NODATA  },
        {"failed",   DNS_FAILED  },
        {"late",     DNS_TIMEOUT },
        {"conflict", DNS_CONFLICT},
    };
    struct dns_reply reply = {.status = DNS_ANSWER, .has_more = text[0] == '+'};
    struct dns_record *records = arena_array(mem, 4, sizeof *records);
    struct slice rest = slice_from(reply.has_more ? text + 1 : text);
    struct slice word;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].name, text) == 0)
            return (struct dns_reply){.status = words[i].status};
    reply.records = records;
    while (slice_cut(&rest, ' ', &word))
        assert_true(address_parse(word, &records[reply.count++].address));
    return reply;
}

static void usable_replies_must_agree_and_others_do_not_count(void **state UNUSED)
{
    static const struct {
        const char *replies[3]; /* NULL: fewer servers */
        const char *want;
    } rows[] = {
        {{"127.0.0.2"},                                  "127.0.0.2"          },
        {{"127.0.0.2", "127.0.0.2"},                     "127.0.0.2"          },
        {{"127.0.0.2 127.0.0.4", "127.0.0.4 127.0.0.2"}, "127.0.0.2 127.0.0.4"},
        {{"nxdomain", "nxdomain"},                       "nxdomain"           },
        {{"nodata", "nodata"},                           "nodata"             },
        {{"nxdomain", "nodata"},                         "nodata"             },
        {{"nodata", "nxdomain"},                         "nodata"             },
        {{"127.0.0.2", "nxdomain"},                      "conflict"           },
        {{"nxdomain", "127.0.0.2"},                      "conflict"           },
        {{"127.0.0.2", "nodata"},                        "conflict"           },
        {{"nxdomain", "nodata", "127.0.0.2"},            "conflict"           },
        {{"127.0.0.2", "127.0.0.4"},                     "conflict"           },
        {{"127.0.0.2", "127.0.0.2 127.0.0.4"},           "conflict"           },
        {{"127.0.0.2 127.0.0.4", "127.0.0.2"},           "conflict"           },
        {{"127.0.0.2", "127.255.255.254"},               "conflict"           },
        {{"127.0.0.2", "127.0.0.2", "nxdomain"},         "conflict"           },
        {{"failed", "127.0.0.2", "late"},                "127.0.0.2"          },
        {{"late", "nxdomain"},                           "nxdomain"           },
        {{"nxdomain", "failed"},                         "nxdomain"           },
        {{"failed", "127.0.0.2", "nxdomain"},            "conflict"           },
        {{"failed", "failed"},                           "failed"             },
        {{"failed", "late"},                             "late"               },
        {{"late", "failed"},                             "late"               },
        {{"late"},                                       "late"               },
        {{"+127.0.0.2", "+127.0.0.4"},                   "+127.0.0.2"         },
        {{"+127.0.0.2", "127.0.0.2"},                    "conflict"           },
        {{"+127.0.0.2", "nxdomain"},                     "conflict"           },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena mem;
        struct dns_reply replies[3];
        size_t count = 0;
        arena_init(&mem);
        for (; count < 3 && rows[i].replies[count] != NULL; count++)
            replies[count] = reply_of(&mem, rows[i].replies[count]);
        struct dns_reply got = dns_replies_agree(replies, count);
        struct dns_reply want = reply_of(&mem, rows[i].want);
        bool is_same = got.status == want.status && got.count == want.count &&
                       got.has_more == want.has_more;
        for (size_t j = 0; is_same && j < want.count; j++)
            is_same = address_equal(&got.records[j].address, &want.records[j].address);
        if (!is_same)
            fail_msg("row %zu: not %s", i, rows[i].want);
        arena_release(&mem);
    }
}

static void text_and_preference_are_part_of_a_record(void **state UNUSED)
{
    const struct dns_record one = {.text = SLICE("mx.example"), .preference = 10};
    const struct dns_record others[] = {
        {.text = SLICE("mx.example"),  .preference = 20},
        {.text = SLICE("mx2.example"), .preference = 10},
    };

    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct dns_reply replies[] = {
            {.status = DNS_ANSWER, .records = &one,       .count = 1},
            {.status = DNS_ANSWER, .records = &others[i], .count = 1}
        };
        assert_int_equal(dns_replies_agree(replies, 2).status, DNS_CONFLICT);
        replies[1].records = &one;
        assert_int_equal(dns_replies_agree(replies, 2).status, DNS_ANSWER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usable_replies_must_agree_and_others_do_not_count),
        cmocka_unit_test(text_and_preference_are_part_of_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
