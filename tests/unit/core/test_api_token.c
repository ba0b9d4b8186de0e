/*
 * test_api_token.c - how a token looks, what its scopes allow, where it works; and whose word counts.
 *
 * The vectors were made with Python's zlib.crc32 and integers.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/actor.h"
#include "core/api_token.h"
#include "tests/support/fake_random.h"

#define ZEROS "csat_00000000000000000000000000000000000000000000hiUEu"

/* ---- tokens ---- */

static void fill_zeros(void *context UNUSED, void *out, size_t len)
{
    memset(out, 0, len);
}

static void fill_ones(void *context UNUSED, void *out, size_t len)
{
    memset(out, 0xff, len);
}

static void fill_count(void *context UNUSED, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)i;
}

static void a_token_is_base_62_with_a_crc_behind(void **state UNUSED)
{
    static const struct {
        struct random random;
        const char *token;
    } rows[] = {
        {{.fill = fill_zeros}, ZEROS                                                   },
        {{.fill = fill_ones},  "csat_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12aA9qe"},
        {{.fill = fill_count},
         "csat_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf0D6YBI"                      },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[API_TOKEN_LEN + 1];
        uint8_t made[DIGEST_BYTES], again[DIGEST_BYTES];
        api_token_make(&rows[i].random, text, made);
        assert_string_equal(text, rows[i].token);
        assert_true(api_token_is_well_formed(slice_from(text)));
        api_token_hash(slice_from(text), again);
        assert_memory_equal(made, again, DIGEST_BYTES);
    }
}

/* CRC-32 finds every change of up to 32 bits in a row, so of any one character. */
static void any_changed_character_is_seen(void **state UNUSED)
{
    static const char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    struct fake_random fake = {.state = 7};
    struct random random = fake_random(&fake);
    uint8_t hash[DIGEST_BYTES];
    char text[API_TOKEN_LEN + 1];

    api_token_make(&random, text, hash);
    for (size_t i = 0; i < API_TOKEN_LEN; i++) {
        char right = text[i];
        for (const char *digit = digits; *digit != '\0'; digit++) {
            if (*digit == right)
                continue;
            text[i] = *digit;
            assert_false(api_token_is_well_formed(slice_from(text)));
        }
        text[i] = right;
    }
    assert_true(api_token_is_well_formed(slice_from(text)));
}

static void what_is_no_token_is_seen_without_a_database(void **state UNUSED)
{
    static const char *const rows[] = {
        "",
        "csat_",
        "csat_0000000000000000000000000000000000000000000",
        ZEROS "0",
        " " ZEROS,
        "CSAT_00000000000000000000000000000000000000000000hiUEu",
        "csat-00000000000000000000000000000000000000000000hiUEu",
        "csat_0000000000000000000000000000000000000000000_0hiUE",
        "ghp_000000000000000000000000000000000000000000000hiUEu",
    };
    struct slice with_nul = slice_of(ZEROS "\0", API_TOKEN_LEN + 1);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (api_token_is_well_formed(slice_from(rows[i])))
            fail_msg("\"%s\" passes", rows[i]);
    assert_false(api_token_is_well_formed(with_nul));
    assert_false(api_token_is_well_formed((struct slice){0}));
}

static void a_header_gives_its_token(void **state UNUSED)
{
    static const struct {
        const char *header, *token; /* NULL: none */
    } rows[] = {
        {"Bearer " ZEROS,     ZEROS},
        {"bearer   " ZEROS,   ZEROS},
        {"BEARER " ZEROS " ", ZEROS},
        {"Bearer ",           ""   },
        {"Bearer a b",        "a b"},
        {"Bearer",            NULL },
        {"Basic YW5hOng=",    NULL },
        {ZEROS,               NULL },
        {"",                  NULL },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice token = SLICE("untouched");
        bool found = api_token_of_header(slice_from(rows[i].header), &token);
        assert_int_equal(found, rows[i].token != NULL);
        assert_true(slice_is(token, found ? rows[i].token : "untouched"));
    }
    assert_false(api_token_of_header((struct slice){0}, &(struct slice){0}));
}

/* ---- scopes ---- */

/* A column an act, in the order of enum act. */
static void each_scope_allows_what_its_row_says(void **state UNUSED)
{
    static const struct {
        const char *name, *may;
    } rows[] = {
  /* cases diagnose mint approve revoke reveal pool change-pool audit people */
        [API_SCOPE_DIAGNOSE] = {"diagnose",     "yy--------"},
        [API_SCOPE_LEASE_CREATE] = {"lease:create", "y-y-------"},
        [API_SCOPE_LEASE_REVOKE] = {"lease:revoke", "y---y-----"},
        [API_SCOPE_POOL_READ] = {"pool:read",    "------y---"},
        [API_SCOPE_AUDIT_READ] = {"audit:read",   "--------y-"},
    };

    assert_int_equal(ARRAY_LEN(rows), API_SCOPE_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned scopes = 0;
        assert_true(api_scopes_parse(slice_from(rows[i].name), &scopes));
        assert_int_equal(scopes, API_SCOPE(i));
        assert_string_equal(api_scope_name((enum api_scope)i), rows[i].name);
        assert_true(api_scopes_allow(scopes, api_scope_act((enum api_scope)i)));
        for (size_t act = 0; act < ACT_COUNT; act++)
            if (api_scopes_allow(scopes, (enum act)act) != (rows[i].may[act] == 'y'))
                fail_msg("%s, act %zu", rows[i].name, act);
    }
}

static void no_set_of_scopes_approves_reveals_or_changes_people_or_pool(
    void **state UNUSED)
{
    static const enum act never[] = {ACT_APPROVE, ACT_REVEAL, ACT_CHANGE_POOL,
                                     ACT_CHANGE_PEOPLE};

    for (unsigned set = 0; set < 1U << API_SCOPE_COUNT; set++)
        for (size_t i = 0; i < ARRAY_LEN(never); i++)
            assert_false(api_scopes_allow(set, never[i]));
    assert_false(api_scopes_allow(UINT32_MAX, ACT_APPROVE));
    assert_false(api_scopes_allow(UINT32_MAX, ACT_COUNT));
}

static void sets_of_scopes_come_back_from_text(void **state UNUSED)
{
    static const char *const broken[] = {
        "",
        " ",
        "lease",
        "diagnose,pool:read",
        "diagnose  pool:read",
        "diagnose ",
        "Diagnose",
        "lease:create:all",
        "*",
    };
    char text[API_SCOPES_TEXT_MAX + 1];
    unsigned parsed = 0;

    for (unsigned set = 1; set < 1U << API_SCOPE_COUNT; set++) {
        api_scopes_format(set, text);
        assert_true(api_scopes_parse(slice_from(text), &parsed));
        assert_int_equal(parsed, set);
    }
    api_scopes_format(0, text);
    assert_string_equal(text, "");
    assert_true(api_scopes_parse(SLICE("pool:read diagnose pool:read"), &parsed));
    assert_int_equal(parsed,
                     API_SCOPE(API_SCOPE_DIAGNOSE) | API_SCOPE(API_SCOPE_POOL_READ));
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        if (api_scopes_parse(slice_from(broken[i]), &parsed))
            fail_msg("\"%s\" is a set of scopes", broken[i]);
}

/* ---- networks ---- */

static void a_token_works_from_its_networks_only(void **state UNUSED)
{
    static const struct {
        const char *networks, *client;
        bool is_allowed;
    } rows[] = {
        {"",                            "192.0.2.1",        true },
        {"",                            "unix",             true },
        {"192.0.2.0/24",                "192.0.2.255",      true },
        {"192.0.2.0/24",                "192.0.3.0",        false},
        {"192.0.2.0/24",                "::ffff:192.0.2.7", true },
        {"192.0.2.0/24",                "unix",             false},
        {"192.0.2.0/24",                "",                 false},
        {"198.51.100.7, 2001:db8::/32", "198.51.100.7",     true },
        {"198.51.100.7, 2001:db8::/32", "2001:db8::9",      true },
        {"198.51.100.7, 2001:db8::/32", "2001:db9::",       false},
        {"0.0.0.0/0",                   "203.0.113.9",      true },
        {"0.0.0.0/0",                   "2001:db8::1",      false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct api_networks networks;
        struct error err = {0};
        assert_int_equal(
            api_networks_parse(slice_from(rows[i].networks), &networks, &err), 0);
        if (api_networks_allow(&networks, slice_from(rows[i].client)) !=
            rows[i].is_allowed)
            fail_msg("%s from %s", rows[i].networks, rows[i].client);
    }
}

static void networks_come_back_from_text_and_have_a_ceiling(void **state UNUSED)
{
    char text[API_NETWORKS_TEXT_MAX + 1];
    struct api_networks networks;
    struct error err = {0};

    assert_int_equal(
        api_networks_parse(SLICE("\t192.0.2.0/24,,198.51.100.7/32\n2001:DB8::/32 "),
                           &networks, &err),
        0);
    api_networks_format(&networks, text);
    assert_string_equal(text, "192.0.2.0/24 198.51.100.7 2001:db8::/32");
    assert_int_equal(
        api_networks_parse(SLICE("192.0.2.1 192.0.2.1/24"), &networks, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(api_networks_parse(slice_of("192.0.2.1\0", 10), &networks, &err),
                     -1);

    char many[17 * 41] = "";
    size_t len = 0;
    size_t len_of_most = 0;
    for (int i = 0; i < 17; i++) {
        int got = snprintf(many + len, sizeof many - len,
                           "2001:db8:1111:2222:3333:4444:5555:66%02d ", i);
        assert_true(got > 0);
        len += (size_t)got;
        assert_int_equal(api_networks_parse(slice_of(many, len), &networks, &err),
                         i < API_NETWORKS_MAX ? 0 : -1);
        if (i == API_NETWORKS_MAX - 1) {
            api_networks_format(&networks, text); /* fits: a sanitizer would tell */
            len_of_most = len - 1;
        }
    }
    assert_int_equal(strlen(text), len_of_most);
}

/* ---- actors ---- */

static void a_program_is_the_person_whose_token_it_has(void **state UNUSED)
{
    static const struct {
        const char *a, *b;
        bool is_same;
    } rows[] = {
        {"agent:ana",                "agent:ana",         true },
        {"agent:ana",                "agent:ana token:3", true },
        {"agent:ana token:4 for:ed", "agent:ana token:3", true },
        {"agent:ana",                "agent:anabel",      false},
        {"agent:ana token:3",        "agent:ben token:3", false},
        {"agent:ana",                "local:ana",         false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(actor_is_same_person(rows[i].a, rows[i].b), rows[i].is_same);
        assert_int_equal(actor_is_same_person(rows[i].b, rows[i].a), rows[i].is_same);
    }
    assert_true(slice_is(actor_person("agent:ana token:3"), "agent:ana"));
}

static void a_name_on_whose_behalf_is_one_visible_word(void **state UNUSED)
{
    char longest[ACTOR_FOR_MAX + 2];

    memset(longest, 'x', sizeof longest);
    assert_true(actor_for_is_valid(SLICE("ben@desk.example")));
    assert_true(actor_for_is_valid(slice_of(longest, ACTOR_FOR_MAX)));
    assert_false(actor_for_is_valid(slice_of(longest, ACTOR_FOR_MAX + 1)));
    assert_false(actor_for_is_valid(SLICE("")));
    assert_false(actor_for_is_valid(SLICE("ben token:9")));
    assert_false(actor_for_is_valid(SLICE("b\xc3\xa9n")));
    assert_false(actor_for_is_valid(SLICE("ben\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_base_62_with_a_crc_behind),
        cmocka_unit_test(any_changed_character_is_seen),
        cmocka_unit_test(what_is_no_token_is_seen_without_a_database),
        cmocka_unit_test(a_header_gives_its_token),
        cmocka_unit_test(each_scope_allows_what_its_row_says),
        cmocka_unit_test(no_set_of_scopes_approves_reveals_or_changes_people_or_pool),
        cmocka_unit_test(sets_of_scopes_come_back_from_text),
        cmocka_unit_test(a_token_works_from_its_networks_only),
        cmocka_unit_test(networks_come_back_from_text_and_have_a_ceiling),
        cmocka_unit_test(a_program_is_the_person_whose_token_it_has),
        cmocka_unit_test(a_name_on_whose_behalf_is_one_visible_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
