/*
 * test_received.c - where a message came from, by its Received fields.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "issuer/cli/doctor/received.h"

#define TOKEN "abcdefghjkmnpqrs-001"
#define OURS                                                                \
 "Received: from " TOKEN ".canary.invalid (unknown [198.51.100.11])\r\n"    \
 "\tby mail.msp.test (Postfix) with ESMTPSA id 4F1; Thu, 26 Nov 2026 18:00" \
 ":00 +0000\r\n"
#define NOTE CANARY_FIELD ": " TOKEN " lane=clean21\r\n"
#define HOP(address)                                                       \
 "Received: from out21.msp.test (out21.msp.test [" address "])\r\n\tby mx" \
 ".remote.test (Postfix) with ESMTPS id 9; Thu, 26 Nov 2026 18:00:01 +0000\r\n"

static void each_server_says_it_in_its_own_way(void **state UNUSED)
{
    static const struct {
        const char *value, *address, *helo; /* address NULL: it does not say */
    } cases[] = {
        {"from out.example (out.example [192.0.2.1]) by mx",               "192.0.2.1",
         "out.example"                                                                                 },
        {"from out.example (unknown [192.0.2.1]) (using TLSv1.3) by mx",   "192.0.2.1",
         "out.example"                                                                                 },
        {"from out.example (out.example [IPv6:2001:db8::1]) by mx",        "2001:db8::1",
         "out.example"                                                                                 },
        {"from out.example ([2001:db8::1]) by mx",                         "2001:db8::1", "out.example"},
 /* the name that it has, and the one that it said */
        {"from rdns.example ([192.0.2.1] helo=out.example) by mx",         "192.0.2.1",
         "out.example"                                                                                 },
        {"from [192.0.2.1] (helo=out.example) by mx",                      "192.0.2.1",   "out.example"},
        {"from [192.0.2.1]:4025 (helo=out.example) by mx",                 "192.0.2.1",   "out.example"},
        {"from [192.0.2.1] (helo=[192.0.2.9]) by mx",                      "192.0.2.1",   "[192.0.2.9]"},
        {"from unknown (HELO out.example) (192.0.2.1) by mx",              "192.0.2.1",
         "out.example"                                                                                 },
        {"from out.example (192.0.2.1) by x.prod.example (10.0.0.1) with", "192.0.2.1",
         "out.example"                                                                                 },
        {"from out.example (out.example. [192.0.2.1]) by mx.google",       "192.0.2.1",
         "out.example"                                                                                 },
        {"from out (out [192.0.2.1] (may be forged)) by mx",               "192.0.2.1",   "out"        },
        {"FROM out ([192.0.2.1])\r\n BY mx",                               "192.0.2.1",   "out"        },
 /* a greeting is only a claim: what the server saw stands in the comment */
        {"from [192.0.2.9] (rdns [192.0.2.1]) by mx",                      "192.0.2.1",   "[192.0.2.9]"},
        {"from out ([192.0.2.1]) ([192.0.2.1]) by mx",                     "192.0.2.1",   "out"        },
        {"from out (a [192.0.2.1] b [192.0.2.2]) by mx",                   NULL,          "out"        },
        {"from [192.0.2.1] [192.0.2.2] by mx",                             NULL,          "[192.0.2.1]"},
        {"from out.example by mx ([192.0.2.1])",                           NULL,          "out.example"},
        {"from out.example; Thu, 26 Nov 2026 ([192.0.2.1])",               NULL,          "out.example"},
        {"from out ([192.0.2.1.7]) by mx",                                 NULL,          "out"        },
        {"by mx with LMTP",                                                NULL,          ""           },
        {"(from [192.0.2.1]) by mx",                                       "192.0.2.1",   "[192.0.2.1]"},
        {"from",                                                           NULL,          ""           },
        {"",                                                               NULL,          ""           },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address want = {0};
        struct hop hop;
        received_parse(slice_from(cases[i].value), &hop);
        if (hop.has_address != (cases[i].address != NULL))
            fail_msg("%s: an address, or none", cases[i].value);
        if (cases[i].address != NULL) {
            assert_true(address_parse(slice_from(cases[i].address), &want));
            if (!address_equal(&want, &hop.address))
                fail_msg("%s: another address", cases[i].value);
        }
        if (strcmp(hop.helo, cases[i].helo) != 0)
            fail_msg("%s: greeted as %s", cases[i].value, hop.helo);
    }
}

static void the_hop_is_the_one_above_our_own_server(void **state UNUSED)
{
    static const struct {
        const char *name, *text;
        enum received_result want;
        const char *address;
    } cases[] = {
        {"delivered",                                         HOP("198.51.100.21") OURS NOTE "\r\nHello\r\n", RECEIVED_FOUND,
         "198.51.100.21"                                                                                                                        },
        {"delivered, and passed on over there",
         "Received: from mx.remote.test ([10.0.0.9]) by store\r\n" HOP("198.51.100.22")
             OURS NOTE "\r\n",
         RECEIVED_FOUND,                                                                                                         "198.51.100.22"},
        {"our own server leaves its field out",               HOP("198.51.100.21") NOTE "\r\n",
         RECEIVED_FOUND,                                                                                                         "198.51.100.21"},
        {"the field comes after the note",                    NOTE HOP("198.51.100.21") "\r\n",
         RECEIVED_FOUND,                                                                                                         "198.51.100.21"},
        {"without a line at the end",                         HOP("198.51.100.21") CANARY_FIELD ": " TOKEN,
         RECEIVED_FOUND,                                                                                                         "198.51.100.21"},
        {"quoted in an answer whose own path is another one",
         "Received: from echo ([203.0.113.7]) by us\r\nSubject: Re\r\n\r\nYou "
         "wrote:\r\n> " HOP("198.51.100.21") "> " NOTE "> \r\n",
         RECEIVED_FOUND,                                                                                                         "198.51.100.21"},
        {"attached to an answer",
         "Subject: Re\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" HOP(
             "198.51.100.21") OURS NOTE "\r\nHello\r\n--b--\r\n",
         RECEIVED_FOUND,                                                                                                         "198.51.100.21"},
        {"the second of two messages in a file",
         "From a@b Thu\nSubject: x\n\nReceived by hand\n\nFrom a@b Thu\n" HOP(
             "198.51.100.21") OURS NOTE "\n",
         RECEIVED_FOUND,                                                                                                         "198.51.100.21"},
        {"only our own server's field",                       OURS NOTE "\r\n",                               RECEIVED_UNCLEAR,  NULL           },
        {"no field at all",                                   NOTE "\r\n",                                    RECEIVED_UNCLEAR,  NULL           },
        {"a hop without an address",                          "Received: from x by y\r\n" OURS NOTE "\r\n",
         RECEIVED_UNCLEAR,                                                                                                       NULL           },
        {"another message's token",
         HOP("198.51.100.21") CANARY_FIELD ": abcdefghjkmnpqrs-002\r\n\r\n",
         RECEIVED_NOT_HERE,                                                                                                      NULL           },
        {"the token in a text",                               "Subject: x\r\n\r\nHow is " TOKEN "?\r\n",
         RECEIVED_NOT_HERE,                                                                                                      NULL           },
        {"nothing",                                           "",                                             RECEIVED_NOT_HERE, NULL           },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address want = {0};
        struct hop hop = {0};
        enum received_result got = received_find(slice_from(cases[i].text), TOKEN,
                                                 &hop);
        if (got != cases[i].want)
            fail_msg("%s: %d", cases[i].name, (int)got);
        if (cases[i].address == NULL)
            continue;
        assert_true(address_parse(slice_from(cases[i].address), &want));
        if (!address_equal(&want, &hop.address))
            fail_msg("%s: another address", cases[i].name);
    }
}

/* Cut short, the lowest field may not be the lowest. */
static void a_header_that_is_too_long_is_unclear(void **state UNUSED)
{
    struct strbuf text;
    struct hop hop;

    strbuf_init(&text, (size_t)64 * 1024);
    for (int i = 0; i <= RECEIVED_FIELDS_MAX; i++)
        strbuf_puts(&text, HOP("198.51.100.21"));
    strbuf_puts(&text, NOTE "\r\n");
    assert_int_equal(received_find(strbuf_slice(&text), TOKEN, &hop), RECEIVED_UNCLEAR);
    strbuf_reset(&text);
    strbuf_puts(&text, "Received: from x (");
    for (int i = 0; i < RECEIVED_FIELD_MAX; i++)
        strbuf_putc(&text, 'x');
    strbuf_puts(&text, " [198.51.100.21]) by y\r\n" NOTE "\r\n");
    assert_int_equal(received_find(strbuf_slice(&text), TOKEN, &hop), RECEIVED_UNCLEAR);
    strbuf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_server_says_it_in_its_own_way),
        cmocka_unit_test(the_hop_is_the_one_above_our_own_server),
        cmocka_unit_test(a_header_that_is_too_long_is_unclear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
