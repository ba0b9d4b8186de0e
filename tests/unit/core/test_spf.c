/*
 * test_spf.c - check_host() after the sections of RFC 7208, macros, and the line to publish.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/spf_internal.h"
#include "tests/support/zone_text.h"

/* What is there besides the record under test, which is e.example's. */
static const char zone_lines[] =
    "\n"
    "e.example A 192.0.2.3\n"
    "e.example AAAA 2001:db8::3\n"
    "e.example MX mx1.e.example\n"
    "e.example MX mx2.e.example.\n"
    "mx1.e.example A 192.0.2.10\n"
    "mx2.e.example A 192.0.2.11\n"
    "mx2.e.example AAAA 2001:db8::11\n"
    "nullmx.example MX .\n"
    "deadmx.example MX gone.example\n"
    "slowmx.example MX slow.example\n"
    "ten.example MX a.example\nten.example MX a.example\n"
    "ten.example MX a.example\nten.example MX a.example\n"
    "ten.example MX a.example\nten.example MX a.example\n"
    "ten.example MX a.example\nten.example MX a.example\n"
    "ten.example MX a.example\nten.example MX mx1.e.example\n"
    "eleven.example MX mx1.e.example\n"
    "eleven.example MX a.example\neleven.example MX a.example\n"
    "eleven.example MX a.example\neleven.example MX a.example\n"
    "eleven.example MX a.example\neleven.example MX a.example\n"
    "eleven.example MX a.example\neleven.example MX a.example\n"
    "eleven.example MX a.example\neleven.example MX a.example\n"
    "a.example A 198.51.100.1\n"
    "slow.example A !timeout\n"
    "slow.example TXT !timeout\n"
    "slow.example MX !timeout\n"
    "bad.example A !failed\n"
    "bad.example TXT !failed\n"
    "empty.example A !empty\n"
    "v6only.example AAAA 2001:db8::3\n"
    "3.2.0.192.in-addr.arpa PTR mail.e.example\n"
    "3.2.0.192.in-addr.arpa PTR liar.example\n"
    "mail.e.example A 192.0.2.3\n"
    "liar.example A 198.51.100.9\n"
    "4.2.0.192.in-addr.arpa PTR !timeout\n"
    "pass.example TXT v=spf1 ip4:192.0.2.0/24 -all\n"
    "soft.example TXT v=spf1 ~all\n"
    "fail.example TXT v=spf1 -all\n"
    "neutral.example TXT v=spf1 ?all\n"
    "open.example TXT v=spf1\n"
    "nospf.example TXT hello\n"
    "twice.example TXT v=spf1 -all\n"
    "twice.example TXT v=spf1 ~all\n"
    "broken.example TXT v=spf1 ip4:1.2.3 -all\n"
    "loop.example TXT v=spf1 include:loop.example -all\n"
    "reloop.example TXT v=spf1 redirect=reloop.example\n"
    "deep.example TXT v=spf1 include:pass.example -all\n"
    "redir.example TXT v=spf1 redirect=pass.example\n"
    "noise.example TXT hello\n"
    "noise.example TXT v=spf10 -all\n"
    "noise.example TXT V=SPF1 ip4:192.0.2.3 -all\n"
    "3.2.0.192.in-addr._x.example A 127.0.0.2\n"
    "user.e.example A 127.0.0.2\n"
    "e.example.helo.mail.e.example A 127.0.0.2\n"
    "mail.e.example.named.example A 127.0.0.2\n"
    "unknown.named.example A 127.0.0.2\n"
    "user%40e.example.esc.example A 127.0.0.2\n"
    "com:8080.e.example A 192.0.2.3\n";

struct row {
    const char *section;
    const char *record; /* of e.example; "" none */
    enum spf_result want;
    const char *term;    /* NULL: none decided */
    const char *address; /* NULL: 192.0.2.3 */
};

#define TEN_INCLUDES                                               \
 "include:soft.example include:soft.example include:soft.example " \
 "include:soft.example include:soft.example include:soft.example " \
 "include:soft.example include:soft.example include:soft.example " \
 "include:soft.example "

static const struct row rows[] = {
  /* clang-format off */
    /* Records and their selection, 4.4 and 4.5. */
    {"4.5", "", SPF_NONE, NULL, NULL},
    {"4.5", "v=spf1", SPF_NEUTRAL, NULL, NULL},
    {"4.5", "v=spf1 ", SPF_NEUTRAL, NULL, NULL},
    {"4.5", "V=sPf1 -all", SPF_FAIL, "-all", NULL},
    {"4.5", "v=spf10 -all", SPF_NONE, NULL, NULL},
    {"4.5", "v=spf1-all", SPF_NONE, NULL, NULL},
    {"4.5", " v=spf1 -all", SPF_NONE, NULL, NULL},
    {"4.5", "v=spf2.0/pra -all", SPF_NONE, NULL, NULL},
    {"4.5", "spf1 -all", SPF_NONE, NULL, NULL},
    {"4.4", "!timeout", SPF_TEMPERROR, NULL, NULL},
    {"4.4", "!failed", SPF_TEMPERROR, NULL, NULL},
    {"4.4", "!empty", SPF_NONE, NULL, NULL},
    /* Grammar, 4.6.1 and 12. */
    {"4.6", "v=spf1  a   -all", SPF_PASS, "a", NULL},
    {"4.6", "v=spf1 -all ", SPF_FAIL, "-all", NULL},
    {"4.6", "v=spf1\t-all", SPF_NONE, NULL, NULL},
    {"4.6", "v=spf1 a\t-all", SPF_PERMERROR, NULL, NULL},
    {"4.6", "v=spf1 a bogus -all", SPF_PERMERROR, NULL, NULL},
    {"4.6", "v=spf1 ip4:192.0.2.3 -all ip4:nonsense", SPF_PERMERROR, NULL, NULL},
    {"4.6", "v=spf1 ++all", SPF_PERMERROR, NULL, NULL},
    {"4.6", "v=spf1 -", SPF_PERMERROR, NULL, NULL},
    {"4.6", "v=spf1 -foo=bar", SPF_PERMERROR, NULL, NULL},
    {"4.6", "v=spf1 \xc3\xa9", SPF_PERMERROR, NULL, NULL},
    {"4.6.2", "v=spf1 +all", SPF_PASS, "+all", NULL},
    {"4.6.2", "v=spf1 ~all", SPF_SOFTFAIL, "~all", NULL},
    {"4.6.2", "v=spf1 ?all", SPF_NEUTRAL, "?all", NULL},
    {"4.6.2", "v=spf1 -a +all", SPF_FAIL, "-a", NULL},
    {"4.7", "v=spf1 ip4:198.51.100.1", SPF_NEUTRAL, NULL, NULL},
    /* all, 5.1. */
    {"5.1", "v=spf1 ALL", SPF_PASS, "ALL", NULL},
    {"5.1", "v=spf1 -all:x.example", SPF_PERMERROR, NULL, NULL},
    {"5.1", "v=spf1 -all/8", SPF_PERMERROR, NULL, NULL},
    {"5.1", "v=spf1 -all.", SPF_PERMERROR, NULL, NULL},
    {"5.1", "v=spf1 ?all ip4:192.0.2.3", SPF_NEUTRAL, "?all", NULL},
    /* include, 5.2. */
    {"5.2", "v=spf1 include:pass.example -all", SPF_PASS, "ip4:192.0.2.0/24", NULL},
    {"5.2", "v=spf1 include:deep.example -all", SPF_PASS, "ip4:192.0.2.0/24", NULL},
    {"5.2", "v=spf1 include:redir.example -all", SPF_PASS, "ip4:192.0.2.0/24", NULL},
    {"5.2", "v=spf1 -include:pass.example +all", SPF_FAIL, "ip4:192.0.2.0/24", NULL},
    {"5.2", "v=spf1 ~include:pass.example", SPF_SOFTFAIL, "ip4:192.0.2.0/24", NULL},
    {"5.2", "v=spf1 include:fail.example ~all", SPF_SOFTFAIL, "~all", NULL},
    {"5.2", "v=spf1 include:soft.example -all", SPF_FAIL, "-all", NULL},
    {"5.2", "v=spf1 include:neutral.example -all", SPF_FAIL, "-all", NULL},
    {"5.2", "v=spf1 include:open.example -all", SPF_FAIL, "-all", NULL},
    {"5.2", "v=spf1 include:slow.example -all", SPF_TEMPERROR, NULL, NULL},
    {"5.2", "v=spf1 include:bad.example -all", SPF_TEMPERROR, NULL, NULL},
    {"5.2", "v=spf1 include:broken.example -all", SPF_PERMERROR, NULL, NULL},
    {"5.2", "v=spf1 include:nospf.example -all", SPF_PERMERROR, NULL, NULL},
    {"5.2", "v=spf1 include:gone.example -all", SPF_PERMERROR, NULL, NULL},
    {"5.2", "v=spf1 include:twice.example -all", SPF_PERMERROR, NULL, NULL},
    {"5.2", "v=spf1 include:noise.example -all", SPF_PASS, "ip4:192.0.2.3", NULL},
    {"5.2", "v=spf1 include", SPF_PERMERROR, NULL, NULL},
    {"5.2", "v=spf1 include:", SPF_PERMERROR, NULL, NULL},
    {"5.2", "v=spf1 include:pass.example/24", SPF_PERMERROR, NULL, NULL},
    {"5.2", "v=spf1 ip4:192.0.2.3 include:broken.example", SPF_PASS, "ip4:192.0.2.3", NULL},
    /* a, 5.3. */
    {"5.3", "v=spf1 a -all", SPF_PASS, "a", NULL},
    {"5.3", "v=spf1 A:e.example -all", SPF_PASS, "A:e.example", NULL},
    {"5.3", "v=spf1 a -all", SPF_FAIL, "-all", "192.0.2.4"},
    {"5.3", "v=spf1 a/24 -all", SPF_PASS, "a/24", "192.0.2.99"},
    {"5.3", "v=spf1 a:e.example/31 -all", SPF_PASS, "a:e.example/31", "192.0.2.2"},
    {"5.3", "v=spf1 a/0 -all", SPF_PASS, "a/0", "203.0.113.5"},
    {"5.3", "v=spf1 a/33 -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a/024 -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a//129 -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a/ -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a// -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a/24/64 -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a/24//64 -all", SPF_PASS, "a/24//64", "2001:db8::99"},
    {"5.3", "v=spf1 a//64 -all", SPF_PASS, "a//64", "2001:db8::99"},
    {"5.3", "v=spf1 a//64 -all", SPF_FAIL, "-all", "2001:db8:1::99"},
    {"5.3", "v=spf1 a/24 -all", SPF_FAIL, "-all", "2001:db8::99"},
    {"5.3", "v=spf1 a -all", SPF_PASS, "a", "2001:db8::3"},
    {"5.3", "v=spf1 a -all", SPF_PASS, "a", "::ffff:192.0.2.3"},
    {"5.3", "v=spf1 a:v6only.example -all", SPF_FAIL, "-all", NULL},
    {"5.3", "v=spf1 a: -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a:example -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a:e.123 -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a:e.-a -all", SPF_PERMERROR, NULL, NULL},
    {"5.3", "v=spf1 a:e.example. -all", SPF_PASS, "a:e.example.", NULL},
    {"5.3", "v=spf1 a:com:8080.e.example -all", SPF_PASS, "a:com:8080.e.example", NULL},
    {"5.3", "v=spf1 a:x..example -all", SPF_FAIL, "-all", NULL},
    {"5.3", "v=spf1 a:slow.example -all", SPF_TEMPERROR, NULL, NULL},
    {"5.3", "v=spf1 a:bad.example -all", SPF_TEMPERROR, NULL, NULL},
    /* mx, 5.4. */
    {"5.4", "v=spf1 mx -all", SPF_PASS, "mx", "192.0.2.10"},
    {"5.4", "v=spf1 mx -all", SPF_PASS, "mx", "192.0.2.11"},
    {"5.4", "v=spf1 mx -all", SPF_PASS, "mx", "2001:db8::11"},
    {"5.4", "v=spf1 mx -all", SPF_FAIL, "-all", NULL},
    {"5.4", "v=spf1 mx:e.example/28 -all", SPF_PASS, "mx:e.example/28", NULL},
    {"5.4", "v=spf1 mx//64 -all", SPF_PASS, "mx//64", "2001:db8::5"},
    {"5.4", "v=spf1 mx:nullmx.example -all", SPF_FAIL, "-all", NULL},
    {"5.4", "v=spf1 mx:deadmx.example -all", SPF_FAIL, "-all", NULL},
    {"5.4", "v=spf1 mx:slowmx.example -all", SPF_TEMPERROR, NULL, NULL},
    {"5.4", "v=spf1 mx:slow.example -all", SPF_TEMPERROR, NULL, NULL},
    {"5.4", "v=spf1 mx:a.example -all", SPF_FAIL, "-all", NULL}, /* no MX: not its A */
    {"5.4", "v=spf1 mx: -all", SPF_PERMERROR, NULL, NULL},
    {"4.6.4", "v=spf1 mx:ten.example -all", SPF_PASS, "mx:ten.example", "192.0.2.10"},
    {"4.6.4", "v=spf1 mx:eleven.example -all", SPF_PERMERROR, NULL, "192.0.2.10"},
    /* ptr, 5.5. */
    {"5.5", "v=spf1 ptr -all", SPF_PASS, "ptr", NULL},
    {"5.5", "v=spf1 ptr:mail.e.example -all", SPF_PASS, "ptr:mail.e.example", NULL},
    {"5.5", "v=spf1 ptr:liar.example -all", SPF_FAIL, "-all", NULL},
    {"5.5", "v=spf1 ptr:ail.e.example -all", SPF_FAIL, "-all", NULL},
    {"5.5", "v=spf1 ptr -all", SPF_FAIL, "-all", "192.0.2.4"},
    {"5.5", "v=spf1 ptr -all", SPF_FAIL, "-all", "192.0.2.5"},
    {"5.5", "v=spf1 ptr/24 -all", SPF_PERMERROR, NULL, NULL},
    {"5.5", "v=spf1 ptr: -all", SPF_PERMERROR, NULL, NULL},
    /* ip4 and ip6, 5.6. */
    {"5.6", "v=spf1 ip4:192.0.2.3 -all", SPF_PASS, "ip4:192.0.2.3", NULL},
    {"5.6", "v=spf1 ip4:192.0.2.99/24 -all", SPF_PASS, "ip4:192.0.2.99/24", NULL},
    {"5.6", "v=spf1 ip4:192.0.2.128/25 -all", SPF_FAIL, "-all", NULL},
    {"5.6", "v=spf1 ip4:198.51.100.1/0 -all", SPF_PASS, "ip4:198.51.100.1/0", NULL},
    {"5.6", "v=spf1 ip4:192.0.2.3/33 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4:192.0.2.3/032 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4:192.0.2.3//32 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4:192.0.2.3/ -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4:192.0.2 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4: -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4:2001:db8::1 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4:192.0.2.3:25 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip6:2001:db8::/32 -all", SPF_PASS, "ip6:2001:db8::/32", "2001:db8::7"},
    {"5.6", "v=spf1 ip6:2001:db8::/32 -all", SPF_FAIL, "-all", NULL},
    {"5.6", "v=spf1 ip6:2001:db8::7 -all", SPF_FAIL, "-all", "2001:db8::8"},
    {"5.6", "v=spf1 ip6:::/0 -all", SPF_FAIL, "-all", NULL},
    {"5.6", "v=spf1 ip6:::ffff:192.0.2.3 -all", SPF_FAIL, "-all", NULL},
    {"5.6", "v=spf1 ip6:192.0.2.3 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip6:2001:db8::/129 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip6:2001::db8::1 -all", SPF_PERMERROR, NULL, NULL},
    {"5.6", "v=spf1 ip4:0.0.0.0/0 -all", SPF_FAIL, "-all", "2001:db8::7"},
    /* exists, 5.7. */
    {"5.7", "v=spf1 exists:a.example -all", SPF_PASS, "exists:a.example", NULL},
    {"5.7", "v=spf1 exists:a.example -all", SPF_PASS, "exists:a.example", "2001:db8::7"},
    {"5.7", "v=spf1 exists:v6only.example -all", SPF_FAIL, "-all", "2001:db8::3"},
    {"5.7", "v=spf1 exists:gone.example -all", SPF_FAIL, "-all", NULL},
    {"5.7", "v=spf1 exists:slow.example -all", SPF_TEMPERROR, NULL, NULL},
    {"5.7", "v=spf1 exists -all", SPF_PERMERROR, NULL, NULL},
    {"5.7", "v=spf1 exists:a.example/24 -all", SPF_PERMERROR, NULL, NULL},
    /* Modifiers, 6. */
    {"6.1", "v=spf1 redirect=pass.example", SPF_PASS, "ip4:192.0.2.0/24", NULL},
    {"6.1", "v=spf1 redirect=pass.example", SPF_FAIL, "-all", "198.51.100.1"},
    {"6.1", "v=spf1 redirect=soft.example a", SPF_PASS, "a", NULL},
    {"6.1", "v=spf1 redirect=pass.example ?all", SPF_NEUTRAL, "?all", NULL},
    {"6.1", "v=spf1 redirect=gone.example", SPF_PERMERROR, NULL, NULL},
    {"6.1", "v=spf1 redirect=slow.example", SPF_TEMPERROR, NULL, NULL},
    {"6.1", "v=spf1 redirect=open.example", SPF_NEUTRAL, NULL, NULL},
    {"6.1", "v=spf1 redirect=", SPF_PERMERROR, NULL, NULL},
    {"6.1", "v=spf1 redirect=pass.example redirect=pass.example", SPF_PERMERROR, NULL, NULL},
    {"6.1", "v=spf1 redirect:pass.example", SPF_PERMERROR, NULL, NULL},
    {"6.2", "v=spf1 exp=why.e.example -all", SPF_FAIL, "-all", NULL},
    {"6.2", "v=spf1 exp=a.example exp=a.example -all", SPF_PERMERROR, NULL, NULL},
    {"6", "v=spf1 foo=bar%{d}/x a", SPF_PASS, "a", NULL},
    {"6", "v=spf1 foo= foo= a", SPF_PASS, "a", NULL},
    {"6", "v=spf1 foo=%x a", SPF_PERMERROR, NULL, NULL},
    {"6", "v=spf1 1foo=x a", SPF_PERMERROR, NULL, NULL},
    {"6", "v=spf1 ip4=192.0.2.3 -all", SPF_FAIL, "-all", NULL},
    /* Limits, 4.6.4. */
    {"4.6.4", "v=spf1 " TEN_INCLUDES "-all", SPF_FAIL, "-all", NULL},
    {"4.6.4", "v=spf1 " TEN_INCLUDES "a -all", SPF_PERMERROR, NULL, NULL},
    {"4.6.4", "v=spf1 " TEN_INCLUDES "redirect=pass.example", SPF_PERMERROR, NULL, NULL},
    {"4.6.4", "v=spf1 include:loop.example -all", SPF_PERMERROR, NULL, NULL},
    {"4.6.4", "v=spf1 redirect=reloop.example", SPF_PERMERROR, NULL, NULL},
    {"4.6.4", "v=spf1 a:g1.example exists:g2.example -all", SPF_FAIL, "-all", NULL},
    {"4.6.4", "v=spf1 a:g1.example mx:g2.example exists:empty.example -all",
     SPF_PERMERROR, NULL, NULL},
    /* Macros, 7. */
    {"7.2", "v=spf1 exists:%{ir}.%{v}._x.example -all", SPF_PASS,
     "exists:%{ir}.%{v}._x.example", NULL},
    {"7.2", "v=spf1 exists:%{l}.%{o} -all", SPF_PASS, "exists:%{l}.%{o}", NULL},
    {"7.2", "v=spf1 exists:%{d}.helo.%{h} -all", SPF_PASS, "exists:%{d}.helo.%{h}", NULL},
    {"7.2", "v=spf1 exists:%{p}.named.example -all", SPF_PASS, "exists:%{p}.named.example", NULL},
    {"7.2", "v=spf1 exists:%{p}.named.example -all", SPF_PASS, "exists:%{p}.named.example",
     "192.0.2.5"},
    {"7.3", "v=spf1 exists:%{S}.esc.example -all", SPF_PASS, "exists:%{S}.esc.example", NULL},
    {"7.1", "v=spf1 a:%{d0}.example -all", SPF_PERMERROR, NULL, NULL},
    {"7.1", "v=spf1 a:%{x}.example -all", SPF_PERMERROR, NULL, NULL},
    {"7.1", "v=spf1 a:%{d -all", SPF_PERMERROR, NULL, NULL},
    {"7.1", "v=spf1 a:%{}.example -all", SPF_PERMERROR, NULL, NULL},
    {"7.1", "v=spf1 a:%{dr2}.example -all", SPF_PERMERROR, NULL, NULL},
    {"7.1", "v=spf1 a:%d.example -all", SPF_PERMERROR, NULL, NULL},
    {"7.1", "v=spf1 a:e.example% -all", SPF_PERMERROR, NULL, NULL},
    {"7.2", "v=spf1 exists:%{c}.example -all", SPF_PERMERROR, NULL, NULL},
    {"7.2", "v=spf1 exists:%{t}.example -all", SPF_PERMERROR, NULL, NULL},
    {"7.1", "v=spf1 a:%{d} -all", SPF_PASS, "a:%{d}", NULL},
    {"7.1", "v=spf1 a:%{d99999999999999999999} -all", SPF_PASS,
     "a:%{d99999999999999999999}", NULL},
    {"7.1", "v=spf1 a:%{d}com -all", SPF_PERMERROR, NULL, NULL},
  /* clang-format on */
};
_Static_assert(ARRAY_LEN(rows) >= 120, "all sections");

static void make_zone(struct arena *mem, const char *record, struct zone_text *zone)
{
    const char *text = record[0] == '\0' ? zone_lines
                                         : arena_printf(mem, "e.example TXT %s%s",
                                                        record, zone_lines);

    *zone = (struct zone_text){.text = slice_from(text)};
}

static struct spf_request request_from(const char *address)
{
    struct spf_request request = {
        .domain = "e.example", .sender = "user@e.example", .helo = "mail.e.example"};

    assert_true(address_parse(slice_from(address != NULL ? address : "192.0.2.3"),
                              &request.address));
    return request;
}

static void check_row(const struct row *row)
{
    struct spf_request request = request_from(row->address);
    struct spf_outcome got;
    struct zone_text zone;
    struct arena mem;

    arena_init(&mem);
    make_zone(&mem, row->record, &zone);
    struct spf_dns dns = zone_text_dns(&zone);
    spf_check(&request, &dns, &mem, &got);
    bool is_same_term = (row->term == NULL) == (got.term == NULL) &&
                        (row->term == NULL || strcmp(row->term, got.term) == 0);
    if (got.result != row->want || !is_same_term)
        fail_msg("%s \"%s\": %s by %s (%s)", row->section, row->record,
                 spf_result_name(got.result), got.term != NULL ? got.term : "-",
                 got.why.line);
    assert_true(zone.questions <= SPF_QUESTIONS_MAX);
    assert_true(got.why.line[0] == '{');
    arena_release(&mem);
}

static void every_section_of_the_rfc_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i]);
}

static void macros_expand_as_in_section_7_4(void **state)
{
    static const struct {
        const char *text, *address, *want;
    } examples[] = {
        {"%{s}",                              "192.0.2.3",      "strong-bad@email.example.com"      },
        {"%{o}",                              "192.0.2.3",      "email.example.com"                 },
        {"%{d}",                              "192.0.2.3",      "email.example.com"                 },
        {"%{d4}",                             "192.0.2.3",      "email.example.com"                 },
        {"%{d3}",                             "192.0.2.3",      "email.example.com"                 },
        {"%{d2}",                             "192.0.2.3",      "example.com"                       },
        {"%{d1}",                             "192.0.2.3",      "com"                               },
        {"%{dr}",                             "192.0.2.3",      "com.example.email"                 },
        {"%{d2r}",                            "192.0.2.3",      "example.email"                     },
        {"%{l}",                              "192.0.2.3",      "strong-bad"                        },
        {"%{l-}",                             "192.0.2.3",      "strong.bad"                        },
        {"%{lr}",                             "192.0.2.3",      "strong-bad"                        },
        {"%{lr-}",                            "192.0.2.3",      "bad.strong"                        },
        {"%{l1r-}",                           "192.0.2.3",      "strong"                            },
        {"%{ir}.%{v}._spf.%{d2}",             "192.0.2.3",      "3.2.0.192.in-addr._spf.example.com"},
        {"%{lr-}.lp._spf.%{d2}",              "192.0.2.3",      "bad.strong.lp._spf.example.com"    },
        {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",   "192.0.2.3",
         "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"                                         },
        {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",  "192.0.2.3",
         "3.2.0.192.in-addr.strong.lp._spf.example.com"                                             },
        {"%{d2}.trusted-domains.example.net", "192.0.2.3",
         "example.com.trusted-domains.example.net"                                                  },
        {"%{ir}.%{v}._spf.%{d2}",             "2001:db8::cb01",
         "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
         "ip6._spf.example.com"                                                                     },
        {"%{p}.%%%_%-",                       "192.0.2.3",      "mx.example.org.% %20"              },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        struct spf_values values = {.sender = "strong-bad@email.example.com",
                                    .domain = "email.example.com",
                                    .helo = "mx.example.org",
                                    .validated = "mx.example.org"};
        struct strbuf out;
        assert_true(address_parse(slice_from(examples[i].address), &values.address));
        assert_true(spf_macro_is_valid(slice_from(examples[i].text), false));
        strbuf_init(&out, SPF_EXPANDED_MAX);
        spf_expand(slice_from(examples[i].text), &values, &out);
        assert_string_equal(out.at, examples[i].want);
        strbuf_release(&out);
    }
}

static void the_proposed_line_lets_the_address_pass(void **state)
{
    static const struct {
        const char *record, *address;
        enum spf_advice want;
        const char *proposed; /* or a part of why's line */
    } cases[] = {
        {"v=spf1 mx -all",                                   "192.0.2.77",  SPF_ADVICE_PUBLISH,
         "v=spf1 mx ip4:192.0.2.77 -all"                                                                                                        },
        {"v=spf1 mx ~all",                                   "2001:db8::7", SPF_ADVICE_PUBLISH,
         "v=spf1 mx ip6:2001:db8::7 ~all"                                                                                                       },
        {"v=spf1 redirect=fail.example",                     "192.0.2.77",  SPF_ADVICE_PUBLISH,
         "v=spf1 ip4:192.0.2.77 redirect=fail.example"                                                                                          },
        {"v=spf1 a ",                                        "192.0.2.77",  SPF_ADVICE_PUBLISH,     "v=spf1 a ip4:192.0.2.77"                   },
        {"v=spf1",                                           "192.0.2.77",  SPF_ADVICE_PUBLISH,     "v=spf1 ip4:192.0.2.77"                     },
        {"v=spf1 a -all",                                    "192.0.2.3",   SPF_ADVICE_NONE_NEEDED,
         "{said.spf.term|term=a|domain=e"                                                                                                       },
        {"",                                                 "192.0.2.3",   SPF_ADVICE_NONE_NEEDED, "{said.spf.none|"                           },
        {"v=spf1 -ip4:192.0.2.0/24 ?all",                    "192.0.2.77",  SPF_ADVICE_CANNOT,
         "-ip4:192.0.2"                                                                                                                         },
        {"v=spf1 bogus -all",                                "192.0.2.3",   SPF_ADVICE_CANNOT,      "{said.spf.broken|"                         },
        {"!timeout",                                         "192.0.2.3",   SPF_ADVICE_CANNOT,      "{said.spf.silent|"                         },
        {"v=spf1 " TEN_INCLUDES "include:soft.example -all", "192.0.2.3",
         SPF_ADVICE_CANNOT,                                                                         "{said.spf.lookups|domain=e.example|max+10}"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct spf_request request = request_from(cases[i].address);
        struct spf_proposal got;
        struct zone_text zone;
        struct arena mem;
        arena_init(&mem);
        make_zone(&mem, cases[i].record, &zone);
        struct spf_dns dns = zone_text_dns(&zone);
        spf_propose(&request, &dns, &mem, &got);
        if (got.advice != cases[i].want)
            fail_msg("\"%s\": advice %d (%s)", cases[i].record, (int)got.advice,
                     got.why.line);
        if (got.advice == SPF_ADVICE_PUBLISH)
            assert_string_equal(got.record, cases[i].proposed);
        else if (strstr(got.why.line, cases[i].proposed) == NULL)
            fail_msg("\"%s\": %s", cases[i].record, got.why.line);
        arena_release(&mem);
    }
}

static void a_line_too_long_for_dns_is_not_proposed(void **state)
{
    struct spf_request request = request_from("198.51.100.200");
    struct spf_proposal got;
    struct zone_text zone;
    struct strbuf record;
    struct arena mem;

    (void)state;
    arena_init(&mem);
    strbuf_init(&record, SPF_RECORD_MAX);
    strbuf_puts(&record, "v=spf1");
    while (record.len < 300)
        strbuf_puts(&record, " ip4:203.0.113.1");
    make_zone(&mem, record.at, &zone);
    struct spf_dns dns = zone_text_dns(&zone);
    spf_propose(&request, &dns, &mem, &got);
    assert_int_equal(got.advice, SPF_ADVICE_PUBLISH);
    assert_memory_equal(got.line, "e.example. IN TXT \"v=spf1 ", 26);
    assert_non_null(strstr(got.line, "\" \"")); /* more than 255 bytes: two strings */
    while (record.len < SPF_PROPOSAL_MAX - 10)
        strbuf_puts(&record, " ip4:203.0.113.1");
    make_zone(&mem, record.at, &zone);
    spf_propose(&request, &dns, &mem, &got);
    assert_int_equal(got.advice, SPF_ADVICE_CANNOT);
    assert_true(sentence_is(got.why, "said.spf.grows"));
    strbuf_release(&record);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_section_of_the_rfc_is_kept),
        cmocka_unit_test(macros_expand_as_in_section_7_4),
        cmocka_unit_test(the_proposed_line_lets_the_address_pass),
        cmocka_unit_test(a_line_too_long_for_dns_is_not_proposed),
    };

    return cmocka_run_group_tests_name("spf", tests, NULL, NULL);
}
