/*
 * test_resolver_answer.c - DNS messages, built by hand and read.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "issuer/dnsbl/resolver_answer.h"

enum {
    CNAME = 5,
    NS = 2,
    SOA = 6
};
#define NAME "host.example"

struct lab {
    struct arena mem;
    struct strbuf wire;
    struct dns_question question;
    struct dns_reply reply;
};

static void put_u16(struct lab *lab, size_t number)
{
    strbuf_putc(&lab->wire, (char)(number >> 8));
    strbuf_putc(&lab->wire, (char)(number & 0xff));
}

static void put_name(struct lab *lab, const char *text)
{
    struct slice rest = slice_from(text);
    struct slice label;

    while (text[0] != '\0' && slice_cut(&rest, '.', &label)) {
        strbuf_putc(&lab->wire, (char)label.len);
        strbuf_add_slice(&lab->wire, label);
    }
    strbuf_putc(&lab->wire, '\0');
}

/* A message about NAME, in another case, so far: header and question. */
static void lab_begin(struct lab *lab, enum dns_type type, unsigned rcode,
                      size_t answers, size_t authorities)
{
    *lab = (struct lab){
        .question = {.name = NAME, .type = type}
    };
    arena_init(&lab->mem);
    strbuf_init(&lab->wire, 70000);
    put_u16(lab, 0x1234);
    put_u16(lab, 0x8180U | rcode);
    put_u16(lab, 1);
    put_u16(lab, answers);
    put_u16(lab, authorities);
    put_u16(lab, 0);
    put_name(lab, "hOST.Example");
    put_u16(lab, dns_type_number(type));
    put_u16(lab, 1);
}

static void put_record(struct lab *lab, const char *owner, unsigned type,
                       const void *data, size_t len)
{
    put_name(lab, owner);
    put_u16(lab, type);
    put_u16(lab, 1);
    put_u16(lab, 0);
    put_u16(lab, 60);
    put_u16(lab, len);
    strbuf_add(&lab->wire, data, len);
}

/* A record whose data is a name. */
static void put_name_record(struct lab *lab, const char *owner, unsigned type,
                            const char *name)
{
    struct lab inner;

    strbuf_init(&inner.wire, 300);
    put_name(&inner, name);
    put_record(lab, owner, type, inner.wire.at, inner.wire.len);
    strbuf_release(&inner.wire);
}

static enum dns_status lab_read(struct lab *lab)
{
    dns_answer_read(&lab->question, strbuf_slice(&lab->wire), &lab->mem, &lab->reply);
    return lab->reply.status;
}

static void lab_end(struct lab *lab)
{
    strbuf_release(&lab->wire);
    arena_release(&lab->mem);
}

static void addresses_of_either_family_are_read(void **state UNUSED)
{
    struct lab lab;
    char text[ADDRESS_TEXT_MAX + 1];
    uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x14};

    lab_begin(&lab, DNS_TYPE_A, 0, 3, 0);
    put_record(&lab, NAME, 1, "\xc0\x00\x02\x0e", 4);
    put_record(&lab, "other.example", 1, "\xc0\x00\x02\x63", 4); /* of another owner */
    put_record(&lab, "HOST.example", 1, "\x7f\x00\x00\x02", 4);
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    assert_int_equal(lab.reply.count, 2);
    assert_false(lab.reply.has_more);
    address_format(&lab.reply.records[0].address, text);
    assert_string_equal(text, "192.0.2.14");
    address_format(&lab.reply.records[1].address, text);
    assert_string_equal(text, "127.0.0.2");
    lab_end(&lab);

    lab_begin(&lab, DNS_TYPE_AAAA, 0, 1, 0);
    put_record(&lab, NAME, 28, v6, sizeof v6);
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    address_format(&lab.reply.records[0].address, text);
    assert_string_equal(text, "2001:db8::14");
    lab_end(&lab);
}

static void the_strings_of_a_text_record_are_joined_and_records_are_not(
    void **state UNUSED)
{
    struct lab lab;

    lab_begin(&lab, DNS_TYPE_TXT, 0, 2, 0);
    put_record(&lab, NAME, 16, "\3v=s\0\3pf1", 9);
    put_record(&lab, NAME, 16, "\4a\0b\x1b", 5);
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    assert_int_equal(lab.reply.count, 2);
    assert_true(slice_is(lab.reply.records[0].text, "v=spf1"));
    assert_true(slice_equal(lab.reply.records[1].text, slice_of("a\0b\x1b", 4)));
    assert_int_equal(lab.reply.records[1].text.at[4], '\0');
    lab_end(&lab);
}

static void host_names_are_lower_case_and_plausible(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *want; /* NULL: dropped */
    } rows[] = {
        {"Mail.Example",     "mail.example"   },
        {"a-b.example",      "a-b.example"    },
        {"_dmarc.example",   "_dmarc.example" },
        {"4.3.2.1.example",  "4.3.2.1.example"},
        {"",                 ""               }, /* MX only */
        {"-a.example",       NULL             },
        {"a-.example",       NULL             },
        {"a b.example",      NULL             },
        {"<script>.example", NULL             },
        {"a\x1b.example",    NULL             },
        {"\xc3\xa4.example", NULL             },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lab lab;
        bool is_root = rows[i].name[0] == '\0';
        lab_begin(&lab, DNS_TYPE_PTR, 0, 1, 0);
        put_name_record(&lab, NAME, 12, rows[i].name);
        assert_int_equal(lab_read(&lab), DNS_ANSWER);
        bool is_kept = lab.reply.count == 1;
        if (is_kept != (rows[i].want != NULL && !is_root) ||
            lab.reply.has_more == is_kept ||
            (is_kept && !slice_is(lab.reply.records[0].text, rows[i].want)))
            fail_msg("PTR %s", rows[i].name);
        lab_end(&lab);

        char data[64] = {0, 10};
        struct lab name;
        strbuf_init(&name.wire, sizeof data - 2);
        put_name(&name, rows[i].name);
        memcpy(data + 2, name.wire.at, name.wire.len);
        lab_begin(&lab, DNS_TYPE_MX, 0, 1, 0);
        put_record(&lab, NAME, 15, data, 2 + name.wire.len);
        strbuf_release(&name.wire);
        assert_int_equal(lab_read(&lab), DNS_ANSWER);
        if ((lab.reply.count == 1) != (rows[i].want != NULL) ||
            (lab.reply.count == 1 &&
             (!slice_is(lab.reply.records[0].text, rows[i].want) ||
              lab.reply.records[0].preference != 10)))
            fail_msg("MX %s", rows[i].name);
        lab_end(&lab);
    }
}

static void ceilings_drop_the_rest_and_say_so(void **state UNUSED)
{
    struct lab lab;

    lab_begin(&lab, DNS_TYPE_A, 0, 200, 0);
    for (unsigned i = 0; i < 200; i++)
        put_record(&lab, NAME, 1, "\x7f\x00\x00\x02", 4);
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    assert_int_equal(lab.reply.count, DNS_RECORDS_MAX);
    assert_true(lab.reply.has_more);
    lab_end(&lab);

    /* Strings of 255: 16 of them are 4080 bytes, 17 are too many for a record. */
    static char data[17 * 256];
    memset(data, 'x', sizeof data);
    for (size_t i = 0; i < 17; i++)
        data[i * 256] = '\xff';
    lab_begin(&lab, DNS_TYPE_TXT, 0, 2, 0);
    put_record(&lab, NAME, 16, data, sizeof data);
    put_record(&lab, NAME, 16, data, sizeof data - 256);
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    assert_int_equal(lab.reply.count, 1);
    assert_int_equal(lab.reply.records[0].text.len, 16 * 255);
    assert_true(lab.reply.has_more);
    lab_end(&lab);

    lab_begin(&lab, DNS_TYPE_TXT, 0, 6, 0);
    for (unsigned i = 0; i < 6; i++)
        put_record(&lab, NAME, 16, data, sizeof data - 256);
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    assert_int_equal(lab.reply.count, 4); /* 4 x 4080 are below 16384, 5 are not */
    assert_true(lab.reply.has_more);
    lab_end(&lab);
}

static void no_such_record_is_told_from_no_such_name_and_from_a_referral(
    void **state UNUSED)
{
    static const struct {
        const char *name;
        unsigned rcode;
        unsigned authority; /* a type, or 0 */
        enum dns_status want;
    } rows[] = {
        {"no such name",         3, SOA, DNS_NXDOMAIN},
        {"no such name, bare",   3, 0,   DNS_NXDOMAIN},
        {"no such record",       0, SOA, DNS_NODATA  },
        {"no such record, bare", 0, 0,   DNS_NODATA  },
        {"a referral",           0, NS,  DNS_FAILED  },
        {"FORMERR",              1, 0,   DNS_FAILED  },
        {"SERVFAIL",             2, SOA, DNS_FAILED  },
        {"REFUSED",              5, 0,   DNS_FAILED  },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lab lab;
        lab_begin(&lab, DNS_TYPE_A, rows[i].rcode, 0, rows[i].authority != 0);
        if (rows[i].authority != 0)
            put_name_record(&lab, "example", rows[i].authority, "ns.example");
        if (lab_read(&lab) != rows[i].want || lab.reply.count != 0)
            fail_msg("%s: %d", rows[i].name, (int)lab.reply.status);
        lab_end(&lab);
    }
}

static void aliases_are_followed_in_any_order_so_far_and_no_further(void **state UNUSED)
{
    struct lab lab;

    lab_begin(&lab, DNS_TYPE_A, 0, 3, 0);
    put_record(&lab, "c.example", 1, "\x7f\x00\x00\x02", 4);
    put_name_record(&lab, "b.example", CNAME, "c.example");
    put_name_record(&lab, NAME, CNAME, "b.example");
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    assert_int_equal(lab.reply.count, 1);
    lab_end(&lab);

    /* A loop, an alias of itself, and a chain that ends outside. */
    static const char *const chains[][2] = {
        {"b.example", NAME       },
        {NAME,        NAME       },
        {"b.example", "c.example"},
    };
    for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
        lab_begin(&lab, DNS_TYPE_A, 0, 2, 0);
        put_name_record(&lab, NAME, CNAME, chains[i][0]);
        put_name_record(&lab, "b.example", CNAME, chains[i][1]);
        assert_int_equal(lab_read(&lab), DNS_FAILED);
        lab_end(&lab);
    }

    for (unsigned length = DNS_CHAIN_MAX; length <= DNS_CHAIN_MAX + 1; length++) {
        lab_begin(&lab, DNS_TYPE_A, 0, length + 1, 0);
        for (unsigned i = 0; i < length; i++) {
            char from[32], to[32];
            (void)snprintf(from, sizeof from, "n%u.example", i);
            (void)snprintf(to, sizeof to, "n%u.example", i + 1);
            put_name_record(&lab, i == 0 ? NAME : from, CNAME, to);
            if (i + 1 == length)
                put_record(&lab, to, 1, "\x7f\x00\x00\x02", 4);
        }
        assert_int_equal(lab_read(&lab),
                         length <= DNS_CHAIN_MAX ? DNS_ANSWER : DNS_FAILED);
        lab_end(&lab);
    }
}

static void what_is_not_an_answer_to_the_question_has_failed(void **state UNUSED)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t byte;
    } rows[] = {
        {"a query",                  2,  0x01},
        {"another opcode",           2,  0xa1},
        {"truncated",                2,  0x83},
        {"no question",              5,  0   },
        {"two questions",            5,  2   },
        {"another name",             13, 'x' },
        {"another type",             27, 28  },
        {"another class",            29, 3   },
        {"more than is there",       7,  2   },
        {"an NXDOMAIN with records", 3,  0x83},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows) + 1; i++) {
        struct lab lab;
        lab_begin(&lab, DNS_TYPE_A, 0, 1, 0);
        put_record(&lab, NAME, 1, "\x7f\x00\x00\x02", 4);
        if (i < ARRAY_LEN(rows))
            lab.wire.at[rows[i].at] = (char)rows[i].byte;
        if (lab_read(&lab) != (i < ARRAY_LEN(rows) ? DNS_FAILED : DNS_ANSWER))
            fail_msg("%s", i < ARRAY_LEN(rows) ? rows[i].name : "unchanged");
        lab_end(&lab);
    }
}

static void every_cut_of_a_message_has_failed(void **state UNUSED)
{
    struct lab lab;

    lab_begin(&lab, DNS_TYPE_A, 0, 1, 0);
    put_record(&lab, NAME, 1, "\x7f\x00\x00\x02", 4);
    for (size_t len = 0; len < lab.wire.len; len++) {
        dns_answer_read(&lab.question, slice_of(lab.wire.at, len), &lab.mem,
                        &lab.reply);
        assert_int_equal(lab.reply.status, DNS_FAILED);
    }
    lab_end(&lab);
}

static void malformed_records_spoil_the_reply(void **state UNUSED)
{
    static const struct {
        enum dns_type type;
        const char *data;
        size_t len;
    } rows[] = {
        {DNS_TYPE_A,    "\x7f\x00\x00",         3},
        {DNS_TYPE_A,    "\x7f\x00\x00\x02\x02", 5},
        {DNS_TYPE_AAAA, "\x7f\x00\x00\x02",     4},
        {DNS_TYPE_TXT,  "",                     0},
        {DNS_TYPE_TXT,  "\5abc",                4},
        {DNS_TYPE_MX,   "\0\12",                2},
        {DNS_TYPE_MX,   "\0\12\1a",             4},
        {DNS_TYPE_MX,   "\0\12\1a\0x",          6},
        {DNS_TYPE_PTR,  "",                     0},
        {DNS_TYPE_PTR,  "\xc0\x0b",             2}, /* a pointer into the header */
        {DNS_TYPE_PTR,  "\xc0\xff",             2}, /* a pointer ahead */
        {DNS_TYPE_PTR,  "\x41",                 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lab lab;
        lab_begin(&lab, rows[i].type, 0, 1, 0);
        put_record(&lab, NAME, dns_type_number(rows[i].type), rows[i].data,
                   rows[i].len);
        if (lab_read(&lab) != DNS_FAILED)
            fail_msg("row %zu", i);
        lab_end(&lab);
    }
}

static void compressed_names_are_read_and_loops_are_not(void **state UNUSED)
{
    struct lab lab;

    /* The question's name stands at 12. */
    lab_begin(&lab, DNS_TYPE_PTR, 0, 1, 0);
    put_record(&lab, NAME, 12, "\4mail\xc0\x11", 7);
    assert_int_equal(lab_read(&lab), DNS_ANSWER);
    assert_true(slice_is(lab.reply.records[0].text, "mail.example"));
    lab_end(&lab);

    lab_begin(&lab, DNS_TYPE_PTR, 0, 1, 0);
    size_t data = lab.wire.len + strlen(NAME) + 2 + 10;
    char loop[] = {1, 'a', (char)(0xc0 | data >> 8), (char)(data & 0xff)};
    put_record(&lab, NAME, 12, loop, sizeof loop);
    assert_int_equal(lab_read(&lab), DNS_FAILED);
    lab_end(&lab);

    /* A pointer to itself, and one to the place behind it. */
    for (size_t ahead = 0; ahead <= 2; ahead += 2) {
        lab_begin(&lab, DNS_TYPE_PTR, 0, 1, 0);
        char self[] = {(char)(0xc0 | (data + ahead) >> 8),
                       (char)((data + ahead) & 0xff), 0};
        put_record(&lab, NAME, 12, self, ahead == 0 ? 2 : 3);
        assert_int_equal(lab_read(&lab), DNS_FAILED);
        lab_end(&lab);
    }
}

static void names_that_cannot_be_asked_are_known(void **state UNUSED)
{
    static char longest[DOMAIN_MAX + 1];
    static const char *const bad[] = {"",
                                      ".",
                                      "a..b",
                                      "a.",
                                      "a b.example",
                                      "a\\.example",
                                      "a\x01.example",
                                      "\xc3\xa4.example"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (dns_name_is_askable(bad[i]))
            fail_msg("\"%s\"", bad[i]);
    memset(longest, 'a', sizeof longest - 1);
    assert_false(dns_name_is_askable(longest)); /* one label */
    for (size_t at = 63; at < sizeof longest - 1; at += 64)
        longest[at] = '.';
    assert_true(dns_name_is_askable(longest));
    assert_true(dns_name_is_askable("2.0.0.127.bl.example"));
    assert_true(dns_name_is_askable("_spf.a/b!.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_either_family_are_read),
        cmocka_unit_test(the_strings_of_a_text_record_are_joined_and_records_are_not),
        cmocka_unit_test(host_names_are_lower_case_and_plausible),
        cmocka_unit_test(ceilings_drop_the_rest_and_say_so),
        cmocka_unit_test(no_such_record_is_told_from_no_such_name_and_from_a_referral),
        cmocka_unit_test(aliases_are_followed_in_any_order_so_far_and_no_further),
        cmocka_unit_test(what_is_not_an_answer_to_the_question_has_failed),
        cmocka_unit_test(every_cut_of_a_message_has_failed),
        cmocka_unit_test(malformed_records_spoil_the_reply),
        cmocka_unit_test(compressed_names_are_read_and_loops_are_not),
        cmocka_unit_test(names_that_cannot_be_asked_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
