/*
 * test_zones.c - the catalogue of block lists, and what a configuration makes of it.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/file.h"
#include "issuer/dnsbl/zones.h"

static char folder[] = "/tmp/cleansmtp-zones-XXXXXX";

/* ---- a table ---- */

#define CELLS(name, alias, source)                                                   \
 name "\tExample\taddress\tanyone\talive\tno\t127.0.0.2=spam\t-\t-\t-\t?\tis slow\t" \
      "-\t-\t" alias "\t-\t" source "\t-\n"

static void a_bad_table_is_refused_with_its_line(void **state UNUSED)
{
    static const char good[] = CELLS("a.example", "-", "x 2026-11");
    static const char too_few[] = "# words\n\n"
                                  "a.example\tA\n";
    static const char too_many[] = CELLS("a.example", "-", "x 2026-11\tx");
    static const char an_empty_one[] = CELLS("a.example", "-", "");
    static const char no_month[] = CELLS("a.example", "-", "x 2026");
    static const char odd_month[] = CELLS("a.example", "-", "x 2026-1a");
    static const char bad_cell[] = CELLS("A.example", "-", "x 2026-11");
    static const char same_name[] = CELLS("b.example", "-", "x 2026-11")
        CELLS("b.example", "-", "x 2026-11");
    static const char alias_before[] = CELLS("a.example", "b.example", "x 2026-11")
        CELLS("b.example", "-", "x 2026-11");
    static const char alias_after[] = CELLS("a.example", "-", "x 2026-11")
        CELLS("b.example", "c d A.example", "x 2026-11");
    static const struct {
        const char *table, *want; /* NULL: good */
    } cases[] = {
        {good,         NULL                                   },
        {too_few,      "line 3: has 2 cells instead of 18"    },
        {too_many,     "line 1: has too many cells"           },
        {an_empty_one, "line 1: has too many cells, or an"    },
        {no_month,     "line 1: source must end with its"     },
        {odd_month,    "line 1: source must end with its"     },
        {bad_cell,     "line 1: zone must be a name"          },
        {same_name,    "line 2: zone or an alias stands twice"},
        {alias_before, "line 2: zone or an alias stands twice"},
        {alias_after,  "line 2: zone or an alias stands twice"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena mem;
        struct zone *rows = NULL;
        size_t count = 0;
        struct error err = {0};
        arena_init(&mem);
        int result = zones_parse(&mem, slice_from(cases[i].table), &rows, &count, &err);
        if (cases[i].want == NULL) {
            assert_int_equal(result, 0);
            assert_int_equal(count, 1);
        } else if (result != -1 || rows != NULL ||
                   !slice_starts(slice_from(err.text), cases[i].want))
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, err.text, cases[i].want);
        arena_release(&mem);
    }
}

static void the_built_in_table_is_good(void **state UNUSED)
{
    struct slice table = embedded_find(zones_table, zones_count, "zones.tsv");
    struct arena mem;
    struct zone *rows = NULL;
    size_t count = 0;
    struct error err = {0};

    arena_init(&mem);
    if (zones_parse(&mem, table, &rows, &count, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(count >= 70);
    assert_ptr_not_equal(rows, zones_all(&count));
    arena_release(&mem);
}

static bool is_in_127_255_255(const struct zone_code *code)
{
    return code->octets[1] == 255 && code->octets[2] == 255;
}

static void check_codes(const struct zone *zone)
{
    bool can_be_asked = zone->is_alive && zone->asker != ZONE_ASK_NOBODY;

    if (can_be_asked && zone->kind == ZONE_ADDRESS)
        assert_non_null(zone->listed_codes[0]);
    for (size_t i = 0; i < zone->codes_count; i++)
        if (zone->codes[i].is_listing && is_in_127_255_255(&zone->codes[i]))
            fail_msg("%s: an answer about the asker is no listing", zone->name);
}

static void check_grant(const struct zone *zone)
{
    if (!zone->is_alive || zone->kind != ZONE_ADDRESS)
        assert_false(zone->may_grant);
    /* A page for a person whose address is listed there. */
    if (zone->may_grant)
        assert_non_null(zone->lookup_url);
    if (zone->lookup_url != NULL && zone->kind == ZONE_DOMAIN)
        assert_null(strstr(zone->lookup_url, "{ip}"));
}

/* What the rules of a row cannot know: that the words fit each other. */
static void every_row_of_the_catalogue_is_plausible(void **state UNUSED)
{
    size_t count = 0;
    const struct zone *all = zones_all(&count);
    size_t grants = 0;

    for (size_t i = 0; i < count; i++) {
        const struct zone *zone = &all[i];
        char name[DOMAIN_MAX + 1];
        struct address address;
        assert_true(address_parse(SLICE("2001:db8::1"), &address));
        assert_true(address_dnsbl_name(&address, zone->name, name, sizeof name));
        assert_ptr_equal(zone_find(zone->name), zone);
        assert_null(zone->asked_name);
        check_codes(zone);
        check_grant(zone);
        if (zone->stands_for != NULL)
            assert_non_null(zone_find(zone->stands_for));
        /* Sentences stand behind a title: "SpamCop clears by itself …". */
        if (zone->expiry[0] < 'a' || zone->expiry[0] > 'z')
            fail_msg("%s: %s", zone->name, zone->expiry);
        grants += zone->may_grant;
    }
    assert_true(grants >= 10);
}

static void the_catalogue_says_what_the_lists_say(void **state UNUSED)
{
    static const struct {
        const char *zone, *code, *meaning;
        bool is_listing;
    } cases[] = {
        {"bl.spamcop.net",                "127.0.0.2",       "reported as a source of spam",    true },
        {"zen.spamhaus.org",              "127.0.0.4",       "XBL: exploited host",             true },
        {"zen.spamhaus.org",              "127.255.255.254", "asked through a public resolver",
         false                                                                                       },
        {"hostkarma.junkemailfilter.com", "127.0.0.1",       "white",                           false},
        {"hostkarma.junkemailfilter.com", "127.0.0.2",       "black",                           true },
        {"rep.mailspike.net",             "127.0.0.20",      "excellent",                       false},
        {"spam.spamrats.com",             "127.0.0.38",      "source of spam",                  true },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct zone *zone = zone_find(cases[i].zone);
        struct listing_answers answers = {
            .listed_test = {.status = DNS_ANSWER,   .count = 1},
            .clear_test = {.status = DNS_NXDOMAIN},
            .address = {.status = DNS_ANSWER,            .count = 1          },
        };
        struct listing listing;
        assert_non_null(zone);
        assert_string_equal(zone_code_meaning(zone, cases[i].code), cases[i].meaning);
        assert_true(address_parse(SLICE("127.0.0.2"), &answers.listed_test.answers[0]));
        assert_true(
            address_parse(slice_from(cases[i].code), &answers.address.answers[0]));
        listing_judge(zone, &answers, &listing);
        assert_int_equal(listing.state,
                         cases[i].is_listing ? LISTING_LISTED : LISTING_UNKNOWN);
    }
}

/* The policy part of a list that grants: the address should not send at all. */
static void policy_codes_of_a_granting_list_do_not_grant(void **state UNUSED)
{
    static const char *const zones[] = {"zen.spamhaus.org", "zen.dq.spamhaus.net"};
    static const struct {
        const char *answer;
        bool may_grant;
    } cases[] = {
        {"127.0.0.2",  true },
        {"127.0.0.3",  true },
        {"127.0.0.4",  true },
        {"127.0.0.10", false},
        {"127.0.0.11", false},
    };
    struct address answer;
    size_t count = 0;
    const struct zone *all = zones_all(&count);

    for (size_t z = 0; z < ARRAY_LEN(zones); z++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            assert_true(address_parse(slice_from(cases[i].answer), &answer));
            assert_int_equal(zone_answer_may_grant(zone_find(zones[z]), &answer),
                             cases[i].may_grant);
        }
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < all[i].codes_count; c++)
            if (all[i].codes[c].may_grant &&
                (!all[i].may_grant || !all[i].codes[c].is_listing ||
                 strstr(all[i].codes[c].meaning, "should not send") != NULL))
                fail_msg("%s: %s", all[i].name, all[i].codes[c].meaning);
}

static void a_zone_is_found_by_every_name(void **state UNUSED)
{
    static const struct {
        const char *name, *want; /* NULL: unknown */
    } cases[] = {
        {"BL.SpamCop.NET",                       "bl.spamcop.net"     },
        {"cbl.abuseat.org",                      "zen.spamhaus.org"   },
        {"sbl-xbl.spamhaus.org",                 "zen.spamhaus.org"   },
        {"spamcop.mimecast.org",                 "bl.spamcop.net"     },
        {"0123456789abcdef.zen.dq.spamhaus.net", "zen.dq.spamhaus.net"},
        {"dul.dnsbl.sorbs.net",                  "dnsbl.sorbs.net"    },
        {"private:outlook",                      "private:outlook"    },
        {"a.b.zen.dq.spamhaus.net",              NULL                 },
        {".zen.dq.spamhaus.net",                 NULL                 },
        {"x.bl.spamcop.net",                     NULL                 },
        {"bl.spamcop.net.attacker.example",      NULL                 },
        {"",                                     NULL                 },
        {NULL,                                   NULL                 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct zone *zone = zone_find(cases[i].name);
        if (cases[i].want == NULL
                ? zone != NULL
                : zone == NULL || strcmp(zone->name, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].name, zone != NULL ? zone->name : "(none)");
    }
}

/* The two tables speak of the same lists: what a bounce can name has a row here. */
static void every_list_that_a_reply_can_name_is_known(void **state UNUSED)
{
    struct slice table = embedded_find(rules_table, rules_count, "lists.tsv");
    struct arena mem;
    struct slice line;
    size_t known = 0;

    arena_init(&mem);
    while (slice_line(&table, &line)) {
        struct slice list;
        struct slice kind;
        if (line.len == 0 || line.at[0] == '#' || !slice_cut(&line, '\t', &list) ||
            !slice_cut(&line, '\t', &kind) || slice_is(kind, "geo"))
            continue;
        const char *name = arena_slice(&mem, list);
        const struct zone *zone = zone_find(name);
        if (zone == NULL)
            fail_msg("%s is not in zones.tsv", name);
        else
            assert_int_equal(zone->is_alive, slice_starts(line, "yes"));
        known++;
    }
    assert_true(known > 50);
    arena_release(&mem);
}

/* ---- a configuration ---- */

/* The configuration has these options; zones_new of it. */
static int load(const char *options, struct config **config, struct zones **out,
                struct error *err)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s/c", folder);
    assert_int_equal(file_write(path, slice_from(options), 0600, err), 0);
    if (config_load(path, config, err) != 0)
        fail_msg("%s", err->text);
    return zones_new(*config, out, err);
}

static void write_key(const char *text, mode_t mode)
{
    char path[64];
    struct error err = {0};

    (void)snprintf(path, sizeof path, "%s/key", folder);
    assert_int_equal(file_write(path, slice_from(text), mode, &err), 0);
}

static void the_lists_of_the_configuration_are_used_each_once(void **state UNUSED)
{
    struct config *config = NULL;
    struct zones *zones = NULL;
    struct error err = {0};
    const struct zone *used[CONFIG_LIST_MAX];

    assert_int_equal(load("zones { use = { \"bl.spamcop.net\", \"psbl.surriel.com\", "
                          "\"bl.spamcop.net\", \"dnsbl-2.uceprotect.net\" } }\n",
                          &config, &zones, &err),
                     0);
    assert_int_equal(zones_used(zones, used), 3);
    assert_string_equal(used[0]->name, "bl.spamcop.net");
    assert_string_equal(used[1]->name, "psbl.surriel.com");
    assert_true(zone_is_used(zones, zone_find("psbl.surriel.com")));
    assert_false(zone_is_used(zones, zone_find("zen.spamhaus.org")));
    assert_false(zone_is_used(zones, NULL));
    assert_ptr_equal(zones_find(zones, "SpamCop.net"), used[0]);
    assert_null(zones_find(zones, NULL));
    zones_free(zones);
    zones_free(NULL);
    config_free(config);
}

static void what_cannot_be_used_is_refused_in_words(void **state UNUSED)
{
    static const struct {
        const char *options, *want;
    } cases[] = {
        {"use = { \"bl.unknown.example\" }",
         "\"bl.unknown.example\" is not in the catalogue of block lists; define it with "
         "zones { zone \"bl.unknown.example\" { ... } }"                                                                     },
        {"use = { \"dnsbl.sorbs.net\" }",
         "\"dnsbl.sorbs.net\" (SORBS) cannot be used: closed by its owner on 5 June 2024"                                    },
        {"use = { \"truncate.gbudb.net\" }",
         "cannot be used: one source says that it was discontinued"                                                          },
        {"use = { \"dbl.spamhaus.org\" }",                                                       "lists names, not addresses"},
        {"use = { \"list.dnswl.org\" }",                                                         "lists good senders"        },
        {"use = { \"score.senderscore.com\" }",                                                  "gives marks, and lists no" },
        {"use = { \"csi.cloudmark.com\" }",                                                      "cannot be asked by DNS"    },
        {"use = { \"cbl.abuseat.org\" }",
         "a name of Spamhaus that is asked is \"zen.spamhaus.org\""                                                          },
        {"use = { \"zen.dq.spamhaus.net\" }",
         "needs a key: zones { key \"zen.dq.spamhaus.net\" { file = \"/path\" } }"                                           },
        {"zone \"bl.example\" { codes = { \"127.0.0.1=x\" } }",
         "/c:2: zone \"bl.example\": codes cannot have 127.0.0.1"                                                            },
        {"zone \"bl.example\" { codes = { \"127.0.0.2=x\" } may_grant = yes test_points = no }",
         "zone \"bl.example\": may_grant cannot be yes without test points"                                                  },
        {"zone \"bl.example\" { codes = { \"127.0.0.2=x\" } lookup_url = \"ftp://x\" }",
         "zone \"bl.example\": lookup_url must begin with http"                                                              },
        {"zone \"bl.example\" { codes = { \"127.0.0.2=x\" } clears = \"soon\" }",
         "zone \"bl.example\": clears must be such as"                                                                       },
        {"zone \"dnsbl.sorbs.net\" { codes = { \"127.0.0.2=x\" } }",
         "zone \"dnsbl.sorbs.net\": it is in the catalogue already"                                                          },
        {"key \"bl.spamcop.net\" { file = \"/nonexistent\" }",
         "/c:2: key \"bl.spamcop.net\": it is no list of the catalogue that has a key"                                       },
        {"key \"zen.dq.spamhaus.net\" { file = \"/nonexistent\" }",
         "key \"zen.dq.spamhaus.net\": "                                                                                     },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config *config = NULL;
        struct zones *zones = NULL;
        struct error err = {0};
        char text[512];
        (void)snprintf(text, sizeof text, "zones {\n%s }\n", cases[i].options);
        if (load(text, &config, &zones, &err) != -1 || zones != NULL ||
            strstr(err.text, cases[i].want) == NULL ||
            !slice_starts(slice_from(err.text), folder))
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].options, err.text,
                     cases[i].want);
        config_free(config);
    }
}

static void a_list_of_ones_own_obeys_the_same_rules(void **state UNUSED)
{
    struct config *config = NULL;
    struct zones *zones = NULL;
    struct error err = {0};

    if (load(
            "zones { use = { \"bl.example\", \"bl.spamcop.net\" }\n"
            "  zone \"bl.example\" { title = \"Ours\" may_grant = yes clears = \"6h\"\n"
            "    codes = { \"127.0.0.2=spam\", \"127.0.0.4-6=worm [by hand]\" }\n"
            "    lookup_url = \"https://bl.example/{ip}\" expiry = \"clears soon\" }\n"
            "  zone \"plain.example\" { codes = { \"127.0.0.2=spam\" } test_points = no }\n"
            "}\n",
            &config, &zones, &err) != 0)
        fail_msg("%s", err.text);
    const struct zone *own = zones_find(zones, "BL.example");
    assert_non_null(own);
    assert_string_equal(own->title, "Ours");
    assert_true(own->may_grant && own->has_test_points && own->is_alive);
    assert_true(zone_is_used(zones, own));
    assert_string_equal(own->listed_codes[1], "127.0.0.4-6");
    assert_string_equal(zone_code_meaning(own, "127.0.0.5"), "worm");
    assert_int_equal(own->clears.after_s, 6 * 3600);
    const struct zone *plain = zones_find(zones, "plain.example");
    assert_non_null(plain);
    assert_string_equal(plain->title, "plain.example");
    assert_false(plain->may_grant || plain->has_test_points ||
                 zone_is_used(zones, plain));
    assert_null(zone_find("bl.example"));
    zones_free(zones);
    config_free(config);
}

#define KEY "abcdefghijklmnopqrstuvwxyz"

static void a_key_is_asked_with_and_never_shown(void **state UNUSED)
{
    struct config *config = NULL;
    struct zones *zones = NULL;
    struct error err = {0};
    struct strbuf shown;
    char options[256];

    (void)snprintf(options, sizeof options,
                   "zones { use = { \"zen.dq.spamhaus.net\" }\n"
                   "  key \"zen.dq.spamhaus.net\" { file = \"%s/key\" } }\n",
                   folder);
    write_key(KEY "\n", 0640);
    if (load(options, &config, &zones, &err) != 0)
        fail_msg("%s", err.text);
    /* A bounce says zen; we ask the one that stands for it. */
    const struct zone *zone = zones_find(zones, "zen.spamhaus.org");
    assert_non_null(zone);
    assert_true(zone_is_used(zones, zone) && zone->may_grant);
    assert_string_equal(zone->name, "zen.dq.spamhaus.net");
    assert_string_equal(zone->title, "Spamhaus");
    assert_string_equal(zone_asked_name(zone), KEY ".zen.dq.spamhaus.net");
    assert_ptr_equal(zones_find(zones, "otherkey.zen.dq.spamhaus.net"), zone);
    strbuf_init(&shown, 65536);
    config_show(config, &shown);
    assert_null(strstr(shown.at, KEY));
    strbuf_release(&shown);
    zones_free(zones);
    config_free(config);
}

static void a_key_file_that_is_open_or_no_key_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *want;
    } cases[] = {
        {KEY "\n",         0644, "must not be open to everybody"},
        {"",               0600, "holds no key"                 },
        {"two words\n",    0600, "holds no key"                 },
        {KEY "." KEY "\n", 0600, "holds no key"                 },
        {KEY KEY KEY,      0600, "holds no key"                 }, /* 78 > 63 */
    };
    char options[256];

    (void)snprintf(options, sizeof options,
                   "zones { key \"zen.dq.spamhaus.net\" { file = \"%s/key\" } }\n",
                   folder);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config *config = NULL;
        struct zones *zones = NULL;
        struct error err = {0};
        write_key(cases[i].text, cases[i].mode);
        if (load(options, &config, &zones, &err) != -1 ||
            strstr(err.text, cases[i].want) == NULL || strstr(err.text, KEY) != NULL)
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, err.text, cases[i].want);
        config_free(config);
    }
}

static int make_folder(void **state UNUSED)
{
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state UNUSED)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s/c", folder);
    unlink(path);
    (void)snprintf(path, sizeof path, "%s/key", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_table_is_refused_with_its_line),
        cmocka_unit_test(the_built_in_table_is_good),
        cmocka_unit_test(every_row_of_the_catalogue_is_plausible),
        cmocka_unit_test(the_catalogue_says_what_the_lists_say),
        cmocka_unit_test(policy_codes_of_a_granting_list_do_not_grant),
        cmocka_unit_test(a_zone_is_found_by_every_name),
        cmocka_unit_test(every_list_that_a_reply_can_name_is_known),
        cmocka_unit_test(the_lists_of_the_configuration_are_used_each_once),
        cmocka_unit_test(what_cannot_be_used_is_refused_in_words),
        cmocka_unit_test(a_list_of_ones_own_obeys_the_same_rules),
        cmocka_unit_test(a_key_is_asked_with_and_never_shown),
        cmocka_unit_test(a_key_file_that_is_open_or_no_key_is_refused),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
